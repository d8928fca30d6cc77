#include "text/tokenizer_steps.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "text/expressions.hpp"
#include "text/printable.hpp"

namespace sluice {

namespace {

constexpr std::string_view kEscapedBlank = "\xE2\x96\x81";  // U+2581

Error unsupported(std::string_view part, std::string_view what) {
  return {Code::unsupported,
          "tokenizer.json: " + std::string(part) + " " + printable(what) + " is not supported"};
}

std::string_view text_of(const TemplateValue& step, std::string_view name) {
  const TemplateValue* const value = step.find(name);
  return value != nullptr && value->text() != nullptr ? std::string_view(*value->text())
                                                      : std::string_view();
}

bool flag_of(const TemplateValue& step, std::string_view name, bool usual) {
  const TemplateValue* const value = step.find(name);
  const bool* const flag = value == nullptr ? nullptr : std::get_if<bool>(&value->state);
  return flag == nullptr ? usual : *flag;
}

int64_t number_of(const TemplateValue& step, std::string_view name, int64_t usual) {
  const TemplateValue* const value = step.find(name);
  const int64_t* const number = value == nullptr ? nullptr : std::get_if<int64_t>(&value->state);
  return number == nullptr ? usual : *number;
}

// The text of {"String": text}, or of {"Regex": text}.
std::string_view pattern_of(const TemplateValue& step, std::string_view kind) {
  const TemplateValue* const pattern = step.find("pattern");
  return pattern == nullptr ? std::string_view() : text_of(*pattern, kind);
}

// A part of the file as a list of steps: none, one, or what a Sequence lists under `name`.
std::vector<const TemplateValue*> steps_of(const TemplateValue& tree, std::string_view part,
                                           std::string_view name) {
  std::vector<const TemplateValue*> open, steps;
  if (const TemplateValue* const value = tree.find(part)) open.push_back(value);
  while (!open.empty()) {
    const TemplateValue* const step = open.back();
    open.pop_back();
    if (step->is_null()) continue;
    const TemplateValue* const list =
        text_of(*step, "type") == "Sequence" ? step->find(name) : nullptr;
    if (list == nullptr || list->list() == nullptr) {
      steps.push_back(step);
      continue;
    }
    for (size_t i = list->list()->size(); i-- > 0;) open.push_back(&(*list->list())[i]);
  }
  return steps;
}

// Collects the steps; the members say what has been seen.
class StepReader {
 public:
  explicit StepReader(const TemplateValue& tree) : tree_(tree) {}

  Result<TokenizerSteps> read() {
    for (const TemplateValue* const step : steps_of(tree_, "normalizer", "normalizers"))
      SLUICE_TRY(normalizer(*step));
    for (const TemplateValue* const step : steps_of(tree_, "pre_tokenizer", "pretokenizers"))
      SLUICE_TRY(pre_tokenizer(*step));
    if (steps_.byte_level == escapes_blanks_)
      return unsupported("a pipeline", steps_.byte_level
                                           ? "with both ByteLevel and U+2581 for blanks"
                                           : "without ByteLevel or U+2581 for blanks");
    if (!steps_.byte_level && !steps_.pipeline.patterns.empty())
      return unsupported("pre_tokenizer", "Split by an expression without ByteLevel");
    SLUICE_TRY(decoders());
    for (const TemplateValue* const step : steps_of(tree_, "post_processor", "processors"))
      SLUICE_TRY(post_processor(*step));
    return std::move(steps_);
  }

 private:
  Result<void> normalizer(const TemplateValue& step);
  Result<void> pre_tokenizer(const TemplateValue& step);
  Result<void> split(const TemplateValue& step);
  Result<void> byte_level(const TemplateValue& step);
  Result<void> metaspace(const TemplateValue& step);
  Result<void> decoders();
  Result<void> decoder(const TemplateValue& step);
  Result<void> post_processor(const TemplateValue& step);

  const TemplateValue& tree_;
  TokenizerSteps steps_;
  bool escapes_blanks_ = false;
  bool restores_blanks_ = false;
};

Result<void> StepReader::normalizer(const TemplateValue& step) {
  const std::string_view type = text_of(step, "type");
  if (type == "NFC") {
    steps_.pipeline.normalizes = true;
  } else if (type == "Prepend" && text_of(step, "prepend") == kEscapedBlank) {
    steps_.pipeline.leading_blank = LeadingBlank::fragments;
  } else if (type == "Replace" && pattern_of(step, "String") == " " &&
             text_of(step, "content") == kEscapedBlank) {
    escapes_blanks_ = true;
  } else if (type == "Replace" || type == "Prepend") {
    return unsupported("normalizer", std::string(type) + " of anything but blanks by U+2581");
  } else {
    return unsupported("normalizer", type);
  }
  return {};
}

Result<void> StepReader::pre_tokenizer(const TemplateValue& step) {
  const std::string_view type = text_of(step, "type");
  if (steps_.byte_level)
    return unsupported("pre_tokenizer", std::string(type) + " after ByteLevel");
  if (type == "Split") return split(step);
  if (type == "ByteLevel") return byte_level(step);
  if (type == "Metaspace") return metaspace(step);
  if (type != "Digits") return unsupported("pre_tokenizer", type);
  if (!flag_of(step, "individual_digits", false))
    return unsupported("pre_tokenizer", "Digits without individual_digits");
  steps_.pipeline.patterns.push_back(kDigitExpression);
  return {};
}

Result<void> StepReader::split(const TemplateValue& step) {
  const std::string_view behavior = text_of(step, "behavior");
  const bool inverted = flag_of(step, "invert", false);
  const std::string_view expression = pattern_of(step, "Regex");
  if (expression.empty()) {
    // Gemma's: nothing is left to split once the normalizer has replaced the blanks.
    if (pattern_of(step, "String") == " " && escapes_blanks_) return {};
    return unsupported("pre_tokenizer", "Split by a string");
  }
  SLUICE_LET(const Expression known, find_expression(expression));
  const bool keeps_all = (behavior == "Isolated" && !inverted) ||
                         (behavior == "Removed" && inverted && known.covers_all);
  if (!keeps_all)
    return unsupported("pre_tokenizer", "Split with the behavior " + std::string(behavior) +
                                            (inverted ? ", inverted," : ""));
  steps_.pipeline.patterns.push_back(expression);
  return {};
}

Result<void> StepReader::byte_level(const TemplateValue& step) {
  if (flag_of(step, "add_prefix_space", true))
    return unsupported("pre_tokenizer", "ByteLevel with add_prefix_space");
  if (flag_of(step, "use_regex", true)) steps_.pipeline.patterns.push_back(kGpt2Expression);
  steps_.byte_level = true;
  return {};
}

Result<void> StepReader::metaspace(const TemplateValue& step) {
  if (text_of(step, "replacement") != kEscapedBlank)
    return unsupported("pre_tokenizer", "Metaspace with another character than U+2581");
  std::string_view scheme = text_of(step, "prepend_scheme");
  // Older files have a flag instead.
  if (scheme.empty()) scheme = flag_of(step, "add_prefix_space", true) ? "always" : "never";
  if (scheme != "never" && steps_.pipeline.leading_blank != LeadingBlank::never)
    return unsupported("pre_tokenizer", "Metaspace with a prefix besides the normalizer's");
  if (scheme == "always") {
    steps_.pipeline.leading_blank = LeadingBlank::bare_parts;
  } else if (scheme == "first") {
    steps_.pipeline.leading_blank = LeadingBlank::bare_start;
  } else if (scheme != "never") {
    return unsupported("pre_tokenizer", "Metaspace with the prefix scheme " + std::string(scheme));
  }
  steps_.pipeline.cuts_at_blanks = flag_of(step, "split", true);
  escapes_blanks_ = true;
  return {};
}

Result<void> StepReader::decoders() {
  const auto steps = steps_of(tree_, "decoder", "decoders");
  // Without one, the authority puts blanks between tokens.
  if (steps.empty()) return unsupported("a pipeline", "without a decoder");
  for (const TemplateValue* const step : steps) SLUICE_TRY(decoder(*step));
  if (!steps_.byte_level && !restores_blanks_)
    return unsupported("decoder", "that leaves U+2581 in the text");
  return {};
}

Result<void> StepReader::decoder(const TemplateValue& step) {
  const std::string_view type = text_of(step, "type");
  if (steps_.byte_level) {
    if (type == "ByteLevel") return {};
    return unsupported("decoder", std::string(type) + " for byte-level tokens");
  }
  if (type == "ByteFallback" || type == "Fuse") return {};
  if (type == "Replace" && pattern_of(step, "String") == kEscapedBlank &&
      text_of(step, "content") == " ") {
    restores_blanks_ = true;
    return {};
  }
  if (type == "Strip") {
    const int64_t start = number_of(step, "start", 0);
    if (text_of(step, "content") != " " || start < 0 || start > 1 ||
        number_of(step, "stop", 0) != 0)
      return unsupported("decoder", "Strip of anything but one blank in front");
    if (start == 1) steps_.pipeline.leading_cut = LeadingCut::one_blank;
    return {};
  }
  if (type != "Metaspace" || text_of(step, "replacement") != kEscapedBlank)
    return unsupported("decoder", type);
  restores_blanks_ = true;
  std::string_view scheme = text_of(step, "prepend_scheme");
  if (scheme.empty()) scheme = flag_of(step, "add_prefix_space", true) ? "always" : "never";
  if (scheme != "never") steps_.pipeline.leading_cut = LeadingCut::first_tokens_blanks;
  return {};
}

// BOS in front is taken over. What a template puts behind the text is not: it would end the turn
// that a prompt begins.
Result<void> StepReader::post_processor(const TemplateValue& step) {
  const std::string_view type = text_of(step, "type");
  if (type == "ByteLevel") return {};
  if (type != "TemplateProcessing") return unsupported("post_processor", type);
  const TemplateValue* const single = step.find("single");
  const TemplateValue* const tokens = step.find("special_tokens");
  if (single == nullptr || single->list() == nullptr || tokens == nullptr)
    return Error{Code::corrupt,
                 "tokenizer.json: post_processor TemplateProcessing has no template"};
  for (const TemplateValue& item : *single->list()) {
    if (item.find("Sequence") != nullptr) break;
    const TemplateValue* const special = item.find("SpecialToken");
    const TemplateValue* const token =
        special == nullptr ? nullptr : tokens->find(text_of(*special, "id"));
    const TemplateValue* const ids = token == nullptr ? nullptr : token->find("ids");
    if (ids == nullptr || ids->list() == nullptr || ids->list()->size() != 1 || steps_.bos)
      return unsupported("post_processor", "TemplateProcessing with more than one token in front");
    const int64_t* const id = std::get_if<int64_t>(&(*ids->list())[0].state);
    if (id == nullptr || *id < 0 || *id > INT32_MAX)
      return Error{Code::corrupt, "tokenizer.json: post_processor names no token id"};
    steps_.bos = static_cast<TokenId>(*id);
  }
  return {};
}

}  // namespace

Result<TokenizerSteps> read_tokenizer_steps(const TemplateValue& tree) {
  return StepReader(tree).read();
}

}  // namespace sluice
