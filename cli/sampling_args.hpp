// Sampling as a person states it: what was not stated is the model's own. Threads: values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/engine.hpp"

namespace sluice::cli {

struct SamplingArgs {
  bool greedy = false;
  std::optional<double> temperature, top_p, min_p, typical;
  std::optional<double> repeat_penalty, presence_penalty, frequency_penalty;
  std::optional<int> top_k, repeat_last_n;
  std::vector<std::string> logit_bias;  ///< checked when they were parsed
  std::optional<uint64_t> seed;
  std::vector<std::string> stop;
};

/// The model's own sampling with what was stated. The seed stays as it is if none was stated.
SamplingOptions with_stated(SamplingOptions own, const SamplingArgs& args);

/// Another one each time.
uint64_t random_seed();

/// "15=-1.5", "15+2", "15-2", "15=-inf". False if it is none.
bool parse_logit_bias(const std::string& text, LogitBias& bias);
std::string logit_bias_text(const LogitBias& bias);

}  // namespace sluice::cli
