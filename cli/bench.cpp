// sluice bench: prefill and decode rates, cold and warm, over several budgets. Everything printed
// was counted in this run.
#include <fmt/core.h>

#include <algorithm>
#include <span>

#include "cli/bench_report.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/live_line.hpp"
#include "cli/open_engine.hpp"
#include "cli/output_file.hpp"
#include "cli/token_ids.hpp"
#include "sluice/doctor.hpp"

namespace sluice::cli {

namespace {

// For each measurement of the disk, before and after an engine.
constexpr double kDiskSeconds = 1;

struct Work {
  std::vector<TokenId> prompt;
  std::vector<TokenId> forced;  // empty: sampled
};

struct Job {
  const BenchArgs& args;
  Work given;  // by --ids; empty: a text is made
};

constexpr const char* kText =
    "A small house stood by the river where the road from the hills came down to the sea. Every "
    "morning the old man who lived there opened the door, looked at the water and the sky, and "
    "decided what the day would be for. ";

Work choose_work(const Job& job, const TextModel& text) {
  if (!job.args.ids_file.empty()) return job.given;
  Work work;
  std::string repeated = kText;
  while ((work.prompt = text.encode_prompt(repeated, false)).size() < job.args.prompt_tokens) {
    repeated += repeated;
  }
  work.prompt.resize(job.args.prompt_tokens);
  return work;
}

Result<Work> read_work(const BenchArgs& args) {
  Work work;
  if (args.ids_file.empty()) return work;
  const size_t wanted = args.prompt_tokens + args.generated_tokens;
  SLUICE_LET(const std::vector<TokenId> ids, read_first_ids(args.ids_file, wanted));
  if (ids.size() < wanted) {
    return Error{Code::invalid, fmt::format("{}: holds {} ids, --prompt and --gen need {}",
                                            input_name(args.ids_file), ids.size(), wanted)};
  }
  const auto split = ids.begin() + static_cast<ptrdiff_t>(args.prompt_tokens);
  work.prompt.assign(ids.begin(), split);
  work.forced.assign(split, split + static_cast<ptrdiff_t>(args.generated_tokens));
  return work;
}

BenchSample::Counted ratio(double a, double b) {
  if (b > 0) return a / b;
  return std::nullopt;
}

BenchSample::Counted less(const BenchSample::Counted& after, const BenchSample::Counted& before) {
  if (after) return *after - before.value_or(0);
  return std::nullopt;
}

double flight_seconds(const Stats& s) {
  return ratio(static_cast<double>(s.flash_bytes_read),
               s.flash_bandwidth_bytes_per_second.value_or(0))
      .value_or(0);
}

// Of a pass: before it, when decoding began, and after it.
BenchSample difference(const Stats& before, const Stats& decoding, const Stats& after) {
  const auto hits = static_cast<double>(after.unit_hits - decoding.unit_hits);
  const auto misses = static_cast<double>(after.unit_misses - decoding.unit_misses);
  const double decoded = static_cast<double>(after.generated_tokens - before.generated_tokens) - 1;
  const double decode_seconds = less(after.decode_seconds, before.decode_seconds).value_or(0);
  const double waited = after.io_wait_seconds - decoding.io_wait_seconds;
  BenchSample sample;
  sample.prefill_rate = ratio(static_cast<double>(after.prompt_tokens - before.prompt_tokens),
                              less(after.prefill_seconds, before.prefill_seconds).value_or(0));
  sample.bandwidth = ratio(static_cast<double>(after.flash_bytes_read - before.flash_bytes_read),
                           flight_seconds(after) - flight_seconds(before));
  sample.io_wait_seconds = after.io_wait_seconds - before.io_wait_seconds;
  if (decoded < 1) return sample;  // the one token came out of the prompt
  sample.decode_rate = ratio(decoded, decode_seconds);
  sample.hit_rate = ratio(hits, hits + misses);
  sample.bytes_per_token =
      ratio(static_cast<double>(after.decode_flash_bytes - before.decode_flash_bytes), decoded);
  sample.io_idle_seconds = less(after.io_idle_seconds, before.io_idle_seconds);
  sample.compute_seconds_per_token = ratio(decode_seconds - waited, decoded);
  return sample;
}

// `before` and `after` it the disk was measured; 0 is a model that streams nothing.
void add_roofline(BenchSample& sample, double before, double after) {
  const double disk = (before + after) / 2;
  if (disk > 0) sample.disk = disk;
  if (!sample.decode_rate || !sample.bytes_per_token || !sample.compute_seconds_per_token) return;
  if (disk <= 0 && *sample.bytes_per_token > 0) return;
  const double reading = ratio(*sample.bytes_per_token, disk).value_or(0);
  sample.roofline = std::max(reading, *sample.compute_seconds_per_token) * *sample.decode_rate;
}

Result<BenchSample> pass(const BenchArgs& args, const Work& work, uint64_t seed, Session& session,
                         Console& console) {
  session.reset();
  GenerateOptions options;
  options.max_tokens = args.generated_tokens;
  options.sampling.temperature = 0.8f;
  options.sampling.top_k = 0;
  options.sampling.top_p = 1;
  options.sampling.min_p = 0;
  options.sampling.seed = seed;
  options.ignore_stop = true;
  options.forced = work.forced;
  options.cancel = &interrupted();
  const Stats before = session.stats();
  Stats decoding = before;
  size_t generated = 0;
  LiveLine live(session, args.model.live);
  options.on_layer = [&](size_t layer, size_t layers) {
    if (generated == 0) console.progress(live.prompt(work.prompt.size(), layer, layers));
  };
  SLUICE_LET(const GenerateResult result,
             session.generate(work.prompt, options, [&](TokenId, std::string_view) {
               if (++generated == 1) decoding = session.stats();
               console.progress(live.answer(generated, args.generated_tokens));
             }));
  if (result.reason == FinishReason::cancelled) return Error{Code::cancelled, "stopped on request"};
  if (result.ids.size() < args.generated_tokens) {
    return Error{Code::invalid, "the context is full; give it more with --ctx"};
  }
  return difference(before, decoding, session.stats());
}

ModelArgs with_budget(const BenchArgs& args, uint64_t budget) {
  ModelArgs model = args.model;
  model.engine.memory_bytes = budget;
  if (model.engine.context_tokens == 0) {
    model.engine.context_tokens = args.prompt_tokens + args.generated_tokens;
  }
  return model;
}

// What would be refused only after minutes of measuring is refused now.
Result<void> check(const BenchArgs& args, const std::vector<uint64_t>& budgets) {
  if (!args.model.stats_file.empty()) SLUICE_TRY(OutputFile::create(args.model.stats_file));
  for (const uint64_t budget : budgets) {
    SLUICE_TRY(check_fits(with_budget(args, budget).engine));
  }
  return {};
}

// One fresh engine: a cold pass, and a warm one over the same tokens, for the two rows of a budget.
// `stats` are the session's counters.
Result<void> measure(const Job& job, uint64_t seed, ReadMeter& disk, std::span<BenchRow> rows,
                     Stats& stats, Console& console) {
  const BenchArgs& args = job.args;
  const ModelArgs model = with_budget(args, rows.front().budget);
  console.progress("measuring the disk");
  SLUICE_LET(const double disk_before, disk.measure(kDiskSeconds));
  SLUICE_LET(std::unique_ptr<Engine> engine, open_engine(model, console));
  SLUICE_LET(std::unique_ptr<Session> session, engine->new_session());
  const Work work = choose_work(job, engine->text());
  for (BenchRow& row : rows) {
    if (!row.cold && args.cold_only) break;
    SLUICE_LET(BenchSample sample, pass(args, work, seed, *session, console));
    row.samples.push_back(sample);
    row.budget = engine->plan().budget_bytes;
    row.slots = engine->plan().slots;
    row.units = engine->plan().units;
    stats = session->stats();
  }
  session.reset();
  engine.reset();
  console.progress("measuring the disk");
  SLUICE_LET(const double disk_after, disk.measure(kDiskSeconds));
  for (BenchRow& row : rows) {
    if (!row.samples.empty()) add_roofline(row.samples.back(), disk_before, disk_after);
  }
  return {};
}

// For each budget a row that begins cold and one that begins warm.
std::vector<BenchRow> lay_out_rows(const std::vector<uint64_t>& budgets) {
  std::vector<BenchRow> rows;
  for (const uint64_t budget : budgets) {
    for (const bool cold : {true, false}) {
      BenchRow row;
      row.budget = budget;
      row.cold = cold;
      rows.push_back(row);
    }
  }
  return rows;
}

// Budgets take turns, so that a busy minute of the machine falls on all of them. `stats` are the
// last engine's.
Result<void> measure_all(const Job& job, std::vector<BenchRow>& rows, Stats& stats,
                         Console& console) {
  EngineOptions measured = job.args.model.engine;
  measured.cancel = &interrupted();
  SLUICE_LET(const std::unique_ptr<ReadMeter> disk, ReadMeter::open(measured));
  for (size_t round = 0; round < job.args.repeat; ++round) {
    for (size_t i = 0; i < rows.size(); i += 2) {
      const std::span<BenchRow> pair(&rows[i], 2);
      SLUICE_TRY(measure(job, round + 1, *disk, pair, stats, console));
    }
  }
  return {};
}

Result<void> run_bench(const BenchArgs& args, Console& console) {
  std::vector<uint64_t> budgets = args.budgets;
  if (budgets.empty()) budgets.push_back(args.model.engine.memory_bytes);
  SLUICE_TRY(check(args, budgets));
  std::vector<BenchRow> rows = lay_out_rows(budgets);
  Stats stats;
  SLUICE_LET(const Work given, read_work(args));
  const auto measured = measure_all({args, given}, rows, stats, console);
  console.clear();
  // What was measured until something went wrong, or Ctrl-C, is worth printing.
  std::erase_if(rows, [](const BenchRow& row) { return row.samples.empty(); });
  if (rows.empty()) return measured;
  if (measured) SLUICE_TRY(save_statistics(args.model, stats));
  const std::string text = args.common.json ? bench_json(rows, stats, args)
                           : args.csv       ? bench_csv(rows, stats, args)
                                            : bench_table(rows, stats, args);
  SLUICE_TRY(write_output(text));
  return measured;
}

}  // namespace

int bench(const BenchArgs& args) {
  Console console(args.common.quiet);
  const auto done = run_bench(args, console);
  console.clear();
  return done ? 0 : report(done.error());
}

}  // namespace sluice::cli
