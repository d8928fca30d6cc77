// The sluice command: parses, dispatches, nothing else. Each command is a file beside this one.
#include <malloc.h>

#include <variant>

#include "cli/commands.hpp"
#include "cli/console.hpp"

int main(int argc, char** argv) {
  // One heap, and large blocks given back as soon as they are freed: the plan counts resident
  // bytes.
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  const sluice::cli::Parsed parsed = sluice::cli::parse(argc, argv);
  if (!parsed.has_command) return parsed.status;
  sluice::cli::catch_interrupts();
  struct Dispatch {
    int operator()(const sluice::cli::RunArgs& args) const { return sluice::cli::run(args); }
    int operator()(const sluice::cli::ChatArgs& args) const { return sluice::cli::chat(args); }
    int operator()(const sluice::cli::PlanArgs& args) const { return sluice::cli::plan(args); }
    int operator()(const sluice::cli::InspectArgs& args) const {
      return sluice::cli::inspect(args);
    }
    int operator()(const sluice::cli::TokenizeArgs& args) const {
      return sluice::cli::tokenize(args);
    }
    int operator()(const sluice::cli::TemplateArgs& args) const {
      return sluice::cli::render_template(args);
    }
    int operator()(const sluice::cli::EvalArgs& args) const { return sluice::cli::evaluate(args); }
    int operator()(const sluice::cli::BenchArgs& args) const { return sluice::cli::bench(args); }
    int operator()(const sluice::cli::DoctorArgs& args) const { return sluice::cli::doctor(args); }
  };
  return std::visit(Dispatch{}, parsed.command);
}
