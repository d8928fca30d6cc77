#include "engine/trunk.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace sluice {

namespace {

// Tensors closer than this are read in one go, the gap with them.
constexpr uint64_t kGap = 16 * kKiB;
constexpr uint64_t kReadBytes = 4 * kMiB;
constexpr size_t kInFlight = 4;

}  // namespace

Trunk::Trunk(std::span<const TrunkBinding> bindings, std::span<const File> files)
    : files_(files) {
  for (const TrunkBinding& binding : bindings) placed_.push_back({binding, 0});
  std::sort(placed_.begin(), placed_.end(), [](const Placed& a, const Placed& b) {
    const TensorInfo& x = *a.binding.tensor;
    const TensorInfo& y = *b.binding.tensor;
    return x.file != y.file ? x.file < y.file : x.offset < y.offset;
  });
  for (Placed& placed : placed_) {
    const TensorInfo& tensor = *placed.binding.tensor;
    const uint64_t alignment = std::max<uint64_t>(
        files[static_cast<size_t>(tensor.file)].alignment(), kPage);
    const uint64_t begin = align_down(tensor.offset, alignment);
    const uint64_t needed_end = tensor.offset + tensor.bytes;
    const uint64_t end = align_up(needed_end, alignment);
    const bool joins = !runs_.empty() && runs_.back().file == tensor.file &&
                       begin <= runs_.back().end + kGap;
    if (joins) {
      Run& run = runs_.back();
      bytes_ += std::max(run.end, end) - run.end;
      run.end = std::max(run.end, end);
      run.needed_end = std::max(run.needed_end, needed_end);
    } else {
      runs_.push_back({tensor.file, begin, end, needed_end, bytes_});
      bytes_ += end - begin;
    }
    placed.memory = runs_.back().memory + (tensor.offset - runs_.back().begin);
  }
}

std::vector<ReadRequest> Trunk::requests() const {
  std::vector<ReadRequest> requests;
  for (const Run& run : runs_) {
    for (uint64_t offset = run.begin; offset < run.end; offset += kReadBytes) {
      ReadRequest request;
      request.file = run.file;
      request.offset = offset;
      request.bytes = std::min(kReadBytes, run.end - offset);
      request.needed = std::min(offset + request.bytes, run.needed_end) - offset;
      request.destination = pages_.data() + run.memory + (offset - run.begin);
      request.tag = requests.size();
      request.untouched = true;
      requests.push_back(request);
    }
  }
  return requests;
}

Result<void> Trunk::load(Reader& reader,
                         const std::function<void(uint64_t, uint64_t)>& on_progress,
                         const std::atomic<bool>* cancel) {
  SLUICE_LET(pages_, Pages::allocate(bytes_));
  const std::vector<ReadRequest> all = requests();
  const size_t depth = std::min(kInFlight, reader.depth());
  std::vector<Completion> done(depth);
  uint64_t read = 0;
  size_t started = 0;
  std::optional<Error> failure;
  while (reader.in_flight() > 0 || (started < all.size() && !failure)) {
    while (!failure && started < all.size() && reader.in_flight() < depth) {
      SLUICE_TRY(reader.submit({&all[started], 1}));
      ++started;
    }
    SLUICE_LET(const size_t count, reader.reap(done, 1));
    for (size_t i = 0; i < count; ++i) {
      const ReadRequest& request = all[done[i].tag];
      read += request.bytes;
      if (done[i].error != 0 && !failure) {
        failure = read_error(files_[static_cast<size_t>(request.file)], request.offset,
                             request.needed, done[i]);
      }
    }
    if (on_progress) on_progress(read, bytes_);
    if (cancel != nullptr && cancel->load() && !failure) {
      failure = Error{Code::cancelled, "stopped on request while loading"};
    }
  }
  if (failure) return *failure;
  for (const Placed& placed : placed_) *placed.binding.address = pages_.data() + placed.memory;
  return {};
}

}  // namespace sluice
