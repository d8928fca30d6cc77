#include "engine/text_model.hpp"

#include "engine/vocabulary_source.hpp"
#include "formats/gguf.hpp"

namespace sluice {

Result<std::unique_ptr<TextModel>> TextModel::open(const std::string& path) {
  SLUICE_LET(ModelFile file, open_gguf(path));
  SLUICE_LET(std::unique_ptr<FileText> text, FileText::create(file.metadata, path));
  return std::unique_ptr<TextModel>(std::move(text));
}

Result<std::unique_ptr<FileText>> FileText::create(Metadata& metadata, const std::string& path) {
  const auto in_file = [&path](Error error) {
    return Error{error.code, path + ": " + error.message};
  };
  const std::string chat(metadata.text("tokenizer.chat_template").value_or(""));
  auto vocabulary = read_vocabulary(metadata);
  if (!vocabulary) return in_file(vocabulary.error());
  auto tokenizer = Tokenizer::create(std::move(*vocabulary));
  if (!tokenizer) return in_file(tokenizer.error());
  auto text = std::unique_ptr<FileText>(new FileText(std::move(*tokenizer)));
  const bool has_chatml_tokens = text->tokenizer_.find("<|im_start|>").has_value() &&
                                 text->tokenizer_.find("<|im_end|>").has_value();
  if (has_chatml_tokens && chat.find("<|im_start|>") != std::string::npos) {
    text->template_ = make_chatml();
  }
  return text;
}

std::vector<TokenId> FileText::encode_prompt(std::string_view text, bool parse_control) const {
  return tokenizer_.encode(Segments{{std::string(text), parse_control}});
}

std::vector<TokenId> FileText::encode(std::string_view text, bool parse_control) const {
  return tokenizer_.encode(text, parse_control);
}

Result<std::vector<TokenId>> FileText::encode_chat(std::span<const Message> messages) const {
  if (template_ == nullptr) {
    return Error{Code::unsupported, "this model has no chat template that is known here; "
                                    "give it raw text (--raw)"};
  }
  std::vector<ChatMessage> chat;
  for (const Message& message : messages) chat.push_back({message.role, message.content});
  SLUICE_LET(const Segments prompt, template_->render(chat, true));
  return tokenizer_.encode(prompt);
}

Result<std::string> FileText::decode(std::span<const TokenId> ids) const {
  return tokenizer_.decode(ids, true);
}

TokenId FileText::bos() const { return tokenizer_.adds_bos() ? tokenizer_.bos().value_or(-1) : -1; }

std::vector<std::pair<std::string, std::string>> FileText::describe() const {
  std::string stops;
  for (const TokenId id : tokenizer_.stops()) {
    stops += (stops.empty() ? "" : " ") + std::to_string(id) + " " +
             std::string(tokenizer_.bytes(id, true));
  }
  return {{"model", std::string(tokenizer_.model())},
          {"pre-tokenizer", std::string(tokenizer_.pre())},
          {"tokens", std::to_string(tokenizer_.size())},
          {"begins with", tokenizer_.adds_bos() ? std::to_string(bos()) : "nothing"},
          {"stops at", stops},
          {"chat template", template_ == nullptr ? "none" : "ChatML"}};
}

}  // namespace sluice
