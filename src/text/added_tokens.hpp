// Tokens that are recognised in the text itself, before anything is cut: control tokens such as
// <|im_start|> and user-defined ones such as <think> or runs of blanks. At each position the
// longest one wins, as in the authority's leftmost-longest search.
// Threads: const after creation. Cost: one table read a byte where no token can begin.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/string_table.hpp"
#include "text/prefix_search.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

/// A stretch of a text from one source.
struct TextSpan {
  size_t begin = 0;
  size_t end = 0;
  bool markup = false;  ///< may name control tokens
};

/// A token found in a text: it stands for [begin, end).
struct FoundToken {
  size_t begin = 0;
  size_t end = 0;
  TokenId id = 0;
};

class AddedTokens {
 public:
  struct Entry {
    std::string_view text;  ///< as it stands in a text
    AddedToken token;
  };

  AddedTokens() = default;
  /// Copies the texts. Of two entries with one text the first counts; empty texts are left out.
  explicit AddedTokens(const std::vector<Entry>& entries);

  bool empty() const { return search_.empty(); }
  /// The tokens in `text`, in order. A token lies within one span: nobody can begin one in the
  /// other's text or take part of it. A special token's text outside markup is passed over as a
  /// whole, as the authority does.
  std::vector<FoundToken> find_all(std::string_view text, std::span<const TextSpan> spans) const;
  /// The token with exactly this text.
  std::optional<TokenId> find(std::string_view text) const;

  size_t memory_bytes() const {
    return texts_->memory_bytes() + tokens_.capacity() * sizeof(AddedToken) +
           search_.memory_bytes();
  }

 private:
  struct Match {
    const AddedToken* token = nullptr;
    size_t bytes = 0;
  };

  Match longest_at_start(std::string_view text) const;

  std::unique_ptr<StringTable> texts_ = std::make_unique<StringTable>();  ///< search_ refers to it
  std::vector<AddedToken> tokens_;
  PrefixSearch search_;
};

}  // namespace sluice
