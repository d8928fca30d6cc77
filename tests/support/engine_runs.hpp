// Runs sessions and keeps what they say, for tests that compare whole runs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "sluice/engine.hpp"

namespace sluice::test {

/// SLUICE_SOURCE_DIR/models/sluice-demo-Q4_K_M.gguf.
std::string demo_model_path();
/// SLUICE_SOURCE_DIR/tests/golden/models/qwen3_moe/model-bf16.gguf.
std::string golden_model_path();
/// SLUICE_SOURCE_DIR/tests/golden/models/gemma3_text/model-bf16.gguf.
std::string dense_model_path();
/// The model files of all folders of tests/golden/models, by name.
std::vector<std::string> golden_model_paths();

/// Feeds tokens and returns the logits [tokens, vocabulary] of all of them.
Result<std::vector<float>> evaluate_logits(Session& session, std::span<const TokenId> tokens);

/// As evaluate_logits; adds the rows [layers + 1, tokens, width] to `hidden`.
Result<std::vector<float>> evaluate_hidden(const Engine& engine, Session& session,
                                           std::span<const TokenId> tokens,
                                           std::vector<float>& hidden);

/// Feeds each token by itself: what decoding does. Returns the logits [tokens, vocabulary].
Result<std::vector<float>> decode_logits(Session& session, std::span<const TokenId> tokens);

/// The first of the largest values.
TokenId argmax(std::span<const float> logits);

/// Equal bit for bit; NaN equals itself, and 0 is not -0.
bool same_bits(std::span<const float> a, std::span<const float> b);

}  // namespace sluice::test
