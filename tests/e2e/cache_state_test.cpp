// Goal: what the cache learned survives a restart, a damaged or foreign file is ignored with a
// note, and neither it nor a trace changes a single bit of a result. Method: the small model of
// tests/golden, its logits with every kind of state file.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/engine_runs.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

namespace fs = std::filesystem;

const std::vector<TokenId> kTokens = {1, 5, 9, 2, 7, 7, 3, 11, 4, 6, 8, 10};

struct Outcome {
  std::vector<float> logits;
  std::string note;
};

Outcome run(const test::TemporaryFolder& folder, EngineOptions options, bool save) {
  options.path = test::golden_model_path();
  options.cache_state_folder = folder / "state";
  const auto plan = Engine::plan(options);
  EXPECT_TRUE(plan);
  options.memory_bytes = plan->floor_bytes + 2 * plan->slot_bytes;
  options.chunk_tokens = 4;
  auto engine = Engine::open(options);
  EXPECT_TRUE(engine) << engine.error().message;
  auto session = (*engine)->new_session();
  EXPECT_TRUE(session);
  auto logits = test::decode_logits(**session, kTokens);
  EXPECT_TRUE(logits);
  EXPECT_TRUE(!save || (*engine)->save_cache_state());
  const std::vector<std::string>& notes = (*engine)->notes();
  return {std::move(*logits), notes.empty() ? "" : notes[0]};
}

std::vector<fs::path> state_files(const test::TemporaryFolder& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder / "state")) files.push_back(entry.path());
  return files;
}

TEST(CacheState, SurvivesARestartAndChangesNoBit) {
  const test::TemporaryFolder folder;
  const Outcome cold = run(folder, {}, true);
  EXPECT_EQ(cold.note, "");
  ASSERT_EQ(state_files(folder).size(), 1u);
  EXPECT_LT(fs::file_size(state_files(folder)[0]), 300u << 10);
  const Outcome warm = run(folder, {}, true);
  EXPECT_EQ(warm.note, "");
  EXPECT_TRUE(test::same_bits(cold.logits, warm.logits));
  EngineOptions other;
  other.policy = "lru";
  const Outcome lru = run(folder, other, true);
  EXPECT_EQ(lru.note, "");
  EXPECT_TRUE(test::same_bits(cold.logits, lru.logits));
  EXPECT_EQ(state_files(folder).size(), 2u);
}

TEST(CacheState, ADamagedOrForeignFileIsIgnoredWithANote) {
  const test::TemporaryFolder folder;
  const Outcome cold = run(folder, {}, true);
  const fs::path path = state_files(folder)[0];
  std::ifstream in(path, std::ios::binary);
  const std::string good{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  std::string flipped = good;
  flipped[good.size() / 2] ^= 4;
  std::string foreign = good;
  foreign[20] ^= 1;  // the identity; the checksum no longer fits either
  for (const std::string& bytes : {flipped, foreign, good.substr(0, 10), std::string()}) {
    std::ofstream(path, std::ios::binary) << bytes;
    const Outcome run_with_it = run(folder, {}, false);
    EXPECT_NE(run_with_it.note.find(path.string()), std::string::npos) << run_with_it.note;
    EXPECT_TRUE(test::same_bits(cold.logits, run_with_it.logits));
  }
  // Saving replaces what was damaged.
  (void)run(folder, {}, true);
  EXPECT_EQ(run(folder, {}, false).note, "");
}

TEST(Trace, ATracedRunIsTheSameAndTellsEveryTokenAndLayer) {
  const test::TemporaryFolder folder;
  const Outcome plain = run(folder, {}, false);
  EngineOptions options;
  options.trace_path = folder / "trace.jsonl";
  const Outcome traced = run(folder, options, false);
  EXPECT_TRUE(test::same_bits(plain.logits, traced.logits));
  std::ifstream file(options.trace_path);
  std::string header, line;
  ASSERT_TRUE(std::getline(file, header));
  EXPECT_EQ(header.find("{\"sluice_trace\":1,"), 0u);
  size_t lines = 0;
  while (std::getline(file, line)) {
    EXPECT_NE(line.find("\"weights\":["), std::string::npos);
    ++lines;
  }
  const size_t at = header.find("\"layers\":");
  EXPECT_EQ(lines, kTokens.size() * std::stoul(header.substr(at + 9)));
  options.trace_path = folder / "no/such/folder";
  options.path = test::golden_model_path();
  const auto refused = Engine::open(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::io);
}

}  // namespace
}  // namespace sluice
