#include "support/memory_group.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace sluice::test {

namespace {

bool write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  return static_cast<bool>(file.flush());
}

// The first word of a file; empty if there is none.
std::string read_word(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// The number after `name`, or 0.
uint64_t read_value(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string key;
  uint64_t value = 0;
  while (file >> key >> value) {
    if (key == name) return value;
  }
  return 0;
}

bool gives_memory_to_children(const std::string& root) {
  std::ifstream file(root + "/cgroup.subtree_control");
  for (std::string name; file >> name;) {
    if (name == "memory") return true;
  }
  return false;
}

}  // namespace

std::unique_ptr<MemoryGroup> MemoryGroup::create(uint64_t limit_bytes, std::string& reason) {
  const std::string old_root = "/sys/fs/cgroup/memory";
  const std::string new_root = "/sys/fs/cgroup";
  const bool unified = access((old_root + "/memory.limit_in_bytes").c_str(), F_OK) != 0;
  if (unified && !gives_memory_to_children(new_root)) {
    reason = "no memory control groups that a test may make";
    return nullptr;
  }
  const std::string path =
      (unified ? new_root : old_root) + "/sluice-test-" + std::to_string(getpid());
  if (mkdir(path.c_str(), 0755) != 0) {
    reason = path + ": " + std::strerror(errno);
    return nullptr;
  }
  auto group = std::unique_ptr<MemoryGroup>(new MemoryGroup(path, unified));
  const std::string limit = std::to_string(limit_bytes);
  bool limited = false;
  if (unified) {
    limited = write_text(path + "/memory.max", limit);
    write_text(path + "/memory.swap.max", "0");  // the file is missing where there is no swap
  } else {
    limited = write_text(path + "/memory.limit_in_bytes", limit);
    write_text(path + "/memory.memsw.limit_in_bytes", limit);
    write_text(path + "/memory.swappiness", "0");
  }
  if (limited) return group;
  reason = path + ": no limit can be set";
  return nullptr;
}

MemoryGroup::~MemoryGroup() {
  // The last process may take a moment to leave.
  for (int attempt = 0; attempt < 100 && rmdir(path_.c_str()) != 0; ++attempt) usleep(10000);
}

bool MemoryGroup::set_limit(uint64_t limit_bytes) {
  const std::string limit = std::to_string(limit_bytes);
  if (unified_) return write_text(path_ + "/memory.max", limit);
  // The limit with swap must never be the lower one; which to write first depends on the direction.
  const std::string with_swap = path_ + "/memory.memsw.limit_in_bytes";
  write_text(with_swap, limit);
  const bool limited = write_text(path_ + "/memory.limit_in_bytes", limit);
  write_text(with_swap, limit);
  return limited;
}

uint64_t MemoryGroup::used_bytes() const {
  const std::string word =
      read_word(path_ + (unified_ ? "/memory.current" : "/memory.usage_in_bytes"));
  return word.empty() ? 0 : std::stoull(word);
}

uint64_t MemoryGroup::peak_bytes() const {
  const std::string word =
      read_word(path_ + (unified_ ? "/memory.peak" : "/memory.max_usage_in_bytes"));
  return word.empty() ? 0 : std::stoull(word);
}

uint64_t MemoryGroup::killed() const {
  return read_value(path_ + (unified_ ? "/memory.events" : "/memory.oom_control"), "oom_kill");
}

}  // namespace sluice::test
