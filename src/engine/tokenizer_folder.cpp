#include "engine/tokenizer_folder.hpp"

#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace sluice {

namespace {

namespace fs = std::filesystem;

// Far above what is known; a file beyond it is none of these.
constexpr uintmax_t kBytesMost = uintmax_t{256} << 20;

// A file's contents; empty if it is not there.
Result<std::string> read_optional(const fs::path& path) {
  std::error_code error;
  const uintmax_t bytes = fs::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) return std::string();
  if (error) return Error{Code::io, "cannot read " + path.string() + ": " + error.message()};
  if (bytes > kBytesMost)
    return Error{Code::corrupt, path.string() + " has " + std::to_string(bytes) +
                                    " bytes, too many for a description of text"};
  std::string content(bytes, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(content.data(), static_cast<std::streamsize>(bytes)))
    return Error{Code::io, "cannot read " + path.string()};
  return content;
}

std::string text_of(const TemplateValue& map, std::string_view name) {
  const TemplateValue* const value = map.find(name);
  return value != nullptr && value->text() != nullptr ? *value->text() : std::string();
}

// "chat_template": a text, or a list of {"name": ..., "template": ...}.
ChatTemplateSources configured_templates(const std::string& config) {
  ChatTemplateSources sources;
  const auto tree = TemplateValue::parse(config);
  const TemplateValue* const value = tree ? tree->find("chat_template") : nullptr;
  if (value == nullptr) return sources;
  if (value->text() != nullptr) sources.general = *value->text();
  if (value->list() == nullptr) return sources;
  for (const TemplateValue& entry : *value->list()) {
    const std::string name = text_of(entry, "name");
    if (name == "default") sources.general = text_of(entry, "template");
    if (name == "tool_use") sources.tool_use = text_of(entry, "template");
  }
  return sources;
}

}  // namespace

std::string find_tokenizer_json(const std::string& path) {
  std::error_code error;
  if (fs::path(path).extension() == ".json" && fs::is_regular_file(path, error)) return path;
  const fs::path inside = fs::path(path) / "tokenizer.json";
  return fs::is_regular_file(inside, error) ? inside.string() : std::string();
}

Result<TokenizerFolder> read_tokenizer_folder(const std::string& tokenizer_json) {
  const fs::path folder = fs::path(tokenizer_json).parent_path();
  TokenizerFolder read;
  SLUICE_LET(read.files.tokenizer, read_optional(tokenizer_json));
  SLUICE_LET(read.files.tokenizer_config, read_optional(folder / "tokenizer_config.json"));
  SLUICE_LET(read.files.special_tokens_map, read_optional(folder / "special_tokens_map.json"));
  SLUICE_LET(read.files.generation_config, read_optional(folder / "generation_config.json"));
  SLUICE_LET(read.files.config, read_optional(folder / "config.json"));
  read.chat = configured_templates(read.files.tokenizer_config);
  SLUICE_LET(std::string jinja, read_optional(folder / "chat_template.jinja"));
  if (!jinja.empty()) read.chat.general = std::move(jinja);
  return read;
}

}  // namespace sluice
