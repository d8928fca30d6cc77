// Goal: token ids of published tokenizers equal those of their authorities (Hugging Face
// tokenizers, tiktoken, sentencepiece), over all texts and the whole corpus.
// Method: $SLUICE_SHARED/golden/tokenizers/real (default: shared beside the source tree) has texts
// and ids; scripts/fetch_tokenizers.py gets the tokenizers into $SLUICE_TOKENIZERS (default:
// build/tokenizers). Not part of the ordinary tests; what is not there is a loud SKIP.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "support/json_file.hpp"
#include "support/published_vocabulary.hpp"
#include "support/sha256.hpp"
#include "text/tokenizer.hpp"

namespace sluice::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

fs::path folder_of(const char* variable, const fs::path& usual) {
  const char* const named = std::getenv(variable);
  return named != nullptr ? fs::path(named) : fs::path(SLUICE_SOURCE_DIR) / usual;
}

fs::path golden() {
  return folder_of("SLUICE_SHARED", "../shared") / "golden" / "tokenizers";
}
fs::path tokenizers() {
  return folder_of("SLUICE_TOKENIZERS", "build/tokenizers");
}

// The digest of a file, against sources.json.
bool is_the_one(const std::string& content, const json& source) {
  Sha256 digest;
  digest.update(content);
  return digest.hex() == source["sha256"];
}

std::string digest_of(const std::vector<TokenId>& ids) {
  Sha256 digest;
  for (const TokenId signed_id : ids) {
    const auto id = static_cast<uint32_t>(signed_id);
    const char bytes[4] = {static_cast<char>(id), static_cast<char>(id >> 8),
                           static_cast<char>(id >> 16), static_cast<char>(id >> 24)};
    digest.update({bytes, 4});
  }
  return digest.hex();
}

// Gemma 4's channel and tool tokens. Its GGUF calls them user-defined so that they are shown, and
// its vectors, which were made from the GGUF, find them in plain text. Hugging Face's file calls
// them special, and no user may write them here: a difference on purpose.
bool is_shown_control(const std::string& name, TokenId id) {
  return name == "gguf-gemma-4" && ((id >= 48 && id <= 52) || id == 100 || id == 101);
}

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The median of several encodings of a text that was encoded before, in processor time. For what
// it is worth on a busy machine; nothing depends on it.
double megabytes_per_second(const Tokenizer& tokenizer, const std::string& text) {
  constexpr size_t kRuns = 11;
  std::array<double, kRuns> seconds{};
  for (double& run : seconds) {
    const double begin = processor_seconds();
    const std::vector<TokenId> ids = tokenizer.encode(text, false);
    run = processor_seconds() - begin;
  }
  std::sort(seconds.begin(), seconds.end());
  return static_cast<double>(text.size()) / 1e6 / seconds[kRuns / 2];
}

struct Counts {
  size_t cases = 0;
  size_t wrong = 0;
  size_t on_purpose = 0;
};

class Published {
 public:
  Published()
      : sources_(json::parse(read_text(golden() / "real" / "sources.json"))),
        corpus_(read_text(golden() / "corpus.txt")) {
    for (const json& line : read_json_lines(golden() / "real" / "texts.jsonl"))
      texts_[line["name"]] = line["text"];
  }

  const json& sources() const { return sources_; }

  void check(const std::string& name) const {
    const json& source = sources_[name];
    const fs::path path = tokenizers() / name / fs::path(source["file"]).filename();
    ASSERT_TRUE(is_the_one(read_text(path), source)) << path << " has another SHA-256";
    auto vocabulary = read_published(path.string(), source);
    ASSERT_TRUE(vocabulary) << name << ": " << vocabulary.error().message;
    const auto tokenizer = Tokenizer::create(*std::move(vocabulary));
    ASSERT_TRUE(tokenizer) << name << ": " << tokenizer.error().message;
    const Counts counts = compare(name, *tokenizer);
    EXPECT_EQ(counts.wrong, 0u) << name << " of " << counts.cases;
    const std::vector<TokenId> ids = tokenizer->encode(corpus_, false);
    const bool same = digest_of(ids) == source["corpus"]["sha256"];
    EXPECT_TRUE(same) << name << ": the corpus differs";
    std::printf("%-18s %4zu encodings, %zu differ, %zu on purpose; corpus %s; %.1f MB/s, %.1f MB\n",
                name.c_str(), counts.cases, counts.wrong, counts.on_purpose,
                same ? "equal" : "DIFFERS", megabytes_per_second(*tokenizer, corpus_),
                static_cast<double>(tokenizer->memory_bytes()) / 1e6);
  }

 private:
  Counts compare(const std::string& name, const Tokenizer& tokenizer) const {
    const std::string kind = sources_[name]["kind"];
    const bool plain_only = kind == "sentencepiece" || kind == "tekken";
    Counts counts;
    for (const json& line : read_json_lines(golden() / "real" / (name + ".jsonl"))) {
      const std::string text =
          line.contains("text") ? line["text"].get<std::string>() : texts_.at(line["name"]);
      for (const bool special : {false, true}) {
        if (special && plain_only) continue;
        const char* const key =
            special && line.contains("ids_with_special") ? "ids_with_special" : "ids";
        ++counts.cases;
        const json ids = tokenizer.encode(text, special);
        if (ids == line[key]) continue;
        const auto shown = [&](const json& id) { return is_shown_control(name, id); };
        if (!special && std::any_of(line[key].begin(), line[key].end(), shown)) {
          ++counts.on_purpose;
          continue;
        }
        ++counts.wrong;
        ADD_FAILURE() << name << " " << line["name"] << (special ? " with special" : "") << "\n"
                      << json(text).dump().substr(0, 300) << "\n"
                      << ids.dump().substr(0, 500) << "\n"
                      << line[key].dump().substr(0, 500);
      }
    }
    return counts;
  }

  json sources_;
  std::string corpus_;
  std::map<std::string, std::string> texts_;
};

TEST(PublishedTokenizers, EqualTheirAuthorities) {
  if (!fs::exists(golden() / "real" / "sources.json"))
    GTEST_SKIP() << "SKIP: no tokenizers/real in " << golden() << "; set SLUICE_SHARED";
  const Published published;
  size_t missing = 0;
  for (const auto& [name, source] : published.sources().items()) {
    const fs::path path = tokenizers() / name / fs::path(source["file"]).filename();
    if (fs::exists(path)) {
      published.check(name);
    } else {
      ++missing;
      std::printf("SKIP: %s is not there; run scripts/fetch_tokenizers.py\n", path.c_str());
    }
  }
  if (missing == published.sources().size())
    GTEST_SKIP() << "SKIP: no published tokenizer is in " << tokenizers();
}

}  // namespace
}  // namespace sluice::test
