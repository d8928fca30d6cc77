#include "cli/sampling_args.hpp"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <random>

namespace sluice::cli {

SamplingOptions with_stated(SamplingOptions own, const SamplingArgs& args) {
  const auto set = [](auto& option, const auto& stated) {
    if (stated) option = static_cast<std::remove_reference_t<decltype(option)>>(*stated);
  };
  own.greedy = own.greedy || args.greedy;
  set(own.temperature, args.temperature);
  set(own.top_k, args.top_k);
  set(own.top_p, args.top_p);
  set(own.min_p, args.min_p);
  set(own.typical_p, args.typical);
  set(own.repeat_penalty, args.repeat_penalty);
  set(own.presence_penalty, args.presence_penalty);
  set(own.frequency_penalty, args.frequency_penalty);
  set(own.repeat_last_n, args.repeat_last_n);
  set(own.seed, args.seed);
  for (const std::string& text : args.logit_bias) {
    if (LogitBias bias; parse_logit_bias(text, bias)) own.logit_bias.push_back(bias);
  }
  return own;
}

uint64_t random_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

bool parse_logit_bias(const std::string& text, LogitBias& bias) {
  const char* const end = text.data() + text.size();
  const auto [separator, wrong] = std::from_chars(text.data(), end, bias.id);
  if (wrong != std::errc() || separator == end || bias.id < 0) return false;
  const bool minus = *separator == '-';
  if (!minus && *separator != '+' && *separator != '=') return false;
  const char* begin = separator + 1;
  if (*separator == '=' && begin != end && *begin == '+') ++begin;
  float value = 0;
  const auto [stopped, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stopped != end || begin == end) return false;
  bias.bias = minus ? -value : value;
  return !std::isnan(value) && bias.bias < std::numeric_limits<float>::infinity();
}

std::string logit_bias_text(const LogitBias& bias) {
  return fmt::format("{}={}", bias.id, bias.bias);
}

}  // namespace sluice::cli
