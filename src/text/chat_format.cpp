#include "text/chat_format.hpp"

#include <algorithm>
#include <utility>

namespace sluice {

namespace {

TemplateValue::Map special_tokens(const Vocabulary& vocabulary) {
  const std::pair<const char*, std::optional<TokenId>> named[] = {
      {"bos_token", vocabulary.bos},
      {"eos_token", vocabulary.eos},
      {"unk_token", vocabulary.unknown},
      {"pad_token", vocabulary.padding},
  };
  TemplateValue::Map variables;
  for (const auto& [name, id] : named) {
    if (!id || *id < 0 || static_cast<size_t>(*id) >= vocabulary.tokens.size()) continue;
    variables.emplace_back(name, std::string(vocabulary.tokens[static_cast<size_t>(*id)]));
  }
  return variables;
}

bool has_tools(const TemplateInput& input) {
  return input.tools.list() != nullptr && !input.tools.list()->empty();
}

bool names(const TemplateValue::Map& arguments, const std::string& name) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [&name](const auto& argument) { return argument.first == name; });
}

}  // namespace

ChatFormat::ChatFormat(const ChatTemplateSources& sources, const Vocabulary& vocabulary)
    : special_tokens_(special_tokens(vocabulary)) {
  if (!sources.general.empty()) general_ = JinjaTemplate::parse(sources.general);
  if (!sources.tool_use.empty()) tool_use_ = JinjaTemplate::parse(sources.tool_use);
}

Result<Segments> ChatFormat::render(TemplateInput input, const Tokenizer& tokenizer) const {
  const auto& chosen = tool_use_ && (has_tools(input) || !general_) ? tool_use_ : general_;
  if (!chosen) {
    return Error{Code::unsupported,
                 "this model has no chat template; give it raw text (--raw), or a template "
                 "(--template FILE)"};
  }
  if (!*chosen) return chosen->error();
  for (const auto& variable : special_tokens_) {
    if (!names(input.arguments, variable.first)) input.arguments.push_back(variable);
  }
  input.holds_control = [&tokenizer](std::string_view text) {
    return tokenizer.encode(text, true) != tokenizer.encode(text, false);
  };
  return (*chosen)->render(input);
}

}  // namespace sluice
