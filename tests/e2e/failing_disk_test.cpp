// Goal: when a read fails, the request that needed it ends with an error that says where, nothing
// wrong is emitted, and the next request on the same session gives the right bits. While loading,
// open fails in the same way.
// Method: a faulty reader under the whole engine spoils the k-th read in each way, for every k
// until none is spoilt any more. The model is small, its budget near the floor, so that almost
// every expert is read again for every token.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "engine/open_engine.hpp"
#include "io/faulty_reader.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {
namespace {

constexpr size_t kFirstTurn = 3;  // tokens of a turn that goes well
constexpr size_t kPrompt = 9;     // of the turn that does not
constexpr size_t kAnswer = 4;

struct Answer {
  std::vector<TokenId> ids;
  std::string text;
};

std::vector<TokenId> some_ids(size_t count, size_t start) {
  std::vector<TokenId> ids;
  for (size_t i = start; i < start + count; ++i) {
    ids.push_back(static_cast<TokenId>((i * i * 7 + i * 131 + 17) % 400));
  }
  return ids;
}

EngineOptions small_options(size_t chunk, size_t extra_slots,
                            const std::string& path = golden_model_path()) {
  EngineOptions options;
  options.path = path;
  options.context_tokens = 64;
  options.threads = 1;
  options.chunk_tokens = chunk;
  options.memory_bytes = 1;
  const auto plan = Engine::plan(options);
  EXPECT_TRUE(plan) << plan.error().message;
  if (plan) options.memory_bytes = plan->floor_bytes + extra_slots * plan->slot_bytes;
  return options;
}

// An engine over a reader that the test spoils.
class SpoiltEngine {
 public:
  SpoiltEngine(const EngineOptions& options, FaultScript script) : engine_(Error{}) {
    engine_ = open_engine(options, [&](std::span<const File> files) {
      return make_reader(files, std::move(script));
    });
  }

  Result<std::unique_ptr<Engine>>& engine() { return engine_; }
  FaultyReader& reader() { return *reader_; }
  /// Spoils the k-th read from now on.
  void spoil(FaultKind kind, uint64_t k) {
    FaultScript script;
    script.faults = {{.kind = kind, .request = reader_->requests() + k}};
    reader_->set_script(script);
  }
  void heal() { reader_->set_script({}); }

 private:
  Result<std::unique_ptr<Reader>> make_reader(std::span<const File> files, FaultScript script) {
    SLUICE_LET(std::unique_ptr<Reader> inner, open_reader("auto", files, {.depth = 8}));
    auto reader = std::make_unique<FaultyReader>(std::move(inner), std::move(script));
    reader_ = reader.get();
    return std::unique_ptr<Reader>(std::move(reader));
  }

  FaultyReader* reader_ = nullptr;
  Result<std::unique_ptr<Engine>> engine_;
};

Result<GenerateResult> generate(Session& session, std::span<const TokenId> prompt,
                                Answer& emitted) {
  GenerateOptions options;
  options.max_tokens = kAnswer;
  options.sampling.greedy = true;
  options.ignore_stop = true;
  return session.generate(prompt, options, [&](TokenId id, std::string_view text) {
    emitted.ids.push_back(id);
    emitted.text += text;
  });
}

// Is `part` how `whole` begins?
bool begins(const Answer& whole, const Answer& part) {
  return part.ids.size() <= whole.ids.size() &&
         std::equal(part.ids.begin(), part.ids.end(), whole.ids.begin()) &&
         whole.text.starts_with(part.text);
}

// The message names the file, an offset, and the unit or the row of the embedding (or, while
// loading, nothing more).
void check_message(const Error& error, const std::string& path, bool loading) {
  EXPECT_NE(error.message.find(path), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("offset "), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  if (loading) return;
  const bool unit = error.message.find("blk.") != std::string::npos &&
                    error.message.find(" unit ") != std::string::npos;
  const bool row = error.message.find("token_embd.weight row ") != std::string::npos;
  EXPECT_TRUE(unit || row) << error.message;
}

// One conversation that is disturbed again and again.
class Disturbance {
 public:
  explicit Disturbance(const EngineOptions& options)
      : path_(options.path), spoilt_(options, FaultScript()) {}

  void prepare() {
    ASSERT_TRUE(spoilt_.engine()) << spoilt_.engine().error().message;
    auto session = (*spoilt_.engine())->new_session();
    ASSERT_TRUE(session);
    session_ = std::move(*session);
    // The true answer; this also lets the store see every unit that the turn needs.
    start_turn();
    const auto result = generate(*session_, prompt_, truth_);
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_EQ(truth_.ids.size(), kAnswer);
    start_turn();
    logits_ = turn_logits();
  }

  // Spoils read after read, or one in `stride`, until a turn ends without having met the spoilt
  // one.
  void run(FaultKind kind, Code expected, uint64_t stride = 1) {
    uint64_t failures = 0;
    for (uint64_t k = 0; k < 100000; k += stride) {
      SCOPED_TRACE("read " + std::to_string(k));
      start_turn();
      const uint64_t fired = spoilt_.reader().fired();
      const uint64_t hints = session_->stats().hint_reads;
      spoilt_.spoil(kind, k);
      Answer emitted;
      const auto result = generate(*session_, prompt_, emitted);
      spoilt_.heal();
      if (spoilt_.reader().fired() == fired) {
        ASSERT_TRUE(result) << result.error().message;
        std::printf("%llu reads, %llu failed turns\n", static_cast<unsigned long long>(k),
                    static_cast<unsigned long long>(failures));
        EXPECT_GT(k, 50u) << "too few reads to mean anything";
        return;
      }
      EXPECT_TRUE(begins(truth_, emitted)) << "something wrong was emitted: " << emitted.text;
      if (kind == FaultKind::delay) {
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(emitted.ids, truth_.ids);
        continue;
      }
      if (result) {  // a guess was spoilt: nobody asked for it, or it was read again when needed
        EXPECT_GT(session_->stats().hint_reads, hints);
        EXPECT_EQ(emitted.ids, truth_.ids);
        continue;
      }
      ++failures;
      EXPECT_EQ(result.error().code, expected) << result.error().message;
      if (kind != FaultKind::refuse) check_message(result.error(), path_, false);
      EXPECT_EQ(session_->position(), kFirstTurn);
      // The next request on the same session, in the same conversation.
      ASSERT_TRUE(same_bits(turn_logits(), logits_));
      if (::testing::Test::HasFailure()) return;
    }
    ADD_FAILURE() << "the reads never end";
  }

 private:
  void start_turn() {
    session_->reset();
    const auto fed = session_->evaluate(first_, {});
    EXPECT_TRUE(fed) << fed.error().message;
  }

  std::vector<float> turn_logits() {
    auto logits = evaluate_logits(*session_, prompt_);
    EXPECT_TRUE(logits) << logits.error().message;
    return logits ? std::move(*logits) : std::vector<float>();
  }

  const std::string path_;
  SpoiltEngine spoilt_;
  std::unique_ptr<Session> session_;
  const std::vector<TokenId> first_ = some_ids(kFirstTurn, 0);
  const std::vector<TokenId> prompt_ = some_ids(kPrompt, kFirstTurn);
  Answer truth_;
  std::vector<float> logits_;
};

struct Case {
  const char* name;
  FaultKind kind;
  Code expected;
};

class FailingDisk : public ::testing::TestWithParam<Case> {};

// Whole prompt in one chunk, two slots; then small chunks, with a few more; then with slots lent.
TEST_P(FailingDisk, FailsTheRequestAndNothingElse) {
  for (const auto& [chunk, extra_slots] : {std::pair<size_t, size_t>{32, 0}, {4, 5}, {0, 5}}) {
    SCOPED_TRACE("chunk " + std::to_string(chunk));
    Disturbance disturbance(small_options(chunk, extra_slots));
    disturbance.prepare();
    if (!HasFailure()) disturbance.run(GetParam().kind, GetParam().expected);
  }
}

// A read for the embedding of each token, beside those of experts.
TEST_P(FailingDisk, FailsTheRequestWithTheEmbeddingOnDisk) {
  EngineOptions options = small_options(4, 5);
  options.embedding = EmbeddingPlace::disk;
  Disturbance disturbance(options);
  disturbance.prepare();
  if (!HasFailure()) disturbance.run(GetParam().kind, GetParam().expected);
}

// Whole layers are demanded at once and read ahead.
TEST_P(FailingDisk, FailsTheRequestOfADenseModel) {
  Disturbance disturbance(small_options(4, 1, dense_model_path()));
  disturbance.prepare();
  if (!HasFailure()) disturbance.run(GetParam().kind, GetParam().expected);
}

// Every fifth read, in one way: each read and all ways are tested above.
TEST(FailingDiskOfEveryFamily, FailsTheRequest) {
  for (const std::string& path : golden_model_paths()) {
    SCOPED_TRACE(path);
    Disturbance disturbance(small_options(4, 0, path));
    disturbance.prepare();
    if (!HasFailure()) disturbance.run(FaultKind::error, Code::io, 5);
  }
}

TEST_P(FailingDisk, FailsToOpenWhileLoading) {
  // Nothing can tell that the first reading of a byte is wrong.
  if (GetParam().kind == FaultKind::corrupt) return;
  const EngineOptions options = small_options(8, 0);
  for (uint64_t k = 0;; ++k) {
    SCOPED_TRACE("read " + std::to_string(k));
    FaultScript script;
    script.faults = {{.kind = GetParam().kind, .request = k}};
    SpoiltEngine spoilt(options, script);
    if (spoilt.engine() && spoilt.reader().fired() == 0) {
      EXPECT_GT(k, 0u);
      return;
    }
    if (GetParam().kind == FaultKind::delay) {
      EXPECT_TRUE(spoilt.engine());
      continue;
    }
    ASSERT_FALSE(spoilt.engine());
    EXPECT_EQ(spoilt.engine().error().code, GetParam().expected);
    if (GetParam().kind != FaultKind::refuse)
      check_message(spoilt.engine().error(), options.path, true);
  }
}

std::string case_name(const ::testing::TestParamInfo<Case>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(EachWay, FailingDisk,
                         ::testing::Values(Case{"Error", FaultKind::error, Code::io},
                                           Case{"ShortRead", FaultKind::short_read, Code::io},
                                           Case{"Refusal", FaultKind::refuse, Code::io},
                                           Case{"Corruption", FaultKind::corrupt, Code::corrupt},
                                           Case{"Delay", FaultKind::delay, Code::io}),
                         case_name);

// A file that loses its end while it is used: the readers themselves notice.
TEST(FailingDiskForReal, AFileCutOffWhileRunning) {
  TemporaryFolder folder;
  const std::string path = folder / "model.gguf";
  const std::string whole = read_text(golden_model_path());
  for (const char* const reader : {"auto", "pread"}) {
    SCOPED_TRACE(reader);
    std::ofstream(path, std::ios::binary) << whole;
    EngineOptions options = small_options(8, 0);
    options.path = path;
    options.reader = reader;
    const auto engine = Engine::open(options);
    ASSERT_TRUE(engine) << engine.error().message;
    const auto session = (*engine)->new_session();
    ASSERT_TRUE(session);
    const std::vector<TokenId> prompt = some_ids(kPrompt, 0);
    Answer truth;
    ASSERT_TRUE(generate(**session, prompt, truth));

    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(whole.size() / 4)), 0);
    (*session)->reset();
    Answer emitted;
    const auto result = generate(**session, prompt, emitted);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::io);
    EXPECT_NE(result.error().message.find(path), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find("short"), std::string::npos) << result.error().message;
    EXPECT_TRUE(begins(truth, emitted));

    std::ofstream(path, std::ios::binary | std::ios::in) << whole;  // into the same file
    Answer again;
    ASSERT_TRUE(generate(**session, prompt, again));
    EXPECT_EQ(again.ids, truth.ids);
  }
}

// Many faults at once, at random: whatever succeeds is right, whatever fails says so.
TEST(FailingDiskAtRandom, NothingWrongIsEverEmitted) {
  SpoiltEngine spoilt(small_options(8, 3), FaultScript());
  ASSERT_TRUE(spoilt.engine()) << spoilt.engine().error().message;
  const auto session = (*spoilt.engine())->new_session();
  ASSERT_TRUE(session);
  const std::vector<TokenId> prompt = some_ids(kPrompt, 0);
  Answer truth;
  ASSERT_TRUE(generate(**session, prompt, truth));
  size_t succeeded = 0;
  size_t failed = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    constexpr FaultKind kKinds[] = {FaultKind::error, FaultKind::short_read, FaultKind::corrupt,
                                    FaultKind::delay};
    FaultScript script;
    script.seed = seed;
    script.shuffle = seed % 3 == 0;
    script.random_kind = kKinds[seed % std::size(kKinds)];
    script.random_one_in = static_cast<uint32_t>(10 + 10 * (seed % 50));
    spoilt.reader().set_script(script);
    (*session)->reset();
    Answer emitted;
    const auto result = generate(**session, prompt, emitted);
    EXPECT_TRUE(begins(truth, emitted));
    if (result) {
      EXPECT_EQ(emitted.ids, truth.ids);
    }
    ++(result ? succeeded : failed);
  }
  EXPECT_GT(succeeded, 30u);
  EXPECT_GT(failed, 30u);
  spoilt.heal();
  (*session)->reset();
  Answer healed;
  const auto last = generate(**session, prompt, healed);
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_EQ(healed.ids, truth.ids);
}

// Slots come and go with the length of the context, whatever fails meanwhile.
TEST(FailingDiskAtRandom, WhileTheContextGrowsAndShrinks) {
  EngineOptions options = small_options(8, 3, demo_model_path());
  options.context_tokens = 512;
  options.memory_bytes = 1;
  const auto plan = Engine::plan(options);
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_GT(plan->slots_most, plan->slots + 4);
  options.memory_bytes = plan->floor_bytes + 3 * plan->slot_bytes;
  SpoiltEngine spoilt(options, FaultScript());
  ASSERT_TRUE(spoilt.engine()) << spoilt.engine().error().message;
  const auto session = (*spoilt.engine())->new_session();
  ASSERT_TRUE(session);
  const std::vector<TokenId> prompts[] = {some_ids(kPrompt, 0), some_ids(200, 50)};
  Answer truth[2];
  for (const size_t which : {size_t{0}, size_t{1}}) {
    (*session)->reset();
    ASSERT_TRUE(generate(**session, prompts[which], truth[which]));
  }
  size_t failed = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    FaultScript script;
    script.seed = seed;
    script.random_kind = seed % 3 == 0 ? FaultKind::refuse : FaultKind::error;
    script.random_one_in = static_cast<uint32_t>(100 + 100 * (seed % 20));
    spoilt.reader().set_script(script);
    const size_t which = seed / 2 % 2;
    (*session)->reset();
    Answer emitted;
    const auto result = generate(**session, prompts[which], emitted);
    EXPECT_TRUE(begins(truth[which], emitted));
    if (result) {
      EXPECT_EQ(emitted.ids, truth[which].ids);
    }
    failed += result ? 0 : 1;
    EXPECT_GE((*session)->stats().slots_now, plan->slots);
    EXPECT_LE((*session)->stats().slots_now, plan->slots_most + 3);
  }
  EXPECT_GT(failed, 10u);
  EXPECT_LT(failed, 60u);
}

}  // namespace
}  // namespace sluice::test
