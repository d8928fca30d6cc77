#include "cli/chat_commands.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace sluice::cli {

namespace {

using Run = Result<Next> (*)(ChatSession&, Console&, const std::string&);

struct ChatCommand {
  const char* name;
  const char* argument;
  const char* help;
  Run run;
};

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

Result<std::string> file_name(const std::string& argument, const char* command) {
  if (argument.empty()) return Error{Code::invalid, fmt::format("/{} needs a file name", command)};
  const char* const home = std::getenv("HOME");
  if (argument.starts_with("~/") && home != nullptr) return home + argument.substr(1);
  return argument;
}

Result<Next> help(ChatSession& chat, Console& console, const std::string& argument);

Result<Next> show_system(ChatSession& chat, Console& console, const std::string& argument) {
  if (argument.empty()) {
    const std::string& system = chat.conversation.system;
    console.say(system.empty() ? "there is no system message" : system);
    return Next::go_on;
  }
  chat.conversation.system = argument == "-" ? "" : argument;
  console.note(argument == "-" ? "no system message from now on" : "the system message is set");
  return Next::go_on;
}

Result<Next> clear(ChatSession& chat, Console& console, const std::string&) {
  chat.conversation.messages.clear();
  console.note("a new conversation begins");
  return Next::go_on;
}

Result<Next> regenerate(ChatSession& chat, Console& console, const std::string&) {
  SLUICE_LET(const Turn turn, chat.again());
  if (turn == Turn::taken_back) console.note("(stopped; the answer before stays)");
  return Next::go_on;
}

Result<Next> save(ChatSession& chat, Console& console, const std::string& argument) {
  SLUICE_LET(const std::string path, file_name(argument, "save"));
  SLUICE_TRY(chat.save(path));
  console.note(fmt::format("saved {} messages in {}", chat.conversation.messages.size(), path));
  return Next::go_on;
}

Result<Next> load(ChatSession& chat, Console& console, const std::string& argument) {
  SLUICE_LET(const std::string path, file_name(argument, "load"));
  SLUICE_TRY(chat.load(path));
  console.note(fmt::format("loaded {} messages from {}", chat.conversation.messages.size(), path));
  return Next::go_on;
}

Result<Next> statistics(ChatSession& chat, Console& console, const std::string&) {
  console.say(chat.statistics());
  return Next::go_on;
}

Result<Next> set(ChatSession& chat, Console& console, const std::string& argument) {
  if (argument.empty()) {
    std::string text;
    for (const auto& [name, value] : list_settings(chat.settings)) {
      text += fmt::format("{}{:<18} {}", text.empty() ? "" : "\n", name, value);
    }
    for (const std::string& stop : chat.settings.stop)
      text += fmt::format("\n{:<18} {}", "stop", stop);
    console.say(text);
    return Next::go_on;
  }
  const size_t blank = std::min(argument.find_first_of(" \t"), argument.size());
  const std::string name = argument.substr(0, blank);
  const std::string value(trim(std::string_view(argument).substr(blank)));
  if (name == "stop") {
    if (value.empty())
      chat.settings.stop.clear();
    else
      chat.settings.stop.push_back(value);
    console.note(value.empty() ? "no stop strings"
                               : fmt::format("answers end at \"{}\" too", value));
    return Next::go_on;
  }
  SLUICE_TRY(set_setting(chat.settings, name, value));
  console.note(fmt::format("{} is {}", name, value));
  return Next::go_on;
}

Result<Next> quit(ChatSession&, Console&, const std::string&) {
  return Next::leave;
}

constexpr ChatCommand kCommands[] = {
    {"help", "", "this list", help},
    {"system", "TEXT", "set the system message; - removes it; nothing: show it", show_system},
    {"clear", "", "begin a new conversation; the system message and the settings stay", clear},
    {"regen", "", "answer the last message again", regenerate},
    {"save", "FILE", "save the conversation and the settings", save},
    {"load", "FILE", "go on with a saved conversation", load},
    {"stats", "", "what the last answer took", statistics},
    {"set", "NAME VALUE", "change a setting; nothing: list them", set},
    {"quit", "", "leave (as Ctrl-D)", quit},
    {"exit", "", "", quit},
};

Result<Next> help(ChatSession&, Console& console, const std::string&) {
  std::string text;
  for (const ChatCommand& command : kCommands) {
    if (*command.help == '\0') continue;
    text += fmt::format("/{:<17} {}\n", fmt::format("{} {}", command.name, command.argument),
                        command.help);
  }
  text +=
      "Enter sends. \\ and Enter, or Alt-Enter, begins a new line; \"\"\" begins a block, and "
      "\"\"\"\n"
      "ends it. // at the beginning sends a message that begins with /. Up and Down recall what\n"
      "was typed. Ctrl-C stops an answer and keeps what has come of it.";
  console.say(text);
  return Next::go_on;
}

std::string_view command_name(std::string_view line) {
  const auto end = std::find_if(line.begin() + 1, line.end(), [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) == 0;
  });
  return line.substr(1, static_cast<size_t>(end - line.begin()) - 1);
}

}  // namespace

bool is_command(std::string_view line) {
  if (!line.starts_with('/')) return false;
  const std::string_view name = command_name(line);
  const std::string_view rest = line.substr(1 + name.size());
  return !name.empty() && (rest.empty() || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n');
}

Result<Next> run_command(ChatSession& chat, Console& console, std::string_view line) {
  const std::string_view name = command_name(line);
  const std::string argument(trim(line.substr(1 + name.size())));
  for (const ChatCommand& command : kCommands) {
    if (name == command.name) return command.run(chat, console, argument);
  }
  return Error{Code::invalid,
               fmt::format("there is no command /{}; /help lists them, and // begins "
                           "a message with /",
                           name)};
}

std::string complete_command(const std::string& line) {
  if (!line.starts_with('/')) return line;
  const std::string_view begun = std::string_view(line).substr(1);
  std::string found;
  for (const ChatCommand& command : kCommands) {
    const std::string_view name = command.name;
    if (!name.starts_with(begun)) continue;
    if (found.empty()) {
      found = name;
    } else {
      const auto [end, other] = std::mismatch(found.begin(), found.end(), name.begin(), name.end());
      found.erase(end, found.end());
    }
  }
  return found.empty() ? line : "/" + found;
}

}  // namespace sluice::cli
