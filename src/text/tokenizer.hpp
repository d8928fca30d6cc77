// Text to token ids and back, for one vocabulary. Threads: const after creation; all methods may be
// called from any thread at once. Cost: linear time in the text, whatever it is.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"
#include "text/segments.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

class Tokenizer {
 public:
  /// Takes the vocabulary. Errors: corrupt (duplicate tokens, ids out of range, a merge of unknown
  /// parts), unsupported (tokenizer model or pre-tokenizer unknown, naming it).
  static Result<Tokenizer> create(Vocabulary vocabulary);
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Ids of one piece of text, without BOS. `parse_control`: control tokens that the text spells
  /// out become their ids; otherwise they are ordinary text. User-defined tokens are always
  /// recognised. Bytes that are not UTF-8 are encoded as they are.
  std::vector<TokenId> encode(std::string_view text, bool parse_control) const;
  /// Ids of a prompt: markup is parsed for control tokens, the rest is not. A token in the text
  /// lies within neighbouring segments of one kind; what remains between tokens is encoded as one
  /// text, whoever wrote it, as it was when the model was trained. BOS in front where the
  /// vocabulary wants one and the prompt does not begin with it.
  std::vector<TokenId> encode(const Segments& prompt) const;

  /// The bytes of a token; nothing for an id outside the vocabulary. Control tokens and the unknown
  /// token give nothing unless `show_control`.
  std::string_view bytes(TokenId id, bool show_control = false) const;
  /// All ids as text, without the blank that encoding put in front of it (SentencePiece). The bytes
  /// may be no UTF-8. Errors: invalid, for an id outside the vocabulary.
  Result<std::string> decode(std::span<const TokenId> ids, bool show_control) const;

  size_t size() const;
  bool is_stop(TokenId id) const;
  std::vector<TokenId> stops() const;
  bool adds_bos() const;
  std::optional<TokenId> bos() const;
  std::optional<TokenId> eos() const;
  std::string_view model() const;
  std::string_view pre() const;
  /// The id of a token by its exact text (for templates), if there is one.
  std::optional<TokenId> find(std::string_view token_text) const;
  /// Bytes of memory this tokenizer holds; the plan counts them.
  size_t memory_bytes() const;

 private:
  class Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Streams decoded text: holds back the bytes of an incomplete UTF-8 character until the rest
/// comes. The text is always UTF-8: bytes that are none become U+FFFD. It goes on from a prompt, so
/// a blank in front stays. The tokenizer must outlive it. Threads: one at a time.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer);
  /// The text that is complete after this token; may be empty.
  std::string push(TokenId id);
  /// What is left at the end; an incomplete character becomes U+FFFD.
  std::string finish();

 private:
  const Tokenizer* tokenizer_;
  std::string pending_;
};

}  // namespace sluice
