// A small byte-level vocabulary for tests: the 256 bytes (ids 0..255), then what is added.
#pragma once

#include <string>
#include <string_view>

#include "text/vocabulary.hpp"

namespace sluice::test {

class ByteVocabulary {
 public:
  ByteVocabulary() {
    vocabulary_.model = "gpt2";
    vocabulary_.pre = "qwen2";
    for (int byte = 0; byte < 256; ++byte) add(spell(std::string(1, static_cast<char>(byte))));
  }

  /// Adds a token whose text stands as it is; returns its id.
  TokenId add(std::string_view text, TokenType type = TokenType::normal) {
    vocabulary_.tokens.push_back(text);
    vocabulary_.types.push_back(type);
    return static_cast<TokenId>(vocabulary_.tokens.size()) - 1;
  }
  TokenId add_control(std::string_view text) { return add(text, TokenType::control); }

  /// Adds the token `left` + `right` with the merge that makes it; both are bytes.
  TokenId merge(const std::string& left, const std::string& right) {
    vocabulary_.merges.push_back(spell(left) + " " + spell(right));
    return add(spell(left + right));
  }

  /// The next merges' ranks follow; the vocabulary may be changed at will.
  Vocabulary& vocabulary() { return vocabulary_; }

  /// Bytes in the alphabet of byte-level vocabularies (as the GPT-2 encoder has it).
  static std::string spell(const std::string& bytes) {
    std::string text;
    for (const char c : bytes) {
      const unsigned byte = static_cast<unsigned char>(c);
      unsigned code = byte;
      if (byte <= 32) code = 256 + byte;
      if (byte >= 127 && byte <= 160) code = 256 + 33 + (byte - 127);
      if (byte == 173) code = 256 + 67;
      if (code < 128) {
        text.push_back(static_cast<char>(code));
      } else {
        text.push_back(static_cast<char>(0xC0 | code >> 6));
        text.push_back(static_cast<char>(0x80 | (code & 0x3F)));
      }
    }
    return text;
  }

 private:
  Vocabulary vocabulary_;
};

}  // namespace sluice::test
