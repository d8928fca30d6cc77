// The trunk: all resident tensors, read once at open into anonymous memory, several large reads in
// flight. Threads: one, through the reader. Cost: the tensors' bytes, plus at most two pages for
// each run of tensors that lie together in a file.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "arch/binder.hpp"
#include "base/pages.hpp"
#include "io/reader.hpp"
#include "sluice/error.hpp"

namespace sluice {

class Trunk {
 public:
  /// Lays the tensors out; reads nothing.
  Trunk(std::span<const TrunkBinding> bindings, std::span<const File> files);

  /// Memory the trunk takes.
  uint64_t bytes() const { return bytes_; }

  /// Allocates and reads, then writes every binding's address. Errors: io and corrupt, naming file
  /// and offset; budget; cancelled.
  Result<void> load(Reader& reader, const std::function<void(uint64_t, uint64_t)>& on_progress,
                    const std::atomic<bool>* cancel);

 private:
  struct Run {                 // tensors that are read together
    FileIndex file{};
    uint64_t begin = 0;        // aligned outwards
    uint64_t end = 0;
    uint64_t needed_end = 0;   // of the last tensor
    uint64_t memory = 0;       // offset in pages_
  };
  struct Placed {
    TrunkBinding binding;
    uint64_t memory = 0;
  };

  std::vector<ReadRequest> requests() const;

  std::span<const File> files_;
  std::vector<Run> runs_;
  std::vector<Placed> placed_;
  uint64_t bytes_ = 0;
  Pages pages_;
};

}  // namespace sluice
