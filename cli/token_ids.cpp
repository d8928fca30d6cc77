#include "cli/token_ids.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <iostream>

namespace sluice::cli {

namespace {
constexpr int kLongestWord = 64;
}

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

Result<std::vector<TokenId>> read_first_ids(const std::string& path, size_t most) {
  const std::string where = path == "-" ? "standard input" : path;
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) return Error{Code::io, path + ": cannot open: " + std::strerror(errno)};
  }
  std::istream& input = path == "-" ? std::cin : file;
  std::vector<TokenId> ids;
  // What is longer than any id comes in pieces, and the first of them is none.
  for (std::string word; ids.size() < most && input >> std::setw(kLongestWord) >> word;) {
    SLUICE_LET(const std::vector<TokenId> id, parse_ids(word, where));
    ids.insert(ids.end(), id.begin(), id.end());
  }
  if (input.bad()) return Error{Code::io, where + ": cannot read"};
  return ids;
}

}  // namespace sluice::cli
