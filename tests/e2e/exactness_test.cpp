// Goal: streaming changes when a byte arrives, never which bits come out: logits of every position
// are identical for all budgets from the floor to everything resident, numbers of threads, readers,
// chunk sizes, cache policies, places of the embedding, uses of an empty context, and orders in
// which reads complete.
// Method: a prompt of 160 tokens and 16 more, fed one at a time, once with everything resident and
// in one chunk; then under a grid in which every two settings meet, with completions shuffled and
// delayed in half of the runs. Compared bit for bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "engine/open_engine.hpp"
#include "io/faulty_reader.hpp"
#include "support/engine_runs.hpp"

namespace sluice::test {
namespace {

constexpr size_t kPrompt = 160;
constexpr size_t kDecoded = 16;
constexpr size_t kContext = 256;

// How much of the way from the floor to everything resident, in steps of kBudgets - 1.
constexpr size_t kBudgets = 6;
constexpr std::array<size_t, 6> kChunks = {1, 7, 16, 64, kPrompt, 0};  // 0: what the plan chooses
constexpr std::array<const char*, 2> kReaders = {"uring", "pread"};
constexpr std::array<const char*, 2> kPolicies = {"lru", "hazard"};

struct Setup {
  size_t budget = kBudgets - 1;
  size_t chunk = kPrompt;
  size_t threads = 1;
  const char* reader = "pread";
  const char* policy = "lru";
  bool shuffled = false;
  bool embedding_on_disk = false;  // where the model can do so
  bool lend_context = true;

  std::string text() const {
    return "budget " + std::to_string(budget) + " of " + std::to_string(kBudgets - 1) + ", chunk " +
           std::to_string(chunk) + ", " + std::to_string(threads) + " threads, " + reader + ", " +
           policy + (shuffled ? ", shuffled" : "") +
           (embedding_on_disk ? ", embedding on disk" : "") +
           (lend_context ? "" : ", nothing lent");
  }
};

// The grid: over all budgets and chunks, every two values of two settings occur together.
Setup cross(size_t budget, size_t chunk) {
  Setup setup;
  setup.budget = budget;
  setup.chunk = kChunks[chunk];
  setup.threads = 1 + (budget + 2 * chunk) % 3;
  setup.reader = kReaders[(budget + chunk / 2) % 2];
  setup.policy = kPolicies[(budget / 2 + chunk) % 2];
  setup.shuffled = (budget / 3 + chunk + budget) % 2 == 1;
  setup.embedding_on_disk = (budget + chunk / 3 + chunk) % 2 == 1;
  setup.lend_context = (budget / 2 + chunk / 2 + chunk) % 2 == 1;
  return setup;
}

struct Run {
  std::vector<float> prompt;   // logits [kPrompt, vocabulary]
  std::vector<float> decoded;  // logits [kDecoded, vocabulary]
  uint64_t slots = 0;
  uint64_t units = 0;
  uint64_t hint_reads = 0;
};

class Model {
 public:
  Model(std::string path, std::string isa, int activation_bits)
      : path_(std::move(path)),
        isa_(std::move(isa)),
        activation_bits_(activation_bits),
        row_table_(has_row_table(path_)) {}

  Result<std::unique_ptr<Engine>> open(const Setup& setup) const {
    EngineOptions options;
    options.path = path_;
    options.isa = isa_;
    options.activation_bits = activation_bits_;
    options.context_tokens = kContext;
    options.threads = setup.threads;
    options.chunk_tokens = setup.chunk;
    options.reader = setup.reader;
    options.policy = setup.policy;
    options.lend_context = setup.lend_context;
    if (setup.embedding_on_disk && row_table_) options.embedding = EmbeddingPlace::disk;
    options.memory_bytes = uint64_t{1} << 30;
    SLUICE_LET(const MemoryPlan all, Engine::plan(options));
    const uint64_t above_floor = all.resident_budget_bytes - all.floor_bytes;
    options.memory_bytes = all.floor_bytes + above_floor * setup.budget / (kBudgets - 1);
    return open_engine(options,
                       [&setup](std::span<const File> files) { return open_spoilt(setup, files); });
  }

  // Feeds the prompt, then `tokens` one by one; without tokens chooses them by argmax.
  Result<Run> run(const Setup& setup, std::span<const TokenId> prompt,
                  std::vector<TokenId>& tokens) const {
    SLUICE_LET(const std::unique_ptr<Engine> engine, open(setup));
    SLUICE_LET(const std::unique_ptr<Session> session, engine->new_session());
    Run run;
    run.slots = engine->plan().slots;
    run.units = engine->plan().units;
    SLUICE_LET(run.prompt, evaluate_logits(*session, prompt));
    const size_t vocabulary = engine->vocabulary_size();
    const bool choose = tokens.empty();
    TokenId next = argmax(std::span<const float>(run.prompt).last(vocabulary));
    for (size_t i = 0; i < kDecoded; ++i) {
      if (choose) tokens.push_back(next);
      SLUICE_LET(const std::vector<float> logits, evaluate_logits(*session, {&tokens[i], 1}));
      next = argmax(logits);
      run.decoded.insert(run.decoded.end(), logits.begin(), logits.end());
    }
    run.hint_reads = session->stats().hint_reads;
    return run;
  }

 private:
  static Result<std::unique_ptr<Reader>> open_spoilt(const Setup& setup,
                                                     std::span<const File> files) {
    ReaderOptions options;
    // A shallow queue makes long lists wait for their turn.
    options.depth = setup.shuffled ? 16 : 64;
    SLUICE_LET(std::unique_ptr<Reader> reader, open_reader(setup.reader, files, options));
    if (!setup.shuffled) return reader;
    FaultScript script;
    script.seed = setup.budget * 31 + setup.chunk;
    script.shuffle = true;
    script.random_kind = FaultKind::delay;
    script.random_one_in = 4;
    return std::unique_ptr<Reader>(
        std::make_unique<FaultyReader>(std::move(reader), std::move(script)));
  }

  std::string path_;
  std::string isa_;
  int activation_bits_;
  bool row_table_;
};

// Ids that visit many experts: no two alike in a row, most of the vocabulary reached.
std::vector<TokenId> varied_prompt(size_t vocabulary) {
  std::vector<TokenId> ids;
  for (size_t i = 0; i < kPrompt; ++i) {
    ids.push_back(static_cast<TokenId>((i * i * 7 + i * 131 + 17) % vocabulary));
  }
  return ids;
}

class Comparison {
 public:
  Comparison(const std::string& path, size_t vocabulary, const std::string& isa,
             int activation_bits = 16)
      : model_(path, isa, activation_bits), prompt_(varied_prompt(vocabulary)) {
    auto reference = model_.run(Setup(), prompt_, tokens_);
    EXPECT_TRUE(reference) << reference.error().message;
    if (!reference) return;
    reference_ = std::move(*reference);
    EXPECT_EQ(reference_.slots, reference_.units) << "the reference must not stream";
    const auto finite = [](float logit) { return std::isfinite(logit); };
    EXPECT_TRUE(std::all_of(reference_.prompt.begin(), reference_.prompt.end(), finite));
  }

  void check(const Setup& setup) {
    SCOPED_TRACE(setup.text());
    const auto run = model_.run(setup, prompt_, tokens_);
    if (!run && run.error().code == Code::unsupported && setup.reader == std::string("uring")) {
      std::printf("SKIP: %s: %s\n", setup.text().c_str(), run.error().message.c_str());
      return;
    }
    ASSERT_TRUE(run) << run.error().message;
    if (setup.budget == 0) {
      EXPECT_EQ(run->slots, 2u) << "this is not the floor";
    }
    if (setup.budget + 1 == kBudgets && setup.chunk != 0) {
      EXPECT_EQ(run->slots, run->units);
    }
    EXPECT_TRUE(same_bits(run->prompt, reference_.prompt));
    EXPECT_TRUE(same_bits(run->decoded, reference_.decoded));
    hint_reads_ += run->hint_reads;
  }

  /// Units read on a guess, in all runs: guessing was part of what was compared.
  uint64_t hint_reads() const { return hint_reads_; }

  // Decoding is one pass over the whole text, bit for bit.
  void check_one_pass() {
    std::vector<TokenId> text = prompt_;
    text.insert(text.end(), tokens_.begin(), tokens_.end());
    const auto engine = model_.open(Setup());
    ASSERT_TRUE(engine) << engine.error().message;
    const auto session = (*engine)->new_session();
    ASSERT_TRUE(session);
    const auto logits = evaluate_logits(**session, text);
    ASSERT_TRUE(logits) << logits.error().message;
    std::vector<float> parts = reference_.prompt;
    parts.insert(parts.end(), reference_.decoded.begin(), reference_.decoded.end());
    EXPECT_TRUE(same_bits(*logits, parts));
  }

 private:
  const Model model_;
  const std::vector<TokenId> prompt_;
  std::vector<TokenId> tokens_;
  Run reference_;
  uint64_t hint_reads_ = 0;
};

// Layers work through long chunks in blocks: wherever these begin, the bits are the same.
void check_long_chunks(const std::string& path, size_t vocabulary) {
  SCOPED_TRACE(path);
  std::vector<TokenId> ids;
  for (size_t i = 0; i < 250; ++i) ids.push_back(static_cast<TokenId>(i * i * 7 % vocabulary));
  std::vector<float> reference;
  for (const size_t chunk : {size_t{100}, size_t{0}, ids.size()}) {
    EngineOptions options;
    options.path = path;
    options.context_tokens = ids.size() + 1;
    options.chunk_tokens = chunk;
    options.threads = 2;
    const auto engine = Engine::open(options);
    ASSERT_TRUE(engine) << engine.error().message;
    const auto session = (*engine)->new_session();
    ASSERT_TRUE(session);
    auto logits = evaluate_logits(**session, ids);
    ASSERT_TRUE(logits) << logits.error().message;
    if (reference.empty())
      reference = std::move(*logits);
    else
      EXPECT_TRUE(same_bits(*logits, reference)) << "chunk " << chunk;
  }
}

// However few slots there are, a chunk reads each unit once.
void check_reads_of_a_chunk(const std::string& path, size_t vocabulary) {
  for (const size_t budget : {size_t{0}, size_t{2}}) {
    for (const char* const policy : kPolicies) {
      Setup setup;
      setup.budget = budget;
      setup.policy = policy;
      SCOPED_TRACE(setup.text());
      const auto engine = Model(path, "auto", 16).open(setup);
      ASSERT_TRUE(engine) << engine.error().message;
      const auto session = (*engine)->new_session();
      ASSERT_TRUE(session);
      ASSERT_TRUE((*session)->evaluate(varied_prompt(vocabulary), {}));
      const Stats stats = (*session)->stats();
      EXPECT_LE(stats.unit_misses, (*engine)->plan().units);
      EXPECT_LE(stats.flash_bytes_read, (*engine)->plan().units * stats.slot_bytes);
      EXPECT_EQ(stats.prefill_flash_bytes, stats.flash_bytes_read);
    }
  }
}

constexpr size_t kGoldenVocabulary = 512;
constexpr size_t kDemoVocabulary = 6144;

TEST(Exactness, GoldenModelUnderTheWholeGrid) {
  Comparison comparison(golden_model_path(), kGoldenVocabulary, "auto");
  comparison.check_one_pass();
  for (size_t budget = 0; budget < kBudgets; ++budget) {
    for (size_t chunk = 0; chunk < kChunks.size(); ++chunk) comparison.check(cross(budget, chunk));
  }
}

// Dense models stream whole layers; windows, biases and shared experts must not change a thing.
TEST(Exactness, EveryFamily) {
  for (const std::string& path : golden_model_paths()) {
    SCOPED_TRACE(path);
    Comparison comparison(path, kGoldenVocabulary, "auto");
    comparison.check_one_pass();
    for (const size_t budget : {size_t{0}, kBudgets / 2, kBudgets - 1}) {
      for (const size_t chunk : {size_t{0}, size_t{1}, size_t{4}}) {
        comparison.check(cross(budget, chunk));
      }
    }
  }
}

TEST(Exactness, GoldenModelWithTheScalarKernels) {
  Comparison comparison(golden_model_path(), kGoldenVocabulary, "scalar");
  comparison.check_one_pass();
  for (size_t budget = 0; budget < kBudgets; ++budget) comparison.check(cross(budget, budget));
}

TEST(Exactness, AChunkReadsEachUnitOnce) {
  check_reads_of_a_chunk(golden_model_path(), kGoldenVocabulary);
  check_reads_of_a_chunk(demo_model_path(), kDemoVocabulary);
}

TEST(Exactness, ChunksOfSeveralBlocks) {
  for (const std::string& path : golden_model_paths()) check_long_chunks(path, kGoldenVocabulary);
  check_long_chunks(demo_model_path(), kDemoVocabulary);
}

// Larger units of mixed types, quantised: what people run.
TEST(Exactness, DemoModelUnderTheWholeGrid) {
  Comparison comparison(demo_model_path(), kDemoVocabulary, "auto");
  comparison.check_one_pass();
  for (size_t budget = 0; budget < kBudgets; ++budget) {
    for (size_t chunk = 0; chunk < kChunks.size(); ++chunk) comparison.check(cross(budget, chunk));
  }
  EXPECT_GT(comparison.hint_reads(), 0u);
}

// Rounded to 8 bits, results are others, but the same ones under every budget.
TEST(Exactness, DemoModelWithEightBitActivations) {
  for (const char* const isa : {"auto", "scalar"}) {
    SCOPED_TRACE(isa);
    Comparison comparison(demo_model_path(), kDemoVocabulary, isa, 8);
    comparison.check_one_pass();
    for (size_t budget = 0; budget < kBudgets; budget += 2) comparison.check(cross(budget, budget));
  }
}

}  // namespace
}  // namespace sluice::test
