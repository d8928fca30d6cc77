#include "io/uring_reader.hpp"

#include <liburing.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "io/read_step.hpp"

namespace sluice {
namespace {

// The kernel answers EAGAIN when it lacks memory for a request. Ask again for about a second.
constexpr int kAttemptsMax = 1000;
constexpr useconds_t kAttemptPause = 1000;

// The least intrusive way to complete first: no interrupt of the computing thread when a read
// lands (Linux 5.19). SINGLE_ISSUER and DEFER_TASKRUN (6.0, 6.1) bind a ring to the thread that
// made it; a reader may be opened by one thread and used by another, so they are not for us.
// (Even so the kernel cancels what a thread has in flight when that thread ends.)
constexpr unsigned kSetupFlags[] = {IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, 0};

class UringReader final : public Reader {
 public:
  UringReader(std::span<const File> files, size_t depth) : files_(files), depth_(depth) {
    for (const File& file : files_) expect_random(file);
    flights_.resize(depth);
    free_.reserve(depth);
    for (size_t i = depth; i > 0; --i) free_.push_back(static_cast<uint32_t>(i - 1));
    prepared_.reserve(depth);
    refused_.reserve(depth);
  }

  // The buffers belong to others, so every read has to land before the reader goes.
  ~UringReader() override {
    if (!open_) return;
    Completion ignored[16];
    while (in_flight_ > 0) SLUICE_CHECK(reap(ignored, 1));
    io_uring_queue_exit(&ring_);
  }

  Result<void> open() {
    int error = 0;
    for (const unsigned flags : kSetupFlags) {
      error = io_uring_queue_init(static_cast<unsigned>(depth_), &ring_, flags);
      if (error == 0) break;
    }
    if (error != 0) return refusal("cannot set up io_uring", -error);
    open_ = true;
    io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
    const bool can_read = probe != nullptr && io_uring_opcode_supported(probe, IORING_OP_READ);
    io_uring_free_probe(probe);
    if (!can_read) return refusal("this kernel's io_uring cannot read", EOPNOTSUPP);
    register_files();
    return {};
  }

  Result<void> submit(std::span<const ReadRequest> requests) override {
    SLUICE_CHECK(in_flight_ + requests.size() <= depth_);
    if (broken_ != 0) return refusal("io_uring refused a read", broken_, Code::io);
    for (const ReadRequest& request : requests) {
      const uint32_t flight = free_.back();
      free_.pop_back();
      flights_[flight] = {.request = request, .arrived = 0, .attempts = 0};
      prepare(flight);
    }
    in_flight_ += requests.size();
    push();
    if (refused_.size() < requests.size() || refused_.empty()) return {};
    // Nothing of this span was started: take it back.
    for (const uint32_t flight : refused_) free_.push_back(flight);
    refused_.clear();
    in_flight_ -= requests.size();
    return refusal("io_uring refused a read", broken_, Code::io);
  }

  Result<size_t> reap(std::span<Completion> out, size_t minimum) override {
    const size_t most = std::min(out.size(), in_flight_);
    const size_t least = std::min(minimum, most);
    size_t count = 0;
    for (;;) {
      io_uring_cqe* entry = nullptr;
      while (count < most && io_uring_peek_cqe(&ring_, &entry) == 0) {
        const auto flight = static_cast<uint32_t>(entry->user_data);
        const int result = entry->res;
        io_uring_cqe_seen(&ring_, entry);
        if (land(flight, result)) out[count++] = finish(flight);
      }
      push();
      while (count < most && !refused_.empty()) {
        Flight& flight = flights_[refused_.back()];
        flight.error = broken_;
        out[count++] = finish(refused_.back());
        refused_.pop_back();
      }
      if (count >= least) break;
      const int error = io_uring_wait_cqe(&ring_, &entry);
      if (error != 0 && error != -EINTR && error != -EAGAIN) {
        if (count > 0) break;  // what has landed goes out first
        return refusal("waiting for io_uring failed", -error, Code::io);
      }
    }
    in_flight_ -= count;
    return count;
  }

  size_t in_flight() const override { return in_flight_; }
  size_t depth() const override { return depth_; }
  std::string_view name() const override { return "uring"; }

 private:
  struct Flight {
    ReadRequest request;
    size_t arrived = 0;
    int attempts = 0;
    int error = 0;
  };

  static Error refusal(const char* what, int error, Code code = Code::unsupported) {
    return Error{code, std::string(what) + ": " + std::strerror(error)};
  }

  // Registered files spare the kernel a reference count per read; without them all works as well.
  void register_files() {
    if (files_.empty()) return;
    std::vector<int> descriptors;
    for (const File& file : files_) descriptors.push_back(file.descriptor());
    registered_ = io_uring_register_files(&ring_, descriptors.data(),
                                          static_cast<unsigned>(descriptors.size())) == 0;
  }

  // Queues a read of what is still missing. The ring has room: a flight has one entry at most.
  void prepare(uint32_t index) {
    const Flight& flight = flights_[index];
    const ReadRequest& request = flight.request;
    const auto file = static_cast<size_t>(request.file);
    const size_t bytes = std::min(request.bytes - flight.arrived, kReadStepBytes);
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    SLUICE_CHECK(entry != nullptr && file < files_.size());
    io_uring_prep_read(entry, registered_ ? static_cast<int>(file) : files_[file].descriptor(),
                       request.destination + flight.arrived, static_cast<unsigned>(bytes),
                       request.offset + flight.arrived);
    if (registered_) entry->flags |= IOSQE_FIXED_FILE;
    // Missing pages are found and cleared where a read is started: by the kernel's own thread then,
    // not by the one that computes.
    if (request.untouched) entry->flags |= IOSQE_ASYNC;
    io_uring_sqe_set_data64(entry, index);
    prepared_.push_back(index);
  }

  // Hands the queued entries to the kernel. If it refuses for good the reader is broken: what it
  // did not accept moves to refused_, and nothing is submitted ever again.
  void push() {
    int attempts = 0;
    while (broken_ == 0 && io_uring_sq_ready(&ring_) > 0) {
      const int submitted = io_uring_submit(&ring_);
      if (submitted > 0 || submitted == -EINTR) continue;
      const bool transient = submitted == 0 || submitted == -EAGAIN || submitted == -EBUSY;
      if (transient && ++attempts < kAttemptsMax) {
        usleep(kAttemptPause);
      } else {
        broken_ = submitted == 0 ? EIO : -submitted;
      }
    }
    // The kernel takes entries in order, so the refused ones are the last.
    const size_t left =
        broken_ == 0 ? 0 : std::min<size_t>(io_uring_sq_ready(&ring_), prepared_.size());
    refused_.insert(refused_.end(), prepared_.end() - static_cast<ptrdiff_t>(left),
                    prepared_.end());
    prepared_.clear();
  }

  // Takes in one result; true if the flight is over, false if the rest was queued again.
  bool land(uint32_t index, int result) {
    Flight& flight = flights_[index];
    if (result == -EINTR || result == -EAGAIN) {
      if (broken_ == 0 && ++flight.attempts < kAttemptsMax) {
        prepare(index);
        return false;
      }
    }
    if (result < 0) {
      flight.error = -result;
      return true;
    }
    flight.arrived += static_cast<size_t>(result);
    const File& file = files_[static_cast<size_t>(flight.request.file)];
    switch (next_step(file, flight.request, flight.arrived, static_cast<size_t>(result))) {
      case ReadStep::complete:
        return true;
      case ReadStep::ended:
        flight.error = kShortRead;
        return true;
      case ReadStep::more:
        break;
    }
    if (broken_ != 0) {
      flight.error = broken_;
      return true;
    }
    prepare(index);
    return false;
  }

  Completion finish(uint32_t index) {
    const Flight& flight = flights_[index];
    const ReadRequest& request = flight.request;
    drop_cached(files_[static_cast<size_t>(request.file)], request.offset, flight.arrived);
    free_.push_back(index);
    return {.tag = request.tag, .bytes = flight.arrived, .error = flight.error};
  }

  const std::span<const File> files_;
  const size_t depth_;
  io_uring ring_{};
  bool open_ = false;
  bool registered_ = false;
  int broken_ = 0;  // the errno value after which nothing is submitted any more
  size_t in_flight_ = 0;
  std::vector<Flight> flights_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> prepared_;  // flights in the submission ring, in order
  std::vector<uint32_t> refused_;   // flights that the kernel did not accept
};

}  // namespace

Result<std::unique_ptr<Reader>> open_uring_reader(std::span<const File> files,
                                                  const ReaderOptions& options) {
  auto reader = std::make_unique<UringReader>(files, options.depth);
  SLUICE_TRY(reader->open());
  return std::unique_ptr<Reader>(std::move(reader));
}

}  // namespace sluice
