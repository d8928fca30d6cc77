// sluice bench: prefill and decode rates, cold and warm, over several budgets. Everything printed
// was counted in this run.
#include <fmt/core.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/open_engine.hpp"
#include "cli/statistics.hpp"
#include "cli/token_ids.hpp"

namespace sluice::cli {

namespace {

/// One pass over the prompt and the generated tokens: differences of the session's counters.
struct Sample {
  double prefill_rate = 0;
  double decode_rate = 0;
  double hit_rate = 0;
  double bytes_per_token = 0;
  double bandwidth = 0;
  double io_wait_seconds = 0;
  double io_idle_seconds = 0;
};

struct Row {
  uint64_t budget = 0;
  bool cold = false;
  uint64_t slots = 0;
  uint64_t units = 0;
  std::vector<Sample> samples;
};

struct Work {
  std::vector<TokenId> prompt;
  std::vector<TokenId> forced;  // empty: sampled
};

constexpr const char* kText =
    "A small house stood by the river where the road from the hills came down to the sea. Every "
    "morning the old man who lived there opened the door, looked at the water and the sky, and "
    "decided what the day would be for. ";

Result<Work> choose_work(const BenchArgs& args, const TextModel& text) {
  Work work;
  if (args.ids_file.empty()) {
    std::string repeated;
    while (work.prompt.size() < args.prompt_tokens) {
      repeated += kText;
      work.prompt = text.encode_prompt(repeated, false);
    }
    work.prompt.resize(args.prompt_tokens);
    return work;
  }
  SLUICE_LET(const std::string file, read_input(args.ids_file));
  SLUICE_LET(const std::vector<TokenId> ids, parse_ids(file, args.ids_file));
  const size_t wanted = args.prompt_tokens + args.generated_tokens;
  if (ids.size() < wanted) {
    return Error{Code::invalid, fmt::format("{}: holds {} ids, --prompt and --gen need {}",
                                            args.ids_file, ids.size(), wanted)};
  }
  const auto split = ids.begin() + static_cast<ptrdiff_t>(args.prompt_tokens);
  work.prompt.assign(ids.begin(), split);
  work.forced.assign(split, split + static_cast<ptrdiff_t>(args.generated_tokens));
  return work;
}

double ratio(double a, double b) {
  return b > 0 ? a / b : 0;
}

Sample difference(const Stats& before, const Stats& after) {
  const double hits = static_cast<double>(after.unit_hits - before.unit_hits);
  const double misses = static_cast<double>(after.unit_misses - before.unit_misses);
  const double decoded = static_cast<double>(after.generated_tokens - before.generated_tokens) - 1;
  const double decode_seconds =
      after.decode_seconds.value_or(0) - before.decode_seconds.value_or(0);
  const double prefill = after.prefill_seconds.value_or(0) - before.prefill_seconds.value_or(0);
  const auto flight = [](const Stats& s) {
    return ratio(static_cast<double>(s.flash_bytes_read),
                 s.flash_bandwidth_bytes_per_second.value_or(0));
  };
  Sample sample;
  sample.prefill_rate =
      ratio(static_cast<double>(after.prompt_tokens - before.prompt_tokens), prefill);
  sample.decode_rate = ratio(decoded, decode_seconds);
  sample.hit_rate = ratio(hits, hits + misses);
  sample.bytes_per_token =
      ratio(static_cast<double>(after.decode_flash_bytes - before.decode_flash_bytes), decoded);
  sample.bandwidth = ratio(static_cast<double>(after.flash_bytes_read - before.flash_bytes_read),
                           flight(after) - flight(before));
  sample.io_wait_seconds = after.io_wait_seconds - before.io_wait_seconds;
  sample.io_idle_seconds = after.io_idle_seconds.value_or(0) - before.io_idle_seconds.value_or(0);
  return sample;
}

Result<Sample> pass(const BenchArgs& args, const Work& work, uint64_t seed, Session& session,
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
  options.on_prompt = [&](size_t done, size_t total) {
    console.progress(fmt::format("prefill: {} of {} tokens", done, total));
  };
  const Stats before = session.stats();
  size_t generated = 0;
  SLUICE_LET(const GenerateResult result,
             session.generate(work.prompt, options, [&](TokenId, std::string_view) {
               console.progress(
                   fmt::format("decode: {} of {} tokens", ++generated, args.generated_tokens));
             }));
  if (result.reason == FinishReason::cancelled) return Error{Code::cancelled, "stopped on request"};
  if (result.ids.size() < args.generated_tokens) {
    return Error{Code::invalid, "the context is full; give it more with --ctx"};
  }
  return difference(before, session.stats());
}

// One fresh engine: a cold pass, and a warm one over the same tokens. Returns the session's
// counters.
Result<Stats> measure(const BenchArgs& args, uint64_t seed, Row& cold, Row& warm,
                      Console& console) {
  ModelArgs model = args.model;
  model.engine.memory_bytes = cold.budget;
  if (model.engine.context_tokens == 0) {
    model.engine.context_tokens = args.prompt_tokens + args.generated_tokens;
  }
  SLUICE_LET(const std::unique_ptr<Engine> engine, open_engine(model, console));
  SLUICE_LET(const std::unique_ptr<Session> session, engine->new_session());
  SLUICE_LET(const Work work, choose_work(args, engine->text()));
  for (Row* row : {&cold, &warm}) {
    if (!row->cold && args.cold_only) break;
    SLUICE_LET(const Sample sample, pass(args, work, seed, *session, console));
    row->samples.push_back(sample);
    row->budget = engine->plan().budget_bytes;
    row->slots = engine->plan().slots;
    row->units = engine->plan().units;
  }
  return session->stats();
}

struct Spread {
  double median = 0, low = 0, high = 0;
};

Spread spread(const Row& row, double Sample::*field) {
  std::vector<double> values;
  for (const Sample& sample : row.samples) values.push_back(sample.*field);
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return {(values[(n - 1) / 2] + values[n / 2]) / 2, values.front(), values.back()};
}

std::string environment() {
  std::string cpu = "unknown processor";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) {
      cpu = line.substr(line.find(':') + 2);
      break;
    }
  }
  utsname system{};
  uname(&system);
  return fmt::format("{}, {} {}", cpu, system.sysname, system.release);
}

std::string as_table(const std::vector<Row>& rows, const Stats& stats, const BenchArgs& args) {
  std::string text =
      fmt::format("{}; {} kernels, {} reader, {} threads, commit {}\n", environment(), stats.isa,
                  stats.reader, stats.threads, stats.commit);
  text += fmt::format("{}: prompt {} tokens, {} generated ({}), {} measurements\n", stats.model,
                      args.prompt_tokens, args.generated_tokens,
                      args.ids_file.empty() ? "sampled" : "forced", args.repeat);
  text += fmt::format("{:>10} {:>5} {:>12} {:>24} {:>24} {:>6} {:>10} {:>11} {:>8}\n", "budget", "",
                      "slots", "prefill tok/s", "decode tok/s", "hits", "read/token", "disk",
                      "waiting");
  for (const Row& row : rows) {
    const auto rate = [&row](double Sample::*field) {
      const Spread s = spread(row, field);
      return fmt::format("{:.2f} [{:.2f}..{:.2f}]", s.median, s.low, s.high);
    };
    text += fmt::format("{:>10} {:>5} {:>12} {:>24} {:>24} {:>5.1f}% {:>10} {:>9}/s {:>6.2f} s\n",
                        human_bytes(static_cast<double>(row.budget)), row.cold ? "cold" : "warm",
                        fmt::format("{}/{}", row.slots, row.units), rate(&Sample::prefill_rate),
                        rate(&Sample::decode_rate), 100 * spread(row, &Sample::hit_rate).median,
                        human_bytes(spread(row, &Sample::bytes_per_token).median),
                        human_bytes(spread(row, &Sample::bandwidth).median),
                        spread(row, &Sample::io_wait_seconds).median);
  }
  return text;
}

constexpr std::pair<const char*, double Sample::*> kColumns[] = {
    {"prefill_tokens_per_second", &Sample::prefill_rate},
    {"decode_tokens_per_second", &Sample::decode_rate},
    {"hit_rate", &Sample::hit_rate},
    {"flash_bytes_per_decode_token", &Sample::bytes_per_token},
    {"flash_bandwidth_bytes_per_second", &Sample::bandwidth},
    {"io_wait_seconds", &Sample::io_wait_seconds},
    {"io_idle_seconds", &Sample::io_idle_seconds},
};

std::string as_csv(const std::vector<Row>& rows) {
  std::string text = "budget_bytes,start,slots,units";
  for (const auto& column : kColumns) {
    text += fmt::format(",{0},{0}_low,{0}_high", column.first);
  }
  text += "\n";
  for (const Row& row : rows) {
    text +=
        fmt::format("{},{},{},{}", row.budget, row.cold ? "cold" : "warm", row.slots, row.units);
    for (const auto& column : kColumns) {
      const Spread s = spread(row, column.second);
      text += fmt::format(",{:.6g},{:.6g},{:.6g}", s.median, s.low, s.high);
    }
    text += "\n";
  }
  return text;
}

std::string as_json(const std::vector<Row>& rows, const Stats& stats, const BenchArgs& args) {
  nlohmann::ordered_json json;
  json["model"] = stats.model;
  json["commit"] = stats.commit;
  json["environment"] = environment();
  json["isa"] = stats.isa;
  json["reader"] = stats.reader;
  json["threads"] = stats.threads;
  json["prompt_tokens"] = args.prompt_tokens;
  json["generated_tokens"] = args.generated_tokens;
  json["forced"] = !args.ids_file.empty();
  json["rows"] = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    nlohmann::ordered_json entry;
    entry["budget_bytes"] = row.budget;
    entry["start"] = row.cold ? "cold" : "warm";
    entry["slots"] = row.slots;
    entry["units"] = row.units;
    for (const auto& column : kColumns) {
      const Spread s = spread(row, column.second);
      entry[column.first] = {{"median", s.median}, {"low", s.low}, {"high", s.high}};
    }
    json["rows"].push_back(entry);
  }
  return json.dump(2) + "\n";
}

Result<void> run_bench(const BenchArgs& args, Console& console) {
  std::vector<uint64_t> budgets = args.budgets;
  if (budgets.empty()) budgets.push_back(args.model.engine.memory_bytes);
  std::vector<Row> rows;
  for (const uint64_t budget : budgets) {
    for (const bool cold : {true, false}) {
      Row row;
      row.budget = budget;
      row.cold = cold;
      rows.push_back(row);
    }
  }
  Stats stats;
  // Budgets take turns, so that a busy minute of the machine falls on all of them.
  for (size_t round = 0; round < args.repeat; ++round) {
    for (size_t i = 0; i < rows.size(); i += 2) {
      SLUICE_LET(stats, measure(args, round + 1, rows[i], rows[i + 1], console));
    }
  }
  if (args.cold_only) std::erase_if(rows, [](const Row& row) { return !row.cold; });
  console.clear();
  if (args.common.json) return write_output(as_json(rows, stats, args));
  return write_output(args.csv ? as_csv(rows) : as_table(rows, stats, args));
}

}  // namespace

int bench(const BenchArgs& args) {
  Console console(args.common.quiet);
  const auto done = run_bench(args, console);
  console.clear();
  return done ? 0 : report(done.error());
}

}  // namespace sluice::cli
