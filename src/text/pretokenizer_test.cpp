// Goal: each family's pieces are those of its regular expressions, and no input takes more than
// linear time. Method: hand-derived examples for what distinguishes the families; the authority's
// pieces (tests/golden/tokenizers); 200 kB of everything that makes backtracking engines slow.
#include "text/pretokenizer.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "text/normalize.hpp"

namespace sluice {
namespace {

using Pieces = std::vector<std::string>;

constexpr const char* kNames[] = {"qwen2",       "qwen35",       "llama-bpe", "llama4",   "tekken",
                                  "deepseek-v3", "deepseek-llm", "kimi-k2",   "gpt-4o",   "glm4",
                                  "minimax-m2",  "gpt-2",        "olmo",      "command-r"};

Pieces split(std::string_view name, std::string_view text) {
  const auto pretokenizer = Pretokenizer::create(name);
  EXPECT_TRUE(pretokenizer) << name;
  std::vector<size_t> ends;
  pretokenizer->split(text, ends);
  Pieces pieces;
  size_t begin = 0;
  for (const size_t end : ends) {
    EXPECT_GT(end, begin);
    pieces.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  EXPECT_EQ(begin, text.size()) << name;
  return pieces;
}

TEST(Pretokenizer, WordsNumbersAndBlanks) {
  EXPECT_EQ(split("qwen2", "I've 123  apples\n\n x"),
            (Pieces{"I", "'ve", " ", "1", "2", "3", " ", " apples", "\n\n", " x"}));
  EXPECT_EQ(split("llama-bpe", "1234 (x)\r\n\ty  "),
            (Pieces{"123", "4", " (", "x", ")\r\n", "\ty", "  "}));
  EXPECT_EQ(split("qwen2", " \n \n  z"), (Pieces{" \n \n", " ", " z"}));
  EXPECT_EQ(split("gpt-2", "DON'T don't  1234!? \n x"),
            (Pieces{"DON", "'", "T", " don", "'t", " ", " 1234", "!?", " \n", " x"}));
  EXPECT_EQ(split("command-r", "a 12"), (Pieces{"a", " ", "1", "2"}));
}

TEST(Pretokenizer, CasedWords) {
  EXPECT_EQ(split("gpt-4o", "HelloWORLDwide's IT'S a/b//\n"),
            (Pieces{"Hello", "WORLDwide's", " IT'S", " a", "/b", "//\n"}));
  EXPECT_EQ(split("tekken", "Hello's 12"), (Pieces{"Hello", "'s", " ", "1", "2"}));
  // Han belongs to both sides of a cased word, unless the family takes it out.
  EXPECT_EQ(split("gpt-4o",
                  "\xE4\xB8\xAD"
                  "AB"),
            (Pieces{"\xE4\xB8\xAD", "AB"}));
  EXPECT_EQ(split("kimi-k2",
                  "ab\xE4\xB8\xAD\xE6\x96\x87"
                  "cd"),
            (Pieces{"ab", "\xE4\xB8\xAD\xE6\x96\x87", "cd"}));
  // A mark may lead a word, but is one by itself if only capitals follow.
  EXPECT_EQ(split("gpt-4o",
                  "\xCC\x81"
                  "AB"),
            (Pieces{"\xCC\x81", "AB"}));
}

TEST(Pretokenizer, MarksAreLettersInSomeFamilies) {
  const std::string thai = "\xE0\xB8\x97\xE0\xB8\xB5\xE0\xB9\x88";  // a letter and two marks
  EXPECT_EQ(split("qwen35", thai), Pieces{thai});
  EXPECT_EQ(split("qwen2", thai), (Pieces{thai.substr(0, 3), thai.substr(3)}));
}

TEST(Pretokenizer, DeepseekInSeveralPasses) {
  EXPECT_EQ(split("deepseek-v3",
                  "a1234\xE4\xBD\xA0\xE5\xA5\xBD"
                  "b.cd  ,\x01\x02z"),
            (Pieces{"a", "123", "4", "\xE4\xBD\xA0\xE5\xA5\xBD", "b", ".cd", " ", " ,", "\x01",
                    "\x02z"}));
  EXPECT_EQ(split("deepseek-llm", "ab  cd12\n , \xE3\x80\x82\xE3\x80\x80"),
            (Pieces{"ab", " ", " cd", "1", "2", "\n", " ,", " ", "\xE3\x80\x82", "\xE3\x80\x80"}));
}

TEST(Pretokenizer, UnknownNamesAreErrors) {
  const auto unknown = Pretokenizer::create("gpt-9");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::unsupported);
  EXPECT_NE(unknown.error().message.find("gpt-9"), std::string::npos);
  EXPECT_FALSE(Pretokenizer::create(""));
}

TEST(Pretokenizer, EqualsTheAuthoritysPieces) {
  const std::pair<const char*, const char*> folders[] = {
      {"qwen2", "qwen2"},        {"qwen35", "qwen35"},         {"llama3", "llama-bpe"},
      {"tekken", "tekken"},      {"deepseek3", "deepseek-v3"}, {"deepseek-llm", "deepseek-llm"},
      {"kimi-k2", "kimi-k2"},    {"gpt-oss", "gpt-4o"},        {"olmoe", "olmo"},
      {"command-r", "command-r"}};
  for (const auto& [folder, name] : folders) {
    const auto pretokenizer = Pretokenizer::create(name);
    ASSERT_TRUE(pretokenizer);
    std::ifstream file(std::string(SLUICE_SOURCE_DIR "/tests/golden/tokenizers/") + folder +
                       "/cases.jsonl");
    size_t checked = 0;
    for (std::string line; std::getline(file, line);) {
      const auto record = nlohmann::json::parse(line);
      if (!record.contains("pieces")) continue;
      const std::string text = record["text"];
      std::string storage;
      std::vector<size_t> ends;
      pretokenizer->split(pretokenizer->family().normalizes ? normalize_nfc(text, storage) : text,
                          ends);
      std::vector<size_t> lengths;
      for (const size_t end : ends)
        lengths.push_back(end - (lengths.empty() ? 0 : ends[lengths.size() - 1]));
      EXPECT_EQ(nlohmann::json(lengths), record["pieces"]) << name << " " << record["name"];
      ++checked;
    }
    EXPECT_GT(checked, 300u) << name;
  }
}

TEST(Pretokenizer, IllFormedTextKeepsItsBytes) {
  for (const char* const name : kNames)
    split(name, std::string_view("a\xFF\xC3 \xE2\x82\n\xF0\x9F\x99 1\x80\0b", 16));
}

TEST(Pretokenizer, LongTextOfAnythingIsLinear) {
  const std::string_view units[] = {" ",
                                    "a",
                                    "A",
                                    "1",
                                    ".",
                                    "\n",
                                    " \n",
                                    "   x",
                                    "'",
                                    "'s",
                                    "\xE4\xB8\xAD"
                                    "A",
                                    "Aa.",
                                    "/",
                                    "\xCC\x81",
                                    "\xE3\x80\x80",
                                    "\x01",
                                    " ,",
                                    "\xFF",
                                    "\t",
                                    "\xE4\xB8\xAD",
                                    "\xC2\x85"};
  for (const char* const name : kNames) {
    for (const std::string_view unit : units) {
      std::string text;
      while (text.size() < 200000) text += unit;
      std::vector<size_t> ends;
      Pretokenizer::create(name)->split(text, ends);
      ASSERT_EQ(ends.back(), text.size());
    }
  }
}

}  // namespace
}  // namespace sluice
