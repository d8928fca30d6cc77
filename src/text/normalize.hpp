// Unicode normalisation form C, for the tokenizers whose families declare it.
// Threads: functions without state. Cost: one look at each byte for text without characters from
// U+0300 on; otherwise linear, but n log n in the length of a run of combining marks.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// `text` in form C. The result is `text` itself if nothing changes, else it views `storage`, which
/// is overwritten. Ill-formed bytes stay as they are and separate what is normalised.
std::string_view normalize_nfc(std::string_view text, std::string& storage);

}  // namespace sluice
