// Goal: opening a file gives its size and how it must be read, and every way in which a path can
// be wrong gives one line that says which.
// Method: real files, folders, pipes and permissions in a temporary folder; direct reads are done
// at the promised alignment.
#include "io/file.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class FileTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path(name), std::ios::binary) << bytes;
    return path(name);
  }
  static void expect_error(const std::string& path, const std::string& reason) {
    const auto file = File::open(path);
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Code::io);
    EXPECT_THAT(file.error().message, HasSubstr(path));
    EXPECT_THAT(file.error().message, HasSubstr(reason));
    EXPECT_THAT(file.error().message, Not(HasSubstr("\n")));
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(FileTest, DirectReadsWorkAtThePromisedAlignment) {
  const std::string bytes(20000, 'x');
  const auto file = File::open(write("model", bytes));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->size(), bytes.size());
  EXPECT_EQ(file->path(), path("model"));
  ASSERT_TRUE(is_power_of_two(file->alignment()));
  if (file->caching() == Caching::buffered) {
    EXPECT_EQ(file->alignment(), 1u);
    GTEST_SKIP() << "SKIP: no direct reads on the file system of " << ::testing::TempDir();
  }
  const size_t alignment = file->alignment();
  void* memory = nullptr;
  ASSERT_EQ(posix_memalign(&memory, std::max(alignment, sizeof(void*)), alignment), 0);
  const std::unique_ptr<void, decltype(&std::free)> buffer(memory, &std::free);
  const ssize_t count = pread(file->descriptor(), memory, alignment, static_cast<off_t>(alignment));
  EXPECT_EQ(count, static_cast<ssize_t>(std::min(alignment, bytes.size() - alignment)));
  EXPECT_EQ(*static_cast<char*>(memory), 'x');
}

TEST_F(FileTest, BufferedHasNoAlignment) {
  const auto file = File::open(write("model", "abc"), Caching::buffered);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->caching(), Caching::buffered);
  EXPECT_EQ(file->alignment(), 1u);
  char text[3] = {};
  EXPECT_EQ(pread(file->descriptor(), text, 3, 0), 3);
  EXPECT_EQ(std::string(text, 3), "abc");
}

TEST_F(FileTest, EmptyFileOpens) {
  const auto file = File::open(write("empty", ""));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->size(), 0u);
}

TEST_F(FileTest, SymbolicLinkOpensItsTarget) {
  std::filesystem::create_symlink(write("target", "12345"), path("link"));
  const auto file = File::open(path("link"));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->size(), 5u);
  EXPECT_EQ(file->path(), path("link"));
}

TEST_F(FileTest, WrongPathsSayWhy) {
  expect_error(path("missing"), "No such file");
  expect_error(path(""), "directory");
  std::filesystem::create_symlink("nowhere", path("dangling"));
  expect_error(path("dangling"), "No such file");
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  expect_error(path("pipe"), "not a regular file");
  expect_error("/dev/null", "not a regular file");
}

TEST_F(FileTest, UnreadableFileSaysSo) {
  const std::string secret = write("secret", "x");
  ASSERT_EQ(chmod(secret.c_str(), 0), 0);
  if (access(secret.c_str(), R_OK) == 0) {
    GTEST_SKIP() << "SKIP: this user may read every file, so permissions cannot be tested";
  }
  expect_error(secret, "Permission denied");
}

TEST_F(FileTest, MovingHandsTheDescriptorOver) {
  auto first = File::open(write("a", "aaaa"));
  auto second = File::open(write("b", "bb"));
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  const int first_descriptor = first->descriptor();
  const int second_descriptor = second->descriptor();
  *second = std::move(*first);
  EXPECT_EQ(second->size(), 4u);
  EXPECT_EQ(second->descriptor(), first_descriptor);
  EXPECT_EQ(first->descriptor(), -1);
  EXPECT_EQ(fcntl(second_descriptor, F_GETFD), -1);
  {
    const File third = std::move(*second);
    EXPECT_NE(fcntl(third.descriptor(), F_GETFD), -1);
  }
  EXPECT_EQ(fcntl(first_descriptor, F_GETFD), -1);
}

}  // namespace
}  // namespace sluice
