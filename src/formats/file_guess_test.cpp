// Goal: the files that people take for models by mistake are recognised.
#include "formats/file_guess.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sluice {
namespace {

using ::testing::HasSubstr;

std::string guess(const std::string& file) {
  return guess_file_kind(std::string_view(file).substr(0, kFileGuessBytes), file.size());
}

TEST(FileGuess, RecognisesCommonMistakes) {
  EXPECT_THAT(guess(""), HasSubstr("empty"));
  EXPECT_THAT(guess("PK\x03\x04 and more"), HasSubstr("ZIP"));
  EXPECT_THAT(guess("\x80\x02 and more"), HasSubstr("pickle"));
  EXPECT_THAT(guess("\x1f\x8b\x08 and more"), HasSubstr("gzip"));
  EXPECT_THAT(guess("\x28\xb5\x2f\xfd and more"), HasSubstr("zstd"));
  EXPECT_THAT(guess("tjgg and more"), HasSubstr("before GGUF"));
  EXPECT_THAT(guess("version https://git-lfs.github.com/spec/v1"), HasSubstr("LFS"));
  EXPECT_THAT(guess("<!doctype html>"), HasSubstr("web page"));
  EXPECT_THAT(guess("FUGG and more"), HasSubstr("big-endian"));
  EXPECT_THAT(guess(std::string(100, '\0')), HasSubstr("zeros"));
}

TEST(FileGuess, SafetensorsNeedsAHeaderThatFits) {
  const std::string length("\x10\0\0\0\0\0\0\0", 8);
  EXPECT_THAT(guess(length + "{\"a\":{\"dtype\":1}}"), HasSubstr("safetensors"));
  EXPECT_THAT(guess(length + "{\"a\"}"), HasSubstr("starts with 10 00 00 00"));
}

TEST(FileGuess, OtherwiseShowsTheFirstBytes) {
  EXPECT_EQ(guess("G\xffUF..."), "it starts with 47 ff 55 46 instead of 47 47 55 46");
  EXPECT_EQ(guess("GG"), "it has only 2 bytes: 47 47");
}

}  // namespace
}  // namespace sluice
