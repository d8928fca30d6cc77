#include "cli/statistics.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

namespace sluice::cli {

namespace {

nlohmann::ordered_json optional(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json();
}

std::string or_dash(const std::optional<double>& value, const char* unit) {
  return value ? fmt::format("{:.2f} {}", *value, unit) : "not counted";
}

std::optional<double> rate(double amount, double seconds) {
  if (seconds <= 0) return std::nullopt;
  return amount / seconds;
}

// Seconds in which reads were in flight.
double flight_seconds(const Stats& s) {
  const double bandwidth = s.flash_bandwidth_bytes_per_second.value_or(0);
  return bandwidth > 0 ? static_cast<double>(s.flash_bytes_read) / bandwidth : 0;
}

// How many tokens were fed one by one.
double decoded_tokens(const Stats& s) {
  return s.decode_seconds.value_or(0) * s.decode_tokens_per_second.value_or(0);
}

}  // namespace

Stats between(const Stats& before, const Stats& after) {
  const auto seconds = [](const std::optional<double>& a, const std::optional<double>& b) {
    return a ? std::optional<double>(*a - b.value_or(0)) : std::nullopt;
  };
  Stats s = after;
  s.prompt_tokens -= before.prompt_tokens;
  s.generated_tokens -= before.generated_tokens;
  s.flash_bytes_read -= before.flash_bytes_read;
  s.prefill_flash_bytes -= before.prefill_flash_bytes;
  s.decode_flash_bytes -= before.decode_flash_bytes;
  s.unit_hits -= before.unit_hits;
  s.unit_misses -= before.unit_misses;
  s.hint_reads -= before.hint_reads;
  s.hint_used -= before.hint_used;
  s.io_wait_seconds -= before.io_wait_seconds;
  s.io_idle_seconds = seconds(after.io_idle_seconds, before.io_idle_seconds);
  s.prefill_seconds = seconds(after.prefill_seconds, before.prefill_seconds);
  s.decode_seconds = seconds(after.decode_seconds, before.decode_seconds);
  const double decoded = decoded_tokens(after) - decoded_tokens(before);
  s.prefill_tokens_per_second =
      rate(static_cast<double>(s.prompt_tokens), s.prefill_seconds.value_or(0));
  s.decode_tokens_per_second = rate(decoded, s.decode_seconds.value_or(0));
  s.flash_bytes_per_decode_token = rate(static_cast<double>(s.decode_flash_bytes), decoded);
  s.flash_bandwidth_bytes_per_second = rate(static_cast<double>(s.flash_bytes_read),
                                            flight_seconds(after) - flight_seconds(before));
  return s;
}

std::string human_bytes(double bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t unit = 0;
  while (bytes >= 1023.5 && unit + 1 < std::size(kUnits)) {
    bytes /= 1024;
    ++unit;
  }
  const int decimals = unit == 0 || bytes >= 99.95 ? 0 : bytes >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f} {}", bytes, decimals, kUnits[unit]);
}

std::string human_count(double count) {
  const char* unit = count >= 1e9 ? " billion" : count >= 1e6 ? " million" : "";
  if (count >= 1e9) {
    count /= 1e9;
  } else if (count >= 1e6) {
    count /= 1e6;
  }
  const int decimals = *unit == '\0' || count >= 99.95 ? 0 : count >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}{}", count, decimals, unit);
}

std::string statistics_json(const Stats& s) {
  nlohmann::ordered_json json;
  json["model"] = s.model;
  json["commit"] = s.commit;
  json["isa"] = s.isa;
  json["activation_bits"] = s.activation_bits;
  json["reader"] = s.reader;
  json["threads"] = s.threads;
  json["budget_bytes"] = s.budget_bytes;
  json["peak_rss_bytes"] = s.peak_rss_bytes;
  json["trunk_bytes"] = s.trunk_bytes;
  json["kv_bytes"] = s.kv_bytes;
  json["slots"] = s.slots;
  json["slot_bytes"] = s.slot_bytes;
  json["slots_now"] = s.slots_now;
  json["slots_given_back"] = s.slots_given_back;
  json["prompt_tokens"] = s.prompt_tokens;
  json["generated_tokens"] = s.generated_tokens;
  json["load_seconds"] = s.load_seconds;
  json["ttft_seconds"] = optional(s.ttft_seconds);
  json["prefill_seconds"] = optional(s.prefill_seconds);
  json["decode_seconds"] = optional(s.decode_seconds);
  json["prefill_tokens_per_second"] = optional(s.prefill_tokens_per_second);
  json["decode_tokens_per_second"] = optional(s.decode_tokens_per_second);
  json["flash_bytes_read"] = s.flash_bytes_read;
  json["prefill_flash_bytes"] = s.prefill_flash_bytes;
  json["decode_flash_bytes"] = s.decode_flash_bytes;
  json["unit_hits"] = s.unit_hits;
  json["unit_misses"] = s.unit_misses;
  json["hint_reads"] = s.hint_reads;
  json["hint_used"] = s.hint_used;
  json["flash_bytes_per_decode_token"] = optional(s.flash_bytes_per_decode_token);
  json["flash_bandwidth_bytes_per_second"] = optional(s.flash_bandwidth_bytes_per_second);
  json["io_wait_seconds"] = s.io_wait_seconds;
  json["io_idle_seconds"] = optional(s.io_idle_seconds);
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string statistics_text(const Stats& s, const MemoryPlan& plan) {
  const uint64_t demands = s.unit_hits + s.unit_misses;
  const double hit_rate =
      demands == 0 ? 0 : 100.0 * static_cast<double>(s.unit_hits) / static_cast<double>(demands);
  std::string text;
  text += fmt::format("prompt   {} tokens, {}; first token after {}\n", s.prompt_tokens,
                      or_dash(s.prefill_tokens_per_second, "tokens/s"),
                      or_dash(s.ttft_seconds, "s"));
  text += fmt::format("answer   {} tokens, {}\n", s.generated_tokens,
                      or_dash(s.decode_tokens_per_second, "tokens/s"));
  text += fmt::format("{:<8} {} of {} in memory; {} demands, {:.1f} % hits; {} read from disk",
                      plan.unit_kind, s.slots_now, plan.units, demands, hit_rate,
                      human_bytes(static_cast<double>(s.flash_bytes_read)));
  if (s.flash_bandwidth_bytes_per_second) {
    text += fmt::format(" at {}/s", human_bytes(*s.flash_bandwidth_bytes_per_second));
  }
  text += fmt::format("\nmemory   {} at most, of {} allowed\n",
                      human_bytes(static_cast<double>(s.peak_rss_bytes)),
                      human_bytes(static_cast<double>(s.budget_bytes)));
  return text;
}

}  // namespace sluice::cli
