#include "engine/sampler.hpp"

#include <algorithm>
#include <cmath>

#include "engine/sampler_cuts.hpp"
#include "engine/sampler_penalties.hpp"

namespace sluice {

namespace {

Penalties penalties_of(const SamplingOptions& options) {
  return {options.repeat_penalty, options.frequency_penalty, options.presence_penalty};
}

Error senseless(const char* name, float value, const char* range) {
  return {Code::invalid, std::string("sampling: ") + name + " is " + std::to_string(value) +
                             ", it must be " + range};
}

bool is_share(float value) { return value >= 0 && value <= 1; }

}  // namespace

Result<void> check_sampling(const SamplingOptions& o, size_t vocabulary) {
  if (!(o.temperature >= 0) || std::isinf(o.temperature)) {
    return senseless("temperature", o.temperature, "0 or more");
  }
  if (o.top_k < 0) return senseless("top-k", static_cast<float>(o.top_k), "0 or more");
  if (!is_share(o.top_p)) return senseless("top-p", o.top_p, "from 0 to 1");
  if (!is_share(o.min_p)) return senseless("min-p", o.min_p, "from 0 to 1");
  if (!is_share(o.typical_p)) return senseless("typical-p", o.typical_p, "from 0 to 1");
  if (!(o.repeat_penalty > 0) || std::isinf(o.repeat_penalty)) {
    return senseless("the repeat penalty", o.repeat_penalty, "above 0");
  }
  if (!std::isfinite(o.presence_penalty)) {
    return senseless("the presence penalty", o.presence_penalty, "finite");
  }
  if (!std::isfinite(o.frequency_penalty)) {
    return senseless("the frequency penalty", o.frequency_penalty, "finite");
  }
  for (const LogitBias& bias : o.logit_bias) {
    if (bias.id < 0 || static_cast<size_t>(bias.id) >= vocabulary) {
      return Error{Code::invalid, "sampling: the logit bias names token " +
                                      std::to_string(bias.id) + "; the vocabulary has " +
                                      std::to_string(vocabulary)};
    }
    // More than any logit is as good as infinite, and keeps probabilities finite.
    if (!(bias.bias <= 1e6f)) return senseless("a logit bias", bias.bias, "at most 1000000");
  }
  return {};
}

void Sampler::configure(const SamplingOptions& options, size_t context_tokens) {
  options_ = options;
  random_ = Random(options.seed);
  const bool whole = options.repeat_last_n < 0;
  window_ = whole ? context_tokens : std::min<size_t>(options.repeat_last_n, context_tokens);
  if (penalties_of(options).change_nothing()) window_ = 0;
  said_.reserve(window_);
}

void Sampler::change_logits(std::span<const TokenId> context) {
  add_bias(candidates_, options_.logit_bias);
  const auto window = context.last(std::min(window_, context.size()));
  said_.assign(window.begin(), window.end());
  penalise(candidates_, said_, penalties_of(options_));
}

Result<TokenId> Sampler::sample(std::span<const float> logits, std::span<const TokenId> context) {
  candidates_.fill(logits);
  change_logits(context);
  candidates_.drop_impossible();
  if (candidates_.empty()) {
    return Error{Code::invalid, "sampling: every token is forbidden by the logit bias"};
  }
  if (options_.greedy || options_.temperature <= 0) return candidates_.best().id;
  keep_top_k(candidates_, static_cast<size_t>(options_.top_k));
  keep_typical(candidates_, options_.typical_p);
  keep_top_p(candidates_, options_.top_p);
  keep_min_p(candidates_, options_.min_p);
  return draw(candidates_, options_.temperature, random_.uniform());
}

}  // namespace sluice
