#include "text/template.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace sluice {

namespace {

class ChatMl final : public ChatTemplate {
 public:
  Result<Segments> render(std::span<const ChatMessage> messages,
                          bool add_generation_prompt) const override {
    static constexpr std::string_view kRoles[] = {"system", "user", "assistant"};
    if (messages.empty()) return Error{Code::invalid, "a chat needs at least one message"};
    Segments prompt;
    std::string markup;
    for (const ChatMessage& message : messages) {
      // The role becomes markup, so it must be one of ours and nothing else.
      if (std::find(std::begin(kRoles), std::end(kRoles), message.role) == std::end(kRoles))
        return Error{Code::invalid, "a chat message has the role \"" + message.role +
                                        "\"; ChatML knows system, user and assistant"};
      markup += "<|im_start|>" + message.role + "\n";
      prompt.push_back({std::move(markup), true});
      prompt.push_back({message.content, false});
      markup = "<|im_end|>\n";
    }
    if (add_generation_prompt) markup += "<|im_start|>assistant\n";
    prompt.push_back({std::move(markup), true});
    return prompt;
  }
};

}  // namespace

std::unique_ptr<ChatTemplate> make_chatml() {
  return std::make_unique<ChatMl>();
}

}  // namespace sluice
