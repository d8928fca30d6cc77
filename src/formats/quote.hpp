// Text from a file, made fit for a message: a hostile name must not break a log line, run on for
// pages or move a terminal's cursor.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// The text between single quotes; every byte that is not printable ASCII, and quote and backslash
/// themselves, as \xNN; cut after 80 bytes of text, marked "...".
std::string quote(std::string_view text);

}  // namespace sluice
