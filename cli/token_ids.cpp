#include "cli/token_ids.hpp"

#include <charconv>

namespace sluice::cli {

Result<std::vector<TokenId>> parse_ids(std::string_view text, const std::string& where) {
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  std::vector<TokenId> ids;
  for (size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;
       at = text.find_first_not_of(kBlanks, at)) {
    const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    TokenId id = 0;
    const auto [stopped, error] = std::from_chars(text.data() + at, text.data() + end, id);
    if (error != std::errc() || stopped != text.data() + end) {
      const std::string shown(text.substr(at, std::min<size_t>(end - at, 40)));
      return Error{Code::invalid, where + ": \"" + shown + "\" is not a token id"};
    }
    ids.push_back(id);
    at = end;
  }
  return ids;
}

}  // namespace sluice::cli
