// A conversation with a model: the messages, the settings, and the turns. Keys and values stay from
// turn to turn: only what is new is evaluated. Threads: one at a time.
#pragma once

#include <string>

#include "cli/answer_writer.hpp"
#include "cli/console.hpp"
#include "cli/conversation.hpp"
#include "sluice/engine.hpp"

namespace sluice::cli {

/// How a turn ended. After Ctrl-C, interrupted() is still set.
enum class Turn {
  answered,
  stopped,    ///< Ctrl-C; what had come of the answer is part of the conversation
  taken_back  ///< Ctrl-C before anything had come: the conversation is as before
};

class ChatSession {
 public:
  /// The engine, its session and the console must outlive this.
  ChatSession(Engine& engine, Session& session, Console& console, ChatSettings settings);

  /// Adds the message and writes the answer to it. After an error the conversation is as before.
  Result<Turn> say(const std::string& message);
  /// Answers the last message again. Errors: invalid (there is none), and as say().
  Result<Turn> again();
  /// The last answer's, for people.
  std::string statistics() const;

  Result<void> save(const std::string& path) const;
  Result<void> load(const std::string& path);

  /// True once standard output could not be written: nobody reads any more.
  bool output_failed() const { return output_failed_; }

  Conversation conversation;
  ChatSettings settings;

 private:
  Result<Turn> answer();
  Result<GenerateResult> generate(std::span<const TokenId> ids, std::string& text);
  void explain(const GenerateResult& result) const;

  Engine& engine_;
  Session& session_;
  Console& console_;
  AnswerStyle style_;
  Stats last_;
  size_t kept_tokens_ = 0;    // of the last prompt, from the turns before
  bool output_failed_ = false;
};

}  // namespace sluice::cli
