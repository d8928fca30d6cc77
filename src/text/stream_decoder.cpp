#include "text/tokenizer.hpp"
#include "text/utf8.hpp"

namespace sluice {

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}

std::string StreamDecoder::push(TokenId id) {
  pending_ += tokenizer_->bytes(id);
  const size_t complete = pending_.size() - incomplete_tail(pending_);
  std::string text;
  append_well_formed(text, std::string_view(pending_).substr(0, complete));
  pending_.erase(0, complete);
  return text;
}

std::string StreamDecoder::finish() {
  std::string text;
  append_well_formed(text, pending_);
  pending_.clear();
  return text;
}

}  // namespace sluice
