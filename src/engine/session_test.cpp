// Goal: what a session keeps from one prompt to the next changes nothing: the logits after it are
// those of a fresh evaluation, bit for bit, and only new tokens are evaluated. Generation ends for
// each reason as promised, and what is handed out never has a part of a stop string.
// Method: a tiny random model in one session against fresh ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>

#include "sluice/engine.hpp"
#include "support/temporary_folder.hpp"
#include "support/tiny_model.hpp"

namespace sluice {
namespace {

using Ids = std::vector<TokenId>;

Ids random_ids(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  Ids ids(count);
  for (TokenId& id : ids) id = static_cast<TokenId>(random() % 90);
  return ids;
}

Ids joined(std::span<const TokenId> a, std::span<const TokenId> b) {
  Ids ids(a.begin(), a.end());
  ids.insert(ids.end(), b.begin(), b.end());
  return ids;
}

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() {
    test::TinyModel model;
    model.set("qwen3moe.context_length", uint32_t{128}).untie();
    const std::string path = folder_ / "model.gguf";
    std::ofstream(path, std::ios::binary) << model.build();
    options_.path = path;
    options_.memory_bytes = 64 << 20;
    options_.threads = 1;
    options_.chunk_tokens = 16;
    open();
  }

  void open() {
    session_.reset();
    auto engine = Engine::open(options_);
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = std::move(*engine);
    renew();
  }

  // A fresh session; the plan has room for one at a time.
  void renew() {
    session_.reset();
    auto session = engine_->new_session();
    ASSERT_TRUE(session);
    session_ = std::move(*session);
  }

  std::vector<float> logits(std::span<const TokenId> ids) {
    std::vector<float> all;
    EvaluateOptions options;
    options.on_logits = [&](size_t, std::span<const float> row) {
      all.insert(all.end(), row.begin(), row.end());
    };
    const auto done = session_->evaluate(ids, options);
    EXPECT_TRUE(done) << done.error().message;
    return all;
  }

  struct Answer {
    GenerateResult result;
    std::string text;
  };

  Answer generate(std::span<const TokenId> ids, const GenerateOptions& options) {
    Answer answer;
    auto result = session_->generate(
        ids, options, [&](TokenId, std::string_view piece) { answer.text += piece; });
    EXPECT_TRUE(result) << result.error().message;
    if (result) answer.result = *result;
    return answer;
  }

  static GenerateOptions greedy(size_t tokens) {
    GenerateOptions options;
    options.sampling.greedy = true;
    options.max_tokens = tokens;
    return options;
  }

  test::TemporaryFolder folder_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Session> session_;
};

TEST_F(SessionTest, KeepsTheCommonPrefix) {
  const Ids first = random_ids(40, 1);
  const size_t width = engine_->vocabulary_size();
  for (const size_t common :
       {size_t{0}, size_t{1}, size_t{15}, size_t{16}, size_t{39}, size_t{40}}) {
    Ids second = joined(std::span(first).first(common), random_ids(30, 2));
    if (common < first.size()) second[common] = (first[common] + 1) % 90;
    renew();
    const std::vector<float> fresh = logits(second);
    renew();
    logits(first);
    EXPECT_EQ(session_->keep_prefix(second), common);
    EXPECT_EQ(session_->position(), common);
    const std::vector<float> reused = logits(std::span(second).subspan(common));
    ASSERT_EQ(reused.size() + common * width, fresh.size());
    EXPECT_EQ(
        std::memcmp(reused.data(), fresh.data() + common * width, reused.size() * sizeof(float)), 0)
        << "with " << common << " tokens kept";
    EXPECT_EQ(session_->stats().prompt_tokens, first.size() + second.size() - common);
  }
}

TEST_F(SessionTest, AlwaysLeavesATokenToFeed) {
  const Ids ids = random_ids(20, 3);
  EXPECT_EQ(session_->keep_prefix(ids), 0u);
  logits(ids);
  EXPECT_EQ(session_->keep_prefix(ids), 19u);
  logits({&ids[19], 1});
  EXPECT_EQ(session_->keep_prefix(std::span(ids).first(10)), 9u);
  EXPECT_EQ(session_->keep_prefix({}), 0u);
  EXPECT_EQ(session_->position(), 9u);
}

TEST_F(SessionTest, GoesOnAfterAnAnswer) {
  const Ids prompt = random_ids(12, 4);
  const Answer answer = generate(prompt, greedy(10));
  const Ids next = joined(joined(prompt, answer.result.ids), random_ids(5, 5));
  // All but the last generated token have been evaluated.
  const size_t kept = session_->keep_prefix(next);
  EXPECT_EQ(kept, prompt.size() + answer.result.ids.size() - 1);
  const Answer reused = generate(std::span(next).subspan(kept), greedy(10));
  EXPECT_EQ(session_->stats().prompt_tokens, prompt.size() + 6);
  renew();
  EXPECT_EQ(generate(next, greedy(10)).result.ids, reused.result.ids);
}

TEST_F(SessionTest, EndsAtStopStrings) {
  const Ids prompt = random_ids(12, 4);
  GenerateOptions options = greedy(40);
  options.ignore_stop = true;
  const std::string whole = generate(prompt, options).text;
  ASSERT_GT(whole.size(), 10u);
  for (size_t begin = 0; begin + 4 < whole.size(); ++begin) {
    renew();
    const std::string stop = whole.substr(begin, 4);
    options.stop_strings = {"never said", stop};
    const Answer answer = generate(prompt, options);
    EXPECT_EQ(answer.result.reason, FinishReason::stop_string);
    EXPECT_EQ(answer.result.stop_string, stop);
    EXPECT_EQ(answer.text, whole.substr(0, whole.find(stop)));
  }
}

TEST_F(SessionTest, SaysWhyItEnds) {
  GenerateOptions options = greedy(3);
  options.ignore_stop = true;
  const Ids prompt = random_ids(12, 4);
  EXPECT_EQ(generate(prompt, options).result.reason, FinishReason::length);
  renew();
  options.max_tokens = 0;
  const Answer full = generate(prompt, options);
  EXPECT_EQ(full.result.reason, FinishReason::context);
  EXPECT_EQ(session_->position(), engine_->plan().context_tokens);
  renew();
  const std::atomic<bool> cancel{true};
  options.cancel = &cancel;
  EXPECT_EQ(generate(prompt, options).result.reason, FinishReason::cancelled);
  EXPECT_EQ(session_->position(), 0u);
}

// What might have become a stop string is not lost when the generation is cancelled.
TEST_F(SessionTest, HandsOutWhatWasHeldBackWhenCancelled) {
  const Ids prompt = random_ids(12, 4);
  GenerateOptions options = greedy(20);
  options.ignore_stop = true;
  std::vector<std::string> texts = {""};  // after so many tokens
  ASSERT_TRUE(session_->generate(prompt, options, [&](TokenId, std::string_view piece) {
    texts.push_back(texts.back() + std::string(piece));
  }));
  for (size_t tokens = 1; tokens < 20; ++tokens) {
    renew();
    std::atomic<bool> cancel{false};
    options.cancel = &cancel;
    options.stop_strings = {texts.back() + "and more"};
    std::string text;
    size_t count = 0;
    const auto result =
        session_->generate(prompt, options, [&](TokenId id, std::string_view piece) {
          text += piece;
          if (id >= 0 && ++count == tokens) cancel = true;
        });
    ASSERT_TRUE(result);
    EXPECT_EQ(result->reason, FinishReason::cancelled);
    EXPECT_EQ(result->ids.size(), tokens);
    EXPECT_EQ(text, texts[tokens]);
  }
}

TEST_F(SessionTest, CountsTheRowsOfAnEmbeddingOnDisk) {
  const Ids ids = random_ids(40, 1);
  const std::vector<float> resident = logits(ids);
  options_.embedding = EmbeddingPlace::disk;
  open();
  EXPECT_EQ(logits(ids), resident);
  const Stats first = session_->stats();
  session_->reset();
  EXPECT_EQ(logits(ids), resident);  // all experts are there now
  const Stats second = session_->stats();
  EXPECT_EQ(second.unit_misses, first.unit_misses);
  const uint64_t rows = second.flash_bytes_read - first.flash_bytes_read;
  EXPECT_GE(rows, ids.size() * test::TinyModel::kWidth * sizeof(float));
  EXPECT_LE(rows, ids.size() * 2 * 4096);
  EXPECT_EQ(second.prefill_flash_bytes, second.flash_bytes_read);
  EXPECT_GT(second.io_wait_seconds, first.io_wait_seconds);
}

TEST_F(SessionTest, RefusesSenselessOptions) {
  const Ids prompt = random_ids(4, 6);
  const auto refused = [&](auto change) {
    GenerateOptions options = greedy(2);
    change(options);
    const auto result = session_->generate(prompt, options, [](TokenId, std::string_view) {});
    return !result && result.error().code == Code::invalid && session_->position() == 0;
  };
  EXPECT_TRUE(refused([](auto& o) { o.sampling.temperature = -1; }));
  EXPECT_TRUE(refused([](auto& o) { o.sampling.logit_bias = {{100000, 1.0f}}; }));
  EXPECT_TRUE(refused([](auto& o) { o.stop_strings = {""}; }));
}

}  // namespace
}  // namespace sluice
