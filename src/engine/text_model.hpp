// TextModel over a file's vocabulary: tokenizer and chat template together.
#pragma once

#include <memory>

#include "formats/metadata.hpp"
#include "sluice/text.hpp"
#include "text/chat_format.hpp"
#include "text/tokenizer.hpp"

namespace sluice {

class FileText final : public TextModel {
 public:
  /// Takes the vocabulary out of `metadata`. `path` is for messages; `chat_template` as in open.
  /// Errors: corrupt, unsupported.
  static Result<std::unique_ptr<FileText>> create(Metadata& metadata, const std::string& path,
                                                  const std::string& chat_template = {});
  /// From a tokenizer.json and the files beside it. Errors: io, corrupt, unsupported.
  static Result<std::unique_ptr<FileText>> open_folder(const std::string& tokenizer_json,
                                                       const std::string& chat_template = {});

  std::vector<TokenId> encode_prompt(std::string_view text, bool parse_control) const override;
  std::vector<TokenId> encode(std::string_view text, bool parse_control) const override;
  Result<std::vector<TokenId>> encode_chat(std::span<const Message> messages,
                                           std::string_view arguments) const override;
  Result<ChatPrompt> render_chat(std::string_view request) const override;
  bool has_chat_template() const override { return chat_.exists(); }
  Result<std::string> decode(std::span<const TokenId> ids) const override;
  size_t vocabulary_size() const override { return tokenizer_.size(); }
  std::vector<TokenId> stop_ids() const override { return tokenizer_.stops(); }
  TokenId bos() const override;
  std::vector<std::pair<std::string, std::string>> describe() const override;

  const Tokenizer& tokenizer() const { return tokenizer_; }

 private:
  static Result<std::unique_ptr<FileText>> make(Result<Vocabulary> vocabulary,
                                                const std::string& path,
                                                const ChatTemplateSources& chat_sources);
  FileText(Tokenizer tokenizer, ChatFormat chat)
      : tokenizer_(std::move(tokenizer)), chat_(std::move(chat)) {}

  Tokenizer tokenizer_;
  ChatFormat chat_;
};

}  // namespace sluice
