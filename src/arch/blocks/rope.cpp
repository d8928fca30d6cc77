#include "arch/blocks/rope.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "formats/quote.hpp"

namespace sluice {

namespace {

struct Yarn {
  double factor = 1;
  double original_context = 0;
  double beta_fast = 32;
  double beta_slow = 1;
};

// The pair index whose wavelength makes `rotations` turns over the original context.
double correction(double rotations, double base, size_t rotated, double context) {
  return static_cast<double>(rotated) * std::log(context / (rotations * 2 * std::numbers::pi)) /
         (2 * std::log(base));
}

void apply_yarn(const Yarn& yarn, double base, std::vector<double>& frequencies) {
  const size_t rotated = 2 * frequencies.size();
  const double last = static_cast<double>(rotated - 1);
  const double low = std::max(
      0.0, std::floor(correction(yarn.beta_fast, base, rotated, yarn.original_context)));
  const double high = std::min(
      last, std::ceil(correction(yarn.beta_slow, base, rotated, yarn.original_context)));
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const double ramp = std::clamp(
        (static_cast<double>(i) - low) / std::max(high - low, 0.001), 0.0, 1.0);
    frequencies[i] = frequencies[i] * (1 - ramp) + frequencies[i] / yarn.factor * ramp;
  }
}

struct Unscaled {
  double base = 10000;
  std::vector<double> frequencies;
};

Result<Unscaled> read_frequencies(const Metadata& metadata, const std::string& rope,
                                  std::string_view base_key, size_t head_dim) {
  Unscaled table;
  table.base = metadata.real(rope + std::string(base_key)).value_or(table.base);
  const uint64_t rotated = metadata.unsigned_integer(rope + "dimension_count").value_or(head_dim);
  if (!(table.base > 1) || !std::isfinite(table.base) || rotated < 2 || rotated > head_dim ||
      rotated % 2 != 0) {
    return Error{Code::corrupt, rope + std::string(base_key) + " " + std::to_string(table.base) +
                                    " or " + rope + "dimension_count " + std::to_string(rotated) +
                                    " is out of range for heads of " + std::to_string(head_dim)};
  }
  table.frequencies.resize(rotated / 2);
  for (size_t i = 0; i < table.frequencies.size(); ++i) {
    const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(rotated);
    table.frequencies[i] = std::pow(table.base, exponent);
  }
  return table;
}

std::vector<float> rounded(const std::vector<double>& frequencies) {
  return {frequencies.begin(), frequencies.end()};
}

}  // namespace

Result<RopeTable> read_rope(const Metadata& metadata, std::string_view prefix, size_t head_dim) {
  const std::string rope = std::string(prefix) + ".rope.";
  SLUICE_LET(Unscaled unscaled, read_frequencies(metadata, rope, "freq_base", head_dim));
  std::vector<double>& frequencies = unscaled.frequencies;
  RopeTable table;
  const std::string_view type = metadata.text(rope + "scaling.type").value_or("none");
  const double factor = metadata.real(rope + "scaling.factor").value_or(1.0);
  if (type != "none" && !(factor >= 1 && factor <= 1e6)) {
    return Error{Code::corrupt, rope + "scaling.factor " + std::to_string(factor) +
                                    " is out of range"};
  }
  if (type == "linear") {
    for (double& frequency : frequencies) frequency /= factor;
  } else if (type == "yarn") {
    Yarn yarn;
    yarn.factor = factor;
    yarn.original_context = metadata.real(rope + "scaling.original_context_length").value_or(0);
    yarn.beta_fast = metadata.real(rope + "scaling.yarn_beta_fast").value_or(yarn.beta_fast);
    yarn.beta_slow = metadata.real(rope + "scaling.yarn_beta_slow").value_or(yarn.beta_slow);
    if (!(yarn.original_context >= 1)) {
      return Error{Code::corrupt, rope + "scaling.original_context_length is missing"};
    }
    apply_yarn(yarn, unscaled.base, frequencies);
    const double by_default = factor > 1 ? 0.1 * std::log(factor) + 1.0 : 1.0;
    table.magnitude = static_cast<float>(
        metadata.real(rope + "scaling.attn_factor").value_or(1.0) *
        metadata.real(rope + "scaling.yarn_attn_factor").value_or(1.0) * by_default);
  } else if (type != "none") {
    return Error{Code::unsupported, rope + "scaling.type " + quote(type) +
                                        " is not known; known are none, linear, yarn"};
  }
  table.frequencies = rounded(frequencies);
  return table;
}

Result<RopeTable> read_local_rope(const Metadata& metadata, std::string_view prefix,
                                  size_t head_dim) {
  const std::string rope = std::string(prefix) + ".rope.";
  SLUICE_LET(const Unscaled unscaled, read_frequencies(metadata, rope, "freq_base_swa", head_dim));
  RopeTable table;
  table.frequencies = rounded(unscaled.frequencies);
  return table;
}

Result<void> bind_rope(Binder& binder, RopeTable& table) {
  constexpr const char* kName = "rope_freqs.weight";
  if (!binder.has(kName)) return {};
  return binder.vector(kName, table.frequencies.size(), table.divisors);
}

}  // namespace sluice
