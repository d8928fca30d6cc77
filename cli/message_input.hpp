// Messages of several lines: a line that ends with a backslash goes on in the next, and """ begins
// a block that ends with """. Threads: functions without state.
#pragma once

#include <string>
#include <string_view>

namespace sluice::cli {

/// False inside of a """ block.
bool is_complete_message(std::string_view text);
/// The message without the quotes of a block.
std::string message_text(std::string_view text);

}  // namespace sluice::cli
