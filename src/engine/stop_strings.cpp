#include "engine/stop_strings.hpp"

#include <algorithm>
#include <utility>

#include "text/utf8.hpp"

namespace sluice {

namespace {
constexpr size_t kLongestStop = 4096;
}

Result<void> check_stop_strings(std::span<const std::string> stops) {
  for (const std::string& stop : stops) {
    if (stop.empty()) return Error{Code::invalid, "a stop string is empty"};
    if (stop.size() > kLongestStop) {
      return Error{Code::invalid, "a stop string is longer than " + std::to_string(kLongestStop) +
                                      " bytes"};
    }
    std::string well_formed;
    append_well_formed(well_formed, stop);
    if (well_formed != stop) {
      return Error{Code::invalid, "a stop string is not UTF-8: \"" + well_formed + "\""};
    }
  }
  return {};
}

std::string StopStrings::push(std::string_view text) {
  if (found_ != nullptr) return {};
  if (stops_.empty()) return std::string(text);
  pending_ += text;
  size_t begin = 0;
  size_t end = std::string::npos;
  for (const std::string& stop : stops_) {
    const size_t at = pending_.find(stop);
    if (at == std::string::npos) continue;
    const size_t stop_end = at + stop.size();
    if (stop_end > end || (stop_end == end && at >= begin)) continue;
    begin = at;
    end = stop_end;
    found_ = &stop;
  }
  const size_t out_bytes = found_ != nullptr ? begin : pending_.size() - held_bytes();
  std::string out = pending_.substr(0, out_bytes);
  pending_.erase(0, found_ != nullptr ? std::string::npos : out_bytes);
  return out;
}

std::string StopStrings::finish() { return std::exchange(pending_, {}); }

// The longest end of the pending text that begins a stop string.
size_t StopStrings::held_bytes() const {
  size_t held = 0;
  for (const std::string& stop : stops_) {
    for (size_t bytes = std::min(stop.size() - 1, pending_.size()); bytes > held; --bytes) {
      if (pending_.ends_with(std::string_view(stop).substr(0, bytes))) {
        held = bytes;
        break;
      }
    }
  }
  return held;
}

}  // namespace sluice
