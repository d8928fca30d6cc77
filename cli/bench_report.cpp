#include "cli/bench_report.hpp"

#include <fmt/core.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
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
  BenchSample::Counted BenchSample::*value;
};

const Column kPrefill = {"prefill_tokens_per_second", &BenchSample::prefill_rate};
const Column kDecode = {"decode_tokens_per_second", &BenchSample::decode_rate};
const Column kHits = {"hit_rate", &BenchSample::hit_rate};
const Column kBytes = {"flash_bytes_per_decode_token", &BenchSample::bytes_per_token};
const Column kBandwidth = {"flash_bandwidth_bytes_per_second", &BenchSample::bandwidth};
const Column kWait = {"io_wait_seconds", &BenchSample::io_wait_seconds};
const Column kIdle = {"io_idle_seconds", &BenchSample::io_idle_seconds};
const Column kCompute = {"compute_seconds_per_token", &BenchSample::compute_seconds_per_token};
const Column kDisk = {"disk_bytes_per_second", &BenchSample::disk};
const Column kRoofline = {"roofline", &BenchSample::roofline};
const Column* const kColumns[] = {&kPrefill, &kDecode, &kHits,    &kBytes, &kBandwidth,
                                  &kWait,    &kIdle,   &kCompute, &kDisk,  &kRoofline};

// Nothing if it was not counted each time.
std::optional<Spread> spread(const BenchRow& row, const Column& column) {
  std::vector<double> values;
  for (const BenchSample& sample : row.samples) {
    if (const auto value = sample.*column.value) values.push_back(*value);
  }
  if (values.empty() || values.size() != row.samples.size()) return {};
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return Spread{(values[(n - 1) / 2] + values[n / 2]) / 2, values.front(), values.back()};
}

// What stands behind the colon of the first line that begins with `key`.
std::string find_in(const char* path, const std::string& key, const char* otherwise) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (line.rfind(key, 0) != 0 || colon == std::string::npos) continue;
    const size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? otherwise : line.substr(begin);
  }
  return otherwise;
}

std::string environment() {
  utsname system{};
  uname(&system);
  const double kibibytes = std::strtod(find_in("/proc/meminfo", "MemTotal", "0").c_str(), nullptr);
  return fmt::format("{}, {} processors, {} of memory, {} {} {}",
                     find_in("/proc/cpuinfo", "model name", "unknown processor"),
                     sysconf(_SC_NPROCESSORS_ONLN), human_bytes(1024 * kibibytes), system.sysname,
                     system.release, system.machine);
}

std::string with_spread(const BenchRow& row, const Column& column) {
  const auto s = spread(row, column);
  if (!s) return "-";
  if (row.samples.size() == 1) return fmt::format("{:.2f}", s->median);
  return fmt::format("{:.2f} [{:.2f}..{:.2f}]", s->median, s->low, s->high);
}

std::string bytes_of(const BenchRow& row, const Column& column, const char* unit) {
  const auto s = spread(row, column);
  return s ? human_bytes(s->median) + unit : "-";
}

// As RFC 4180 has it.
std::string quoted(const std::string& text) {
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? std::string("\"\"") : std::string(1, c);
  return field + "\"";
}

// Stopped early, fewer than were asked for.
std::string measurements(const std::vector<BenchRow>& rows) {
  size_t most = 0;
  for (const BenchRow& row : rows) most = std::max(most, row.samples.size());
  if (most == 1) return "one measurement";
  return fmt::format("median [lowest..highest] of {} measurements", most);
}

}  // namespace

std::string bench_table(const std::vector<BenchRow>& rows, const Stats& stats,
                        const BenchArgs& args) {
  std::string text =
      fmt::format("{}; {} kernels, {}-bit activations, {} reader, {} threads, commit {}\n",
                  environment(), stats.isa, stats.activation_bits, stats.reader, stats.threads,
                  stats.commit);
  text += fmt::format("{}: prompt {} tokens, {} generated ({}); {}\n", stats.model,
                      args.prompt_tokens, args.generated_tokens,
                      args.ids_file.empty() ? "sampled" : "forced",
                      measurements(rows));
  text += fmt::format("{:>10} {:>5} {:>12} {:>24} {:>24} {:>6} {:>10} {:>12} {:>12} {:>8}\n",
                      "budget", "", "slots", "prefill tok/s", "decode tok/s", "hits", "read/token",
                      "reading at", "disk gives", "roofline");
  for (const BenchRow& row : rows) {
    const auto hits = spread(row, kHits);
    const auto roofline = spread(row, kRoofline);
    text += fmt::format("{:>10} {:>5} {:>12} {:>24} {:>24} {:>6} {:>10} {:>12} {:>12} {:>8}\n",
                        human_bytes(static_cast<double>(row.budget)), row.cold ? "cold" : "warm",
                        fmt::format("{}/{}", row.slots, row.units), with_spread(row, kPrefill),
                        with_spread(row, kDecode),
                        hits ? fmt::format("{:.1f}%", 100 * hits->median) : "-",
                        bytes_of(row, kBytes, ""), bytes_of(row, kBandwidth, "/s"),
                        bytes_of(row, kDisk, "/s"),
                        roofline ? fmt::format("{:.2f}", roofline->median) : "-");
  }
  return text;
}

std::string bench_csv(const std::vector<BenchRow>& rows, const Stats& stats,
                      const BenchArgs& args) {
  std::string text = "budget_bytes,start,slots,units";
  for (const Column* column : kColumns) text += fmt::format(",{0},{0}_low,{0}_high", column->name);
  text += ",prompt_tokens,generated_tokens,measurements,forced,isa,activation_bits,reader,threads,"
          "commit,model,environment\n";
  for (const BenchRow& row : rows) {
    text +=
        fmt::format("{},{},{},{}", row.budget, row.cold ? "cold" : "warm", row.slots, row.units);
    for (const Column* column : kColumns) {
      const auto s = spread(row, *column);
      text += s ? fmt::format(",{},{},{}", s->median, s->low, s->high) : ",,,";
    }
    text += fmt::format(",{},{},{},{},{},{},{},{},{},{},{}\n", args.prompt_tokens,
                        args.generated_tokens, row.samples.size(), !args.ids_file.empty(),
                        stats.isa, stats.activation_bits, stats.reader, stats.threads,
                        stats.commit, quoted(stats.model), quoted(environment()));
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
