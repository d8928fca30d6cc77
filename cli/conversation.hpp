// A conversation and how it is led, and both as a JSON file. Threads: values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/sampling_args.hpp"
#include "sluice/engine.hpp"

namespace sluice::cli {

struct ChatSettings {
  SamplingOptions sampling;      ///< its seed counts only if has_seed
  bool has_seed = false;
  size_t max_tokens = 0;         ///< of an answer; 0: to its end
  std::vector<std::string> stop;
  std::string template_arguments;  ///< JSON object for the chat template, or empty
  bool show_thinking = true;
  bool show_statistics = false;  ///< after each answer
  bool live = false;             ///< rates while an answer is generated
};

/// Every name that set_setting knows, with its value now.
std::vector<std::pair<std::string, std::string>> list_settings(const ChatSettings& settings);
/// Errors: invalid (no such name, or the value makes no sense).
Result<void> set_setting(ChatSettings& settings, std::string_view name, const std::string& value);

struct Conversation {
  std::string system;              ///< empty: none
  std::vector<Message> messages;   ///< of the user and the assistant, in turn

  /// All messages, the system's first.
  std::vector<Message> prompt() const;
};

/// The conversation as a JSON document. `model` is for people.
std::string conversation_json(const Conversation& conversation, const ChatSettings& settings,
                              const std::string& model);
/// Reads what conversation_json wrote; neither is changed if there is an error. Settings that the
/// document does not have stay. Errors: invalid, naming `where`.
Result<void> read_conversation(std::string_view json, const std::string& where,
                               Conversation& conversation, ChatSettings& settings);
/// Whether this looks like a document that conversation_json wrote.
bool is_conversation(std::string_view json);

}  // namespace sluice::cli
