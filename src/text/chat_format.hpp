// How a model wants its conversations written: its chat templates and the variables they expect.
// Threads: const after creation; render may be called from any thread at once.
#pragma once

#include <optional>
#include <string>

#include "sluice/error.hpp"
#include "text/jinja_template.hpp"
#include "text/segments.hpp"
#include "text/tokenizer.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

/// The sources of a model's templates; empty where it has none.
struct ChatTemplateSources {
  std::string general;
  std::string tool_use;  ///< for conversations with tools, in place of the general one
};

class ChatFormat {
 public:
  ChatFormat() = default;
  /// A template that cannot be parsed is no error here: a model is useful without one, and render
  /// says what is wrong. `vocabulary` names the special tokens that templates write.
  ChatFormat(const ChatTemplateSources& sources, const Vocabulary& vocabulary);

  bool exists() const { return general_.has_value() || tool_use_.has_value(); }

  /// The prompt of a conversation. bos_token, eos_token and the like are given to the template as
  /// transformers' apply_chat_template (5.23) gives them; arguments of the same name win. Roles,
  /// names and ids that spell a control token of `tokenizer` are data.
  /// Errors: as JinjaTemplate::parse and render; unsupported if there is no template.
  Result<Segments> render(TemplateInput input, const Tokenizer& tokenizer) const;

 private:
  std::optional<Result<JinjaTemplate>> general_, tool_use_;
  TemplateValue::Map special_tokens_;
};

}  // namespace sluice
