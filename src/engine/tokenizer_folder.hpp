// The files of a Hugging Face folder that say something about text. No weights are needed.
// Threads: functions without state. Cost: the files are read whole, 35 MB at most of those known.
#pragma once

#include <string>

#include "sluice/error.hpp"
#include "text/chat_format.hpp"
#include "text/tokenizer_json.hpp"

namespace sluice {

struct TokenizerFolder {
  TokenizerFiles files;
  ChatTemplateSources chat;
};

/// The tokenizer.json that `path` names or holds; empty if it does neither.
std::string find_tokenizer_json(const std::string& path);

/// Reads a tokenizer.json and what lies beside it. chat_template.jinja counts before the
/// chat_template of tokenizer_config.json. Errors: io, corrupt.
Result<TokenizerFolder> read_tokenizer_folder(const std::string& tokenizer_json);

}  // namespace sluice
