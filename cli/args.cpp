#include "cli/args.hpp"

#include <CLI/CLI.hpp>  // five seconds of compiling: nowhere else
#include <iostream>
#include <map>
#include <string>

#include "cli/cache_folder.hpp"

namespace sluice::cli {

namespace {

constexpr const char* kFooter =
    "Sizes take 512MiB, 6GiB, 6G or plain bytes. Results go to standard output, everything else\n"
    "to standard error. Exit status: 0 done, 1 failed, 2 wrong usage, 3 does not fit the memory,\n"
    "130 after Ctrl-C.";

const auto kSize = CLI::Validator(
    [](std::string& text) {
      uint64_t bytes = 0;
      if (!parse_size(text, bytes) || bytes == 0) {
        return "\"" + text + "\" is not a size; write 512MiB, 6GiB, 6G or bytes";
      }
      text = std::to_string(bytes);
      return std::string();
    },
    "SIZE");

const std::map<std::string, EmbeddingPlace> kEmbeddingPlaces = {
    {"auto", EmbeddingPlace::automatic},
    {"memory", EmbeddingPlace::memory},
    {"disk", EmbeddingPlace::disk}};

void add_common(CLI::App& app, CommonArgs& args) {
  app.add_flag("--json", args.json, "The result as one JSON document");
  app.add_flag("-q,--quiet", args.quiet, "Nothing on standard error but errors");
}

void add_path(CLI::App& app, std::string& path) {
  app.add_option("MODEL", path, "A GGUF file, or the first shard of a split one")->required();
}

// Everything about how to run a model, but not which.
void add_engine(CLI::App& app, ModelArgs& args) {
  EngineOptions& engine = args.engine;
  engine.measurements_folder = cache_folder();
  app.add_option("-m,--memory", engine.memory_bytes,
                 "Ceiling over all memory of the process (default: what the machine can give)")
      ->transform(kSize);
  app.add_option("-t,--threads", engine.threads, "Compute threads (default: one per processor)")
      ->check(CLI::Range(1, 256));
  app.add_option("-c,--ctx", engine.context_tokens,
                 "Tokens of context (default: the model's, at most 4096)")
      ->check(CLI::Range(1, 1 << 28));
  app.add_option("--chunk", engine.chunk_tokens,
                 "Prompt tokens evaluated together (default: the most that fit)")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--reader", engine.reader, "How files are read: auto, uring, pread")
      ->check(CLI::IsMember({"auto", "uring", "pread"}))
      ->capture_default_str();
  // Names that some machine has kernels for, or will; which are here, the engine says.
  app.add_option("--isa", engine.isa, "Kernels: auto, scalar, avx2, avx512")
      ->check(CLI::IsMember({"auto", "scalar", "avx2", "avx512", "amx", "neon", "i8mm"}))
      ->type_name("TEXT")
      ->capture_default_str();
  app.add_option("--activations", engine.activation_bits,
                 "Bits of activations: 16, or 8 for faster prompts at some cost in quality")
      ->check(CLI::IsMember({16, 8}))
      ->capture_default_str();
  app.add_option("--policy", engine.policy, "Cache policy: hazard, decayed, lru")
      ->check(CLI::IsMember({"hazard", "decayed", "lru"}))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--embedding",
         [&engine](const std::string& place) { engine.embedding = kEmbeddingPlaces.at(place); },
         "Where the embedding is, of which a token uses one row: auto, memory, disk")
      ->check(CLI::IsMember(kEmbeddingPlaces))
      ->default_str("auto");
  app.add_option("--trace", engine.trace_path,
                 "Record which experts each token chose in this file (docs/traces.md)");
  app.add_option("--stats-json", args.stats_file, "Write the counted statistics to this file");
}

void add_live(CLI::App& app, ModelArgs& args) {
  app.add_flag("--live", args.live,
               "Show tokens/s, disk, hits and memory while it works (on a terminal)");
}

// For commands that go on where an earlier one stopped.
void add_cold(CLI::App& app, ModelArgs& args) {
  args.engine.cache_state_folder = cache_folder();
  app.add_flag_callback(
      "--cold", [&args] { args.engine.cache_state_folder.clear(); },
      "Neither use nor keep what the cache learned about the model");
}

// For commands that never use what an earlier one learned.
void add_always_cold(CLI::App& app) {
  app.add_flag_callback("--cold", [] {}, "Changes nothing here: this command always starts cold");
}

void add_model(CLI::App& app, ModelArgs& args) {
  add_path(app, args.engine.path);
  add_engine(app, args);
}

void add_template_file(CLI::App& app, std::string& path) {
  app.add_option("--template", path, "A file with a chat template, in place of the model's own")
      ->check(CLI::ExistingFile);
}

// For commands that write conversations.
void add_chat_template(CLI::App& app, ModelArgs& args) {
  add_template_file(app, args.template_file);
  app.add_option("--template-args", args.template_arguments,
                 "Variables for the chat template, as '{\"enable_thinking\": false}'");
}

void add_doctor(CLI::App& root, DoctorArgs& args) {
  CLI::App& app = *root.add_subcommand("doctor", "What will be slow here, and what to change");
  app.footer(
      "Takes some seconds. What it measures of the disk and the processor is remembered and\n"
      "used by plan and run. Exit status 0: it can run; 1: something is broken.");
  app.add_option("MODEL", args.model.engine.path,
                 "A model; or any large file, or a folder, to measure the disk by");
  add_engine(app, args.model);
  add_always_cold(app);
  add_common(app, args.common);
}

const auto kLogitBias = CLI::Validator(
    [](std::string& text) {
      LogitBias bias;
      return parse_logit_bias(text, bias)
                 ? std::string()
                 : "\"" + text + "\" is no logit bias; write ID=X, ID+X or ID-X (-inf forbids)";
    },
    "ID=X");

void add_penalties(CLI::App& app, SamplingArgs& args) {
  app.add_option("--repeat-penalty", args.repeat_penalty,
                 "Divide the logits of tokens that were said; 1: off (default)")
      ->check(CLI::Range(1e-6, 100.0));
  app.add_option("--presence-penalty", args.presence_penalty,
                 "Subtract from the logits of tokens that were said (default 0)")
      ->check(CLI::Range(-100.0, 100.0));
  app.add_option("--frequency-penalty", args.frequency_penalty,
                 "Subtract once for each time a token was said (default 0)")
      ->check(CLI::Range(-100.0, 100.0));
  app.add_option("--repeat-last-n", args.repeat_last_n,
                 "Said: the last N tokens, the prompt's too; -1: all (default 64)")
      ->check(CLI::Range(-1, 1 << 30));
  app.add_option("--logit-bias", args.logit_bias,
                 "Add X to the logit of token ID; -inf forbids it; repeatable")
      ->check(kLogitBias)
      ->allow_extra_args(false);
}

// In the order in which they are applied (docs/sampling.md).
void add_sampling(CLI::App& app, SamplingArgs& args) {
  add_penalties(app, args);
  app.add_flag("--greedy", args.greedy, "Always the most probable token");
  app.add_option("--top-k", args.top_k, "Keep the K most probable; 0: all (default 40)")
      ->check(CLI::Range(0, 1 << 30));
  app.add_option("--typical", args.typical,
                 "Keep the nearest to the expected surprise that reach P; 1: all (default)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--top-p", args.top_p, "Keep the fewest that reach P; 1: all (default 0.95)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--min-p", args.min_p,
                 "Keep those with P times the largest; 0: all (default 0.05)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--temperature,--temp", args.temperature, "0: greedy (default 0.8)")
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--seed", args.seed, "Random seed (default: another one each time)");
  app.add_option("--stop", args.stop, "End the answer before this text; repeatable")
      ->allow_extra_args(false);
}

void add_run(CLI::App& root, RunArgs& args) {
  CLI::App& app = *root.add_subcommand("run", "Answer one prompt");
  app.footer(
      "Examples:\n  sluice run model.gguf -p \"Who are you?\"\n"
      "  git diff | sluice run model.gguf -p \"Write a commit message\"\n"
      "  sluice run model.gguf --memory 6GiB --raw -f story.txt -n 200");
  add_model(app, args.model);
  add_cold(app, args.model);
  add_live(app, args.model);
  add_common(app, args.common);
  app.add_option("-p,--prompt", args.prompt, "The prompt")->each([&args](const std::string&) {
    args.has_prompt = true;
  });
  app.add_option("-f,--file", args.prompt_file,
                 "Read the prompt from a file (- is standard input)");
  app.add_option("INPUT", args.standard_input,
                 "Wait for standard input. What is piped in is added below the prompt anyway")
      ->check(CLI::IsMember({"-"}));
  app.add_option("--system", args.system, "A system message before the prompt");
  add_chat_template(app, args.model);
  app.add_flag("--raw", args.raw, "Continue the text as it is, without the chat template");
  app.add_option("-n,--tokens", args.max_tokens, "Generate at most N tokens (default: to the end)");
  add_sampling(app, args.sampling);
}

void add_chat(CLI::App& root, ChatArgs& args) {
  CLI::App& app = *root.add_subcommand("chat", "A conversation in the terminal");
  app.footer(
      "Ctrl-C stops an answer and keeps the conversation, Ctrl-D leaves, /help lists more.\n"
      "Without a terminal each line of standard input is a turn. What you type is remembered\n"
      "in $XDG_STATE_HOME/sluice/history or ~/.local/state/sluice/history (docs/chat.md).");
  add_model(app, args.model);
  add_cold(app, args.model);
  add_live(app, args.model);
  add_common(app, args.common);
  app.add_option("--system", args.system, "A system message before the conversation");
  add_chat_template(app, args.model);
  app.add_option("--load", args.load_file, "Go on with a conversation that /save has saved");
  app.add_option("--thinking", args.thinking, "Thinking of the model: show, hide")
      ->check(CLI::IsMember({"show", "hide"}))
      ->capture_default_str();
  app.add_flag("--no-history", args.no_history, "Neither read nor write the history of inputs");
  app.add_option("-n,--tokens", args.max_tokens,
                 "At most N tokens an answer (default: to its end)");
  add_sampling(app, args.sampling);
}

void add_eval(CLI::App& root, EvalArgs& args) {
  CLI::App& app = *root.add_subcommand("eval", "Measure a model against references");
  app.require_subcommand(1);
  CLI::App& logits = *app.add_subcommand("logits", "Write the logits of given token ids");
  CLI::App& greedy = *app.add_subcommand("greedy", "The next ids by argmax");
  CLI::App& perplexity = *app.add_subcommand("perplexity", "Perplexity of a text");
  for (CLI::App* kind : {&logits, &greedy, &perplexity}) {
    add_model(*kind, args.model);
    add_always_cold(*kind);
    add_common(*kind, args.common);
  }
  for (CLI::App* kind : {&logits, &greedy}) {
    kind->add_option("--ids", args.ids_file, "File of token ids separated by blanks (- is stdin)")
        ->required();
  }
  logits.add_option("--out", args.out_file, "float32 [tokens, vocabulary] as .npy")->required();
  logits.add_option("--hidden", args.hidden_file, "float32 [layers + 1, tokens, width] as .npy");
  greedy.add_option("-n,--tokens", args.tokens, "How many ids")
      ->required()
      ->check(CLI::Range(1, 1 << 28));
  perplexity.add_option("-f,--file", args.text_file, "The text (- is stdin)")->required();
  perplexity.add_option("--window", args.window, "Ids in a window, each evaluated on its own")
      ->check(CLI::Range(2, 1 << 24))
      ->capture_default_str();
  logits.callback([&args] { args.kind = EvalKind::logits; });
  greedy.callback([&args] { args.kind = EvalKind::greedy; });
  perplexity.callback([&args] { args.kind = EvalKind::perplexity; });
}

void add_bench(CLI::App& root, BenchArgs& args) {
  CLI::App& app = *root.add_subcommand("bench", "Measure prefill and decode rates");
  app.footer(
      "Cold: a fresh engine, nothing in its slots. Warm: the same tokens once more.\n"
      "With --ids the first --prompt ids are the prompt, the following are fed one at a time.\n"
      "Without, the prompt is a fixed English text and tokens are drawn at temperature 0.8.\n"
      "--stats-json and --trace keep what the last engine did: the last budget's last round.");
  add_model(app, args.model);
  add_common(app, args.common);
  add_live(app, args.model);
  app.add_option("--prompt", args.prompt_tokens, "Tokens of the prompt")
      ->check(CLI::Range(1, 1 << 27))
      ->capture_default_str();
  app.add_option("--gen", args.generated_tokens, "Tokens to generate")
      ->check(CLI::Range(1, 1 << 27))
      ->capture_default_str();
  app.add_option("--ids", args.ids_file, "Token ids separated by blanks: forced decode");
  app.add_option("--budgets", args.budgets, "Budgets to compare, A,B,C")
      ->delimiter(',')
      ->transform(kSize);
  app.add_option("--repeat", args.repeat, "Measurements of each")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--cold", args.cold_only, "Only cold measurements");
  app.add_flag("--csv", args.csv, "The result as comma-separated values")
      ->excludes(app.get_option("--json"));
}

// For commands that need no weights.
void add_text_path(CLI::App& app, std::string& path) {
  app.add_option("MODEL", path, "A GGUF file, a folder with a tokenizer.json, or that file itself")
      ->required();
}

void add_tokenize(CLI::App& root, const char* name, const char* help, TokenizeArgs& args) {
  CLI::App& app = *root.add_subcommand(name, help);
  add_text_path(app, args.model);
  add_common(app, args.common);
  app.add_flag("--jsonl", args.jsonl, "One JSON value a line, in and out");
  if (!args.reverse) {
    app.add_flag("--special", args.special, "Control tokens in the text become their ids");
  }
}

void add_template(CLI::App& root, TemplateArgs& args) {
  CLI::App& app = *root.add_subcommand("template", "Conversations through the chat template");
  app.footer(
      "Standard input: an object a line (without --jsonl: one object) with messages, and\n"
      "optionally tools, documents, add_generation_prompt (default true), kwargs (more variables\n"
      "of the template) and now (as \"2026-02-03T04:05:06\"). Standard output, for each:\n"
      "{\"text\", \"segments\": [{\"text\", \"markup\"}], \"ids\"}, or {\"error\"}.");
  add_text_path(app, args.model);
  add_common(app, args.common);
  app.add_flag("--jsonl", args.jsonl, "One conversation a line");
  add_template_file(app, args.template_file);
}

}  // namespace

Parsed parse(int argc, char** argv) {
  CLI::App app{
      "Sluice runs mixture-of-experts language models larger than memory: the trunk\n"
      "stays resident, experts are streamed from disk as the router asks for them."};
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", "sluice " SLUICE_VERSION);
  RunArgs run;
  ChatArgs chat;
  PlanArgs plan;
  InspectArgs inspect;
  TokenizeArgs tokenize;
  TokenizeArgs detokenize;
  detokenize.reverse = true;
  TemplateArgs chat_template;
  EvalArgs eval;
  BenchArgs bench;
  DoctorArgs doctor;
  add_run(app, run);
  add_chat(app, chat);
  CLI::App& plan_app =
      *app.add_subcommand("plan", "Will it run? Every byte itemised, nothing loaded");
  add_model(plan_app, plan.model);
  add_always_cold(plan_app);
  add_common(plan_app, plan.common);
  CLI::App& inspect_app = *app.add_subcommand("inspect", "What a model file holds");
  add_path(inspect_app, inspect.model);
  add_common(inspect_app, inspect.common);
  add_tokenize(app, "tokenize", "Text to token ids", tokenize);
  add_tokenize(app, "detokenize", "Token ids to text", detokenize);
  add_template(app, chat_template);
  add_eval(app, eval);
  add_bench(app, bench);
  add_doctor(app, doctor);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int status = app.exit(error, std::cout, std::cerr);
    return {false, status == 0 ? 0 : 2, {}};
  }
  const std::string name = app.get_subcommands().front()->get_name();
  if (name == "run") return {true, 0, run};
  if (name == "chat") return {true, 0, chat};
  if (name == "plan") return {true, 0, plan};
  if (name == "inspect") return {true, 0, inspect};
  if (name == "tokenize") return {true, 0, tokenize};
  if (name == "detokenize") return {true, 0, detokenize};
  if (name == "template") return {true, 0, chat_template};
  if (name == "bench") return {true, 0, bench};
  if (name == "doctor") return {true, 0, doctor};
  return {true, 0, eval};
}

}  // namespace sluice::cli
