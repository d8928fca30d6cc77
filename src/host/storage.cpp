#include "host/storage.hpp"

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <utility>

#include "base/bytes.hpp"
#include "host/text_file.hpp"

namespace sluice {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSectorBytes = 512;  // of /sys/block/*/stat, whatever the device's own

struct Mount {
  std::string point, filesystem, source;
};

// Spaces in mountinfo are written as "\040".
std::string unescape(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && text.compare(i, 4, "\\040") == 0) {
      out.push_back(' ');
      i += 3;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

// Source: proc(5), /proc/pid/mountinfo. The last mount of a device covers earlier ones.
Mount find_mount(const std::string& device_number, const std::string& root) {
  Mount found;
  std::istringstream lines(read_text(root + "/proc/self/mountinfo").value_or(""));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string id, parent, device, subtree, point, word;
    fields >> id >> parent >> device >> subtree >> point;
    if (device != device_number) continue;
    while (fields >> word && word != "-") {
    }
    fields >> found.filesystem >> found.source;
    found.point = unescape(point);
  }
  return found;
}

// The folder of the device in /sys; empty for what is no block device (tmpfs, network).
fs::path find_device(const std::string& device_number, const Mount& mount,
                     const std::string& root) {
  std::error_code error;
  fs::path path = fs::canonical(root + "/sys/dev/block/" + device_number, error);
  if (!error) return path;
  // Btrfs mounts have numbers of their own; their source names the device.
  const std::string name = fs::path(mount.source).filename();
  if (mount.source.rfind("/dev/", 0) != 0 || name.empty()) return {};
  path = fs::canonical(root + "/sys/class/block/" + name, error);
  return error ? fs::path() : path;
}

// "none [mq-deadline] kyber": the chosen one.
std::string chosen(const std::string& list) {
  const size_t begin = list.find('[');
  const size_t end = list.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return list;
  return list.substr(begin + 1, end - begin - 1);
}

}  // namespace

std::string StorageId::text() const {
  char text[64];
  std::snprintf(text, sizeof text, "%u-%u-%016llx", major, minor,
                static_cast<unsigned long long>(filesystem));
  return text;
}

Storage describe_device(uint32_t major, uint32_t minor, const std::string& root) {
  Storage storage;
  storage.id.major = major;
  storage.id.minor = minor;
  const std::string number = std::to_string(major) + ":" + std::to_string(minor);
  const Mount mount = find_mount(number, root);
  storage.filesystem = mount.filesystem;
  storage.mount = mount.point;
  fs::path device = find_device(number, mount, root);
  if (device.empty()) return storage;
  std::error_code ignored;
  if (fs::exists(device / "partition", ignored)) device = device.parent_path();
  storage.device = device.filename();
  const auto queue = [&](const char* name) { return (device / "queue" / name).string(); };
  if (const auto value = read_number(queue("rotational"))) storage.rotational = *value != 0;
  storage.scheduler = chosen(read_text(queue("scheduler")).value_or(""));
  if (const auto value = read_number(queue("max_sectors_kb"))) {
    storage.request_bytes_max = *value * kKiB;
  }
  storage.requests_max = read_number(queue("nr_requests"));
  storage.model = read_text((device / "device/model").string()).value_or("");
  storage.backing_file = read_text((device / "loop/backing_file").string()).value_or("");
  return storage;
}

Result<Storage> describe_storage(const std::string& path, const std::string& root) {
  struct stat status = {};
  struct statfs filesystem = {};
  if (stat(path.c_str(), &status) != 0 || statfs(path.c_str(), &filesystem) != 0) {
    return Error{Code::io, path + ": " + std::strerror(errno)};
  }
  Storage storage = describe_device(major(status.st_dev), minor(status.st_dev), root);
  static_assert(sizeof filesystem.f_fsid == sizeof storage.id.filesystem);
  std::memcpy(&storage.id.filesystem, &filesystem.f_fsid, sizeof storage.id.filesystem);
  return storage;
}

std::optional<uint64_t> process_device_bytes(const std::string& root) {
  const auto text = read_text(root + "/proc/self/io");
  const auto line = text ? find_line(*text, "read_bytes") : std::nullopt;
  return line ? parse_number(*line) : std::nullopt;
}

std::optional<uint64_t> device_bytes_read(const std::string& device, const std::string& root) {
  if (device.empty()) return std::nullopt;
  std::istringstream fields(read_text(root + "/sys/class/block/" + device + "/stat").value_or(""));
  uint64_t reads = 0;
  uint64_t merges = 0;
  uint64_t sectors = 0;
  if (!(fields >> reads >> merges >> sectors)) return std::nullopt;
  return sectors * kSectorBytes;
}

}  // namespace sluice
