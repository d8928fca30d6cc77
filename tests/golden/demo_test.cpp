// Goal: the model in models/ computes what an independent implementation computes from its decoded
// weights: the same perplexity, the same greedy answers.
// Method: the program itself, under a budget that streams, against tests/golden/demo (made with
// Hugging Face transformers in F32).
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"

namespace sluice::test {
namespace {

using nlohmann::json;

const std::string kFolder = SLUICE_SOURCE_DIR "/tests/golden/demo/";
constexpr double kPerplexityTolerance = 0.005;
// A smaller lead may be lost to the rounding of activations.
constexpr double kSafeMargin = 0.5;

TEST(DemoModel, Perplexity) {
  for (const json& reference : read_json(kFolder + "perplexity.json")) {
    const std::string text = reference["text"];
    SCOPED_TRACE(text);
    const CommandResult result =
        run_sluice({"eval", "perplexity", demo_model_path(), "-f", kFolder + text, "--window",
                    std::to_string(reference["window"].get<int>()), "--memory", "32MiB", "--json"});
    ASSERT_EQ(result.status, 0) << result.err;
    const json measured = json::parse(result.out, nullptr, false);
    EXPECT_EQ(measured["tokens"], reference["scored"]);
    const double wanted = reference["perplexity"];
    EXPECT_NEAR(measured["perplexity"].get<double>(), wanted, kPerplexityTolerance * wanted);
    std::printf("%-9s perplexity %.4f, reference %.4f\n", text.c_str(),
                measured["perplexity"].get<double>(), wanted);
  }
}

// Compares up to the first token that may differ: what follows has another prompt.
void check_answer(const json& reference, const std::vector<TokenId>& answer, size_t& compared) {
  const std::vector<TokenId> wanted = reference["answer_ids"];
  const std::vector<double> margins = reference["margins"];
  ASSERT_EQ(answer.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (answer[i] != wanted[i]) {
      EXPECT_LE(margins[i], kSafeMargin) << "token " << i;
      return;
    }
    ++compared;
  }
}

TEST(DemoModel, GreedyAnswers) {
  EngineOptions options;
  options.path = demo_model_path();
  options.memory_bytes = uint64_t{24} << 20;
  options.context_tokens = 1024;
  const auto engine = Engine::open(options);
  ASSERT_TRUE(engine) << engine.error().message;
  EXPECT_LT((*engine)->plan().slots, (*engine)->plan().units);
  const auto session = (*engine)->new_session();
  ASSERT_TRUE(session);
  std::ifstream file(kFolder + "greedy.jsonl");
  size_t answers = 0;
  size_t compared = 0;
  for (std::string line; std::getline(file, line); ++answers) {
    SCOPED_TRACE("answer " + std::to_string(answers));
    const json reference = json::parse(line);
    const std::vector<TokenId> prompt = reference["prompt_ids"];
    GenerateOptions generate;
    generate.max_tokens = reference["answer_ids"].size();
    generate.sampling.greedy = true;
    generate.ignore_stop = true;
    (*session)->reset();
    const auto result = (*session)->generate(prompt, generate, [](TokenId, std::string_view) {});
    ASSERT_TRUE(result) << result.error().message;
    check_answer(reference, result->ids, compared);
  }
  EXPECT_GT(answers, 20u);
  std::printf("%zu answers, %zu tokens equal\n", answers, compared);
}

}  // namespace
}  // namespace sluice::test
