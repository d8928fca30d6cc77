#include "io/pread_reader.hpp"

#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <vector>

#include "base/check.hpp"
#include "base/fixed_queue.hpp"
#include "io/read_step.hpp"

namespace sluice {
namespace {

// A worker calls pread and little else; what is left is for sanitizers and signal frames.
constexpr size_t kStackBytes = 256 * kKiB;

// Reads until what is needed has arrived, the file ends or an error comes.
Completion read_all(const File& file, const ReadRequest& request) {
  Completion completion{.tag = request.tag, .bytes = 0, .error = 0};
  ReadStep step = ReadStep::more;
  while (step == ReadStep::more) {
    const size_t wanted = std::min(request.bytes - completion.bytes, kReadStepBytes);
    const ssize_t got = pread(file.descriptor(), request.destination + completion.bytes, wanted,
                              static_cast<off_t>(request.offset + completion.bytes));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) {
      completion.error = errno;
      break;
    }
    completion.bytes += static_cast<size_t>(got);
    step = next_step(file, request, completion.bytes, static_cast<size_t>(got));
    if (step == ReadStep::ended) completion.error = kShortRead;
  }
  drop_cached(file, request.offset, completion.bytes);
  return completion;
}

class PreadReader final : public Reader {
 public:
  PreadReader(std::span<const File> files, const ReaderOptions& options)
      : files_(files), depth_(options.depth), waiting_(options.depth), landed_(options.depth) {
    workers_.reserve(std::min(options.threads, options.depth));
    for (const File& file : files_) expect_random(file);
  }

  // Reads that no worker has begun are dropped; those under way are waited for.
  ~PreadReader() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    for (const pthread_t worker : workers_) pthread_join(worker, nullptr);
  }

  Result<void> start() {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStackBytes);
    int error = 0;
    while (error == 0 && workers_.size() < workers_.capacity()) {
      pthread_t worker;
      error = pthread_create(&worker, &attributes, &PreadReader::work, this);
      if (error != 0) break;
      pthread_setname_np(worker, "sluice-read");
      workers_.push_back(worker);
    }
    pthread_attr_destroy(&attributes);
    // Fewer threads than asked for are slower, not wrong.
    if (!workers_.empty()) return {};
    return Error{Code::io,
                 std::string("cannot start a thread for reading: ") + std::strerror(error)};
  }

  Result<void> submit(std::span<const ReadRequest> requests) override {
    SLUICE_CHECK(in_flight_ + requests.size() <= depth_);
    {
      const std::lock_guard lock(mutex_);
      for (const ReadRequest& request : requests) waiting_.push(request);
    }
    for (size_t i = 0; i < std::min(requests.size(), workers_.size()); ++i) work_.notify_one();
    in_flight_ += requests.size();
    return {};
  }

  Result<size_t> reap(std::span<Completion> out, size_t minimum) override {
    const size_t most = std::min(out.size(), in_flight_);
    const size_t least = std::min(minimum, most);
    size_t count = 0;
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return landed_.size() >= least; });
    while (count < most && !landed_.empty()) out[count++] = landed_.pop();
    in_flight_ -= count;
    return count;
  }

  size_t in_flight() const override { return in_flight_; }
  size_t depth() const override { return depth_; }
  std::string_view name() const override { return "pread"; }

 private:
  static void* work(void* self) {
    static_cast<PreadReader*>(self)->work();
    return nullptr;
  }

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      const ReadRequest request = waiting_.pop();
      lock.unlock();
      const Completion completion = read_all(files_[static_cast<size_t>(request.file)], request);
      lock.lock();
      landed_.push(completion);
      done_.notify_one();
    }
  }

  const std::span<const File> files_;
  const size_t depth_;
  size_t in_flight_ = 0;  // submitted and not yet reaped; the caller's thread only
  std::vector<pthread_t> workers_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable work_;
  std::condition_variable done_;
  FixedQueue<ReadRequest> waiting_;
  FixedQueue<Completion> landed_;
  bool stopping_ = false;
};

}  // namespace

Result<std::unique_ptr<Reader>> open_pread_reader(std::span<const File> files,
                                                  const ReaderOptions& options) {
  auto reader = std::make_unique<PreadReader>(files, options);
  SLUICE_TRY(reader->start());
  return std::unique_ptr<Reader>(std::move(reader));
}

}  // namespace sluice
