// The hyper-parameters that every architecture reads from its metadata, each within its bounds.
// Keys are `<prefix>.<name>`, the prefix being the name of the architecture. Threads: values.
#pragma once

#include <string>
#include <string_view>

#include "arch/model.hpp"
#include "device/ops.hpp"
#include "formats/metadata.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// "blk.7.", with which the names of a layer's tensors begin.
std::string layer_prefix(size_t index);

/// Layers, width, context, heads and their dimension. The vocabulary is the embedding's.
/// Errors: corrupt.
Result<ModelShape> read_shape(const Metadata& metadata, std::string_view prefix);
/// Width of an expert or a dense feed-forward, under `name`. Errors: corrupt.
Result<size_t> read_inner_width(const Metadata& metadata, std::string_view prefix,
                                std::string_view name = "feed_forward_length");
/// attention.layer_norm_rms_epsilon. Errors: corrupt.
Result<float> read_epsilon(const Metadata& metadata, std::string_view prefix);
/// attention.sliding_window; 0, if the file has none: layers see everything. Errors: corrupt.
Result<size_t> read_window(const Metadata& metadata, std::string_view prefix);
/// A positive number that files may leave out: 0 then. Errors: corrupt.
Result<float> read_optional(const Metadata& metadata, std::string_view prefix,
                            std::string_view name);

}  // namespace sluice
