// What a file says, fit for an error message. Threads: functions without state.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// At most 200 bytes of `text`, well-formed and in one line.
std::string printable(std::string_view text);

}  // namespace sluice
