// The text side of a model: prompts to token ids and back. Needs a file's vocabulary only, no
// weights. Threads: const after open; all methods may be called at once.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

using TokenId = int32_t;

/// One message of a conversation; role is "system", "user" or "assistant".
struct Message {
  std::string role;
  std::string content;
};

class TextModel {
 public:
  /// Reads the vocabulary of a model file. Errors: io, corrupt, unsupported.
  static Result<std::unique_ptr<TextModel>> open(const std::string& path);
  virtual ~TextModel() = default;

  /// Ids of a text as it is, with BOS where the model wants one. `parse_control`: control tokens
  /// spelled out in the text become their ids.
  virtual std::vector<TokenId> encode_prompt(std::string_view text, bool parse_control) const = 0;
  /// Ids of a text without BOS.
  virtual std::vector<TokenId> encode(std::string_view text, bool parse_control) const = 0;
  /// Ids of a conversation through the model's chat template, ready for the assistant's answer.
  /// Contents cannot forge control tokens. Errors: invalid, unsupported (no template).
  virtual Result<std::vector<TokenId>> encode_chat(std::span<const Message> messages) const = 0;
  /// Whether the model has a chat template.
  virtual bool has_chat_template() const = 0;
  /// Text of ids, control tokens shown. Errors: invalid (an id outside the vocabulary).
  virtual Result<std::string> decode(std::span<const TokenId> ids) const = 0;

  virtual size_t vocabulary_size() const = 0;
  virtual std::vector<TokenId> stop_ids() const = 0;
  /// The id that begins every sequence, where the model wants one; otherwise -1.
  virtual TokenId bos() const = 0;
  /// Name and value pairs for people: model, pre-tokenizer, size, special ids.
  virtual std::vector<std::pair<std::string, std::string>> describe() const = 0;
};

}  // namespace sluice
