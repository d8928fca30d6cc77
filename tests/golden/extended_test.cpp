// Goal: as golden_test, for every model of a known architecture and every quantised type that the
// shared golden folder holds.
// Method: walks $SLUICE_SHARED/golden (default: shared beside the source tree). Not part of the
// ordinary tests; a folder that is not there is a loud SKIP.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "golden/reference.hpp"

namespace sluice::test {
namespace {

namespace fs = std::filesystem;

fs::path shared_folder() {
  const char* const named = std::getenv("SLUICE_SHARED");
  return named != nullptr ? fs::path(named) : fs::path(SLUICE_SOURCE_DIR) / ".." / "shared";
}

// The model files of all folders below `folder`, by name.
std::vector<fs::path> models_in(const fs::path& folder, const char* file) {
  std::vector<fs::path> models;
  if (!fs::is_directory(folder)) return models;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::exists(entry.path() / file)) models.push_back(entry.path() / file);
  }
  std::sort(models.begin(), models.end());
  return models;
}

void check_all(const std::vector<fs::path>& models) {
  size_t known = 0;
  for (const fs::path& model : models) {
    const GoldenResult result = check_golden(model, "auto");
    const std::string name = model.parent_path().filename();
    if (!result.known) {
      std::printf("%-14s not supported yet\n", name.c_str());
      continue;
    }
    ++known;
    std::printf("%-14s largest logit difference %.1e, mean KL %.1e\n", name.c_str(),
                static_cast<double>(result.worst.logits), result.worst.mean_kl);
  }
  EXPECT_GT(known, 0u);
}

TEST(GoldenExtended, EveryArchitecture) {
  const auto models = models_in(shared_folder() / "golden" / "models", "model-bf16.gguf");
  if (models.empty()) {
    GTEST_SKIP() << "SKIP: no models in " << shared_folder() / "golden" << "; set SLUICE_SHARED";
  }
  check_all(models);
}

TEST(GoldenExtended, EveryType) {
  const auto models = models_in(shared_folder() / "golden" / "quants", "model.gguf");
  if (models.empty()) {
    GTEST_SKIP() << "SKIP: no quants in " << shared_folder() / "golden" << "; set SLUICE_SHARED";
  }
  check_all(models);
}

}  // namespace
}  // namespace sluice::test
