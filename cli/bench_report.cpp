#include "cli/bench_report.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/statistics.hpp"

namespace sluice::cli {

namespace {

struct Spread {
  double median = 0, low = 0, high = 0;
};

struct Column {
  const char* name;
  std::optional<double> (*value)(const BenchSample&);
};

using Value = std::optional<double>;
const Column kPrefill = {"prefill_tokens_per_second",
                         [](const BenchSample& s) { return Value(s.prefill_rate); }};
const Column kDecode = {"decode_tokens_per_second",
                        [](const BenchSample& s) { return Value(s.decode_rate); }};
const Column kHits = {"hit_rate", [](const BenchSample& s) { return Value(s.hit_rate); }};
const Column kBytes = {"flash_bytes_per_decode_token",
                       [](const BenchSample& s) { return Value(s.bytes_per_token); }};
const Column kBandwidth = {"flash_bandwidth_bytes_per_second",
                           [](const BenchSample& s) { return Value(s.bandwidth); }};
const Column kWait = {"io_wait_seconds",
                      [](const BenchSample& s) { return Value(s.io_wait_seconds); }};
const Column kIdle = {"io_idle_seconds",
                      [](const BenchSample& s) { return Value(s.io_idle_seconds); }};
const Column kCompute = {"compute_seconds_per_token",
                         [](const BenchSample& s) { return Value(s.compute_seconds_per_token); }};
const Column kDisk = {"disk_bytes_per_second", [](const BenchSample& s) { return s.disk; }};
const Column kRoofline = {"roofline", [](const BenchSample& s) { return s.roofline; }};
const Column* const kColumns[] = {&kPrefill, &kDecode, &kHits,    &kBytes, &kBandwidth,
                                  &kWait,    &kIdle,   &kCompute, &kDisk,  &kRoofline};

// Nothing if it was not counted each time.
std::optional<Spread> spread(const BenchRow& row, const Column& column) {
  std::vector<double> values;
  for (const BenchSample& sample : row.samples) {
    if (const auto value = column.value(sample)) values.push_back(*value);
  }
  if (values.empty() || values.size() != row.samples.size()) return {};
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return Spread{(values[(n - 1) / 2] + values[n / 2]) / 2, values.front(), values.back()};
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

std::string with_spread(const BenchRow& row, const Column& column) {
  const auto s = spread(row, column);
  return s ? fmt::format("{:.2f} [{:.2f}..{:.2f}]", s->median, s->low, s->high) : "-";
}

std::string bytes_of(const BenchRow& row, const Column& column, const char* unit) {
  const auto s = spread(row, column);
  return s ? human_bytes(s->median) + unit : "-";
}

}  // namespace

std::string bench_table(const std::vector<BenchRow>& rows, const Stats& stats,
                        const BenchArgs& args) {
  std::string text =
      fmt::format("{}; {} kernels, {}-bit activations, {} reader, {} threads, commit {}\n",
                  environment(), stats.isa, stats.activation_bits, stats.reader, stats.threads,
                  stats.commit);
  text += fmt::format("{}: prompt {} tokens, {} generated ({}), {} measurements\n", stats.model,
                      args.prompt_tokens, args.generated_tokens,
                      args.ids_file.empty() ? "sampled" : "forced", args.repeat);
  text += fmt::format("{:>10} {:>5} {:>12} {:>24} {:>24} {:>6} {:>10} {:>12} {:>12} {:>8}\n",
                      "budget", "", "slots", "prefill tok/s", "decode tok/s", "hits", "read/token",
                      "reading at", "disk gives", "roofline");
  for (const BenchRow& row : rows) {
    const auto hits = spread(row, kHits);
    const auto roofline = spread(row, kRoofline);
    text += fmt::format("{:>10} {:>5} {:>12} {:>24} {:>24} {:>5.1f}% {:>10} {:>12} {:>12} {:>8}\n",
                        human_bytes(static_cast<double>(row.budget)), row.cold ? "cold" : "warm",
                        fmt::format("{}/{}", row.slots, row.units), with_spread(row, kPrefill),
                        with_spread(row, kDecode), 100 * (hits ? hits->median : 0),
                        bytes_of(row, kBytes, ""), bytes_of(row, kBandwidth, "/s"),
                        bytes_of(row, kDisk, "/s"),
                        roofline ? fmt::format("{:.2f}", roofline->median) : "-");
  }
  return text;
}

std::string bench_csv(const std::vector<BenchRow>& rows) {
  std::string text = "budget_bytes,start,slots,units";
  for (const Column* column : kColumns) text += fmt::format(",{0},{0}_low,{0}_high", column->name);
  text += "\n";
  for (const BenchRow& row : rows) {
    text +=
        fmt::format("{},{},{},{}", row.budget, row.cold ? "cold" : "warm", row.slots, row.units);
    for (const Column* column : kColumns) {
      const auto s = spread(row, *column);
      text += s ? fmt::format(",{:.6g},{:.6g},{:.6g}", s->median, s->low, s->high) : ",,,";
    }
    text += "\n";
  }
  return text;
}

std::string bench_json(const std::vector<BenchRow>& rows, const Stats& stats,
                       const BenchArgs& args) {
  nlohmann::ordered_json json;
  json["model"] = stats.model;
  json["commit"] = stats.commit;
  json["environment"] = environment();
  json["isa"] = stats.isa;
  json["activation_bits"] = stats.activation_bits;
  json["reader"] = stats.reader;
  json["threads"] = stats.threads;
  json["prompt_tokens"] = args.prompt_tokens;
  json["generated_tokens"] = args.generated_tokens;
  json["forced"] = !args.ids_file.empty();
  json["rows"] = nlohmann::ordered_json::array();
  for (const BenchRow& row : rows) {
    nlohmann::ordered_json entry;
    entry["budget_bytes"] = row.budget;
    entry["start"] = row.cold ? "cold" : "warm";
    entry["slots"] = row.slots;
    entry["units"] = row.units;
    for (const Column* column : kColumns) {
      entry[column->name] = nullptr;
      if (const auto s = spread(row, *column)) {
        entry[column->name] = {{"median", s->median}, {"low", s->low}, {"high", s->high}};
      }
    }
    json["rows"].push_back(entry);
  }
  return json.dump(2) + "\n";
}

}  // namespace sluice::cli
