#include "text/tokenizer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "text/byte_alphabet.hpp"
#include "text/lexicon.hpp"
#include "text/normalize.hpp"
#include "text/piece_memo.hpp"
#include "text/pretokenizer.hpp"
#include "text/utf8.hpp"

namespace sluice {

class Tokenizer::Impl {
 public:
  std::unique_ptr<Lexicon> lexicon;
  std::optional<Pretokenizer> pretokenizer;  ///< byte-level models only
  std::string model;
  std::string pre;
  bool adds_bos = false;

  void encode(std::string_view text, std::span<const TextSpan> spans,
              std::vector<TokenId>& out) const;

 private:
  std::string_view normalize(std::string_view fragment, std::string& storage) const;
  std::vector<TextSpan> normalized_spans(std::string_view text, std::span<const TextSpan> spans,
                                         size_t normalized_bytes) const;
  void encode_fragment(std::string_view fragment, bool at_start, std::span<const TextSpan> spans,
                       std::vector<TokenId>& out) const;
  void encode_part(std::string_view part, bool at_start, std::vector<TokenId>& out) const;
  void encode_byte_level(std::string_view part, std::vector<TokenId>& out) const;
  void encode_words(std::string_view part, std::vector<TokenId>& out) const;
};

namespace {

// The parts of the spans that lie within [begin, end), counted from `begin`.
std::vector<TextSpan> spans_within(std::span<const TextSpan> spans, size_t begin, size_t end) {
  std::vector<TextSpan> inside;
  for (const TextSpan& span : spans) {
    if (span.end <= begin || span.begin >= end) continue;
    inside.push_back(
        {std::max(span.begin, begin) - begin, std::min(span.end, end) - begin, span.markup});
  }
  return inside;
}

// Calls gap(begin, end) for what lies between the tokens, and appends their ids in between.
template <typename Gap>
void between(const std::vector<FoundToken>& found, size_t size, std::vector<TokenId>& out,
             Gap gap) {
  size_t begin = 0;
  for (const FoundToken& token : found) {
    if (begin < token.begin) gap(begin, token.begin);
    out.push_back(token.id);
    begin = token.end;
  }
  if (begin < size) gap(begin, size);
}

}  // namespace

// Finds the added tokens; what lies between them is encoded as one fragment each, across spans, so
// that the template's text and the user's meet as in the text the model was trained on.
void Tokenizer::Impl::encode(std::string_view text, std::span<const TextSpan> spans,
                             std::vector<TokenId>& out) const {
  const std::vector<FoundToken> found = lexicon->raw_added.find_all(text, spans);
  between(found, text.size(), out, [&](size_t begin, size_t end) {
    encode_fragment(text.substr(begin, end - begin), begin == 0, spans_within(spans, begin, end),
                    out);
  });
}

// Blanks stand for themselves here, where the file's pipeline has U+2581.
std::string_view Tokenizer::Impl::normalize(std::string_view fragment, std::string& storage) const {
  std::string unescaped;
  if (lexicon->model != TokenizerModel::byte_level && holds_escaped_blank(fragment)) {
    append_unescaped(unescaped, fragment);
    fragment = unescaped;
  }
  if (lexicon->pipeline.normalizes) fragment = normalize_nfc(fragment, storage);
  if (fragment.data() == unescaped.data()) {
    storage = std::move(unescaped);
    return storage;
  }
  return fragment;
}

// Where the spans of a fragment end when each is normalised alone. Where two of them compose, an
// end is a few bytes off, which is less than any token.
std::vector<TextSpan> Tokenizer::Impl::normalized_spans(std::string_view text,
                                                        std::span<const TextSpan> spans,
                                                        size_t normalized_bytes) const {
  std::vector<TextSpan> moved;
  std::string storage;
  size_t begin = 0;
  for (const TextSpan& span : spans) {
    const size_t bytes = normalize(text.substr(span.begin, span.end - span.begin), storage).size();
    const bool last = moved.size() + 1 == spans.size();
    const size_t end = last ? normalized_bytes : std::min(begin + bytes, normalized_bytes);
    moved.push_back({begin, end, span.markup});
    begin = end;
  }
  return moved;
}

void Tokenizer::Impl::encode_fragment(std::string_view fragment, bool at_start,
                                      std::span<const TextSpan> spans,
                                      std::vector<TokenId>& out) const {
  std::string storage, led;
  std::string_view text = normalize(fragment, storage);
  if (lexicon->pipeline.leading_blank == LeadingBlank::fragments) {
    led = ' ' + std::string(text);
    text = led;
  }
  if (lexicon->normalized_added.empty()) return encode_part(text, at_start, out);
  const std::vector<TextSpan> moved = normalized_spans(fragment, spans, text.size());
  const std::vector<FoundToken> found = lexicon->normalized_added.find_all(text, moved);
  between(found, text.size(), out, [&](size_t begin, size_t end) {
    encode_part(text.substr(begin, end - begin), at_start && begin == 0, out);
  });
}

void Tokenizer::Impl::encode_part(std::string_view part, bool at_start,
                                  std::vector<TokenId>& out) const {
  if (lexicon->model == TokenizerModel::byte_level) return encode_byte_level(part, out);
  const LeadingBlank leading = lexicon->pipeline.leading_blank;
  const bool bare = !part.starts_with(' ');
  if (leading == LeadingBlank::parts || (leading == LeadingBlank::bare_parts && bare) ||
      (leading == LeadingBlank::bare_start && bare && at_start)) {
    encode_words(' ' + std::string(part), out);
  } else {
    encode_words(part, out);
  }
}

void Tokenizer::Impl::encode_byte_level(std::string_view part, std::vector<TokenId>& out) const {
  std::vector<size_t> ends;
  pretokenizer->split(part, ends);
  PieceMemo memo(part, out);
  std::vector<TokenId> symbols;
  const auto encode = [&](std::string_view piece) { encode_piece(*lexicon, piece, symbols, out); };
  size_t begin = 0;
  for (const size_t end : ends) {
    memo.append(begin, end, encode);
    begin = end;
  }
}

// These models work on the whole part. Nothing merges across a blank behind a byte that no token
// has before an inner blank, so that words can be encoded one by one.
void Tokenizer::Impl::encode_words(std::string_view part, std::vector<TokenId>& out) const {
  const bool cuts_newlines = lexicon->cuts_newlines;
  const bool cuts_at_blanks = lexicon->pipeline.cuts_at_blanks;
  PieceMemo memo(part, out);
  std::vector<TokenId> symbols;
  const auto encode = [&](std::string_view piece) { encode_piece(*lexicon, piece, symbols, out); };
  size_t begin = 0;
  for (size_t at = 1; at < part.size(); ++at) {
    const char before = part[at - 1];
    const bool word =
        part[at] == ' ' &&
        (cuts_at_blanks ||
         (before != ' ' && !lexicon->before_blank[static_cast<unsigned char>(before)]));
    if (!word && !(cuts_newlines && (part[at] == '\n') != (before == '\n'))) continue;
    memo.append(begin, at, encode);
    begin = at;
  }
  memo.append(begin, part.size(), encode);
}

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::create(Vocabulary vocabulary) {
  auto impl = std::make_unique<Impl>();
  impl->model = vocabulary.model;
  impl->pre = vocabulary.pre;
  bool adds_bos = vocabulary.model == "llama" || vocabulary.model == "gemma4";
  if (vocabulary.model == "gpt2") {
    if (vocabulary.pipeline) {
      SLUICE_LET(impl->pretokenizer, Pretokenizer::create(vocabulary.pipeline->patterns));
    } else {
      SLUICE_LET(impl->pretokenizer, Pretokenizer::create(vocabulary.pre));
    }
    adds_bos = impl->pretokenizer->family().adds_bos;
  }
  // Gemma 4 cannot do without, and files are known that say otherwise.
  if (vocabulary.model != "gemma4") adds_bos = vocabulary.add_bos.value_or(adds_bos);
  SLUICE_LET(impl->lexicon, make_lexicon(std::move(vocabulary)));
  impl->adds_bos = adds_bos && impl->lexicon->bos;
  return Tokenizer(std::move(impl));
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, bool parse_control) const {
  const TextSpan span{0, text.size(), parse_control};
  std::vector<TokenId> ids;
  impl_->encode(text, {&span, 1}, ids);
  return ids;
}

std::vector<TokenId> Tokenizer::encode(const Segments& prompt) const {
  std::string text;
  std::vector<TextSpan> spans;
  for (const Segment& segment : prompt) {
    const size_t begin = text.size();
    text += segment.text;
    if (spans.empty() || spans.back().markup != segment.markup)
      spans.push_back({begin, begin, segment.markup});
    spans.back().end = text.size();
  }
  std::vector<TokenId> ids;
  impl_->encode(text, spans, ids);
  if (impl_->adds_bos && (ids.empty() || ids[0] != *impl_->lexicon->bos))
    ids.insert(ids.begin(), *impl_->lexicon->bos);
  return ids;
}

std::string_view Tokenizer::bytes(TokenId id, bool show_control) const {
  const Lexicon& lexicon = *impl_->lexicon;
  if (id < 0 || static_cast<size_t>(id) >= lexicon.size()) return {};
  if (!show_control && lexicon.is_control(id)) return {};
  return lexicon.bytes[static_cast<size_t>(id)];
}

Result<std::string> Tokenizer::decode(std::span<const TokenId> ids, bool show_control) const {
  std::string text;
  for (const TokenId id : ids) {
    if (id < 0 || static_cast<size_t>(id) >= size())
      return Error{Code::invalid, "cannot decode token " + std::to_string(id) +
                                      ": the vocabulary has " + std::to_string(size())};
    text += bytes(id, show_control);
  }
  // The blank that encoding put in front.
  const LeadingCut cut = impl_->lexicon->pipeline.leading_cut;
  if (cut == LeadingCut::one_blank && text.starts_with(' ')) text.erase(0, 1);
  if (cut == LeadingCut::first_tokens_blanks && !ids.empty()) {
    const size_t first = bytes(ids[0], show_control).size();
    text.erase(0, std::min(text.find_first_not_of(' '), first));
  }
  return text;
}

size_t Tokenizer::size() const {
  return impl_->lexicon->size();
}

bool Tokenizer::is_stop(TokenId id) const {
  const std::vector<TokenId>& stops = impl_->lexicon->stops;
  return std::binary_search(stops.begin(), stops.end(), id);
}

std::vector<TokenId> Tokenizer::stops() const {
  return impl_->lexicon->stops;
}
bool Tokenizer::adds_bos() const {
  return impl_->adds_bos;
}
std::optional<TokenId> Tokenizer::bos() const {
  return impl_->lexicon->bos;
}
std::optional<TokenId> Tokenizer::eos() const {
  return impl_->lexicon->eos;
}
std::string_view Tokenizer::model() const {
  return impl_->model;
}
std::string_view Tokenizer::pre() const {
  return impl_->pre;
}

std::optional<TokenId> Tokenizer::find(std::string_view token_text) const {
  const Lexicon& lexicon = *impl_->lexicon;
  if (const auto added = lexicon.raw_added.find(token_text)) return added;
  std::string bytes;
  if (lexicon.model == TokenizerModel::byte_level) {
    if (const auto added = lexicon.normalized_added.find(token_text)) return added;
    if (!append_spelled_bytes(bytes, token_text)) bytes = token_text;
  } else {
    append_unescaped(bytes, token_text);
    if (const auto added = lexicon.normalized_added.find(bytes)) return added;
  }
  return lexicon.pieces.find(bytes);
}

size_t Tokenizer::memory_bytes() const {
  return sizeof(Impl) + impl_->lexicon->memory_bytes() + impl_->model.capacity() +
         impl_->pre.capacity();
}

}  // namespace sluice
