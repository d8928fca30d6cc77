// sluice run: one prompt, one answer, streamed to standard output.
#include <fmt/core.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/live_display.hpp"
#include "cli/open_engine.hpp"
#include "cli/piped_input.hpp"
#include "cli/prompt_input.hpp"
#include "cli/statistics.hpp"
#include "cli/text_width.hpp"

namespace sluice::cli {

namespace {

// How long to wait for the first byte of a pipe beside a prompt, after the model is loaded.
constexpr int kPipePatienceMs = 2000;

void append(std::string& prompt, const std::string& text) {
  if (!prompt.empty() && !text.empty()) prompt += "\n\n";
  prompt += text;
}

Error empty_prompt(const RunArgs& args) {
  const bool from_file = !args.prompt_file.empty() && args.prompt_file != "-";
  return {Code::invalid,
          (from_file ? args.prompt_file : args.model.engine.path) + ": the prompt is empty"};
}

// Whether the prompt was asked to be, or must be, what comes on standard input.
bool waits_for_input(const RunArgs& args) {
  const bool nothing_given = !args.has_prompt && args.prompt_file.empty();
  return !args.standard_input.empty() || (nothing_given && isatty(STDIN_FILENO) == 0);
}

// What there is before the model is loaded.
Result<std::string> read_given(const RunArgs& args) {
  std::string prompt = args.prompt;
  if (!args.prompt_file.empty()) {
    SLUICE_LET(const std::string text, read_prompt(args.prompt_file, args.model.engine));
    append(prompt, text);
  }
  if (waits_for_input(args)) {
    SLUICE_LET(const std::string text, read_prompt("-", args.model.engine));
    append(prompt, text);
    if (prompt.empty()) return empty_prompt(args);
  } else if (!args.has_prompt && args.prompt_file.empty()) {
    return Error{Code::invalid,
                 "there is no prompt: give one with -p TEXT, -f FILE or - (standard "
                 "input)"};
  }
  if (prompt.empty() && !input_is_piped()) return empty_prompt(args);
  return prompt;
}

// Below the prompt: what is piped in, if that has not been read already.
Result<std::string> with_piped_input(const RunArgs& args, std::string prompt, Console& console) {
  if (!waits_for_input(args) && args.prompt_file != "-") {
    SLUICE_LET(const PipedInput input, read_piped_input(kPipePatienceMs, args.model.engine));
    if (input.gave_up) {
      console.note(
          "sluice: nothing came on standard input, which is an open pipe: going on without "
          "it (- waits for it, < /dev/null says that nothing will come)");
    }
    append(prompt, input.text);
  }
  if (prompt.empty()) return empty_prompt(args);
  if (prompt.size() + args.system.size() > longest_prompt(args.model.engine)) {
    return prompt_too_long("the prompt", args.model.engine);
  }
  return prompt;
}

Result<std::vector<TokenId>> encode(const RunArgs& args, const TextModel& text,
                                    const std::string& prompt) {
  if (args.raw || !text.has_chat_template()) return text.encode_prompt(prompt, args.raw);
  std::vector<Message> messages;
  if (!args.system.empty()) messages.push_back({"system", args.system});
  messages.push_back({"user", prompt});
  return text.encode_chat(messages, args.model.template_arguments);
}

const char* reason_text(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::stop_string:
      return "stop_string";
    case FinishReason::length:
      return "length";
    case FinishReason::context:
      return "context";
    case FinishReason::cancelled:
      return "cancelled";
  }
  return "";
}

std::string as_json(const std::string& answer, const GenerateResult& result, const Stats& stats) {
  nlohmann::ordered_json json;
  json["text"] = answer;
  json["ids"] = result.ids;
  json["finish_reason"] = reason_text(result.reason);
  if (!result.stop_string.empty()) json["stop_string"] = result.stop_string;
  json["stats"] = nlohmann::ordered_json::parse(statistics_json(stats));
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<int> answer(const RunArgs& args, Console& console) {
  SLUICE_LET(std::string given, read_given(args));
  SLUICE_LET(const std::unique_ptr<Engine> engine, open_engine(args.model, console));
  SLUICE_LET(const std::string prompt, with_piped_input(args, std::move(given), console));
  SLUICE_LET(const std::vector<TokenId> ids, encode(args, engine->text(), prompt));
  SLUICE_LET(const std::unique_ptr<Session> session, engine->new_session());
  GenerateOptions options;
  options.max_tokens = args.max_tokens;
  options.sampling = with_stated(engine->sampling(), args.sampling);
  if (!args.sampling.seed) options.sampling.seed = random_seed();
  options.stop_strings = args.sampling.stop;
  options.cancel = &interrupted();
  LiveDisplay display(*session, console, args.model.live && !args.common.quiet);
  options.on_layer = display.for_prompt(ids.size());
  std::string text;
  std::optional<Error> write_failure;
  const bool to_terminal = isatty(STDOUT_FILENO) == 1;
  const auto result = session->generate(ids, options, [&](TokenId, std::string_view piece) {
    display.token();
    text += piece;
    if (args.common.json || write_failure) return;
    // Nothing that a model writes may control a terminal.
    const auto written = write_output(to_terminal ? safe_for_terminal(piece) : std::string(piece));
    if (!written) write_failure = written.error();
  });
  display.end();
  if (!result) {
    if (!text.empty() && !args.common.json) std::fputc('\n', stdout);
    return result.error();
  }
  if (write_failure) return *write_failure;
  const Stats stats = session->stats();
  SLUICE_TRY(write_output(args.common.json ? as_json(text, *result, stats) : "\n"));
  if (result->reason == FinishReason::context) {
    console.note(fmt::format("the context of {} tokens is full; give it more with --ctx",
                             engine->plan().context_tokens));
  }
  if (!args.common.json) console.note("\n" + statistics_text(stats, engine->plan()));
  save_cache_state(*engine, console);
  SLUICE_TRY(save_statistics(args.model, stats));
  return result->reason == FinishReason::cancelled ? kInterruptedStatus : 0;
}

}  // namespace

int run(const RunArgs& args) {
  Console console(args.common.quiet);
  const auto status = answer(args, console);
  console.clear();
  return status ? *status : report(status.error());
}

}  // namespace sluice::cli
