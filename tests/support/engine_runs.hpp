// Runs sessions and keeps what they say, for tests that compare whole runs.
#pragma once

#include <cstddef>
#include <memory>
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

/// These and demo_model_path().
std::vector<std::string> all_model_paths();

/// Can the model's embedding be on disk? Not if it is the output matrix as well.
bool has_row_table(const std::string& path);

/// Ids below 500 from position `start` on, which mean nothing and visit many experts.
std::vector<TokenId> varied_tokens(size_t count, size_t start = 0);

/// Opens with `eighths` of what lies between the floor and a budget for all units.
Result<std::unique_ptr<Engine>> open_with_share(EngineOptions options, size_t eighths);

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
