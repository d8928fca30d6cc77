// Reference outputs of a golden model, and how far an engine's are from them.
#pragma once

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "sluice/engine.hpp"

namespace sluice::test {

/// One entry of a cases.json.
struct GoldenCase {
  std::string name;
  std::vector<TokenId> ids;               ///< the prompt
  std::vector<TokenId> greedy;            ///< its continuation by argmax, end tokens ignored
  std::vector<size_t> hidden_positions;   ///< rows of NAME.hidden.npy; empty: there is no such file
};

std::vector<GoldenCase> read_cases(const std::filesystem::path& folder);

/// How far computed outputs may be from the reference's.
struct Tolerance {
  float logits = 0;          ///< largest difference
  double mean_kl = 0;        ///< Kullback-Leibler divergence, mean over positions, in nats
  float hidden = 0;          ///< largest difference, relative to the largest value; 0: not compared
  float margin = 0;          ///< the best token is equal wherever the reference's lead exceeds this
};

/// Weights in F32, F16 or BF16: activations stay F32, only the order of sums differs.
inline constexpr Tolerance kExact = {2e-4f, 1e-9, 1e-5f, 0.0f};
/// The same for architectures whose reference itself is off by 1e-4 to 5e-4 in long prompts.
inline constexpr Tolerance kRecurrent = {2e-3f, 1e-8, 1e-4f, 0.0f};
/// Quantised weights: activations are rounded to 16 bits. Measured: 2e-3 and 4e-8 at most.
inline constexpr Tolerance kQuantised = {5e-3f, 1e-6, 0.0f, 0.05f};

/// The same with activations rounded to 8 bits: mean KL 2e-3 at most where no expert flips, 2e-2
/// where one does. Then single positions say nothing, and a greedy text may leave the reference's:
/// neither is compared.
inline constexpr Tolerance kEightBits = {INFINITY, 3e-2, 0.0f, INFINITY};

struct Distance {
  float logits = 0;
  double mean_kl = 0;
  size_t other_best = 0;     ///< positions with another best token although the lead is large
};
Distance measure(std::span<const float> computed, std::span<const float> reference,
                 size_t vocabulary, float margin);

/// Runs every case of `folder` on its model file through the kernels `isa`, with activations of 16
/// or 8 bits, and compares logits, hidden states, decoding and (16 bits) the greedy continuation.
/// Reports failures to GoogleTest; returns the largest distance found, for a report. An
/// architecture that is not known is not a failure: `known` is then false.
struct GoldenResult {
  bool known = true;
  Distance worst;
};
GoldenResult check_golden(const std::filesystem::path& model, const std::string& isa,
                          int activation_bits = 16);

}  // namespace sluice::test
