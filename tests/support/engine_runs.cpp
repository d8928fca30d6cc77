#include "support/engine_runs.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace sluice::test {

std::string demo_model_path() { return SLUICE_SOURCE_DIR "/models/sluice-demo-Q4_K_M.gguf"; }

std::string golden_model_path() {
  return SLUICE_SOURCE_DIR "/tests/golden/models/qwen3_moe/model-bf16.gguf";
}

std::string dense_model_path() {
  return SLUICE_SOURCE_DIR "/tests/golden/models/gemma3_text/model-bf16.gguf";
}

std::vector<std::string> golden_model_paths() {
  std::vector<std::string> paths;
  const std::filesystem::path models = SLUICE_SOURCE_DIR "/tests/golden/models";
  for (const auto& folder : std::filesystem::directory_iterator(models)) {
    paths.push_back((folder.path() / "model-bf16.gguf").string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<std::string> all_model_paths() {
  std::vector<std::string> paths = golden_model_paths();
  paths.push_back(demo_model_path());
  return paths;
}

bool has_row_table(const std::string& path) {
  EngineOptions options;
  options.path = path;
  options.embedding = EmbeddingPlace::disk;
  return Engine::plan(options).has_value();
}

std::vector<TokenId> varied_tokens(size_t count, size_t start) {
  std::vector<TokenId> tokens;
  for (size_t i = start; i < start + count; ++i) {
    tokens.push_back(static_cast<TokenId>((i * i * 7 + i * 31) % 500));
  }
  return tokens;
}

Result<std::unique_ptr<Engine>> open_with_share(EngineOptions options, size_t eighths) {
  SLUICE_LET(const MemoryPlan all, Engine::plan(options));
  const uint64_t above_floor = all.resident_budget_bytes - all.floor_bytes;
  options.memory_bytes = all.floor_bytes + above_floor * eighths / 8;
  return Engine::open(options);
}

Result<std::vector<float>> evaluate_logits(Session& session, std::span<const TokenId> tokens) {
  std::vector<float> all;
  EvaluateOptions options;
  options.on_logits = [&](size_t, std::span<const float> row) {
    all.insert(all.end(), row.begin(), row.end());
  };
  SLUICE_TRY(session.evaluate(tokens, options));
  return all;
}

Result<std::vector<float>> evaluate_hidden(const Engine& engine, Session& session,
                                           std::span<const TokenId> tokens,
                                           std::vector<float>& hidden) {
  std::vector<float> all;
  const size_t start = session.position();
  hidden.assign((engine.layers() + 1) * tokens.size() * engine.width(), 0.0f);
  EvaluateOptions options;
  options.on_logits = [&](size_t, std::span<const float> row) {
    all.insert(all.end(), row.begin(), row.end());
  };
  options.on_hidden = [&](size_t index, size_t position, std::span<const float> row) {
    const size_t at = (index * tokens.size() + position - start) * engine.width();
    std::copy(row.begin(), row.end(), hidden.begin() + static_cast<ptrdiff_t>(at));
  };
  SLUICE_TRY(session.evaluate(tokens, options));
  return all;
}

Result<std::vector<float>> decode_logits(Session& session, std::span<const TokenId> tokens) {
  std::vector<float> all;
  for (const TokenId& token : tokens) {
    SLUICE_LET(const std::vector<float> row, evaluate_logits(session, {&token, 1}));
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

TokenId argmax(std::span<const float> logits) {
  return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

}  // namespace sluice::test
