// Chat templates: messages to a prompt. The first implementation is ChatML by hand; the template
// engine stands behind the same interface. Threads: const after creation.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sluice/error.hpp"
#include "text/segments.hpp"

namespace sluice {

struct ChatMessage {
  std::string role;     ///< "system", "user", "assistant"
  std::string content;
};

class ChatTemplate {
 public:
  virtual ~ChatTemplate() = default;
  /// The prompt, role headers as markup and message contents as plain text; ends with the header of
  /// the assistant's turn if `add_generation_prompt`. Errors: invalid (empty list, unknown role).
  virtual Result<Segments> render(std::span<const ChatMessage> messages,
                                  bool add_generation_prompt) const = 0;
};

/// "<|im_start|>role\ncontent<|im_end|>\n" for each message (Qwen and others).
std::unique_ptr<ChatTemplate> make_chatml();

}  // namespace sluice
