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

/// A stretch of a prompt: markup is what a template wrote, and may spell control tokens; the rest
/// is what came from a conversation, and is plain text whatever it looks like.
struct PromptSegment {
  std::string text;
  bool markup = false;
};

/// A conversation through a chat template.
struct ChatPrompt {
  std::vector<PromptSegment> segments;
  std::vector<TokenId> ids;
};

class TextModel {
 public:
  /// Reads the vocabulary of a model file, or of a Hugging Face folder by its tokenizer.json (which
  /// `path` may name as well). A `chat_template` (Jinja) takes the place of the model's own.
  /// Errors: io, corrupt, unsupported.
  static Result<std::unique_ptr<TextModel>> open(const std::string& path,
                                                 const std::string& chat_template = {});
  virtual ~TextModel() = default;

  /// Ids of a text as it is, with BOS where the model wants one. `parse_control`: control tokens
  /// spelled out in the text become their ids.
  virtual std::vector<TokenId> encode_prompt(std::string_view text, bool parse_control) const = 0;
  /// Ids of a text without BOS.
  virtual std::vector<TokenId> encode(std::string_view text, bool parse_control) const = 0;
  /// Ids of a conversation through the model's chat template, ready for the assistant's answer.
  /// Contents cannot forge control tokens. `arguments` are further variables of the template, a
  /// JSON object as {"enable_thinking": false}, or empty. Errors: invalid (the template refuses the
  /// conversation), corrupt (no valid template), unsupported (no template; not in the subset),
  /// budget (a limit on what a template may use).
  virtual Result<std::vector<TokenId>> encode_chat(std::span<const Message> messages,
                                                   std::string_view arguments) const = 0;
  /// A conversation as chat APIs write it: a JSON object with messages, and optionally tools,
  /// documents, add_generation_prompt (default true) and kwargs, further variables of the template.
  /// Errors: as encode_chat.
  virtual Result<ChatPrompt> render_chat(std::string_view request) const = 0;
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
