// Goal: what lookahead reads in vain stays a small share of what decoding demands, whatever its
// guesses are worth, and a prompt reads no unit twice. Method: tokens that mean nothing, fed one at
// a time to mixtures of every family in a few slots; then a prompt of several blocks in one chunk.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "support/engine_runs.hpp"

namespace sluice::test {
namespace {

constexpr size_t kTokens = 250;

Result<std::unique_ptr<Engine>> open(const std::string& path, size_t chunk, uint64_t quarters) {
  EngineOptions options;
  options.path = path;
  options.context_tokens = 256;
  options.chunk_tokens = chunk;
  return open_with_share(options, 2 * quarters);
}

TEST(Lookahead, ReadsLittleInVain) {
  for (const std::string& path : all_model_paths()) {
    for (const uint64_t quarters : {0, 1, 2}) {
      SCOPED_TRACE(path + ", " + std::to_string(quarters) + " quarters");
      const auto engine = open(path, 8, quarters);
      ASSERT_TRUE(engine) << engine.error().message;
      if ((*engine)->plan().unit_kind == "layers") break;  // nothing to guess
      const auto session = (*engine)->new_session();
      ASSERT_TRUE(session);
      ASSERT_TRUE(decode_logits(**session, varied_tokens(kTokens)));
      const Stats stats = (*session)->stats();
      const uint64_t demanded = stats.unit_misses + stats.hint_used;
      EXPECT_LE(stats.hint_reads - stats.hint_used, demanded / 50);
      std::printf("%s: %llu read on a guess, %llu of them used, %llu demanded\n", path.c_str(),
                  static_cast<unsigned long long>(stats.hint_reads),
                  static_cast<unsigned long long>(stats.hint_used),
                  static_cast<unsigned long long>(demanded));
    }
  }
}

TEST(Lookahead, APromptReadsNoUnitTwice) {
  for (const std::string& path : all_model_paths()) {
    for (const uint64_t quarters : {0, 1, 2}) {
      SCOPED_TRACE(path + ", " + std::to_string(quarters) + " quarters");
      const auto engine = open(path, kTokens, quarters);
      ASSERT_TRUE(engine) << engine.error().message;
      const auto session = (*engine)->new_session();
      ASSERT_TRUE(session);
      ASSERT_TRUE((*session)->evaluate(varied_tokens(kTokens), {}));
      const Stats stats = (*session)->stats();
      EXPECT_LE(stats.unit_misses + stats.hint_reads, (*engine)->plan().units);
      // In vain at most one in twenty, and a few before the first layers are known.
      EXPECT_LE(stats.hint_reads - stats.hint_used, stats.hint_reads / 20 + 2);
    }
  }
}

}  // namespace
}  // namespace sluice::test
