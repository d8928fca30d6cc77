// Sluice's public surface: open a model under a memory budget, evaluate and generate.
//
//   SLUICE_LET(auto engine, Engine::open({.path = "model.gguf", .memory_bytes = 6ull << 30}));
//   SLUICE_LET(auto session, engine->new_session());
//   SLUICE_LET(auto prompt, engine->text().encode_chat(messages));
//   SLUICE_LET(auto result, session->generate(prompt, {}, [](TokenId, std::string_view text)
// {...}));
//
// The library never prints, never exits, and reads no environment variables. Threads: one thread at
// a time per Engine and its Session; `cancel` flags may be set from anywhere.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/error.hpp"
#include "sluice/plan.hpp"
#include "sluice/text.hpp"

namespace sluice {

/// Without EngineOptions::context_tokens: enough for a conversation, cheap enough for a small
/// machine.
inline constexpr size_t kDefaultContext = 4096;

struct EngineOptions {
  std::string path;               ///< a GGUF file, or the first shard of a split one
  uint64_t memory_bytes = 0;      ///< ceiling over the process; 0: what the machine can give
  size_t threads = 0;             ///< compute threads; 0: one per processor
  size_t context_tokens = 0;      ///< positions; 0: the model's, at most kDefaultContext
  bool lend_context = true;       ///< what the context has not reached yet holds units
  size_t chunk_tokens = 0;        ///< prompt tokens evaluated together; 0: the most that fit
  std::string reader = "auto";    ///< "auto", "uring", "pread"
  std::string isa = "auto";       ///< "auto", "scalar", "avx2", "avx512"
  /// What activations are rounded to before they meet block-quantised weights, in groups of 32.
  /// 16: relative error about 1e-5. 8: about 4e-3; faster prompts, but no longer the model's own
  /// results (docs/decisions/0006-eight-bit-activations.md).
  int activation_bits = 16;
  /// Of a model whose output matrix is another; with `disk` a model that needs its embedding whole
  /// is refused.
  EmbeddingPlace embedding = EmbeddingPlace::automatic;
  std::string policy = "hazard";  ///< cache policy: "hazard", "decayed", "lru"
  std::string chat_template;      ///< Jinja, in place of the model's own; empty: the model's
  /// Text that the caller holds while the engine is open: the plan has room for it and its ids.
  uint64_t text_bytes = 0;
  std::string trace_path;         ///< record the routing into this file (docs/traces.md)
  /// Where save_cache_state() keeps what the cache learned about each model, and open() finds it.
  /// Empty: every engine starts cold.
  std::string cache_state_folder;
  /// Where diagnose() remembers measurements of disks and processors (sluice/doctor.hpp); open()
  /// and plan() use what they find there. Empty: nothing is remembered.
  std::string measurements_folder;
  /// Called while the trunk is read, with bytes read and bytes in all.
  std::function<void(uint64_t done, uint64_t total)> on_load;
  const std::atomic<bool>* cancel = nullptr;
};

/// A tensor for people who look into a file.
struct TensorSummary {
  std::string name, type, file;
  std::vector<uint64_t> shape;  ///< contiguous dimension first, as GGUF writes it
  uint64_t offset = 0;
  uint64_t bytes = 0;
};

/// What a file holds.
struct ModelInfo {
  std::string path, architecture, name;
  uint64_t parameters = 0;
  uint64_t active_parameters = 0;
  uint64_t file_bytes = 0;
  uint64_t trunk_bytes = 0;
  uint64_t unit_bytes = 0;  ///< of all units together
  uint64_t units = 0;
  std::string unit_kind;                                       ///< as MemoryPlan's
  std::vector<std::pair<std::string, std::string>> hyper;      ///< name and value
  std::vector<std::pair<std::string, std::string>> tokenizer;  ///< name and value
  std::vector<std::pair<std::string, std::string>> metadata;   ///< every key, arrays as a summary
  std::string chat_template;                                   ///< empty if the file has none
  std::vector<TensorSummary> tensors;
};

/// What is added to the logit of a token; minus infinity forbids it.
struct LogitBias {
  TokenId id = 0;
  float bias = 0;
};

/// How the next token is chosen. The steps, in order: logit bias, penalties, top-k, typical, top-p,
/// min-p, temperature, draw (docs/sampling.md).
struct SamplingOptions {
  bool greedy = false;       ///< after the penalties the most probable token, always
  float temperature = 0.8f;  ///< 0: as greedy
  int top_k = 40;            ///< keep the k most probable; 0: all
  float top_p = 0.95f;       ///< keep the fewest whose probabilities reach p; 1: all
  float min_p = 0.05f;       ///< keep those with at least p times the largest; 0: all
  uint64_t seed = 0;
  float typical_p = 1;          ///< keep those nearest to the expected surprise; 1: all
  float repeat_penalty = 1;     ///< divides the logits of tokens that were said; 1: none
  float frequency_penalty = 0;  ///< subtracted for each time a token was said
  float presence_penalty = 0;   ///< subtracted if a token was said
  int repeat_last_n = 64;       ///< tokens, the prompt's too, that were "said"; -1: all; 0: none
  std::vector<LogitBias> logit_bias{};
};

struct GenerateOptions {
  size_t max_tokens = 0;  ///< 0: until a stop token or the end of the context
  SamplingOptions sampling;
  /// Texts that end the answer, UTF-8. They are never handed out, not even a part of one.
  std::vector<std::string> stop_strings;
  bool ignore_stop = false;  ///< go on after stop tokens
  /// Tokens to take instead of sampled ones, so that two engines or two policies see the same; the
  /// generation ends with them.
  std::span<const TokenId> forced;
  /// Called before each layer of each step; the session's stats() may be read in it.
  std::function<void(size_t layer, size_t layers)> on_layer;
  const std::atomic<bool>* cancel = nullptr;
};

enum class FinishReason {
  stop,         ///< a stop token
  stop_string,  ///< see GenerateResult::stop_string
  length,       ///< max_tokens, or the end of `forced`
  context,      ///< the context is full
  cancelled,
};

struct GenerateResult {
  std::vector<TokenId> ids;  ///< generated; the stop token or stop string included
  FinishReason reason = FinishReason::stop;
  std::string stop_string;  ///< the one that ended the answer, if one did
};

/// Called for each generated token with the text that it completes (may be empty). Text that might
/// have become a stop string when the generation was cancelled comes last, with id -1.
using TokenCallback = std::function<void(TokenId id, std::string_view text)>;

/// Everything counted; what was not counted is empty. Seconds, bytes, tokens.
struct Stats {
  std::string model, commit, isa, reader;
  int activation_bits = 16;
  uint64_t threads = 0, budget_bytes = 0, peak_rss_bytes = 0, trunk_bytes = 0, kv_bytes = 0;
  uint64_t slots = 0, slot_bytes = 0, prompt_tokens = 0, generated_tokens = 0;
  uint64_t slots_now = 0;  ///< fewer than `slots` while memory is tight, more in a short context
  uint64_t slots_given_back = 0;  ///< since open; one that was taken again counts again
  double load_seconds = 0;
  std::optional<double> ttft_seconds, prefill_seconds, decode_seconds;
  std::optional<double> prefill_tokens_per_second, decode_tokens_per_second;
  uint64_t flash_bytes_read = 0, prefill_flash_bytes = 0, decode_flash_bytes = 0;
  uint64_t unit_hits = 0, unit_misses = 0, hint_reads = 0, hint_used = 0;
  std::optional<double> flash_bytes_per_decode_token, flash_bandwidth_bytes_per_second;
  double io_wait_seconds = 0;
  std::optional<double> io_idle_seconds;
};

/// Sees logits and hidden states as they are computed.
struct EvaluateOptions {
  /// Logits [vocabulary] of the position, for each evaluated token.
  std::function<void(size_t position, std::span<const float> logits)> on_logits;
  /// Row [width] of the input of layer 0 (index 0) and of the output of each layer (index 1...).
  std::function<void(size_t index, size_t position, std::span<const float> hidden)> on_hidden;
  std::function<void(size_t done, size_t total)> on_progress;
  std::function<void(size_t layer, size_t layers)> on_layer;  ///< as GenerateOptions'
  const std::atomic<bool>* cancel = nullptr;
};

/// One conversation: a position in the context and its keys and values.
class Session {
 public:
  virtual ~Session() = default;
  /// Feeds tokens. Errors: invalid (none, an id outside the vocabulary, more than the context
  /// holds), io, corrupt, cancelled. After an error the context is as it was before the call.
  virtual Result<void> evaluate(std::span<const TokenId> tokens,
                                const EvaluateOptions& options) = 0;
  /// Feeds the prompt and generates. Errors: as evaluate; a cancelled generation is not an error.
  virtual Result<GenerateResult> generate(std::span<const TokenId> prompt,
                                          const GenerateOptions& options,
                                          const TokenCallback& on_token) = 0;
  /// Rewinds to what the context and `ids` have in common in front, so that only the rest needs to
  /// be fed: how many of `ids` are kept. At least one is left to feed, so that there are logits.
  /// What is evaluated afterwards has the same bits as in a fresh context.
  virtual size_t keep_prefix(std::span<const TokenId> ids) = 0;
  /// Forgets the conversation; the cache of units stays.
  virtual void reset() = 0;
  /// Tokens in the context.
  virtual size_t position() const = 0;
  virtual Stats stats() const = 0;
};

class Engine {
 public:
  /// Plans, loads the trunk, and is ready. Errors: io, corrupt, unsupported, invalid, budget (below
  /// the floor, with the numbers), cancelled.
  static Result<std::unique_ptr<Engine>> open(const EngineOptions& options);
  /// The plan alone: reads the header, loads nothing. A budget below the floor is not an error
  /// here: see MemoryPlan::fits.
  static Result<MemoryPlan> plan(const EngineOptions& options);
  /// What a file holds. Errors: io, corrupt, unsupported.
  static Result<ModelInfo> inspect(const std::string& path);
  virtual ~Engine() = default;

  virtual const MemoryPlan& plan() const = 0;
  /// Keeps what the cache learned for the next engine of this model, in
  /// EngineOptions::cache_state_folder; does nothing without one. Errors: io.
  virtual Result<void> save_cache_state() const = 0;
  /// What the user should know about this opening, a sentence each: what a chosen option costs, why
  /// a state that the cache left is not used.
  virtual const std::vector<std::string>& notes() const = 0;
  virtual const TextModel& text() const = 0;
  /// Sampling that the file's author recommends, over Sluice's defaults.
  virtual SamplingOptions sampling() const = 0;
  virtual size_t vocabulary_size() const = 0;
  virtual size_t layers() const = 0;
  virtual size_t width() const = 0;
  /// A fresh conversation. One at a time: the plan has room for one. Errors: invalid.
  virtual Result<std::unique_ptr<Session>> new_session() = 0;
};

}  // namespace sluice
