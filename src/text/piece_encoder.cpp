#include <algorithm>

#include "text/lexicon.hpp"
#include "text/merge.hpp"
#include "text/utf8.hpp"

namespace sluice {

namespace {

// Bytes that are no part of UTF-8 are no tokens in some vocabularies: those become the unknown
// token or, without one, the replacement character U+FFFD.
void push_missing_byte(const Lexicon& lexicon, std::vector<TokenId>& symbols) {
  if (lexicon.unknown) return symbols.push_back(*lexicon.unknown);
  for (const size_t byte : {0xEF, 0xBF, 0xBD})
    if (lexicon.byte_tokens[byte] >= 0) symbols.push_back(lexicon.byte_tokens[byte]);
}

void push_bytes(const Lexicon& lexicon, std::string_view bytes, std::vector<TokenId>& symbols) {
  for (const char byte : bytes) {
    const TokenId id = lexicon.byte_tokens[static_cast<unsigned char>(byte)];
    if (id >= 0) {
      symbols.push_back(id);
    } else {
      push_missing_byte(lexicon, symbols);
    }
  }
}

// A character that is no token: its bytes' tokens, if it has them all, else the unknown token.
void push_unknown(const Lexicon& lexicon, std::string_view character,
                  std::vector<TokenId>& symbols) {
  const bool has_bytes = lexicon.pipeline.byte_fallback &&
                         std::all_of(character.begin(), character.end(), [&lexicon](char byte) {
                           return lexicon.byte_tokens[static_cast<unsigned char>(byte)] >= 0;
                         });
  if (has_bytes || !lexicon.unknown) return push_bytes(lexicon, character, symbols);
  const bool goes_on = !symbols.empty() && symbols.back() == *lexicon.unknown;
  if (!goes_on || !lexicon.pipeline.fuses_unknown) symbols.push_back(*lexicon.unknown);
}

TokenId token_of(const Lexicon& lexicon, const CodePoint& point, std::string_view bytes) {
  // Even what is no character may be a token.
  return point.valid ? lexicon.characters.find(point.code)
                     : lexicon.pieces.find(bytes).value_or(-1);
}

// One symbol a character; the tokens of an unknown one merge with nothing.
void push_characters(const Lexicon& lexicon, std::string_view piece,
                     std::vector<TokenId>& symbols) {
  const char* const end = piece.data() + piece.size();
  for (const char* at = piece.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    const std::string_view character(at, point.bytes);
    const TokenId id = token_of(lexicon, point, character);
    if (id >= 0) {
      symbols.push_back(id);
    } else {
      push_unknown(lexicon, character, symbols);
    }
    at += point.bytes;
  }
}

void push_unigrams(const Lexicon& lexicon, std::string_view piece, std::vector<TokenId>& symbols) {
  std::vector<Unigram::Piece> cut;
  lexicon.unigram.cut(piece, cut);
  for (const Unigram::Piece& part : cut) {
    if (part.id) {
      symbols.push_back(*part.id);
    } else {
      push_unknown(lexicon, piece.substr(part.begin, part.end - part.begin), symbols);
    }
  }
}

}  // namespace

void encode_piece(const Lexicon& lexicon, std::string_view piece, std::vector<TokenId>& symbols,
                  std::vector<TokenId>& out) {
  if (const auto id = lexicon.find_whole(piece)) return out.push_back(*id);
  symbols.clear();
  if (lexicon.model == TokenizerModel::byte_level) {
    push_bytes(lexicon, piece, symbols);
  } else if (lexicon.model == TokenizerModel::unigram) {
    push_unigrams(lexicon, piece, symbols);
  } else {
    push_characters(lexicon, piece, symbols);
  }
  if (lexicon.model != TokenizerModel::unigram) merge_symbols(lexicon.merges, symbols);
  out.insert(out.end(), symbols.begin(), symbols.end());
}

}  // namespace sluice
