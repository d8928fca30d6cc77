// The vocabulary as a GGUF file states it (keys tokenizer.ggml.*), as the plain data that the
// tokenizer takes. Threads: functions without state. Cost: the string tables are moved, not copied.
#pragma once

#include "formats/metadata.hpp"
#include "sluice/error.hpp"
#include "text/vocabulary.hpp"

namespace sluice {

/// Reads the vocabulary and takes its tokens and merges out of `metadata`.
/// Errors: corrupt (a required key is missing or of another kind, tables of different lengths, a
/// token type that does not exist, an id beyond the last token), unsupported (a step of the text's
/// normalisation that is not done here).
Result<Vocabulary> read_vocabulary(Metadata& metadata);

}  // namespace sluice
