// Vocabularies in the forms in which tokenizers are published: what the engine reads, and rank
// lists and SentencePiece models besides, for tests against their authorities.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "sluice/error.hpp"
#include "text/vocabulary.hpp"

namespace sluice::test {

/// Reads `path`. `source` is its entry in real/sources.json: kind ("tokenizer.json", "gguf",
/// "tiktoken", "tekken", "sentencepiece"), family, special.
Result<Vocabulary> read_published(const std::string& path, const nlohmann::json& source);

}  // namespace sluice::test
