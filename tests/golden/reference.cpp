#include "golden/reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>

#include "support/engine_runs.hpp"
#include "support/npy.hpp"

namespace sluice::test {

namespace {

namespace fs = std::filesystem;

// The positions whose decoding is compared with one pass over the whole text.
constexpr size_t kDecoded = 8;

std::vector<double> probabilities(std::span<const float> logits) {
  const double top = *std::max_element(logits.begin(), logits.end());
  std::vector<double> p(logits.begin(), logits.end());
  double sum = 0;
  for (double& value : p) sum += value = std::exp(value - top);
  for (double& value : p) value /= sum;
  return p;
}

double divergence(std::span<const float> reference, std::span<const float> computed) {
  const std::vector<double> p = probabilities(reference);
  const std::vector<double> q = probabilities(computed);
  double sum = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i] > 0) sum += p[i] * std::log(p[i] / q[i]);
  }
  return sum;
}

// The lead of the best token over the second.
float lead(std::span<const float> logits) {
  float best = -INFINITY;
  float second = -INFINITY;
  for (const float value : logits) {
    second = std::max(second, std::min(best, value));
    best = std::max(best, value);
  }
  return best - second;
}

bool is_quantised(const ModelInfo& info) {
  const auto plain = [](const TensorSummary& tensor) {
    return tensor.type == "F32" || tensor.type == "F16" || tensor.type == "BF16";
  };
  return !std::all_of(info.tensors.begin(), info.tensors.end(), plain);
}

Tolerance tolerance_for(const ModelInfo& info, int activation_bits) {
  if (is_quantised(info)) return activation_bits == 8 ? kEightBits : kQuantised;
  for (const char* const name : {"qwen3next", "qwen35moe", "kimi-linear"}) {
    if (info.architecture == name) return kRecurrent;
  }
  return kExact;
}

// The positions up to which the file describes the model that the reference computed. Converters
// leave the window out of files of architecture "llama" (Mistral); hf/config.json has it.
size_t described_positions(const ModelInfo& info, const fs::path& folder) {
  const fs::path config = folder / "hf" / "config.json";
  const std::string key = "llama.attention.sliding_window";
  const auto is_window = [&key](const auto& item) { return item.first == key; };
  const bool has_window = std::any_of(info.metadata.begin(), info.metadata.end(), is_window);
  if (info.architecture != "llama" || has_window || !fs::exists(config)) return SIZE_MAX;
  std::ifstream file(config);
  const auto json = nlohmann::json::parse(file);
  const auto window = json.find("sliding_window");
  return window == json.end() || !window->is_number() ? SIZE_MAX : window->get<size_t>();
}

// What of a case lies within the first `positions`.
GoldenCase within(GoldenCase golden, size_t positions) {
  golden.ids.resize(std::min(golden.ids.size(), positions));
  golden.greedy.resize(std::min(golden.greedy.size(), positions - golden.ids.size()));
  return golden;
}

// One case on an open engine.
class CaseRun {
 public:
  CaseRun(Engine& engine, const fs::path& folder, const GoldenCase& golden, Tolerance allowed)
      : engine_(engine), folder_(folder), golden_(golden), allowed_(allowed) {}

  Distance run() {
    auto session = engine_.new_session();
    EXPECT_TRUE(session);
    if (!session) return {};
    session_ = session->get();
    prompt();
    decoding();
    if (std::isfinite(allowed_.logits)) greedy();
    return worst_;
  }

 private:
  std::string named(const char* kind) const {
    return (folder_ / (golden_.name + "." + kind + ".npy")).string();
  }

  void compare(std::span<const float> computed, std::span<const float> reference,
               const char* what) {
    ASSERT_EQ(computed.size(), reference.size()) << what;
    const Distance d = measure(computed, reference, engine_.vocabulary_size(), allowed_.margin);
    EXPECT_LE(d.logits, allowed_.logits) << what;
    EXPECT_LE(d.mean_kl, allowed_.mean_kl) << what;
    EXPECT_EQ(d.other_best, 0u) << what;
    worst_.logits = std::max(worst_.logits, d.logits);
    worst_.mean_kl = std::max(worst_.mean_kl, d.mean_kl);
  }

  void prompt() {
    const auto reference = read_npy<float>(named("logits"));
    ASSERT_TRUE(reference) << reference.error().message;
    session_->reset();
    std::vector<float> hidden;
    const auto logits = evaluate_hidden(engine_, *session_, golden_.ids, hidden);
    ASSERT_TRUE(logits) << logits.error().message;
    ASSERT_LE(logits->size(), reference->values.size());
    compare(*logits, std::span(reference->values).first(logits->size()), "prompt");
    if (fs::exists(named("hidden")) && allowed_.hidden > 0) compare_hidden(hidden);
  }

  // Another expert, or another weight of one, would show here: router choices have no test of
  // their own.
  void compare_hidden(const std::vector<float>& hidden) {
    const auto reference = read_npy<float>(named("hidden"));
    ASSERT_TRUE(reference) << reference.error().message;
    const std::vector<size_t>& positions = golden_.hidden_positions;
    const size_t width = engine_.width();
    ASSERT_EQ(reference->shape,
              (std::vector<size_t>{engine_.layers() + 1, positions.size(), width}));
    for (size_t layer = 0; layer <= engine_.layers(); ++layer) {
      float largest = 0;
      float difference = 0;
      for (size_t i = 0; i < positions.size() && positions[i] < golden_.ids.size(); ++i) {
        const float* const wanted = reference->row(layer) + i * width;
        const float* const got =
            hidden.data() + (layer * golden_.ids.size() + positions[i]) * width;
        for (size_t c = 0; c < width; ++c) {
          largest = std::max(largest, std::abs(wanted[c]));
          difference = std::max(difference, std::abs(wanted[c] - got[c]));
        }
      }
      EXPECT_LE(difference, allowed_.hidden * largest) << "hidden state " << layer;
    }
  }

  // Decoding with the cache gives the bits of one pass over the whole text, and is near the
  // reference's.
  void decoding() {
    if (golden_.greedy.size() < kDecoded) return;
    std::vector<TokenId> text = golden_.ids;
    text.insert(text.end(), golden_.greedy.begin(), golden_.greedy.begin() + (kDecoded - 1));
    session_->reset();
    const auto whole = evaluate_logits(*session_, text);
    ASSERT_TRUE(whole) << whole.error().message;
    const size_t vocabulary = engine_.vocabulary_size();
    const std::span<const float> last = std::span(*whole).last(kDecoded * vocabulary);

    session_->reset();
    const auto prompt = evaluate_logits(*session_, golden_.ids);
    ASSERT_TRUE(prompt) << prompt.error().message;
    const auto steps = decode_logits(*session_, std::span(text).subspan(golden_.ids.size()));
    ASSERT_TRUE(steps) << steps.error().message;
    EXPECT_TRUE(same_bits(last.first(vocabulary), std::span(*prompt).last(vocabulary)));
    EXPECT_TRUE(same_bits(last.subspan(vocabulary), *steps));

    if (!fs::exists(named("decode"))) return;
    const auto reference = read_npy<float>(named("decode"));
    ASSERT_TRUE(reference) << reference.error().message;
    compare(last, reference->values, "decoding");
  }

  void greedy() {
    if (golden_.greedy.empty()) return;
    session_->reset();
    GenerateOptions options;
    options.max_tokens = golden_.greedy.size();
    options.sampling.greedy = true;
    options.ignore_stop = true;
    std::vector<TokenId> seen;
    const auto result = session_->generate(
        golden_.ids, options, [&seen](TokenId id, std::string_view) { seen.push_back(id); });
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->ids, golden_.greedy);
    EXPECT_EQ(seen, golden_.greedy);
  }

  Engine& engine_;
  const fs::path& folder_;
  const GoldenCase& golden_;
  const Tolerance allowed_;
  Session* session_ = nullptr;
  Distance worst_;
};

}  // namespace

std::vector<GoldenCase> read_cases(const fs::path& folder) {
  std::ifstream file(folder / "cases.json");
  std::vector<GoldenCase> cases;
  for (const auto& entry : nlohmann::json::parse(file)) {
    GoldenCase golden;
    golden.name = entry.at("name");
    golden.ids = entry.at("ids").get<std::vector<TokenId>>();
    golden.greedy = entry.at("greedy_ids").get<std::vector<TokenId>>();
    golden.hidden_positions = entry.value("hidden_positions", std::vector<size_t>());
    cases.push_back(std::move(golden));
  }
  return cases;
}

Distance measure(std::span<const float> computed, std::span<const float> reference,
                 size_t vocabulary, float margin) {
  Distance distance;
  const size_t rows = reference.size() / vocabulary;
  for (size_t r = 0; r < rows; ++r) {
    const auto wanted = reference.subspan(r * vocabulary, vocabulary);
    const auto got = computed.subspan(r * vocabulary, vocabulary);
    for (size_t i = 0; i < vocabulary; ++i) {
      const float difference = std::abs(wanted[i] - got[i]);
      // A NaN would slip through a maximum.
      distance.logits = std::isnan(difference) ? INFINITY : std::max(distance.logits, difference);
    }
    distance.mean_kl += divergence(wanted, got) / static_cast<double>(rows);
    if (lead(wanted) > margin && argmax(wanted) != argmax(got)) ++distance.other_best;
  }
  return distance;
}

GoldenResult check_golden(const fs::path& model, const std::string& isa, int activation_bits) {
  SCOPED_TRACE(model.string() + " with " + isa + ", " + std::to_string(activation_bits) + " bits");
  GoldenResult result;
  const auto info = Engine::inspect(model.string());
  if (!info && info.error().code == Code::unsupported) {
    result.known = false;
    return result;
  }
  EXPECT_TRUE(info) << info.error().message;
  EngineOptions options;
  options.path = model.string();
  options.memory_bytes = uint64_t{1} << 30;
  options.isa = isa;
  options.activation_bits = activation_bits;
  options.context_tokens = 512;
  const auto engine = Engine::open(options);
  EXPECT_TRUE(engine) << engine.error().message;
  if (!info || !engine) return result;
  const fs::path folder = model.parent_path();
  const std::vector<GoldenCase> cases = read_cases(folder);
  EXPECT_FALSE(cases.empty());
  const size_t described = described_positions(*info, folder);
  const Tolerance allowed = tolerance_for(*info, activation_bits);
  for (const GoldenCase& whole : cases) {
    const GoldenCase golden = within(whole, described);
    SCOPED_TRACE(golden.name);
    const Distance d = CaseRun(**engine, folder, golden, allowed).run();
    result.worst.logits = std::max(result.worst.logits, d.logits);
    result.worst.mean_kl = std::max(result.worst.mean_kl, d.mean_kl);
  }
  return result;
}

}  // namespace sluice::test
