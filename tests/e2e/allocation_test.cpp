// Goal: opening may allocate, a step does not: decoding a token and reading a chunk touch the heap
// not once, however much is streamed.
// Method: counts the calls of operator new around evaluate, after one call of each shape, while the
// context grows and takes slots, and in a shorter one, which gives them back.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/allocation_count.hpp"
#include "support/engine_runs.hpp"

namespace sluice::test {
namespace {

class Allocations : public ::testing::TestWithParam<std::string> {};

TEST_P(Allocations, AStepMakesNone) {
  for (const char* const reader : {"auto", "pread"}) {
    SCOPED_TRACE(reader);
    EngineOptions options;
    options.path = GetParam();
    options.context_tokens = 256;
    options.threads = 2;
    options.chunk_tokens = 16;
    options.reader = reader;
    if (has_row_table(options.path)) options.embedding = EmbeddingPlace::disk;
    options.memory_bytes = 1;
    const auto plan = Engine::plan(options);
    ASSERT_TRUE(plan) << plan.error().message;
    options.memory_bytes = plan->floor_bytes + plan->slot_bytes;
    const auto engine = Engine::open(options);
    ASSERT_TRUE(engine) << engine.error().message;
    const auto session = (*engine)->new_session();
    ASSERT_TRUE(session);

    std::vector<TokenId> prompt;
    for (TokenId id = 0; id < 64; ++id) prompt.push_back(id * 5);
    float sum = 0;
    EvaluateOptions evaluate;
    evaluate.on_logits = [&sum](size_t, std::span<const float> logits) { sum += logits[0]; };
    const std::span<const TokenId> tokens(prompt);
    ASSERT_TRUE((*session)->evaluate(tokens, evaluate));
    ASSERT_TRUE((*session)->evaluate(tokens.first(1), evaluate));

    const uint64_t slots = (*session)->stats().slots_now;
    size_t before = allocation_count();
    ASSERT_TRUE((*session)->evaluate(tokens.last(40), evaluate));
    for (size_t i = 0; i < 128; ++i) {
      ASSERT_TRUE((*session)->evaluate(tokens.subspan(i / 4, 1), evaluate));
    }
    EXPECT_EQ(allocation_count(), before);
    const uint64_t fewer = (*session)->stats().slots_now;
    before = allocation_count();
    (*session)->reset();
    ASSERT_TRUE((*session)->evaluate(tokens.first(1), evaluate));
    EXPECT_EQ(allocation_count(), before);
    if (options.path == demo_model_path()) {
      EXPECT_LT(fewer, slots);
      EXPECT_GT((*session)->stats().slots_now, slots);
    }
    EXPECT_GT((*session)->stats().unit_misses, 20u) << "nothing was streamed";
  }
}

std::string folder_name(const ::testing::TestParamInfo<std::string>& info) {
  if (info.param == demo_model_path()) return "demo";
  return std::filesystem::path(info.param).parent_path().filename();
}

INSTANTIATE_TEST_SUITE_P(EveryFamily, Allocations, ::testing::ValuesIn(all_model_paths()),
                         folder_name);

}  // namespace
}  // namespace sluice::test
