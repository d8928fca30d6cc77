#include "sluice/engine.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "device/cpu/cpu_ops.hpp"
#include "device/cpu/kernels/select.hpp"
#include "engine/embedding.hpp"
#include "engine/engine_state.hpp"
#include "engine/forecast.hpp"
#include "engine/open_engine.hpp"
#include "engine/plan.hpp"
#include "engine/sampler.hpp"
#include "engine/workspace.hpp"
#include "host/memory.hpp"
#include "host/pressure.hpp"
#include "host/processor.hpp"

namespace sluice {

namespace {

// Reads in flight at most. Every part of every unit of a layer's demand can be under way at once.
constexpr size_t kReaderDepth = 64;
// In a prompt so many units of the next layer are read while a block of tokens is computed
// (docs/experiments/2026-11-22-cold-prompts.md).
constexpr size_t kUnitsAhead = 8;

Error in_options(const EngineOptions& options, const std::string& text) {
  return {Code::invalid, options.path + ": " + text};
}

CpuOpsLimits limits_of(const ModelShape& shape, size_t context) {
  return {shape.query_heads / std::max<size_t>(shape.kv_heads, 1), context};
}

uint64_t measure_ops(const Model& model, const Kernels& kernels, ThreadPool& pool,
                     size_t context) {
  Scratch measure;
  make_cpu_ops(kernels, pool, limits_of(model.shape(), context), measure);
  return measure.bytes();
}

struct Opened {
  std::unique_ptr<EngineState> state;
  const Kernels* kernels = nullptr;
};

uint64_t trunk_bytes(const Source& source, bool embedding_on_disk) {
  return Trunk(resident_tensors(source, embedding_on_disk), source.file.files).bytes();
}

Result<void> plan_trunk(const Source& source, const EngineOptions& options, PlanInput& in) {
  in.trunk_bytes = trunk_bytes(source, false);
  SLUICE_LET(in.embedding, embedding_place(source, options.embedding));
  if (in.embedding == EmbeddingPlace::memory) return {};
  in.embedding_bytes = in.trunk_bytes - trunk_bytes(source, true);
  in.row_reader_bytes = RowReader::memory_bytes(*embedding_rows(source), source.alignment);
  return {};
}

Result<MemoryPlan> plan_source(Source& source, const EngineOptions& options, const Kernels& kernels,
                               ThreadPool& pool, size_t context) {
  const Catalog& catalog = source.binder->catalog();
  PlanInput in;
  in.model = options.path;
  in.parameters = source.parameters;
  in.active_parameters = source.active_parameters;
  in.budget_is_default = options.memory_bytes == 0;
  in.budget_bytes =
      in.budget_is_default ? default_memory_budget(read_memory_limits()) : options.memory_bytes;
  in.threads = pool.threads();
  in.vocabulary_bytes = source.text->tokenizer().memory_bytes() +
                        Sampler::memory_bytes(source.text->vocabulary_size(), context);
  in.text_bytes = options.text_bytes;
  SLUICE_TRY(plan_trunk(source, options, in));
  in.kv_bytes = KvMemory::bytes(*source.model, context);
  in.lend_context = options.lend_context;
  in.context_tokens = context;
  in.chunk_tokens = std::min(options.chunk_tokens, context);
  const uint64_t ops_bytes = measure_ops(*source.model, kernels, pool, context);
  in.activation_bytes = [&, ops_bytes](uint64_t chunk) {
    return ops_bytes + Workspace::bytes(*source.model, chunk, options.activation_bits);
  };
  in.units = catalog.units();
  in.unit_kind = unit_kind(source.model->shape());
  SLUICE_LET(const std::unique_ptr<Policy> policy, make_policy(options.policy, catalog));
  in.policy_bytes = policy->memory_bytes();
  for (const UnitGroup& group : catalog.groups()) {
    in.unit_bytes_max = std::max(in.unit_bytes_max, catalog.bytes(group.first));
  }
  in.slot_bytes = catalog.slot_bytes(source.alignment);
  in.routed_bytes_per_token = source.routed_bytes_per_token;
  return make_plan(in);
}

Result<size_t> choose_context(const Model& model, const EngineOptions& options) {
  const size_t trained = model.shape().context_length;
  const size_t wanted = options.context_tokens;
  if (wanted > trained) {
    return in_options(options, "a context of " + std::to_string(wanted) +
                                   " tokens was asked for; the model was trained for " +
                                   std::to_string(trained));
  }
  return wanted == 0 ? std::min(trained, kDefaultContext) : wanted;
}

// Opens and plans; loads nothing.
Result<Opened> prepare(const EngineOptions& options) {
  Opened opened;
  SLUICE_LET(opened.kernels, select_kernels(options.isa, detect_cpu_features()));
  if (options.activation_bits != 16 && options.activation_bits != 8) {
    return in_options(options, "activations have 16 or 8 bits");
  }
  opened.state = std::make_unique<EngineState>();
  EngineState& state = *opened.state;
  state.isa = opened.kernels->name;
  state.activation_bits = options.activation_bits;
  SLUICE_LET(state.source, Source::open(options.path, options.chat_template));
  SLUICE_LET(const size_t context, choose_context(*state.source->model, options));
  const size_t threads = options.threads == 0 ? default_threads() : options.threads;
  if (threads > 256) return in_options(options, "more than 256 threads make no sense here");
  state.pool = std::make_unique<ThreadPool>(threads);
  SLUICE_LET(state.plan,
             plan_source(*state.source, options, *opened.kernels, *state.pool, context));
  state.trunk =
      std::make_unique<Trunk>(resident_tensors(*state.source, state.plan.embedding_on_disk),
                              state.source->file.files);
  if (!options.measurements_folder.empty()) {
    forecast(*state.source, options, {processor_name(), state.isa, threads}, state.plan);
  }
  return opened;
}

// What rounding to 8 bits costs (measured: docs/decisions/0006-eight-bit-activations.md).
std::string eight_bit_note(const Kernels& kernels) {
  const std::string cost =
      "activations are rounded to 8 bits: not the model's exact results; perplexity up to 0.5 % "
      "higher where it was measured";
  if (kernels.gains_from_bytes != 0) return cost;
  return cost + ", and the " + kernels.name + " kernels are no faster for it";
}

Result<void> allocate(EngineState& state, const EngineOptions& options, const Kernels& kernels) {
  Model& model = *state.source->model;
  const MemoryPlan& plan = state.plan;
  const uint64_t ops_bytes = measure_ops(model, kernels, *state.pool, plan.context_tokens);
  SLUICE_LET(state.ops_memory, Pages::allocate(ops_bytes));
  Scratch scratch(state.ops_memory.span());
  state.ops =
      make_cpu_ops(kernels, *state.pool, limits_of(model.shape(), plan.context_tokens), scratch);
  const bool lends = plan.slots < plan.slots_most;
  const PageSize kv_pages = lends ? PageSize::small : PageSize::huge;
  SLUICE_LET(state.kv, KvMemory::allocate(model, plan.context_tokens, kv_pages));
  if (plan.embedding_on_disk) {
    const RowTable rows = *embedding_rows(*state.source);
    SLUICE_LET(state.rows_memory, Pages::allocate(
                                      RowReader::landing_bytes(rows, state.source->alignment)));
  }
  // The activations lie behind the slots, so that the last ones can be lent to them.
  const size_t own = Workspace::bytes(model, plan.chunk_tokens, options.activation_bits);
  const bool small = lends && plan.slots * plan.slot_bytes < kHugeArena;
  SLUICE_LET(state.arena, Pages::allocate(
                              Workspace::memory_bytes(plan.slots_most, plan.slot_bytes, own),
                              small ? PageSize::small : PageSize::huge));
  state.slots_memory = state.arena.span().first(plan.slots_most * plan.slot_bytes);
  if (options.activation_bits == 8) state.notes.push_back(eight_bit_note(kernels));
  return {};
}

// What an earlier engine learned about this model. Whatever is wrong with it, the policy starts
// cold and the engine says why.
void restore_policy(EngineState& state, const EngineOptions& options, Policy& policy) {
  if (options.cache_state_folder.empty()) return;
  const Source& source = *state.source;
  state.identity = identify(source.binder->catalog(), source.file.files,
                            source.file.metadata.text("general.name").value_or(""));
  state.cache_state_path =
      cache_state_path(options.cache_state_folder, state.identity, policy.name());
  // What a policy saves takes no more than what it keeps it in.
  const auto read = read_cache_state(state.cache_state_path, policy.memory_bytes());
  if (read && !*read) return;
  const auto knowledge = read ? decode_cache_state(state.identity, policy.name(), **read)
                              : Result<std::vector<std::byte>>(read.error());
  if (knowledge && policy.restore(*knowledge)) return;
  state.notes.push_back("starting with a cold cache: " + state.cache_state_path + " " +
                        (knowledge ? "does not fit this model" : knowledge.error().message));
}

size_t most_parts(const EngineState& state) {
  size_t parts = 1;
  for (const UnitGroup& group : state.source->binder->catalog().groups()) {
    parts = std::max(parts, group.parts.size());
  }
  return parts;
}

// A disk that needs few reads in flight gets no more: they would only arrive later. But the parts
// of two units may always be under way, one demanded and one expected. 0: not known.
size_t demanded_reads(const EngineState& state) {
  if (state.plan.reads_in_flight == 0) return 0;
  return std::max<size_t>(state.plan.reads_in_flight, 2 * most_parts(state));
}

Result<void> open_store(EngineState& state, const EngineOptions& options) {
  const Catalog& catalog = state.source->binder->catalog();
  SLUICE_LET(std::unique_ptr<Policy> policy, make_policy(options.policy, catalog));
  restore_policy(state, options, *policy);
  StoreOptions store;
  store.slots = state.plan.slots_most;
  store.arena = state.slots_memory;
  store.alignment = state.source->alignment;
  store.reads_in_flight = demanded_reads(state);
  store.team = [&pool = *state.pool](size_t count, const std::function<void(size_t)>& body) {
    pool.parallel_for(count, 1, [&body](size_t begin, size_t end, size_t) {
      for (size_t i = begin; i < end; ++i) body(i);
    });
  };
  SLUICE_LET(state.store, Store::open(catalog, state.source->file.files, *state.reader,
                                      std::move(policy), store));
  if (options.trace_path.empty()) return {};
  TraceHeader header;
  header.model = options.path;
  header.policy = options.policy;
  header.top_k = state.source->model->shape().experts_used;
  header.slots = state.plan.slots;
  SLUICE_LET(state.trace, TraceFile::create(options.trace_path, header, catalog));
  state.trace->attach(*state.store);
  return {};
}

ReaderOptions reader_options(const EngineState& state) {
  ReaderOptions reader;
  reader.depth = kReaderDepth;
  const size_t demanded = demanded_reads(state);
  if (demanded == 0) return reader;
  reader.depth = std::max(demanded, kUnitsAhead * most_parts(state));
  reader.threads = std::max(reader.threads, state.plan.reads_in_flight);
  return reader;
}

// `at_open` is from before anything large was allocated.
void open_governor(EngineState& state, const PressureReading& at_open) {
  GovernorOptions governor;
  governor.budget_bytes = state.plan.budget_bytes;
  governor.slots = state.plan.slots_most;
  governor.floor_slots = kFloorSlots;
  governor.slot_bytes = state.plan.slot_bytes;
  governor.at_open = at_open;
  // What may have to be given back is not found ahead.
  governor.arena = state.slots_memory.first(state.plan.slots * state.plan.slot_bytes);
  auto gauge = std::make_shared<PressureGauge>();  // std::function wants to be copied
  state.governor = std::make_unique<Governor>(governor, [gauge] { return gauge->read(); });
}

void open_workspace(EngineState& state, const EngineOptions& options) {
  WorkspaceOptions workspace;
  workspace.units = state.plan.units;
  workspace.memory = state.arena.span();
  workspace.slots = state.plan.slots_most;
  workspace.slot_bytes = state.plan.slot_bytes;
  workspace.own_chunk = state.plan.chunk_tokens;
  workspace.lend = options.chunk_tokens == 0;
  workspace.activation_bits = options.activation_bits;
  state.workspace = std::make_unique<Workspace>(*state.source->model, *state.store,
                                                *state.governor, workspace);
}

class EngineImpl final : public Engine {
 public:
  explicit EngineImpl(std::unique_ptr<EngineState> state) : state_(std::move(state)) {}

  const MemoryPlan& plan() const override { return state_->plan; }
  const std::vector<std::string>& notes() const override { return state_->notes; }

  Result<void> save_cache_state() const override {
    if (state_->cache_state_path.empty()) return {};
    const Policy& policy = state_->store->policy();
    return write_cache_state(state_->cache_state_path,
                             encode_cache_state(state_->identity, policy.name(), policy.save()));
  }

  const TextModel& text() const override { return *state_->source->text; }
  size_t vocabulary_size() const override { return state_->source->model->shape().vocabulary; }
  size_t layers() const override { return state_->source->model->shape().layers; }
  size_t width() const override { return state_->source->model->shape().width; }

  SamplingOptions sampling() const override {
    const Metadata& metadata = state_->source->file.metadata;
    const auto recommended = [&](const char* key) {
      return metadata.real(std::string("general.sampling.") + key);
    };
    SamplingOptions options;
    if (const auto v = recommended("temp")) options.temperature = static_cast<float>(*v);
    if (const auto v = recommended("top_k")) options.top_k = static_cast<int>(*v);
    if (const auto v = recommended("top_p")) options.top_p = static_cast<float>(*v);
    if (const auto v = recommended("min_p")) options.min_p = static_cast<float>(*v);
    if (const auto v = recommended("penalty_last_n")) options.repeat_last_n = static_cast<int>(*v);
    if (const auto v = recommended("penalty_repeat"))
      options.repeat_penalty = static_cast<float>(*v);
    return options;
  }

  Result<std::unique_ptr<Session>> new_session() override {
    if (state_->session_open) {
      return Error{Code::invalid, "the plan has room for one conversation at a time"};
    }
    return make_session(*state_);
  }

 private:
  std::unique_ptr<EngineState> state_;
};

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options) {
  return open_engine(options, {});
}

Result<std::unique_ptr<Engine>> open_engine(const EngineOptions& options,
                                            const ReaderFactory& make_reader) {
  const int64_t start = now_ns();
  SLUICE_LET(Opened opened, prepare(options));
  EngineState& state = *opened.state;
  if (!state.plan.fits) return Error{Code::budget, describe_refusal(state.plan)};
  const PressureReading at_open = PressureGauge().read();
  SLUICE_TRY(allocate(state, options, *opened.kernels));
  const std::span<const File> files = state.source->file.files;
  if (make_reader) {
    SLUICE_LET(state.reader, make_reader(files));
  } else {
    SLUICE_LET(state.reader, open_reader(options.reader, files, reader_options(state)));
  }
  if (state.plan.embedding_on_disk) {
    state.rows = std::make_unique<RowReader>(*embedding_rows(*state.source), files, *state.reader,
                                             state.rows_memory.span());
  }
  open_governor(state, at_open);
  SLUICE_TRY(state.trunk->load(*state.reader, options.on_load, options.cancel));
  SLUICE_TRY(open_store(state, options));
  open_workspace(state, options);
  state.load_seconds = seconds(now_ns() - start);
  return std::unique_ptr<Engine>(std::make_unique<EngineImpl>(std::move(opened.state)));
}

Result<MemoryPlan> Engine::plan(const EngineOptions& options) {
  SLUICE_LET(Opened opened, prepare(options));
  return std::move(opened.state->plan);
}

Result<ModelInfo> Engine::inspect(const std::string& path) {
  SLUICE_LET(const std::unique_ptr<Source> source, Source::open(path));
  return describe(*source);
}

}  // namespace sluice
