// sluice plan: will it run, and where does every byte go. Nothing is loaded. A plan that does not
// fit is an answer, not a failure: the status is 0 and "fits" says no.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/statistics.hpp"

namespace sluice::cli {

namespace {

std::string as_json(const MemoryPlan& plan) {
  nlohmann::ordered_json json;
  json["model"] = plan.model;
  json["parameters"] = plan.parameters;
  json["active_parameters"] = plan.active_parameters;
  json["budget_bytes"] = plan.budget_bytes;
  json["floor_bytes"] = plan.floor_bytes;
  json["resident_bytes"] = plan.resident_budget_bytes;
  json["fits"] = plan.fits;
  json["items"] = nlohmann::ordered_json::array();
  for (const PlanItem& item : plan.items) {
    json["items"].push_back({{"name", item.name}, {"bytes", item.bytes}});
  }
  json["units"] = plan.units;
  json["unit_bytes_max"] = plan.unit_bytes_max;
  json["slots"] = plan.slots;
  json["slots_most"] = plan.slots_most;
  json["slot_bytes"] = plan.slot_bytes;
  json["context_tokens"] = plan.context_tokens;
  json["chunk_tokens"] = plan.chunk_tokens;
  json["routed_bytes_per_token"] = plan.routed_bytes_per_token;
  json["predicted_decode_tokens_per_second"] =
      plan.predicted_decode_tokens_per_second
          ? nlohmann::ordered_json(*plan.predicted_decode_tokens_per_second)
          : nlohmann::ordered_json();
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string bytes(uint64_t count) { return human_bytes(static_cast<double>(count)); }

std::string as_text(const MemoryPlan& plan) {
  std::string text = fmt::format("{}\n{} parameters, {} of them used for a token\n\n", plan.model,
                                 human_count(static_cast<double>(plan.parameters)),
                                 human_count(static_cast<double>(plan.active_parameters)));
  uint64_t total = 0;
  for (const PlanItem& item : plan.items) {
    text += fmt::format("  {:<14} {:>12}\n", item.name, bytes(item.bytes));
    total += item.bytes;
  }
  text += fmt::format("  {:<14} {:>12}   of {}{}\n\n", "together", bytes(total),
                      bytes(plan.budget_bytes),
                      plan.budget_is_default ? " that this machine can give" : " allowed");
  if (plan.fits) {
    text += fmt::format("runs: {} of {} {} in memory at once", plan.slots, plan.units,
                        plan.unit_kind);
    if (plan.slots < plan.slots_most) {
      text += fmt::format(", {} while the context is empty", plan.slots_most);
    }
    text += plan.slots < plan.units
                ? fmt::format("; with {} nothing would be streamed\n",
                              bytes(plan.resident_budget_bytes))
                : ", nothing is streamed\n";
  } else {
    text += fmt::format("does not run: it needs at least {} (--memory {})\n",
                        bytes(plan.floor_bytes), plan.floor_bytes);
  }
  text += fmt::format("smallest memory {} with a context of {} tokens; "
                      "a token uses {} of {}\n",
                      bytes(plan.floor_bytes), plan.context_tokens,
                      bytes(plan.routed_bytes_per_token), plan.unit_kind);
  if (!plan.fits) return text;
  text += plan.prediction
              ? fmt::format("predicted: {:.1f} tokens/s when decoding\n",
                            plan.prediction->tokens_per_second)
              : fmt::format("no prediction: sluice doctor MODEL has not measured this disk yet\n");
  return text;
}

}  // namespace

int plan(const PlanArgs& args) {
  const auto plan = Engine::plan(args.model.engine);
  if (!plan) return report(plan.error());
  const auto written = write_output(args.common.json ? as_json(*plan) : as_text(*plan));
  return written ? 0 : report(written.error());
}

}  // namespace sluice::cli
