#include "text/jinja_template.hpp"

#include <utility>

#include "text/jinja/evaluator.hpp"
#include "text/jinja/import.hpp"

namespace sluice {

struct JinjaTemplate::Parsed {
  jinja::Template syntax;
};

namespace {

// A message of an error is one line of printable text.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return text;
}

// A template's own limits have nothing to do with the memory that was allowed, which is what this
// code means outside.
Code outward(Code code) { return code == Code::budget ? Code::unsupported : code; }

Error located(const jinja::Template& syntax, size_t at, const Error& error) {
  const std::string place = jinja::position_text(syntax.source, at);
  const bool raised = error.code == Code::invalid;
  const std::string what = raised ? "the chat template refuses the conversation at "
                                  : "the chat template fails at ";
  return {outward(error.code), one_line(what + place + ": " + error.message)};
}

jinja::ClockTime clock_time(const std::optional<TemplateTime>& now) {
  if (!now) return jinja::ClockTime::local();
  const bool valid = now->month >= 1 && now->month <= 12 && now->day >= 1 && now->day <= 31 &&
                     now->year >= 1 && now->year <= 9999;
  if (!valid) return {};
  return {now->year, now->month, now->day, now->hour, now->minute, now->second};
}

Result<void> give_variables(jinja::Evaluator& evaluator, jinja::Runtime& runtime,
                            const TemplateInput& input) {
  using jinja::Value;
  SLUICE_LET(Value messages, import_messages(runtime, input.messages, input.holds_control));
  SLUICE_LET(Value tools, import_tools(runtime, input.tools, input.holds_control));
  SLUICE_LET(Value documents, jinja::import_value(runtime, input.documents, true));
  evaluator.set("messages", std::move(messages));
  evaluator.set("tools", std::move(tools));
  evaluator.set("documents", std::move(documents));
  evaluator.set("add_generation_prompt", Value(input.add_generation_prompt));
  for (const auto& [name, argument] : input.arguments) {
    SLUICE_LET(Value value, jinja::import_value(runtime, argument, false));
    evaluator.set(name, std::move(value));
  }
  return {};
}

Segments segments_of(const jinja::MarkedText& text) {
  Segments segments;
  size_t at = 0;
  const auto push = [&](size_t end, bool markup) {
    if (end > at) segments.push_back({std::string(text.bytes().substr(at, end - at)), markup});
    at = end;
  };
  for (const jinja::Span& span : text.data()) {
    push(span.begin, true);
    push(span.end, false);
  }
  push(text.size(), true);
  return segments;
}

}  // namespace

JinjaTemplate::JinjaTemplate(std::unique_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}
JinjaTemplate::JinjaTemplate(JinjaTemplate&&) noexcept = default;
JinjaTemplate& JinjaTemplate::operator=(JinjaTemplate&&) noexcept = default;
JinjaTemplate::~JinjaTemplate() = default;

Result<JinjaTemplate> JinjaTemplate::parse(std::string_view source) {
  auto syntax = jinja::parse_template(std::string(source));
  if (!syntax)
    return Error{outward(syntax.error().code),
                 one_line("cannot read the chat template: " + syntax.error().message)};
  auto parsed = std::make_unique<Parsed>();
  parsed->syntax = *std::move(syntax);
  return JinjaTemplate(std::unique_ptr<const Parsed>(std::move(parsed)));
}

Result<Segments> JinjaTemplate::render(const TemplateInput& input) const {
  const TemplateLimits& limits = input.limits;
  jinja::Runtime runtime({limits.depth, limits.steps, limits.bytes, limits.output_bytes},
                         clock_time(input.now));
  jinja::Evaluator evaluator(parsed_->syntax, runtime);
  if (auto given = give_variables(evaluator, runtime, input); !given)
    return Error{outward(given.error().code),
                 "cannot give the chat template its conversation: " + given.error().message};
  const auto text = evaluator.render();
  if (!text) return located(parsed_->syntax, evaluator.error_at(), text.error());
  return segments_of(*text);
}

}  // namespace sluice
