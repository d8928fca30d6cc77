// The command line, parsed into plain structs. Only args.cpp knows the parsing library.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "cli/sampling_args.hpp"
#include "sluice/engine.hpp"

namespace sluice::cli {

/// Options that every command shares.
struct CommonArgs {
  bool json = false;
  bool quiet = false;
};

/// MODEL and everything about how to run it.
struct ModelArgs {
  EngineOptions engine;
  std::string stats_file;
  bool live = false;               ///< rates on the progress line
  std::string template_file;       ///< a chat template in place of the model's
  std::string template_arguments;  ///< JSON object; empty: none
};

struct RunArgs {
  CommonArgs common;
  ModelArgs model;
  std::string prompt;          ///< -p
  std::string prompt_file;     ///< -f; "-" is standard input
  std::string standard_input;  ///< "-": add standard input to the prompt
  std::string system;
  bool has_prompt = false;
  bool raw = false;
  size_t max_tokens = 0;
  SamplingArgs sampling;
};

struct ChatArgs {
  CommonArgs common;
  ModelArgs model;
  SamplingArgs sampling;
  std::string system;
  std::string load_file;       ///< a saved conversation to go on with
  std::string thinking = "show";
  size_t max_tokens = 0;       ///< of an answer
  bool no_history = false;
};

struct PlanArgs {
  CommonArgs common;
  ModelArgs model;
};

struct DoctorArgs {
  CommonArgs common;
  ModelArgs model;
};

struct InspectArgs {
  CommonArgs common;
  std::string model;
};

struct TokenizeArgs {
  CommonArgs common;
  std::string model;
  bool jsonl = false;
  bool special = false;
  bool reverse = false;        ///< detokenize
};

struct TemplateArgs {
  CommonArgs common;
  std::string model;
  std::string template_file;
  bool jsonl = false;
};

enum class EvalKind { logits, greedy, perplexity };

struct EvalArgs {
  CommonArgs common;
  ModelArgs model;
  EvalKind kind = EvalKind::logits;
  std::string ids_file;
  std::string out_file;
  std::string hidden_file;
  std::string text_file;
  size_t tokens = 0;
  size_t window = 512;
};

struct BenchArgs {
  CommonArgs common;
  ModelArgs model;
  size_t prompt_tokens = 128;
  size_t generated_tokens = 128;
  std::string ids_file;
  std::vector<uint64_t> budgets;
  size_t repeat = 3;
  bool csv = false;
  bool cold_only = false;
};

using Command = std::variant<RunArgs, PlanArgs, InspectArgs, TokenizeArgs, EvalArgs,
                             BenchArgs, DoctorArgs, ChatArgs, TemplateArgs>;

/// What parsing came to: a command, or an exit status with the text already printed.
struct Parsed {
  bool has_command = false;
  int status = 0;
  Command command;
};

Parsed parse(int argc, char** argv);

/// Bytes of "512MiB", "6GiB", "6G", "1.5g", "1048576"; units are powers of 1024. False if it is
/// none.
bool parse_size(const std::string& text, uint64_t& bytes);

}  // namespace sluice::cli
