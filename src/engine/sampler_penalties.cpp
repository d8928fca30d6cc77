#include "engine/sampler_penalties.hpp"

#include <algorithm>

namespace sluice {

void add_bias(Candidates& candidates, std::span<const LogitBias> biases) {
  const auto list = candidates.list();
  for (const LogitBias& bias : biases) {
    const auto index = static_cast<size_t>(bias.id);
    if (bias.id >= 0 && index < list.size()) list[index].logit += bias.bias;
  }
}

void penalise(Candidates& candidates, std::span<TokenId> said, const Penalties& penalties) {
  const auto list = candidates.list();
  std::sort(said.begin(), said.end());
  for (auto run = said.begin(); run != said.end();) {
    const auto end = std::upper_bound(run, said.end(), *run);
    const auto index = static_cast<size_t>(*run);
    if (*run >= 0 && index < list.size()) {
      float& logit = list[index].logit;
      logit = logit > 0 ? logit / penalties.repeat : logit * penalties.repeat;
      logit -= static_cast<float>(end - run) * penalties.frequency + penalties.presence;
    }
    run = end;
  }
}

}  // namespace sluice
