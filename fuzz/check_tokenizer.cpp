#include "check_tokenizer.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace sluice::fuzz {

namespace {

void check_ids(const Tokenizer& tokenizer, const std::vector<TokenId>& ids) {
  for (const TokenId id : ids) SLUICE_CHECK(id >= 0 && static_cast<size_t>(id) < tokenizer.size());
  const auto shown = tokenizer.decode(ids, true);
  const auto plain = tokenizer.decode(ids, false);
  SLUICE_CHECK(shown && plain && plain->size() <= shown->size());
  StreamDecoder stream(tokenizer);
  for (const TokenId id : ids) stream.push(id);
  stream.finish();
}

void check_tokenizer(const Tokenizer& tokenizer, std::string_view text,
                     std::optional<TokenId> unknown) {
  const std::vector<TokenId> plain = tokenizer.encode(text, false);
  check_ids(tokenizer, plain);
  check_ids(tokenizer, tokenizer.encode(text, true));
  // Nobody writes a control token into plain text.
  for (const TokenId id : plain) {
    const bool is_control =
        tokenizer.bytes(id).empty() && !tokenizer.bytes(id, true).empty() && id != unknown;
    SLUICE_CHECK(!is_control);
  }
  std::vector<TokenId> prompt = tokenizer.encode(Segments{{std::string(text), false}});
  const bool has_bos = tokenizer.adds_bos() && !prompt.empty() && prompt[0] == *tokenizer.bos();
  if (has_bos && (plain.empty() || plain[0] != prompt[0])) prompt.erase(prompt.begin());
  SLUICE_CHECK(prompt == plain);
  const size_t half = text.size() / 2;
  check_ids(tokenizer, tokenizer.encode(Segments{{std::string(text.substr(0, half)), true},
                                                 {std::string(text.substr(half)), false}}));
  for (const TokenId id : tokenizer.stops()) SLUICE_CHECK(tokenizer.is_stop(id));
  tokenizer.find(text);
}

}  // namespace

void check_vocabulary(Vocabulary vocabulary, std::string_view text,
                      std::optional<TokenId> unknown) {
  const auto tokenizer = Tokenizer::create(std::move(vocabulary));
  if (!tokenizer) return check_error(tokenizer.error());
  check_tokenizer(*tokenizer, text, unknown);
}

void check_error(const Error& error) {
  SLUICE_CHECK(!error.message.empty() && error.message.size() < 2000);
  for (const char c : error.message) SLUICE_CHECK(static_cast<unsigned char>(c) >= ' ');
}

}  // namespace sluice::fuzz
