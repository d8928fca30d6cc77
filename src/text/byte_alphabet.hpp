// The alphabet in which byte-level BPE vocabularies are written: one printable character for each
// byte. Source: OpenAI's GPT-2 encoder (bytes_to_unicode).
// Threads: functions without state.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Appends the bytes that `text` spells; false, with nothing appended, if it has a character that
/// is not of the alphabet.
bool append_spelled_bytes(std::string& out, std::string_view text);

}  // namespace sluice
