// Text files, read whole: mostly the small ones of /proc and /sys. Threads: pure reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// The text of a file, without white space at its end; nothing if it cannot be read.
std::optional<std::string> read_text(const std::string& path);
/// The decimal number that `text` begins with, after blanks; nothing if there is none.
std::optional<uint64_t> parse_number(std::string_view text);
/// The number that a file begins with.
std::optional<uint64_t> read_number(const std::string& path);
/// The rest of the first line that begins with `key`, after blanks and colons.
std::optional<std::string> find_line(std::string_view text, std::string_view key);

}  // namespace sluice
