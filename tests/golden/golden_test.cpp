// Goal: logits, hidden states, decoding and greedy continuations are those of an independent
// implementation (Hugging Face transformers in F32), for a plain model and for quantised ones, with
// every kernel table that this processor can run.
// Method: tests/golden/models and tests/golden/quants hold small random models with reference
// outputs; see tests/golden/README.md for where they come from and reference.hpp for the limits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "device/cpu/kernels/select.hpp"
#include "golden/reference.hpp"
#include "host/cpu_features.hpp"

namespace sluice::test {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> own_models() {
  std::vector<fs::path> models;
  for (const auto& entry : fs::recursive_directory_iterator(SLUICE_SOURCE_DIR "/tests/golden")) {
    const std::string name = entry.path().filename();
    if (name == "model.gguf" || name == "model-bf16.gguf") models.push_back(entry.path());
  }
  std::sort(models.begin(), models.end());
  return models;
}

std::string folder_of(const fs::path& model) { return model.parent_path().filename(); }

class Golden : public ::testing::TestWithParam<fs::path> {};

void check_with_every_table(const fs::path& model, int activation_bits) {
  for (const Kernels* const kernels : usable_kernels(detect_cpu_features())) {
    const GoldenResult result = check_golden(model, kernels->name, activation_bits);
    EXPECT_TRUE(result.known);
    std::printf("%-12s %-8s %d bits: largest logit difference %.1e, mean KL %.1e\n",
                folder_of(model).c_str(), kernels->name, activation_bits,
                static_cast<double>(result.worst.logits), result.worst.mean_kl);
  }
}

TEST_P(Golden, AgreesWithTheReference) { check_with_every_table(GetParam(), 16); }
TEST_P(Golden, IsNearTheReferenceWithEightBits) { check_with_every_table(GetParam(), 8); }

std::string test_name(const ::testing::TestParamInfo<fs::path>& info) {
  std::string name = folder_of(info.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Own, Golden, ::testing::ValuesIn(own_models()), test_name);

TEST(GoldenFiles, AreAllThere) { EXPECT_EQ(own_models().size(), 19u); }

}  // namespace
}  // namespace sluice::test
