#include "engine/text_model.hpp"

#include "engine/tokenizer_folder.hpp"
#include "engine/vocabulary_source.hpp"
#include "formats/gguf.hpp"
#include "text/chat_request.hpp"

namespace sluice {

namespace {

// The keys as transformers' and llama.cpp's converters write them: one template, or several names.
ChatTemplateSources chat_sources(const Metadata& metadata) {
  const auto text = [&metadata](std::string_view key) {
    return std::string(metadata.text(key).value_or(""));
  };
  return {text("tokenizer.chat_template"), text("tokenizer.chat_template.tool_use")};
}

}  // namespace

Result<std::unique_ptr<TextModel>> TextModel::open(const std::string& path,
                                                   const std::string& chat_template) {
  const std::string tokenizer_json = find_tokenizer_json(path);
  if (!tokenizer_json.empty()) {
    SLUICE_LET(auto text, FileText::open_folder(tokenizer_json, chat_template));
    return std::unique_ptr<TextModel>(std::move(text));
  }
  SLUICE_LET(ModelFile file, open_gguf(path));
  SLUICE_LET(std::unique_ptr<FileText> text, FileText::create(file.metadata, path, chat_template));
  return std::unique_ptr<TextModel>(std::move(text));
}

Result<std::unique_ptr<FileText>> FileText::create(Metadata& metadata, const std::string& path,
                                                   const std::string& chat_template) {
  return make(read_vocabulary(metadata), path,
              chat_template.empty() ? chat_sources(metadata)
                                    : ChatTemplateSources{chat_template, {}});
}

Result<std::unique_ptr<FileText>> FileText::open_folder(const std::string& tokenizer_json,
                                                        const std::string& chat_template) {
  SLUICE_LET(TokenizerFolder folder, read_tokenizer_folder(tokenizer_json));
  return make(read_tokenizer_json(std::move(folder.files)), tokenizer_json,
              chat_template.empty() ? std::move(folder.chat)
                                    : ChatTemplateSources{chat_template, {}});
}

Result<std::unique_ptr<FileText>> FileText::make(Result<Vocabulary> vocabulary,
                                                 const std::string& path,
                                                 const ChatTemplateSources& chat_sources) {
  const auto in_file = [&path](Error error) {
    return Error{error.code, path + ": " + error.message};
  };
  if (!vocabulary) return in_file(vocabulary.error());
  ChatFormat chat(chat_sources, *vocabulary);
  auto tokenizer = Tokenizer::create(std::move(*vocabulary));
  if (!tokenizer) return in_file(tokenizer.error());
  return std::unique_ptr<FileText>(new FileText(std::move(*tokenizer), std::move(chat)));
}

std::vector<TokenId> FileText::encode_prompt(std::string_view text, bool parse_control) const {
  return tokenizer_.encode(Segments{{std::string(text), parse_control}});
}

std::vector<TokenId> FileText::encode(std::string_view text, bool parse_control) const {
  return tokenizer_.encode(text, parse_control);
}

Result<std::vector<TokenId>> FileText::encode_chat(std::span<const Message> messages,
                                                   std::string_view arguments) const {
  TemplateInput input;
  TemplateValue::List list;
  for (const Message& message : messages) {
    list.emplace_back(
        TemplateValue::Map{{"role", message.role}, {"content", message.content}});
  }
  input.messages = std::move(list);
  input.add_generation_prompt = true;
  if (!arguments.empty()) {
    SLUICE_LET(input.arguments, read_template_arguments(arguments));
  }
  SLUICE_LET(const Segments prompt, chat_.render(std::move(input), tokenizer_));
  return tokenizer_.encode(prompt);
}

Result<ChatPrompt> FileText::render_chat(std::string_view request) const {
  SLUICE_LET(TemplateInput input, read_chat_request(request));
  SLUICE_LET(Segments segments, chat_.render(std::move(input), tokenizer_));
  ChatPrompt prompt;
  prompt.ids = tokenizer_.encode(segments);
  for (Segment& segment : segments) {
    prompt.segments.push_back({std::move(segment.text), segment.markup});
  }
  return prompt;
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
          {"chat template", chat_.exists() ? "yes" : "none"}};
}

}  // namespace sluice
