// A memory control group for a test: a limit without swap, removed at the end. Needs root and a
// writable hierarchy (version 1, or version 2 with the memory controller given to children).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace sluice::test {

class MemoryGroup {
 public:
  /// Null with a reason if this machine or user cannot make one.
  static std::unique_ptr<MemoryGroup> create(uint64_t limit_bytes, std::string& reason);
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;
  ~MemoryGroup();

  /// Writing 0 here moves the writer into the group.
  std::string processes_file() const { return path_ + "/cgroup.procs"; }
  /// Changes the limit; false if the kernel refuses (version 1: more than that is in use).
  bool set_limit(uint64_t limit_bytes);
  /// What the group uses now.
  uint64_t used_bytes() const;
  /// The most that the group has used, where the kernel counts it; else 0.
  uint64_t peak_bytes() const;
  /// Processes that the kernel ended for want of memory.
  uint64_t killed() const;

 private:
  MemoryGroup(std::string path, bool unified) : path_(std::move(path)), unified_(unified) {}

  std::string path_;
  bool unified_;
};

}  // namespace sluice::test
