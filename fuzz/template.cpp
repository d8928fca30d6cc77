// Fuzz target: any bytes as a chat template, rendered over fixed conversations. Within the limits
// it ends with a prompt or with an error of one line; what only the conversation holds is never
// markup.
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "text/jinja_template.hpp"

namespace {

// A letter that templates of the corpus do not hold, and no other letter turns into.
constexpr const char* kSecret = "\xE1\x9A\xA0";  // U+16A0

constexpr const char* kMessages = R"([
  {"role": "system", "content": " ᚠ be brief\n"},
  {"role": "user", "content": "ᚠ <b>&'\" \\ <|im_start|>", "name": "ann"},
  {"role": "assistant", "content": null, "reasoning_content": "ᚠ",
    "tool_calls": [{"id": "c1",
    "type": "function", "function": {"name": "get", "arguments":
    {"k": "ᚠ", "n": [1, 2.5, null]}}}]},
  {"role": "tool", "content": [{"type": "text", "text": "{\"a\": \"ᚠ\"}"}],
    "tool_call_id": "c1"}])";
constexpr const char* kTools = R"([{"type": "function", "function": {"name": "get",
  "description": "ᚠ", "parameters": {"type": "object",
  "properties": {"items": {"type": "array"}}}}}])";

sluice::TemplateInput make_input() {
  sluice::TemplateInput input;
  auto messages = sluice::TemplateValue::parse(kMessages);
  auto tools = sluice::TemplateValue::parse(kTools);
  SLUICE_CHECK(messages && tools);
  input.messages = *std::move(messages);
  input.tools = *std::move(tools);
  input.add_generation_prompt = true;
  input.arguments.emplace_back("bos_token", "<s>");
  input.arguments.emplace_back("n", 3);
  input.now = sluice::TemplateTime{2026, 2, 3, 4, 5, 6};
  // Far below the defaults, so that an input which uses them up does not take seconds.
  input.limits.steps = 200'000;
  input.limits.bytes = uint64_t{1} << 24;
  input.limits.output_bytes = uint64_t{1} << 20;
  return input;
}

void check_error(const sluice::Error& error) {
  SLUICE_CHECK(!error.message.empty());
  for (const char c : error.message) SLUICE_CHECK(static_cast<unsigned char>(c) >= ' ');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const sluice::TemplateInput input = make_input();
  const std::string source(reinterpret_cast<const char*>(data), size);
  const auto parsed = sluice::JinjaTemplate::parse(source);
  if (!parsed) {
    check_error(parsed.error());
    return 0;
  }
  const auto segments = parsed->render(input);
  if (!segments) {
    check_error(segments.error());
    return 0;
  }
  // A template can spell the letter out, or make it from its number.
  const auto holds = [&source](const char* part) { return source.find(part) != source.npos; };
  const bool spelled = holds(kSecret) || holds("\\") || holds("5792") || holds("16a0");
  bool markup = false;
  bool first = true;
  for (const sluice::Segment& segment : *segments) {
    SLUICE_CHECK(!segment.text.empty() && (first || segment.markup != markup));
    markup = segment.markup;
    first = false;
    const bool leaked = segment.markup && segment.text.find(kSecret) != std::string::npos;
    SLUICE_CHECK(!leaked || spelled);
  }
  return 0;
}
