// Goal: reading in order gives the bytes of the file wherever they lie against the window, and
// nothing beyond its end or beyond the limit for headers.
// Method: a file of several windows with known content, and a sparse file larger than the limit.
#include "formats/header_input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "support/gguf_writer.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

using ::testing::HasSubstr;

std::string pattern(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 31 % 251);
  return bytes;
}

class HeaderInputTest : public ::testing::Test {
 protected:
  Result<File> open_file(std::string_view bytes) const {
    test::write_file(folder_ / "file", bytes);
    return File::open(folder_ / "file");
  }
  test::TemporaryFolder folder_;
};

TEST_F(HeaderInputTest, PiecesOfEverySizeAreTheFile) {
  const std::string content = pattern(300'000);
  const auto file = open_file(content);
  ASSERT_TRUE(file);
  for (const size_t step : {1u, 7u, 4096u, 65535u, 65536u, 65537u, 150'000u}) {
    auto input = HeaderInput::open(*file);
    ASSERT_TRUE(input) << input.error().message;
    std::string copy;
    while (input->remaining() > 0) {
      ASSERT_EQ(input->position(), copy.size());
      const auto part = input->bytes(std::min<uint64_t>(step, input->remaining()));
      ASSERT_TRUE(part) << part.error().message;
      copy.append(*part);
    }
    EXPECT_EQ(copy, content) << step;
  }
}

TEST_F(HeaderInputTest, NumbersLieAcrossTheWindowsEdge) {
  std::string content(65533, 'x');
  content += test::number_bytes(uint64_t{0x1122334455667788}) + test::number_bytes(1.5f);
  const auto file = open_file(content);
  ASSERT_TRUE(file);
  auto input = HeaderInput::open(*file);
  ASSERT_TRUE(input);
  ASSERT_TRUE(input->bytes(65533));
  EXPECT_EQ(*input->number<uint64_t>(), 0x1122334455667788u);
  EXPECT_EQ(*input->number<float>(), 1.5f);
  EXPECT_EQ(input->remaining(), 0u);
}

TEST_F(HeaderInputTest, NothingBeyondTheEnd) {
  const auto file = open_file("12345");
  ASSERT_TRUE(file);
  auto input = HeaderInput::open(*file);
  ASSERT_TRUE(input);
  input->enter("metadata", 3, 24);
  input->name("a\nkey");
  const auto number = input->number<uint64_t>();
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().code, Code::corrupt);
  EXPECT_EQ(number.error().message,
            file->path() + ": metadata 3 of 24 ('a\\x0akey'): truncated or damaged: 8 bytes needed "
                           "at offset 0, but the file ends at 5");
  EXPECT_FALSE(input->bytes(6));
  EXPECT_FALSE(input->bytes(~uint64_t{0}));
  EXPECT_EQ(*input->bytes(5), "12345");
  EXPECT_TRUE(input->bytes(0));
  EXPECT_FALSE(input->number<uint8_t>());
}

TEST_F(HeaderInputTest, RequireChecksCountsWithoutOverflow) {
  const auto file = open_file("12345678");
  ASSERT_TRUE(file);
  auto input = HeaderInput::open(*file);
  ASSERT_TRUE(input);
  EXPECT_TRUE(input->require(8, 1));
  EXPECT_TRUE(input->require(2, 4));
  EXPECT_FALSE(input->require(3, 3));
  EXPECT_FALSE(input->require(uint64_t{1} << 61, 8));
  EXPECT_FALSE(input->require(~uint64_t{0}, 14));
}

TEST_F(HeaderInputTest, HugeFilesAreReadToTheLimitOnly) {
  const std::string path = folder_ / "file";
  test::write_file(path, "GGUF");
  const uint64_t size = kHeaderBytesMax + 100;
  ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(size)), 0);
  const auto file = File::open(path);
  ASSERT_TRUE(file);
  auto input = HeaderInput::open(*file);
  ASSERT_TRUE(input);
  EXPECT_EQ(input->remaining(), kHeaderBytesMax);
  const auto beyond = input->bytes(size);
  ASSERT_FALSE(beyond);
  EXPECT_THAT(beyond.error().message, HasSubstr("beyond 256 MiB"));
}

TEST_F(HeaderInputTest, AFileThatShrinksIsAnError) {
  const auto file = open_file(pattern(200'000));
  ASSERT_TRUE(file);
  auto input = HeaderInput::open(*file);
  ASSERT_TRUE(input);
  ASSERT_TRUE(input->bytes(10));
  ASSERT_EQ(truncate(file->path().c_str(), 100), 0);
  const auto gone = input->bytes(150'000);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::io);
}

TEST_F(HeaderInputTest, AFileReplacedMeanwhileIsAnError) {
  const auto file = open_file("first");
  ASSERT_TRUE(file);
  test::write_file(folder_ / "second", "other");
  ASSERT_EQ(rename((folder_ / "second").c_str(), file->path().c_str()), 0);
  const auto replaced = HeaderInput::open(*file);
  ASSERT_FALSE(replaced);
  EXPECT_THAT(replaced.error().message, HasSubstr("replaced"));
  ASSERT_EQ(unlink(file->path().c_str()), 0);
  const auto missing = HeaderInput::open(*file);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("cannot open"));
}

}  // namespace
}  // namespace sluice
