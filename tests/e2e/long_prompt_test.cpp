// Goal: where memory is short, slots are lent to a long prompt, which then reads no unit twice, and
// are slots again when it generates; a conversation has the same bits as with everything resident.
// Method: every family and the demo model, with a few slots more than the floor, prompts longer
// than what has room of its own, and generated tokens between them; chunks of fixed length for
// comparison.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "support/engine_runs.hpp"

namespace sluice::test {
namespace {

constexpr size_t kPrompt = 200;
constexpr size_t kAnswer = 3;

// `share` of 8 of the way from the floor to everything resident.
Result<std::unique_ptr<Engine>> open(const std::string& path, size_t share, size_t chunk = 0) {
  EngineOptions options;
  options.path = path;
  options.context_tokens = 512;
  options.chunk_tokens = chunk;
  return open_with_share(options, share);
}

uint64_t units_read(const Session& session) {
  return session.stats().unit_misses + session.stats().hint_reads;
}

// Logits of two prompts, each followed by a few tokens fed one by one.
Result<std::vector<float>> converse(Session& session) {
  std::vector<float> all;
  for (const size_t start : {size_t{0}, kPrompt + kAnswer}) {
    SLUICE_LET(const auto prompt, evaluate_logits(session, varied_tokens(kPrompt, start)));
    SLUICE_LET(const auto answer,
               decode_logits(session, varied_tokens(kAnswer, start + kPrompt)));
    all.insert(all.end(), prompt.begin(), prompt.end());
    all.insert(all.end(), answer.begin(), answer.end());
  }
  return all;
}

// What a prompt reads, if it can be read at all; then the slots are there again.
void read_prompt(Engine& engine, uint64_t& read) {
  const auto session = engine.new_session();
  ASSERT_TRUE(session) << session.error().message;
  ASSERT_TRUE((*session)->evaluate(varied_tokens(kPrompt, 0), {}));
  read = units_read(**session);
  ASSERT_TRUE(decode_logits(**session, varied_tokens(kAnswer, kPrompt)));
  EXPECT_GE((*session)->stats().slots_now, engine.plan().slots);
  EXPECT_LE((*session)->stats().slots_now, engine.plan().slots_most);
  EXPECT_EQ((*session)->stats().slots_given_back, 0u);
}

TEST(LongPrompt, ReadsNoUnitTwice) {
  for (const size_t share : {3, 4, 6}) {
    SCOPED_TRACE(std::to_string(share) + " eighths");
    const auto engine = open(demo_model_path(), share);
    ASSERT_TRUE(engine) << engine.error().message;
    ASSERT_LT((*engine)->plan().chunk_tokens, kPrompt);
    uint64_t read = 0;
    read_prompt(**engine, read);
    EXPECT_LE(read, (*engine)->plan().units);
  }
}

// In models so small that all slots together hold less than a prompt's activations.
TEST(LongPrompt, ReadsLessThanInChunksWithRoomOfTheirOwn) {
  for (const std::string& path : all_model_paths()) {
    for (const size_t share : {1, 2, 4}) {
      SCOPED_TRACE(path + ", " + std::to_string(share) + " eighths");
      const auto engine = open(path, share);
      ASSERT_TRUE(engine) << engine.error().message;
      const auto fixed = open(path, share, (*engine)->plan().chunk_tokens);
      ASSERT_TRUE(fixed) << fixed.error().message;
      uint64_t lent_read = 0;
      uint64_t fixed_read = 0;
      read_prompt(**engine, lent_read);
      read_prompt(**fixed, fixed_read);
      EXPECT_LE(lent_read, fixed_read);
      std::printf("%s, %zu eighths: %llu units read, %llu without lending\n", path.c_str(), share,
                  static_cast<unsigned long long>(lent_read),
                  static_cast<unsigned long long>(fixed_read));
    }
  }
}

// Slots that hold everything are not worth lending.
TEST(LongPrompt, ReadsNothingTwiceWhereEverythingFits) {
  for (const std::string& path : all_model_paths()) {
    SCOPED_TRACE(path);
    const auto engine = open(path, 8);
    ASSERT_TRUE(engine) << engine.error().message;
    ASSERT_EQ((*engine)->plan().slots, (*engine)->plan().units);
    const auto session = (*engine)->new_session();
    ASSERT_TRUE(session) << session.error().message;
    ASSERT_TRUE(converse(**session));
    EXPECT_LE(units_read(**session), (*engine)->plan().units);
  }
}

TEST(LongPrompt, AConversationHasTheSameBits) {
  for (const std::string& path : all_model_paths()) {
    const auto resident = open(path, 8);
    ASSERT_TRUE(resident) << resident.error().message;
    const auto expected_session = (*resident)->new_session();
    const auto expected = converse(**expected_session);
    ASSERT_TRUE(expected) << expected.error().message;
    for (const size_t share : {0, 1, 3}) {
      SCOPED_TRACE(path + ", " + std::to_string(share) + " eighths");
      const auto engine = open(path, share);
      ASSERT_TRUE(engine) << engine.error().message;
      const auto session = (*engine)->new_session();
      const auto seen = converse(**session);
      ASSERT_TRUE(seen) << seen.error().message;
      EXPECT_TRUE(same_bits(*seen, *expected));
    }
  }
}

// What a long conversation took from the slots, a short one after it gives back.
TEST(LongPrompt, AShortContextHasItsSlotsAgain) {
  const auto engine = open(demo_model_path(), 2);
  ASSERT_TRUE(engine) << engine.error().message;
  const MemoryPlan& plan = (*engine)->plan();
  ASSERT_GT(plan.slots_most, plan.slots + 8);
  const auto session = (*engine)->new_session();
  ASSERT_TRUE(session) << session.error().message;
  const auto fresh = decode_logits(**session, varied_tokens(8));
  ASSERT_TRUE(fresh) << fresh.error().message;
  const uint64_t slots = (*session)->stats().slots_now;
  EXPECT_GT(slots, plan.slots);
  ASSERT_TRUE(converse(**session));
  const uint64_t fewer = (*session)->stats().slots_now;
  EXPECT_LT(fewer, slots);
  EXPECT_GE(fewer, plan.slots);
  EXPECT_GT((*session)->keep_prefix(varied_tokens(9)), 0u);
  (*session)->reset();
  const auto again = decode_logits(**session, varied_tokens(8));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ((*session)->stats().slots_now, slots);
  EXPECT_EQ((*session)->stats().slots_given_back, 0u);
  EXPECT_TRUE(same_bits(*again, *fresh));
}

}  // namespace
}  // namespace sluice::test
