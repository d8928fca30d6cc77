// Tells a model's thinking from its answer: <think> at the beginning of the text (or of the
// prompt's end) begins it, </think> ends it, each once. Text comes in pieces, cut anywhere.
// Threads: one at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sluice::cli {

class Thinking {
 public:
  /// `sink` gets the text of each kind, without the marks and the blank lines around them.
  using Sink = std::function<void(bool is_thinking, std::string_view text)>;
  /// `begun`: the prompt has ended with <think> already.
  Thinking(bool begun, Sink sink);

  void push(std::string_view text);
  /// What was held back.
  void finish();

 private:
  enum class Part { beginning, before_thinking, thinking, before_answer, answer };

  bool advance();
  bool begin();
  bool skip_to(Part part);
  bool think(bool at_end);

  Sink sink_;
  Part part_;
  std::string pending_;
};

/// The end of a prompt from its <think> on, if the answer begins inside it; otherwise empty.
std::string opened_thinking(std::string_view prompt_end);

}  // namespace sluice::cli
