#include "cli/open_engine.hpp"

#include <fmt/core.h>

#include "cli/statistics.hpp"

namespace sluice::cli {

namespace {
// The longest of those published has 20 KB.
constexpr size_t kLongestTemplate = 1 << 20;
}  // namespace

Result<std::unique_ptr<Engine>> open_engine(const ModelArgs& args, Console& console) {
  EngineOptions options = args.engine;
  if (!args.template_file.empty()) {
    SLUICE_LET(options.chat_template, read_input(args.template_file, kLongestTemplate));
    if (options.chat_template.size() > kLongestTemplate) {
      return Error{Code::invalid, fmt::format("{}: more than {} bytes are no chat template",
                                              args.template_file, kLongestTemplate)};
    }
  }
  options.cancel = &interrupted();
  options.on_load = [&console](uint64_t done, uint64_t total) {
    console.progress(fmt::format("loading the trunk: {} of {}",
                                 human_bytes(static_cast<double>(done)),
                                 human_bytes(static_cast<double>(total))));
  };
  auto engine = Engine::open(options);
  console.clear();
  if (!engine) return engine;
  for (const std::string& note : (*engine)->notes()) console.note_once(note);
  return engine;
}

Result<void> check_fits(const EngineOptions& options) {
  SLUICE_LET(const MemoryPlan plan, Engine::plan(options));
  if (!plan.fits) return Error{Code::budget, describe_refusal(plan)};
  return {};
}

void save_cache_state(const Engine& engine, Console& console) {
  if (const auto saved = engine.save_cache_state(); !saved) console.note(saved.error().message);
}

Result<void> save_statistics(const ModelArgs& args, const Stats& stats) {
  if (args.stats_file.empty()) return {};
  return write_file(args.stats_file, statistics_json(stats));
}

}  // namespace sluice::cli
