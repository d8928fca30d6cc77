// GGUF versions 2 and 3, little-endian, single file or split. Source: the GGUF specification
// (ggml/docs/gguf.md) and the facts about its reference reader.
//
// Nothing in a file is believed before it is checked against the file's real size: counts, lengths,
// offsets and their sums. Memory used while reading is bounded by the size of the header.
#pragma once

#include <string>

#include "formats/model_file.hpp"

namespace sluice {

/// Opens a GGUF file, or all shards of a split one given its first shard.
/// Errors, each naming the file and the reason: io (cannot open or read, a missing shard), corrupt
/// (contradicts the format or its own size), unsupported (version, byte order, tensor type, arrays
/// of arrays), invalid (a shard that is not the first).
Result<ModelFile> open_gguf(const std::string& path);

}  // namespace sluice
