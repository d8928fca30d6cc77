#include "text/tokenizer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "text/byte_alphabet.hpp"
#include "text/lexicon.hpp"
#include "text/normalize.hpp"
#include "text/pretokenizer.hpp"
#include "text/utf8.hpp"

namespace sluice {

namespace {

// A stretch of the text from one source.
struct Span {
  size_t begin = 0;
  size_t end = 0;
  bool markup = false;
};

}  // namespace

class Tokenizer::Impl {
 public:
  std::unique_ptr<Lexicon> lexicon;
  std::optional<Pretokenizer> pretokenizer;  ///< byte-level models only
  std::string model;
  std::string pre;
  bool adds_bos = false;
  bool adds_blank = false;  ///< a blank in front of each fragment

  void encode(std::string_view text, std::span<const Span> spans, std::vector<TokenId>& out) const;

 private:
  void encode_fragment(std::string_view fragment, std::vector<TokenId>& out) const;
  void encode_byte_level(std::string_view fragment, std::vector<TokenId>& out) const;
  void encode_words(std::string_view fragment, std::vector<TokenId>& out) const;
};

// Finds the added tokens; what lies between them is encoded as one fragment each, across spans, so
// that the template's text and the user's meet as in the text the model was trained on.
void Tokenizer::Impl::encode(std::string_view text, std::span<const Span> spans,
                             std::vector<TokenId>& out) const {
  size_t fragment = 0;
  for (const Span& span : spans) {
    // A token lies within one span: nobody can begin one in the other's text or take part of it.
    const std::string_view inside = text.substr(0, span.end);
    for (size_t at = span.begin; at < span.end;) {
      const auto id = lexicon->added.may_start(inside[at])
                          ? lexicon->added.longest_at_start(inside.substr(at))
                          : std::nullopt;
      if (!id) {
        ++at;
        continue;
      }
      const size_t bytes = lexicon->bytes[static_cast<size_t>(*id)].size();
      // A control token's text in plain text is skipped as a whole, as the authority does.
      if (span.markup || !lexicon->needs_markup(*id)) {
        encode_fragment(text.substr(fragment, at - fragment), out);
        out.push_back(*id);
        fragment = at + bytes;
      }
      at += bytes;
    }
  }
  encode_fragment(text.substr(fragment), out);
}

void Tokenizer::Impl::encode_fragment(std::string_view fragment, std::vector<TokenId>& out) const {
  if (fragment.empty()) return;
  if (lexicon->model == TokenizerModel::byte_level) {
    encode_byte_level(fragment, out);
  } else if (adds_blank) {
    encode_words(' ' + std::string(fragment), out);
  } else {
    encode_words(fragment, out);
  }
}

void Tokenizer::Impl::encode_byte_level(std::string_view fragment,
                                        std::vector<TokenId>& out) const {
  std::string storage;
  if (pretokenizer->family().normalizes) fragment = normalize_nfc(fragment, storage);
  std::vector<size_t> ends;
  pretokenizer->split(fragment, ends);
  std::vector<TokenId> symbols;
  size_t begin = 0;
  for (const size_t end : ends) {
    encode_piece(*lexicon, fragment.substr(begin, end - begin), symbols, out);
    begin = end;
  }
}

// These models merge over the whole fragment. Nothing merges across a blank behind a byte that no
// token has before an inner blank, so that words can be encoded one by one.
void Tokenizer::Impl::encode_words(std::string_view fragment, std::vector<TokenId>& out) const {
  const bool cuts_newlines = lexicon->model == TokenizerModel::ranked;
  std::vector<TokenId> symbols;
  size_t begin = 0;
  for (size_t at = 1; at < fragment.size(); ++at) {
    const char before = fragment[at - 1];
    const bool word = fragment[at] == ' ' && before != ' ' &&
                      !lexicon->before_blank[static_cast<unsigned char>(before)];
    if (!word && !(cuts_newlines && (fragment[at] == '\n') != (before == '\n'))) continue;
    encode_piece(*lexicon, fragment.substr(begin, at - begin), symbols, out);
    begin = at;
  }
  encode_piece(*lexicon, fragment.substr(begin), symbols, out);
}

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Result<Tokenizer> Tokenizer::create(Vocabulary vocabulary) {
  auto impl = std::make_unique<Impl>();
  impl->model = vocabulary.model;
  impl->pre = vocabulary.pre;
  const bool byte_level = vocabulary.model == "gpt2";
  bool ignores_merges = false;
  bool adds_bos = vocabulary.model == "llama" || vocabulary.model == "gemma4";
  if (byte_level) {
    SLUICE_LET(impl->pretokenizer, Pretokenizer::create(vocabulary.pre));
    ignores_merges = impl->pretokenizer->family().ignores_merges;
    adds_bos = impl->pretokenizer->family().adds_bos;
  }
  // Gemma 4 cannot do without, and files are known that say otherwise.
  if (vocabulary.model != "gemma4") adds_bos = vocabulary.add_bos.value_or(adds_bos);
  impl->adds_blank = vocabulary.add_space_prefix.value_or(vocabulary.model == "llama");
  SLUICE_LET(impl->lexicon, make_lexicon(std::move(vocabulary), ignores_merges));
  impl->adds_bos = adds_bos && impl->lexicon->bos;
  return Tokenizer(std::move(impl));
}

std::vector<TokenId> Tokenizer::encode(std::string_view text, bool parse_control) const {
  std::string storage;
  if (impl_->lexicon->model != TokenizerModel::byte_level) {
    append_unescaped(storage, text);
    text = storage;
  }
  const Span span{0, text.size(), parse_control};
  std::vector<TokenId> ids;
  impl_->encode(text, {&span, 1}, ids);
  return ids;
}

std::vector<TokenId> Tokenizer::encode(const Segments& prompt) const {
  std::string text;
  std::vector<Span> spans;
  for (const Segment& segment : prompt) {
    const size_t begin = text.size();
    if (impl_->lexicon->model == TokenizerModel::byte_level) {
      text += segment.text;
    } else {
      append_unescaped(text, segment.text);
    }
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
  if (impl_->lexicon->model != TokenizerModel::byte_level && impl_->adds_blank && !text.empty() &&
      text[0] == ' ')
    text.erase(0, 1);
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
  std::string bytes;
  if (lexicon.model != TokenizerModel::byte_level) {
    append_unescaped(bytes, token_text);
    const auto added = lexicon.added.find(bytes);
    return added ? added : lexicon.pieces.find(bytes);
  }
  if (const auto added = lexicon.added.find(token_text)) return added;
  if (!append_spelled_bytes(bytes, token_text)) bytes = token_text;
  return lexicon.pieces.find(bytes);
}

size_t Tokenizer::memory_bytes() const {
  return sizeof(Impl) + impl_->lexicon->memory_bytes() + impl_->model.capacity() +
         impl_->pre.capacity();
}

}  // namespace sluice
