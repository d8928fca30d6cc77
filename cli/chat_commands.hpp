// The commands inside a conversation: /help and the others. Threads: one at a time.
#pragma once

#include <string>
#include <string_view>

#include "cli/chat_session.hpp"

namespace sluice::cli {

enum class Next { go_on, leave };

/// True for "/word" with or without arguments; a path ("/home/me") or "//text" is a message.
bool is_command(std::string_view line);
/// Runs a command; what it says goes to the console. Errors: invalid (no such command), and the
/// command's own.
Result<Next> run_command(ChatSession& chat, Console& console, std::string_view line);
/// The line with the name of the command completed, as far as it is certain.
std::string complete_command(const std::string& line);

}  // namespace sluice::cli
