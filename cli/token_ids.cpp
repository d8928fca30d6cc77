#include "cli/token_ids.hpp"

#include <algorithm>
#include <charconv>

#include "cli/console.hpp"

namespace sluice::cli {

namespace {
constexpr std::string_view kBlanks = " \t\r\n\f\v";
// What goes on for longer without a blank is no id.
constexpr size_t kLongestWord = 4096;
}  // namespace

Result<std::vector<TokenId>> parse_ids(std::string_view text, const std::string& where,
                                       size_t most) {
  std::vector<TokenId> ids;
  for (size_t at = text.find_first_not_of(kBlanks);
       at != std::string_view::npos && ids.size() < most;
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

Result<std::vector<TokenId>> read_first_ids(const std::string& path, size_t most) {
  std::vector<TokenId> ids;
  std::string rest;  // may go on in the next block
  const auto parse = [&](size_t end) -> Result<void> {
    SLUICE_LET(const std::vector<TokenId> some, parse_ids(std::string_view(rest).substr(0, end),
                                                          input_name(path), most - ids.size()));
    ids.insert(ids.end(), some.begin(), some.end());
    rest.erase(0, end);
    return {};
  };
  Result<void> parsed;
  SLUICE_TRY(read_blocks(path, [&](std::string_view block) {
    rest += block;
    const size_t blank = rest.find_last_of(kBlanks);
    if (blank != std::string::npos) parsed = parse(blank);
    return parsed && ids.size() < most && rest.size() < kLongestWord;
  }));
  if (parsed) parsed = parse(rest.size());
  if (!parsed) return parsed.error();
  return ids;
}

}  // namespace sluice::cli
