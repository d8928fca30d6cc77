// Token ids as text: numbers separated by blanks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/engine.hpp"

namespace sluice::cli {

/// The first ids of a file, or of standard input for "-": `most`, or all that it holds. Errors: io;
/// cancelled; invalid, as parse_ids().
Result<std::vector<TokenId>> read_first_ids(const std::string& path, size_t most);

/// All ids of a text, or the first `most`. Errors: invalid, naming `where` and the first thing that
/// is no id.
Result<std::vector<TokenId>> parse_ids(std::string_view text, const std::string& where,
                                       size_t most = SIZE_MAX);

}  // namespace sluice::cli
