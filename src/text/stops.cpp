#include "text/stops.hpp"

#include <algorithm>
#include <string_view>

namespace sluice {

namespace {

// "|" in DeepSeek's token is U+FF5C and "_" is U+2581.
constexpr std::string_view kStopTexts[] = {
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eom_id|>",
    "<EOT>",
    "[EOT]",
    "[EOS]",
    "<eos>",
    "<turn|>",
    "<|tool_response>",
    "<\xEF\xBD\x9C"
    "end\xE2\x96\x81of\xE2\x96\x81sentence\xEF\xBD\x9C>",
};

bool is_control(const Vocabulary& vocabulary, TokenId id) {
  return vocabulary.types.empty() ||
         vocabulary.types[static_cast<size_t>(id)] == TokenType::control;
}

}  // namespace

std::vector<TokenId> find_stops(const Vocabulary& vocabulary, const TokenIndex& texts) {
  std::vector<TokenId> stops = vocabulary.more_stops;
  for (const auto& id : {vocabulary.eos, vocabulary.eot, vocabulary.eom, vocabulary.fim_pad,
                         vocabulary.fim_rep, vocabulary.fim_sep})
    if (id) stops.push_back(*id);
  for (const std::string_view text : kStopTexts)
    if (const auto id = texts.find(text)) stops.push_back(*id);
  // Vocabularies with HTML have </s> (struck text) as an ordinary or user-defined token.
  const auto end_of_sequence = texts.find("</s>");
  if (end_of_sequence && is_control(vocabulary, *end_of_sequence))
    stops.push_back(*end_of_sequence);

  // What a family uses for something else is no stop, unless the file names it as its end.
  const auto remove = [&](std::string_view text) {
    const auto id = texts.find(text);
    if (id && id != vocabulary.eos) std::erase(stops, *id);
  };
  // gpt-oss: <|end|> ends one message of several; the turn ends with one of the other two.
  if (texts.find("<|return|>") && texts.find("<|call|>")) remove("<|end|>");
  // Gemma 4: </s> is HTML, whatever type the file gives it.
  if (texts.find("<|tool_response>")) remove("</s>");

  std::sort(stops.begin(), stops.end());
  stops.erase(std::unique(stops.begin(), stops.end()), stops.end());
  stops.shrink_to_fit();
  return stops;
}

}  // namespace sluice
