// sluice doctor: what this machine is and does for a model, what will be slow and why. Exit status
// 0 if it can run, 1 if something is broken; the last line says which.
#include "sluice/doctor.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/cache_folder.hpp"
#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/statistics.hpp"

namespace sluice::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string bytes(uint64_t count) { return human_bytes(static_cast<double>(count)); }

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json text_or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
Json rate_or_null(double rate) { return rate > 0 ? Json(rate) : Json(); }

constexpr const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::broken:
      return "broken";
    case Severity::slow:
      return "slow";
    case Severity::note:
      return "note";
  }
  return "";
}

Json disk_json(const DiskReport& d) {
  Json json = {{"path", d.path},
               {"filesystem", text_or_null(d.filesystem)},
               {"mount", text_or_null(d.mount)},
               {"device", text_or_null(d.device)},
               {"model", text_or_null(d.model)},
               {"scheduler", text_or_null(d.scheduler)},
               {"rotational", or_null(d.rotational)},
               {"request_bytes_max", or_null(d.request_bytes_max)},
               {"direct", d.direct},
               {"proven", d.proven},
               {"bytes_asked", d.bytes_asked},
               {"bytes_fetched", or_null(d.bytes_fetched)},
               {"device_bytes", or_null(d.device_bytes)},
               {"unit_read_bytes", d.unit_read_bytes},
               {"reads_in_flight", d.reads_in_flight},
               {"bytes_per_second", d.bytes_per_second},
               {"shared_bytes_per_second", rate_or_null(d.shared_bytes_per_second)},
               {"compute_share", rate_or_null(d.compute_share)},
               {"seconds", d.seconds},
               {"refused", d.refused},
               {"points", Json::array()}};
  for (const DiskPoint& p : d.points) {
    json["points"].push_back({{"reader", p.reader},
                              {"read_bytes", p.read_bytes},
                              {"in_flight", p.in_flight},
                              {"bytes_per_second", p.bytes_per_second},
                              {"latency_seconds", p.latency_seconds},
                              {"latency_high_seconds", p.latency_high_seconds}});
  }
  return json;
}

Json processor_json(const ProcessorReport& p) {
  Json json = {{"name", p.name},
               {"processors", p.processors},
               {"quota", or_null(p.quota)},
               {"features", p.features},
               {"isa", p.isa},
               {"threads", p.threads},
               {"caches", Json::array()},
               {"kernels", Json::array()},
               {"share", rate_or_null(p.share)},
               {"governor", text_or_null(p.governor)},
               {"celsius", or_null(p.celsius)}};
  for (const CacheReport& c : p.caches) {
    json["caches"].push_back({{"name", c.name}, {"bytes", c.bytes}, {"instances", c.instances}});
  }
  for (const KernelReport& k : p.kernels) {
    json["kernels"].push_back({{"type", k.type}, {"bytes_per_second", k.bytes_per_second}});
  }
  return json;
}

Json plan_json(const MemoryPlan& plan) {
  Json json = {{"floor_bytes", plan.floor_bytes},   {"fits", plan.fits},
               {"units", plan.units},               {"slots", plan.slots},
               {"resident_bytes", plan.resident_budget_bytes},
               {"routed_bytes_per_token", plan.routed_bytes_per_token},
               {"prediction", Json()}};
  if (!plan.prediction) return json;
  json["prediction"] = {{"decode_tokens_per_second", plan.prediction->tokens_per_second},
                        {"hit_rate", plan.prediction->hit_rate},
                        {"io_seconds", plan.prediction->io_seconds},
                        {"compute_seconds", plan.prediction->compute_seconds}};
  return json;
}

std::string as_json(const Diagnosis& d) {
  Json json;
  json["can_run"] = d.can_run();
  json["model"] = Json();
  if (!d.model.empty()) {
    json["model"] = {{"path", d.model},           {"architecture", d.architecture},
                     {"name", d.name},            {"parameters", d.parameters},
                     {"file_bytes", d.file_bytes}, {"files", d.files},
                     {"tensors", d.tensors}};
  }
  json["disk"] = d.disk ? disk_json(*d.disk) : Json();
  const MemoryReport& m = d.memory;
  json["memory"] = {{"machine_bytes", m.machine_bytes},
                    {"machine_available", m.machine_available},
                    {"group_limit", or_null(m.group_limit)},
                    {"group_available", or_null(m.group_available)},
                    {"swap_bytes", m.swap_bytes},
                    {"huge_pages", text_or_null(m.huge_pages)},
                    {"budget_bytes", m.budget_bytes},
                    {"budget_is_default", m.budget_is_default}};
  json["processor"] = processor_json(d.processor);
  json["limits"] = {{"io_uring", d.limits.uring},
                    {"io_uring_refusal", text_or_null(d.limits.uring_refusal)},
                    {"locked_bytes", or_null(d.limits.locked_bytes)},
                    {"open_files", or_null(d.limits.open_files)},
                    {"address_bytes", or_null(d.limits.address_bytes)}};
  json["plan"] = d.plan ? plan_json(*d.plan) : Json();
  json["findings"] = Json::array();
  for (const Finding& f : d.findings) {
    json["findings"].push_back({{"severity", severity_name(f.severity)},
                                {"text", f.text},
                                {"remedy", text_or_null(f.remedy)}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string line(const char* name, const std::string& text) {
  return fmt::format("{:<11}{}\n", name, text);
}

// Rows: what was read how; columns: how many in flight.
std::string disk_table(const DiskReport& disk, const char* own_reads) {
  std::set<uint64_t> columns;
  std::map<std::pair<bool, uint64_t>, std::map<uint64_t, double>> rows;
  const std::string& first = disk.points.front().reader;
  for (const DiskPoint& point : disk.points) {
    columns.insert(point.in_flight);
    rows[{point.reader != first, point.read_bytes}][point.in_flight] = point.bytes_per_second;
  }
  std::string text = fmt::format("{:11}{:>18}", "", "MB/s; in flight");
  for (const uint64_t column : columns) text += fmt::format("{:>7}", column);
  text += "\n";
  for (const auto& [key, cells] : rows) {
    const auto& [compared, size] = key;
    const std::string reader = compared ? disk.points.back().reader : first;
    text += fmt::format("{:11}{:>6} {:>11}", "", reader, bytes(size));
    for (const uint64_t column : columns) {
      const auto cell = cells.find(column);
      text += cell == cells.end() ? fmt::format("{:>7}", "-")
                                  : fmt::format("{:>7.0f}", cell->second / 1e6);
    }
    text += size == disk.unit_read_bytes && !compared ? own_reads : "";
    text += "\n";
  }
  return text;
}

std::string disk_text(const DiskReport& disk, bool of_a_model) {
  std::string what = disk.device.empty() ? "no block device" : disk.device;
  if (!disk.model.empty()) what += " (" + disk.model + ")";
  what += ", " + (disk.filesystem.empty() ? "unknown file system" : disk.filesystem);
  if (!disk.mount.empty()) what += " on " + disk.mount;
  if (!disk.scheduler.empty()) what += ", scheduler " + disk.scheduler;
  std::string text = line("disk", what);
  if (disk.points.empty()) return text;
  std::string how = "direct reads; not proven that they reached the device";
  if (!disk.direct) {
    how = "direct reads are refused here: measured through the page cache";
  } else if (disk.proven) {
    how = fmt::format("direct reads, proven: of {} asked for, the device delivered {}",
                      bytes(disk.bytes_asked), bytes(disk.bytes_fetched.value_or(0)));
  }
  text += line("", how);
  text += disk_table(disk, of_a_model ? "  <- the model's reads" : "");
  if (disk.reads_in_flight != 0) {
    text += line("", fmt::format("chosen for reads of {}: {} in flight, {:.0f} MB/s",
                                 bytes(disk.unit_read_bytes), disk.reads_in_flight,
                                 disk.bytes_per_second / 1e6));
  }
  if (disk.compute_share > 0) {
    text += line("", fmt::format("while the processor computes: {:.0f} MB/s, and computing keeps "
                                 "{:.0f} % of its speed",
                                 disk.shared_bytes_per_second / 1e6, 100 * disk.compute_share));
  }
  return text;
}

std::string memory_text(const MemoryReport& m) {
  std::string what = fmt::format("{}, {} available", bytes(m.machine_bytes),
                                 bytes(m.machine_available));
  what += m.group_limit ? fmt::format("; control group: {}, {} available", bytes(*m.group_limit),
                                      bytes(m.group_available.value_or(0)))
                        : std::string("; no group limit");
  what += m.swap_bytes == 0 ? "; no swap" : "; swap " + bytes(m.swap_bytes);
  return line("memory", what) +
         line("", fmt::format("Sluice {} {}", m.budget_is_default ? "would plan with" : "is given",
                              bytes(m.budget_bytes)));
}

std::string processor_text(const ProcessorReport& p) {
  std::string what = fmt::format("{}, {} processor{}", p.name.empty() ? "unknown" : p.name,
                                 p.processors, p.processors == 1 ? "" : "s");
  for (const CacheReport& cache : p.caches) {
    what += fmt::format(", {} {}", cache.name, bytes(cache.bytes));
    if (cache.instances > 1) what += fmt::format(" x{}", cache.instances);
  }
  std::string kernels = fmt::format("{} kernels, {} thread{}:", p.isa, p.threads,
                                    p.threads == 1 ? "" : "s");
  if (p.kernels.empty()) return line("processor", what);
  for (const KernelReport& kernel : p.kernels) {
    kernels += fmt::format(" {} {:.1f} GB/s,", kernel.type, kernel.bytes_per_second / 1e9);
  }
  kernels.back() = ' ';
  return line("processor", what) + line("", kernels + "of weights in memory");
}

std::string limits_text(const LimitsReport& limits) {
  const auto or_unlimited = [](const std::optional<uint64_t>& value, bool size) {
    if (!value) return std::string("unlimited");
    return size ? bytes(*value) : std::to_string(*value);
  };
  return line("limits", fmt::format("io_uring {}, locked memory {}, open files {}",
                                    limits.uring ? "granted" : "refused",
                                    or_unlimited(limits.locked_bytes, true),
                                    or_unlimited(limits.open_files, false)));
}

std::string plan_text(const MemoryPlan& plan) {
  if (!plan.fits) return "";
  std::string text = line("plan", fmt::format("{} of {} {} in memory; a token uses {}",
                                              plan.slots, plan.units, plan.unit_kind,
                                              bytes(plan.routed_bytes_per_token)));
  if (!plan.prediction) return text;
  const DecodePrediction& p = *plan.prediction;
  return text + line("", fmt::format("predicted: {:.1f} tokens/s ({:.0f} % of {} in memory "
                                     "when wanted; {:.0f} ms reading, {:.0f} ms computing)",
                                     p.tokens_per_second, 100 * p.hit_rate, plan.unit_kind,
                                     1e3 * p.io_seconds,
                                     1e3 * p.compute_seconds));
}

std::string as_text(const Diagnosis& d) {
  std::string text;
  if (!d.model.empty()) {
    text += line("model", d.model);
    text += line("", fmt::format("{}, {} parameters, {}; all {} tensors lie inside {} file{}",
                                 d.architecture, human_count(static_cast<double>(d.parameters)),
                                 bytes(d.file_bytes), d.tensors, d.files,
                                 d.files == 1 ? "" : "s"));
  }
  if (d.disk) text += disk_text(*d.disk, !d.model.empty());
  text += memory_text(d.memory) + processor_text(d.processor) + limits_text(d.limits);
  if (d.plan) text += plan_text(*d.plan);
  if (!d.findings.empty()) text += "\n";
  for (const Finding& finding : d.findings) {
    text += line(severity_name(finding.severity), finding.text);
    if (!finding.remedy.empty()) text += line("", "-> " + finding.remedy);
  }
  const char* fine = d.model.empty() ? "Nothing keeps Sluice from running here." : "It can run.";
  return text + "\n" + (d.can_run() ? fine : "It cannot run: see \"broken\" above.") + "\n";
}

}  // namespace

int doctor(const DoctorArgs& args) {
  Console console(args.common.quiet);
  DoctorOptions options;
  options.engine = args.model.engine;
  options.engine.measurements_folder = cache_folder();
  options.cancel = &interrupted();
  options.on_progress = [&console](std::string_view what, size_t done, size_t total) {
    console.progress(total <= 1 ? std::string(what)
                                : fmt::format("{}: {} %", what, 100 * done / total));
  };
  const auto diagnosis = diagnose(options);
  console.clear();
  if (!diagnosis) return report(diagnosis.error());
  const auto written = write_output(args.common.json ? as_json(*diagnosis) : as_text(*diagnosis));
  if (!written) return report(written.error());
  if (diagnosis->can_run()) return 0;
  // The findings begin with what is broken.
  return report(Error{Code::io, diagnosis->findings.front().text});
}

}  // namespace sluice::cli
