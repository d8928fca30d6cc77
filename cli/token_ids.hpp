// Token ids as text: numbers separated by blanks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/engine.hpp"

namespace sluice::cli {

/// Errors: invalid, naming `where` and the first thing that is no id.
Result<std::vector<TokenId>> parse_ids(std::string_view text, const std::string& where);

}  // namespace sluice::cli
