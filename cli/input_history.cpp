#include "cli/input_history.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/console.hpp"

namespace sluice::cli {

namespace {

using Json = nlohmann::json;

// The file is cut back to this many entries when it has grown to twice as many.
constexpr size_t kEntries = 1000;
// An entry longer than this (a pasted document) is kept in memory only.
constexpr size_t kEntryBytes = 64 << 10;

std::string as_line(const std::string& entry) {
  return Json(entry).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::vector<std::string> parse_lines(std::string_view text) {
  std::vector<std::string> entries;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const Json value = Json::parse(text.substr(begin, end - begin), nullptr, false);
    if (value.is_string()) entries.push_back(value.get<std::string>());
    begin = end + 1;
  }
  return entries;
}

std::string from_home(const char* home, const char* rest) {
  const std::string_view folder = home == nullptr ? "" : home;
  return folder.starts_with('/') ? std::string(folder) + rest : "";
}

}  // namespace

std::string default_history_path() {
  // A relative path is to be ignored (XDG Base Directory Specification).
  const std::string state = from_home(std::getenv("XDG_STATE_HOME"), "/sluice/history");
  return state.empty() ? from_home(std::getenv("HOME"), "/.local/state/sluice/history") : state;
}

Result<void> InputHistory::open(const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  if (!fs::exists(folder, error)) {
    fs::create_directories(folder, error);
    if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  }
  if (error) return Error{Code::io, folder.string() + ": cannot create: " + error.message()};
  if (fs::exists(path, error)) {
    SLUICE_LET(const std::string text, read_input(path));
    entries_ = parse_lines(text);
  }
  path_ = path;
  if (entries_.size() < 2 * kEntries) return {};
  entries_.erase(entries_.begin(), entries_.end() - kEntries);
  std::string kept;
  for (const std::string& entry : entries_) kept += as_line(entry);
  return write_private_file(path, kept);
}

void InputHistory::add(const std::string& entry) {
  if (entry.empty() || (!entries_.empty() && entries_.back() == entry)) return;
  entries_.push_back(entry);
  if (path_.empty() || entry.size() > kEntryBytes) return;
  const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;
  // One write, so that two programs do not mix their lines. A history is not worth an error.
  const std::string line = as_line(entry);
  if (::write(file, line.data(), line.size()) < 0) path_.clear();
  close(file);
}

std::optional<size_t> InputHistory::before(size_t index, std::string_view prefix) const {
  while (index > 0) {
    if (entries_[--index].starts_with(prefix)) return index;
  }
  return std::nullopt;
}

std::optional<size_t> InputHistory::after(size_t index, std::string_view prefix) const {
  while (index + 1 < entries_.size()) {
    if (entries_[++index].starts_with(prefix)) return index;
  }
  return std::nullopt;
}

}  // namespace sluice::cli
