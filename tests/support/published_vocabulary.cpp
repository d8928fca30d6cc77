#include "support/published_vocabulary.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/vocabulary_source.hpp"
#include "formats/gguf.hpp"
#include "support/byte_vocabulary.hpp"
#include "text/tokenizer_json.hpp"

namespace sluice::test {

namespace {

using nlohmann::json;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string decode_base64(std::string_view text) {
  std::string bytes;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z') value = static_cast<unsigned>(c - 'A');
    if (c >= 'a' && c <= 'z') value = static_cast<unsigned>(c - 'a' + 26);
    if (c >= '0' && c <= '9') value = static_cast<unsigned>(c - '0' + 52);
    if (c == '+') value = 62;
    if (c == '/') value = 63;
    if (c == '=') break;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  return bytes;
}

void append_ranked(const std::string& bytes, Vocabulary& vocabulary) {
  vocabulary.scores.push_back(-static_cast<double>(vocabulary.tokens.size()));
  vocabulary.tokens.push_back(ByteVocabulary::spell(bytes));
  vocabulary.types.push_back(TokenType::normal);
}

void append_control(std::string_view text, Vocabulary& vocabulary) {
  vocabulary.tokens.push_back(text);
  vocabulary.types.push_back(TokenType::control);
  vocabulary.scores.push_back(0);
}

// Lines of a token in base64 and its rank.
Result<Vocabulary> read_tiktoken(const std::string& path, const json& source) {
  Vocabulary vocabulary;
  vocabulary.model = "gpt2";
  vocabulary.pre = source["family"];
  std::istringstream lines(read_file(path));
  for (std::string token, rank; lines >> token >> rank;)
    append_ranked(decode_base64(token), vocabulary);
  std::vector<std::pair<size_t, std::string>> special;
  for (const auto& [text, id] : source["special"].items()) special.emplace_back(id, text);
  std::sort(special.begin(), special.end());
  for (const auto& [id, text] : special) {
    while (vocabulary.tokens.size() < id)
      append_control("<free_" + std::to_string(vocabulary.tokens.size()) + ">", vocabulary);
    append_control(text, vocabulary);
  }
  return vocabulary;
}

Result<Vocabulary> read_tekken(const std::string& path) {
  const json file = json::parse(read_file(path));
  const size_t special = file["config"]["default_num_special_tokens"];
  const size_t size = file["config"]["default_vocab_size"];
  Vocabulary vocabulary;
  vocabulary.model = "gpt2";
  vocabulary.pre = "tekken";
  for (size_t i = 0; i < special; ++i)
    append_control("<SPECIAL_" + std::to_string(i) + ">", vocabulary);
  for (const json& entry : file["vocab"]) {
    if (vocabulary.tokens.size() < size)
      append_ranked(decode_base64(entry["token_bytes"].get<std::string>()), vocabulary);
  }
  return vocabulary;
}

// The fields of a protocol buffer message, one after the other.
class Message {
 public:
  explicit Message(std::string_view bytes) : bytes_(bytes) {}

  struct Field {
    uint64_t number = 0;
    uint64_t value = 0;      // of a varint, or the bits of a float
    std::string_view bytes;  // of a message or string
  };

  std::optional<Field> next() {
    if (bytes_.empty()) return std::nullopt;
    const uint64_t key = varint();
    Field field{key >> 3, 0, {}};
    const uint64_t wire = key & 7;
    if (wire == 0) field.value = varint();
    if (wire == 5) std::memcpy(&field.value, take(4).data(), 4);
    if (wire == 1) take(8);
    if (wire == 2) field.bytes = take(varint());
    return field;
  }

 private:
  uint64_t varint() {
    uint64_t value = 0;
    for (unsigned shift = 0; !bytes_.empty() && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  std::string_view take(uint64_t count) {
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view bytes_;
};

// SentencePiece's ModelProto: field 1 are the pieces, of text (1), score (2) and type (3), whose
// numbers are GGUF's.
Result<Vocabulary> read_sentencepiece(const std::string& path) {
  const std::string content = read_file(path);
  Vocabulary vocabulary;
  vocabulary.model = "llama";
  Message model(content);
  while (const auto field = model.next()) {
    if (field->number != 1) continue;
    std::string_view text;
    float score = 0;
    uint64_t type = 1;
    Message piece(field->bytes);
    while (const auto part = piece.next()) {
      if (part->number == 1) text = part->bytes;
      if (part->number == 2) std::memcpy(&score, &part->value, 4);
      if (part->number == 3) type = part->value;
    }
    vocabulary.tokens.push_back(text);
    vocabulary.scores.push_back(score);
    vocabulary.types.push_back(static_cast<TokenType>(type));
  }
  return vocabulary;
}

}  // namespace

Result<Vocabulary> read_published(const std::string& path, const json& source) {
  const std::string kind = source["kind"];
  if (kind == "tiktoken") return read_tiktoken(path, source);
  if (kind == "tekken") return read_tekken(path);
  if (kind == "sentencepiece") return read_sentencepiece(path);
  if (kind == "gguf") {
    SLUICE_LET(ModelFile file, open_gguf(path));
    return read_vocabulary(file.metadata);
  }
  TokenizerFiles files;
  files.tokenizer = read_file(path);
  return read_tokenizer_json(std::move(files));
}

}  // namespace sluice::test
