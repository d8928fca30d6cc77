// One conversation: feeding tokens in chunks, the generation loop, and what was counted on the way.
#include <algorithm>

#include "base/clock.hpp"
#include "engine/engine_state.hpp"
#include "engine/sampler.hpp"
#include "engine/stop_strings.hpp"
#include "host/memory.hpp"
#include "text/tokenizer.hpp"

namespace sluice {

namespace {

/// What one phase (prefill or decode) took: differences of the counters and of the clock.
struct Phase {
  uint64_t tokens = 0;
  int64_t ns = 0;
  uint64_t bytes = 0;
  int64_t flight_ns = 0;
};

/// What was read of units and of the embedding, never at the same time.
struct Reads {
  uint64_t bytes = 0;
  int64_t flight_ns = 0;
  int64_t wait_ns = 0;
};

Reads reads_so_far(const EngineState& state) {
  const StoreStats& store = state.store->stats();
  const RowStats rows = state.rows ? state.rows->stats() : RowStats();
  return {store.bytes_read + rows.bytes_read, store.flight_ns + rows.flight_ns,
          store.wait_ns + rows.flight_ns};
}

class PhaseClock {
 public:
  explicit PhaseClock(const EngineState& state)
      : state_(state), start_(now_ns()), before_(reads_so_far(state)) {}

  void add_to(Phase& phase, uint64_t tokens) const {
    const Reads now = reads_so_far(state_);
    phase.tokens += tokens;
    phase.ns += now_ns() - start_;
    phase.bytes += now.bytes - before_.bytes;
    phase.flight_ns += now.flight_ns - before_.flight_ns;
  }

 private:
  const EngineState& state_;
  int64_t start_;
  Reads before_;
};

std::optional<double> rate(double amount, int64_t ns) {
  if (ns <= 0) return std::nullopt;
  return amount / seconds(ns);
}

/// The text of an answer: ids in, what may be shown out.
class AnswerText {
 public:
  AnswerText(const Tokenizer& tokenizer, std::span<const std::string> stops)
      : decoder_(tokenizer), stops_(stops) {}

  std::string push(TokenId id) { return stops_.push(decoder_.push(id)); }
  std::string finish() {
    std::string text = stops_.push(decoder_.finish());
    return text + stops_.finish();
  }
  const std::string* stop_string() const { return stops_.found(); }

 private:
  StreamDecoder decoder_;
  StopStrings stops_;
};

class SessionImpl final : public Session {
 public:
  explicit SessionImpl(EngineState& state)
      : state_(state), sampler_(state.source->text->vocabulary_size()) {
    state_.session_open = true;
    context_.reserve(state_.plan.context_tokens);
  }
  ~SessionImpl() override { state_.session_open = false; }

  Result<void> evaluate(std::span<const TokenId> tokens, const EvaluateOptions& options) override {
    SLUICE_TRY(check(tokens));
    const size_t start = position();
    const PhaseClock clock(state_);
    auto fed = feed(tokens, options);
    if (!fed) {
      context_.resize(start);
      return fed;
    }
    clock.add_to(prefill_, tokens.size());
    return {};
  }

  Result<GenerateResult> generate(std::span<const TokenId> prompt, const GenerateOptions& options,
                                  const TokenCallback& on_token) override {
    SLUICE_TRY(check_ids(options.forced));
    SLUICE_TRY(check_sampling(options.sampling, state_.source->model->shape().vocabulary));
    SLUICE_TRY(check_stop_strings(options.stop_strings));
    const int64_t start_ns = now_ns();
    const size_t start = position();
    EvaluateOptions feeding;
    feeding.on_layer = options.on_layer;
    feeding.cancel = options.cancel;
    GenerateResult result;
    if (auto fed = evaluate(prompt, feeding); !fed) {
      if (fed.error().code != Code::cancelled) return fed.error();
      result.reason = FinishReason::cancelled;
      return result;
    }
    sampler_.configure(options.sampling, state_.plan.context_tokens);
    auto decoded = decode(options, on_token, start_ns, result);
    if (!decoded) {
      context_.resize(start);
      return decoded.error();
    }
    return result;
  }

  size_t keep_prefix(std::span<const TokenId> ids) override {
    if (ids.empty()) return 0;
    const auto kept = std::mismatch(context_.begin(), context_.end(), ids.begin(), ids.end() - 1);
    size_t count = static_cast<size_t>(kept.first - context_.begin());
    if (!state_.source->model->can_rewind(position(), count)) count = 0;
    context_.resize(count);
    return count;
  }

  void reset() override { context_.clear(); }
  size_t position() const override { return context_.size(); }

  Stats stats() const override {
    const StoreStats& store = state_.store->stats();
    const Reads reads = reads_so_far(state_);
    Stats s;
    s.model = state_.source->file.path;
    s.commit = build_commit();
    s.isa = state_.isa;
    s.activation_bits = state_.activation_bits;
    s.reader = state_.reader->name();
    s.threads = state_.pool->threads();
    s.budget_bytes = state_.plan.budget_bytes;
    s.peak_rss_bytes = peak_resident_bytes();
    s.trunk_bytes = state_.trunk->bytes();
    s.kv_bytes = state_.kv.bytes();
    s.slots = state_.plan.slots;
    s.slot_bytes = state_.plan.slot_bytes;
    s.slots_now = state_.governor->slots(*state_.store);
    s.slots_given_back = state_.governor->given_back();
    s.load_seconds = state_.load_seconds;
    s.prompt_tokens = prefill_.tokens;
    s.generated_tokens = generated_;
    s.ttft_seconds = ttft_seconds_;
    if (prefill_.tokens > 0) {
      s.prefill_seconds = seconds(prefill_.ns);
      s.prefill_tokens_per_second = rate(static_cast<double>(prefill_.tokens), prefill_.ns);
    }
    if (decode_.tokens > 0) {
      s.decode_seconds = seconds(decode_.ns);
      s.decode_tokens_per_second = rate(static_cast<double>(decode_.tokens), decode_.ns);
      s.flash_bytes_per_decode_token =
          static_cast<double>(decode_.bytes) / static_cast<double>(decode_.tokens);
      s.io_idle_seconds = seconds(std::max<int64_t>(0, decode_.ns - decode_.flight_ns));
    }
    s.flash_bytes_read = reads.bytes;
    s.prefill_flash_bytes = prefill_.bytes;
    s.decode_flash_bytes = decode_.bytes;
    s.unit_hits = store.hits;
    s.unit_misses = store.misses;
    s.hint_reads = store.hint_reads;
    s.hint_used = store.hint_used;
    s.flash_bandwidth_bytes_per_second =
        rate(static_cast<double>(reads.bytes), reads.flight_ns);
    s.io_wait_seconds = seconds(reads.wait_ns);
    return s;
  }

 private:
  // What a caller asked for makes no sense.
  Error refused(const std::string& what) const {
    return {Code::invalid, state_.source->file.path + ": " + what};
  }

  Result<void> check(std::span<const TokenId> tokens) const {
    if (tokens.empty()) return refused("the prompt is empty");
    SLUICE_TRY(check_ids(tokens));
    const size_t room = state_.plan.context_tokens - position();
    if (tokens.size() <= room) return {};
    return refused("the prompt has " + std::to_string(tokens.size()) +
                   " tokens, the context of " + std::to_string(state_.plan.context_tokens) +
                   " has room for " + std::to_string(room) +
                   "; give it more with --ctx (the model knows " +
                   std::to_string(state_.source->model->shape().context_length) + ")");
  }

  Result<void> check_ids(std::span<const TokenId> ids) const {
    const size_t vocabulary = state_.source->model->shape().vocabulary;
    for (const TokenId id : ids) {
      if (id >= 0 && static_cast<size_t>(id) < vocabulary) continue;
      return refused("token id " + std::to_string(id) + " is outside the vocabulary of " +
                     std::to_string(vocabulary));
    }
    return {};
  }

  // Advances by all tokens, a chunk at a time. The last step's state is left for last_logits().
  Result<void> feed(std::span<const TokenId> tokens, const EvaluateOptions& options) {
    SLUICE_TRY(make_room(position() + tokens.size()));
    for (size_t begin = 0; begin < tokens.size(); begin += last_chunk_) {
      SLUICE_LET(const size_t chunk, state_.workspace->fit(tokens.size() - begin));
      last_chunk_ = std::min(tokens.size() - begin, chunk);
      Step step;
      step.tokens = tokens.subspan(begin, last_chunk_);
      step.position = position();
      step.kv = &state_.kv.cache();
      step.ops = state_.ops.get();
      step.store = state_.store.get();
      step.rows = state_.rows.get();
      step.cancel = options.cancel;
      // No larger than two words: a step must not allocate.
      layer_ = 0;
      step.between_layers = [this, &options] { between_layers(options); };
      step.pulse = [this] { pulse(); };
      if (options.on_hidden) {
        step.observe = [&, first = position()](size_t index, Rows hidden) {
          for (size_t r = 0; r < hidden.count; ++r) {
            options.on_hidden(index, first + r, {hidden.row(r), hidden.width});
          }
        };
      }
      if (state_.trace) state_.trace->begin_step(position(), !decoding_);
      SLUICE_TRY(state_.source->model->step(step));
      if (state_.trace) SLUICE_TRY(state_.trace->end_step());
      if (options.on_logits) SLUICE_TRY(report_logits(options));
      context_.insert(context_.end(), step.tokens.begin(), step.tokens.end());
      if (options.on_progress) options.on_progress(begin + last_chunk_, tokens.size());
    }
    return {};
  }

  // Keys and values take the memory of slots that they were lent to, or give it back.
  Result<void> make_room(size_t positions) {
    const MemoryPlan& plan = state_.plan;
    if (plan.slots == plan.slots_most) return {};
    KvMemory& kv = state_.kv;
    const uint64_t needed = kv.bytes_at(std::min(kv.reached(), positions));
    if (kv.bytes_at(kv.reached()) - needed >= plan.slot_bytes) kv.forget_from(positions);
    kv.reach(positions);
    const uint64_t slots = plan.slots + (kv.bytes() - kv.bytes_at(kv.reached())) / plan.slot_bytes;
    return state_.workspace->set_aside(plan.slots_most - std::min(plan.slots_most, slots));
  }

  // In a prompt the disk goes on while a block of tokens or a unit is computed.
  void pulse() {
    if (last_chunk_ > 1) state_.store->poll();
    state_.governor->tick(*state_.store, now_ns());
  }

  void between_layers(const EvaluateOptions& options) {
    if (options.on_layer) options.on_layer(layer_, state_.source->model->shape().layers);
    ++layer_;
  }

  Result<void> report_logits(const EvaluateOptions& options) {
    for (size_t row = 0; row < last_chunk_; row += kLogitRows) {
      const size_t count = std::min(kLogitRows, last_chunk_ - row);
      SLUICE_LET(const Rows logits, state_.source->model->logits(*state_.ops, row, count));
      for (size_t r = 0; r < count; ++r) {
        options.on_logits(position() + row + r, {logits.row(r), logits.width});
      }
    }
    return {};
  }

  Result<TokenId> next_token() {
    SLUICE_LET(const Rows logits,
               state_.source->model->logits(*state_.ops, last_chunk_ - 1, 1));
    return sampler_.sample({logits.row(0), logits.width}, context_);
  }

  Result<void> decode(const GenerateOptions& options, const TokenCallback& on_token,
                      int64_t start_ns, GenerateResult& result) {
    AnswerText text(state_.source->text->tokenizer(), options.stop_strings);
    EvaluateOptions feeding;
    feeding.cancel = options.cancel;
    feeding.on_layer = options.on_layer;
    for (;;) {
      SLUICE_LET(const TokenId sampled, next_token());
      const size_t index = result.ids.size();
      const TokenId id = index < options.forced.size() ? options.forced[index] : sampled;
      if (result.ids.empty()) ttft_seconds_ = seconds(now_ns() - start_ns);
      result.ids.push_back(id);
      ++generated_;
      if (hand_out(id, options, on_token, text, result)) return {};
      const PhaseClock clock(state_);
      decoding_ = true;
      auto fed = feed({&id, 1}, feeding);
      decoding_ = false;
      if (!fed && fed.error().code == Code::cancelled) {
        result.reason = FinishReason::cancelled;
        if (const std::string rest = text.finish(); !rest.empty()) on_token(-1, rest);
        return {};
      }
      if (!fed) return fed;
      clock.add_to(decode_, 1);
    }
  }

  // Hands out the token just generated; true if it is the last one, and `result` says why.
  bool hand_out(TokenId id, const GenerateOptions& options, const TokenCallback& on_token,
                AnswerText& text, GenerateResult& result) const {
    const bool free = options.forced.empty();
    const bool stops = free && !options.ignore_stop && state_.source->text->tokenizer().is_stop(id);
    std::string piece = stops ? "" : text.push(id);
    auto end = reason_to_end(options, result.ids.size());
    if (free && text.stop_string() != nullptr) end = FinishReason::stop_string;
    if (stops) end = FinishReason::stop;
    if (end) {
      piece += text.finish();
      result.reason = *end;
      if (text.stop_string() != nullptr) result.stop_string = *text.stop_string();
    }
    on_token(id, piece);
    return end.has_value();
  }

  // Whether there can be no more than `count` tokens, and why.
  std::optional<FinishReason> reason_to_end(const GenerateOptions& options, size_t count) const {
    if (count == options.forced.size()) return FinishReason::length;
    if (options.max_tokens != 0 && count >= options.max_tokens) return FinishReason::length;
    if (position() >= state_.plan.context_tokens) return FinishReason::context;
    return std::nullopt;
  }

  EngineState& state_;
  Sampler sampler_;
  std::vector<TokenId> context_;  // what has been fed; its length is the position
  size_t last_chunk_ = 0;       // tokens of the last step
  size_t layer_ = 0;            // of the step, being computed
  bool decoding_ = false;       // the step is a generated token
  uint64_t generated_ = 0;
  Phase prefill_;
  Phase decode_;
  std::optional<double> ttft_seconds_;
};

}  // namespace

std::unique_ptr<Session> make_session(EngineState& state) {
  return std::make_unique<SessionImpl>(state);
}

}  // namespace sluice
