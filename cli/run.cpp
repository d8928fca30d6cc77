// sluice run: one prompt, one answer, streamed to standard output.
#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/open_engine.hpp"
#include "cli/statistics.hpp"

namespace sluice::cli {

namespace {

Result<std::string> read_prompt(const RunArgs& args) {
  std::string prompt = args.prompt;
  const auto append = [&prompt](const std::string& text) {
    if (!prompt.empty() && !text.empty()) prompt += "\n\n";
    prompt += text;
  };
  if (!args.prompt_file.empty()) {
    SLUICE_LET(const std::string text, read_input(args.prompt_file));
    append(text);
  }
  const bool nothing_given = !args.has_prompt && args.prompt_file.empty();
  if (!args.standard_input.empty() || (nothing_given && isatty(STDIN_FILENO) == 0)) {
    SLUICE_LET(const std::string text, read_input("-"));
    append(text);
  } else if (nothing_given) {
    return Error{Code::invalid, "there is no prompt: give one with -p TEXT, -f FILE or - (standard "
                                "input)"};
  }
  if (prompt.empty()) {
    const bool from_file = !args.prompt_file.empty() && args.prompt_file != "-";
    return Error{Code::invalid, (from_file ? args.prompt_file : args.model.engine.path) +
                                    ": the prompt is empty"};
  }
  return prompt;
}

Result<std::vector<TokenId>> encode(const RunArgs& args, const TextModel& text,
                                    const std::string& prompt) {
  if (args.raw || !text.has_chat_template()) return text.encode_prompt(prompt, args.raw);
  std::vector<Message> messages;
  if (!args.system.empty()) messages.push_back({"system", args.system});
  messages.push_back({"user", prompt});
  return text.encode_chat(messages);
}

SamplingOptions sampling(const RunArgs& args, SamplingOptions options) {
  options.greedy = args.greedy;
  if (args.temperature >= 0) options.temperature = static_cast<float>(args.temperature);
  if (args.top_k >= 0) options.top_k = args.top_k;
  if (args.top_p >= 0) options.top_p = static_cast<float>(args.top_p);
  if (args.min_p >= 0) options.min_p = static_cast<float>(args.min_p);
  options.seed = args.has_seed
                     ? args.seed
                     : static_cast<uint64_t>(
                           std::chrono::system_clock::now().time_since_epoch().count());
  return options;
}

const char* reason_text(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop: return "stop";
    case FinishReason::length: return "length";
    case FinishReason::context: return "context";
    case FinishReason::cancelled: return "cancelled";
  }
  return "";
}

std::string as_json(const std::string& answer, const GenerateResult& result, const Stats& stats) {
  nlohmann::ordered_json json;
  json["text"] = answer;
  json["ids"] = result.ids;
  json["finish_reason"] = reason_text(result.reason);
  json["stats"] = nlohmann::ordered_json::parse(statistics_json(stats));
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<int> answer(const RunArgs& args, Console& console) {
  SLUICE_LET(const std::string prompt, read_prompt(args));
  SLUICE_LET(const std::unique_ptr<Engine> engine, open_engine(args.model, console));
  SLUICE_LET(const std::vector<TokenId> ids, encode(args, engine->text(), prompt));
  SLUICE_LET(const std::unique_ptr<Session> session, engine->new_session());
  GenerateOptions options;
  options.max_tokens = args.max_tokens;
  options.sampling = sampling(args, engine->sampling());
  options.cancel = &interrupted();
  options.on_prompt = [&console](size_t done, size_t total) {
    console.progress(fmt::format("reading the prompt: {} of {} tokens", done, total));
  };
  std::string text;
  std::optional<Error> write_failure;
  const auto result = session->generate(ids, options, [&](TokenId, std::string_view piece) {
    console.clear();
    text += piece;
    if (args.common.json || write_failure) return;
    if (auto written = write_output(piece); !written) write_failure = written.error();
  });
  console.clear();
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
