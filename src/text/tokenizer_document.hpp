// A tokenizer.json taken apart: its two large tables as tables, everything else as a tree. It is
// read in one pass of events, so that 30 MB of JSON never become a tree of a million small strings,
// which would take ten times the file. Threads: values. Cost: the text of the tables, and a few
// bytes an entry.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/string_table.hpp"
#include "sluice/error.hpp"
#include "text/template_value.hpp"

namespace sluice {

struct TokenizerDocument {
  TemplateValue tree;          ///< without model.vocab and model.merges
  StringTable texts;           ///< of model.vocab, in the file's order
  std::vector<int64_t> ids;    ///< one per text if model.vocab is an object
  std::vector<double> scores;  ///< one per text if it is an array of [text, score]
  StringTable merges;          ///< "LEFT RIGHT"
  StringTable merge_parts;     ///< LEFT, RIGHT, ...
};

/// Errors: corrupt (no JSON, nested too deeply, a table of another form), saying where.
Result<TokenizerDocument> read_tokenizer_document(std::string_view json);

}  // namespace sluice
