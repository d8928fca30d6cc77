#include "cli/conversation.hpp"

#include <nlohmann/json.hpp>

namespace sluice::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "sluice conversation";
constexpr int kVersion = 1;

Error refused(const std::string& where, const char* why) {
  return {Code::invalid, where + ": " + why};
}

Result<std::vector<Message>> read_messages(const Json& json, const std::string& where) {
  std::vector<Message> messages;
  if (!json.is_array()) return refused(where, "\"messages\" is no list");
  for (const Json& entry : json) {
    const auto text = [&entry](const char* key) {
      const auto found = entry.find(key);
      return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    Message message;
    if (entry.is_object() && entry.contains("content")) {
      message.role = text("role");
      message.content = text("content");
    }
    if (message.role != "user" && message.role != "assistant") {
      return refused(where, "a message is neither the user's nor the assistant's");
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

Result<void> read_settings(const Json& json, const std::string& where, ChatSettings& settings) {
  for (const auto& [name, value] : json.items()) {
    if (name == "stop" && value.is_array()) {
      settings.stop.clear();
      for (const Json& stop : value) {
        if (!stop.is_string()) return refused(where, "a stop string is no text");
        settings.stop.push_back(stop.get<std::string>());
      }
      continue;
    }
    if (!value.is_string()) return refused(where, "a setting is no text");
    if (auto set = set_setting(settings, name, value.get<std::string>()); !set) {
      return Error{Code::invalid, where + ": " + set.error().message};
    }
  }
  return {};
}

}  // namespace

std::vector<Message> Conversation::prompt() const {
  std::vector<Message> all;
  if (!system.empty()) {
    Message first;
    first.role = "system";
    first.content = system;
    all.push_back(std::move(first));
  }
  all.insert(all.end(), messages.begin(), messages.end());
  return all;
}

std::string conversation_json(const Conversation& conversation, const ChatSettings& settings,
                              const std::string& model) {
  Json json;
  json["format"] = kFormat;
  json["version"] = kVersion;
  json["model"] = model;
  json["system"] = conversation.system;
  json["messages"] = Json::array();
  for (const Message& message : conversation.messages) {
    json["messages"].push_back({{"role", message.role}, {"content", message.content}});
  }
  json["settings"] = Json::object();
  for (const auto& [name, value] : list_settings(settings)) json["settings"][name] = value;
  json["settings"]["stop"] = settings.stop;
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

bool is_conversation(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  return json.is_object() && json.contains("format") && json["format"] == kFormat;
}

Result<void> read_conversation(std::string_view text, const std::string& where,
                               Conversation& conversation, ChatSettings& settings) {
  if (!is_conversation(text)) return refused(where, "this is no saved conversation");
  const Json json = Json::parse(text, nullptr, false);
  if (!json.contains("version") || json["version"] != kVersion) {
    return refused(where, "this conversation was saved by another version");
  }
  if (!json.contains("messages")) return refused(where, "there are no messages in it");
  Conversation read;
  ChatSettings changed = settings;
  if (const auto system = json.find("system"); system != json.end() && system->is_string()) {
    read.system = system->get<std::string>();
  }
  SLUICE_LET(read.messages, read_messages(json["messages"], where));
  if (json.contains("settings")) SLUICE_TRY(read_settings(json["settings"], where, changed));
  conversation = std::move(read);
  settings = std::move(changed);
  return {};
}

}  // namespace sluice::cli
