// Chat templates as model files carry them: a subset of Jinja, rendered as transformers'
// apply_chat_template does, with the origin of every byte kept.
// Threads: const after parsing; render may be called from any thread at once.
// Cost: linear in what the template does, within limits.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/error.hpp"
#include "text/segments.hpp"
#include "text/template_value.hpp"

namespace sluice {

/// What a rendering may use; reaching a limit is an error of code budget.
struct TemplateLimits {
  size_t depth = 400;                         ///< nested expressions, blocks and macros
  uint64_t steps = 50'000'000;                ///< evaluations, loop rounds, list items
  uint64_t bytes = uint64_t{1} << 30;         ///< all values ever made
  uint64_t output_bytes = uint64_t{1} << 28;  ///< the prompt
};

/// A moment as a clock on the wall shows it; month and day from 1.
struct TemplateTime {
  int year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0;
};

/// One conversation, as a template is given it.
struct TemplateInput {
  TemplateValue messages = TemplateValue::List();  ///< maps with role, content and anything else
  TemplateValue tools;                             ///< a list, or null
  TemplateValue documents;                         ///< a list, or null
  bool add_generation_prompt = false;
  /// Further variables, bos_token and eos_token among them. They come from whoever runs the model,
  /// so they count as markup; they win over the variables above.
  TemplateValue::Map arguments;
  std::optional<TemplateTime> now;  ///< for strftime_now; without one, the local time
  /// Whether a text holds a control token. Names, roles and ids in messages and tools are markup (a
  /// template writes "<|im_start|>user\n" in one piece) unless this says that they hold one.
  std::function<bool(std::string_view)> holds_control;
  TemplateLimits limits;
};

class JinjaTemplate {
 public:
  /// Errors: corrupt (syntax; line and column), unsupported (a tag that is not in the subset),
  /// budget (nesting).
  static Result<JinjaTemplate> parse(std::string_view source);
  JinjaTemplate(JinjaTemplate&&) noexcept;
  JinjaTemplate& operator=(JinjaTemplate&&) noexcept;
  ~JinjaTemplate();

  /// The prompt: data is what came from contents, reasoning, arguments of tool calls, descriptions
  /// of tools and documents. Neighbouring segments differ in kind.
  /// Errors: invalid (the template called raise_exception; its text ends the message), unsupported
  /// (the template fails on this conversation), budget (a limit). Each with line and column.
  Result<Segments> render(const TemplateInput& input) const;

 private:
  struct Parsed;
  explicit JinjaTemplate(std::unique_ptr<const Parsed> parsed);
  std::unique_ptr<const Parsed> parsed_;
};

}  // namespace sluice
