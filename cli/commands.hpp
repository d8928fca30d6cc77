// One function for each command: parsed arguments in, exit status out.
#pragma once

#include "cli/args.hpp"

namespace sluice::cli {

int run(const RunArgs& args);
int chat(const ChatArgs& args);
int plan(const PlanArgs& args);
int inspect(const InspectArgs& args);
int tokenize(const TokenizeArgs& args);
int render_template(const TemplateArgs& args);
int evaluate(const EvalArgs& args);
int bench(const BenchArgs& args);
int doctor(const DoctorArgs& args);

}  // namespace sluice::cli
