// Token ids as text: numbers separated by blanks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/engine.hpp"

namespace sluice::cli {

/// The first ids of a file, or of standard input for "-": `most`, or all that it holds. Errors: io;
/// invalid, as parse_ids().
Result<std::vector<TokenId>> read_first_ids(const std::string& path, size_t most);

/// Errors: invalid, naming `where` and the first thing that is no id.
Result<std::vector<TokenId>> parse_ids(std::string_view text, const std::string& where);

}  // namespace sluice::cli
