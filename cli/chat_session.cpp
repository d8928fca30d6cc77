#include "cli/chat_session.hpp"

#include <fmt/core.h>

#include <filesystem>

#include "cli/live_display.hpp"
#include "cli/statistics.hpp"

namespace sluice::cli {

namespace {

// A conversation that may be gone on with is not longer: for each token of the context, and
// besides.
constexpr uintmax_t kSavedBytes = 32;
constexpr uintmax_t kSavedBytesMore = 64 << 10;
// The end of a prompt in which an opened <think> is looked for.
constexpr size_t kPromptEndTokens = 8;

Message message_of(const char* role, const std::string& content) {
  Message message;
  message.role = role;
  message.content = content;
  return message;
}

// What the prompt has begun of the answer: a template may open the thinking itself.
std::string begun_answer(const TextModel& text, std::span<const TokenId> prompt) {
  const auto end = text.decode(prompt.last(std::min(prompt.size(), kPromptEndTokens)));
  return end ? opened_thinking(*end) : "";
}

Result<std::string> read_saved(const std::string& path, uint64_t context) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return Error{Code::io, path + ": there is no such file"};
  }
  if (!std::filesystem::is_regular_file(path, error)) {
    return Error{Code::invalid, path + ": this is no saved conversation"};
  }
  if (std::filesystem::file_size(path, error) > kSavedBytes * context + kSavedBytesMore) {
    return Error{Code::invalid, path + ": too long for a conversation in a context of " +
                                    std::to_string(context) + " tokens"};
  }
  return read_input(path);
}

}  // namespace

ChatSession::ChatSession(Engine& engine, Session& session, Console& console, ChatSettings chosen)
    : settings(std::move(chosen)),
      engine_(engine),
      session_(session),
      console_(console),
      style_(detect_style()),
      last_(session.stats()) {}

Result<Turn> ChatSession::say(const std::string& message) {
  conversation.messages.push_back(message_of("user", message));
  auto turn = answer();
  if (!turn || *turn == Turn::taken_back) conversation.messages.pop_back();
  return turn;
}

Result<Turn> ChatSession::again() {
  std::vector<Message>& messages = conversation.messages;
  if (messages.empty()) return Error{Code::invalid, "there is no answer to generate again"};
  if (messages.back().role == "user") return answer();
  const Message old = messages.back();
  messages.pop_back();
  auto turn = messages.empty() ? Error{Code::invalid, "there is no message to answer"} : answer();
  if (!turn || *turn == Turn::taken_back) messages.push_back(old);
  return turn;
}

Result<Turn> ChatSession::answer() {
  SLUICE_LET(const std::vector<TokenId> ids,
             engine_.text().encode_chat(conversation.prompt(), settings.template_arguments));
  std::string text = begun_answer(engine_.text(), ids);
  const size_t begun = text.size();
  const auto result = generate(ids, text);
  if (!result) return result.error();
  explain(*result);
  const bool stopped = result->reason == FinishReason::cancelled;
  if (stopped && text.size() == begun) return Turn::taken_back;
  conversation.messages.push_back(message_of("assistant", text));
  return stopped ? Turn::stopped : Turn::answered;
}

Result<GenerateResult> ChatSession::generate(std::span<const TokenId> ids, std::string& text) {
  kept_tokens_ = session_.keep_prefix(ids);
  GenerateOptions options;
  options.max_tokens = settings.max_tokens;
  options.sampling = settings.sampling;
  if (!settings.has_seed) options.sampling.seed = random_seed();
  options.stop_strings = settings.stop;
  options.cancel = &interrupted();
  LiveDisplay display(session_, console_, settings.live);
  options.on_layer = display.for_prompt(ids.size() - kept_tokens_);
  AnswerStyle style = style_;
  style.show_thinking = settings.show_thinking;
  style.thinking_begun = !text.empty();
  AnswerWriter writer(console_, style);
  const Stats before = session_.stats();
  auto result =
      session_.generate(ids.subspan(kept_tokens_), options, [&](TokenId, std::string_view piece) {
        text += piece;
        display.token();
        writer.write(piece);
        if (writer.failure()) interrupt();
      });
  display.end();
  writer.finish();
  last_ = between(before, session_.stats());
  output_failed_ = writer.failure().has_value();
  if (output_failed_) return *writer.failure();
  return result;
}

void ChatSession::explain(const GenerateResult& result) const {
  if (result.reason == FinishReason::context) {
    console_.note(
        fmt::format("(the context of {} tokens is full: /clear begins anew, --ctx gives it "
                    "more)",
                    engine_.plan().context_tokens));
  }
  if (result.reason == FinishReason::length) {
    console_.note(fmt::format("(ended after {} tokens: /set max-tokens)", result.ids.size()));
  }
}

std::string ChatSession::statistics() const {
  return statistics_text(last_, engine_.plan()) +
         fmt::format("context  {} of {} tokens; {} of the last prompt were kept from before",
                     session_.position(), engine_.plan().context_tokens, kept_tokens_);
}

Result<void> ChatSession::save(const std::string& path) const {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    const auto old = read_saved(path, engine_.plan().context_tokens);
    if (!old || !is_conversation(*old)) {
      return Error{Code::invalid, path +
                                      ": exists, and is no saved conversation; choose another "
                                      "name"};
    }
  }
  return write_file(path, conversation_json(conversation, settings, engine_.plan().model));
}

Result<void> ChatSession::load(const std::string& path) {
  SLUICE_LET(const std::string text, read_saved(path, engine_.plan().context_tokens));
  return read_conversation(text, path, conversation, settings);
}

}  // namespace sluice::cli
