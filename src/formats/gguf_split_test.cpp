// Goal: split models open as one, and every way in which shards can be missing, doubled, renamed or
// mixed up gives one line that names the shard.
// Method: shards from tests/support/gguf_writer.hpp, changed one at a time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "formats/gguf.hpp"
#include "support/gguf_writer.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

using test::GgufWriter;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

GgufWriter whole_model() {
  GgufWriter writer;
  writer.put("general.architecture", "qwen3moe");
  for (int i = 0; i < 5; ++i) {
    writer.add_tensor(test::numbered("t", i), DType::f32, {2}, std::string(8, char('a' + i)));
  }
  return writer;
}

class GgufSplitTest : public ::testing::Test {
 protected:
  std::string shard(size_t number, size_t count = 3) const {
    return GgufWriter::shard_path(folder_ / "model", number, count);
  }
  /// Writes three shards, 2 + 2 + 1 tensors.
  std::vector<GgufWriter> write_shards() const {
    whole_model().write_split(folder_ / "model", 2);
    return whole_model().split(2);
  }
  static void expect_error(const std::string& path, Code code, const std::string& start,
                           const std::string& reason) {
    const auto model = open_gguf(path);
    ASSERT_FALSE(model) << "expected: " << reason;
    EXPECT_EQ(model.error().code, code) << model.error().message;
    EXPECT_THAT(model.error().message, StartsWith(start + ": "));
    EXPECT_THAT(model.error().message, HasSubstr(reason));
    EXPECT_THAT(model.error().message, Not(HasSubstr("\n")));
  }

  test::TemporaryFolder folder_;
};

TEST_F(GgufSplitTest, ShardsOpenAsOneModel) {
  for (const bool metadata_alone : {false, true}) {
    const std::string first = whole_model().write_split(folder_ / "good", 2, metadata_alone);
    const auto model = open_gguf(first);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->path, first);
    EXPECT_EQ(model->files.size(), metadata_alone ? 4u : 3u);
    EXPECT_EQ(model->metadata.text("general.architecture"), "qwen3moe");
    ASSERT_EQ(model->tensors.all().size(), 5u);
    for (size_t i = 0; i < 5; ++i) {
      const TensorInfo& tensor = model->tensors.all()[i];
      EXPECT_EQ(tensor.name, test::numbered("t", i));
      EXPECT_EQ(static_cast<uint32_t>(tensor.file), i / 2 + (metadata_alone ? 1 : 0));
      const File& file = model->files[static_cast<uint32_t>(tensor.file)];
      EXPECT_LE(tensor.offset + tensor.bytes, file.size());
      std::ifstream stream(file.path(), std::ios::binary);
      stream.seekg(static_cast<std::streamoff>(tensor.offset));
      EXPECT_EQ(stream.get(), 'a' + static_cast<int>(i));
    }
  }
}

TEST_F(GgufSplitTest, AMergedModelIsNotSplit) {
  // Tools that join shards leave the keys behind with a count of 0 or 1.
  for (const uint16_t count : {uint16_t{0}, uint16_t{1}}) {
    GgufWriter merged = whole_model();
    merged.put("split.no", uint16_t{0}).put("split.count", count);
    test::write_file(folder_ / "merged.gguf", merged.build());
    EXPECT_TRUE(open_gguf(folder_ / "merged.gguf"));
  }
}

TEST_F(GgufSplitTest, WithoutATotalNothingIsCompared) {
  GgufWriter first;
  first.put("split.no", uint8_t{0}).put("split.count", uint32_t{2});
  GgufWriter second;
  second.put("split.no", int32_t{1}).put("split.count", uint64_t{2});
  second.add_zeros("t", DType::f32, {1});
  test::write_file(shard(1, 2), first.build());
  test::write_file(shard(2, 2), second.build());
  EXPECT_TRUE(open_gguf(shard(1, 2)));
}

TEST_F(GgufSplitTest, ALaterShardNamesTheFirst) {
  write_shards();
  expect_error(shard(2), Code::invalid, shard(2), "open the first one instead, " + shard(1));
  std::filesystem::rename(shard(3), folder_ / "other.gguf");
  expect_error(folder_ / "other.gguf", Code::invalid, folder_ / "other.gguf",
               "shard 3 of 3; open the first one instead, named ...-00001-of-00003.gguf");
}

TEST_F(GgufSplitTest, AMissingShardIsNamed) {
  write_shards();
  std::filesystem::remove(shard(2));
  expect_error(shard(1), Code::io, shard(2), "missing; it is shard 2 of the 3");
  std::filesystem::create_directory(shard(2));
  expect_error(shard(1), Code::io, shard(2), "directory");
}

TEST_F(GgufSplitTest, ARenamedFirstShardCannotFindTheOthers) {
  write_shards();
  std::filesystem::rename(shard(1), folder_ / "mine.gguf");
  expect_error(folder_ / "mine.gguf", Code::corrupt, folder_ / "mine.gguf",
               "must end in -00001-of-00003.gguf");
  std::filesystem::rename(folder_ / "mine.gguf", shard(1, 4));
  expect_error(shard(1, 4), Code::corrupt, shard(1, 4), "must end in -00001-of-00003.gguf");
}

TEST_F(GgufSplitTest, ShardsMixedUp) {
  write_shards();
  std::filesystem::copy_file(shard(3), shard(2),
                             std::filesystem::copy_options::overwrite_existing);
  expect_error(shard(1), Code::corrupt, shard(2), "its name says shard 2 of 3, but split.no 2");
  test::write_file(shard(2), whole_model().build());
  expect_error(shard(1), Code::corrupt, shard(2), "split.count 0 in it say otherwise");
  test::write_file(shard(2), whole_model().split(1)[1].build());
  expect_error(shard(1), Code::corrupt, shard(2), "split.count 5 in it say otherwise");
}

TEST_F(GgufSplitTest, DoubledTensorsAndWrongTotals) {
  auto shards = write_shards();
  shards[2].add_zeros("t0", DType::f32, {1});
  test::write_file(shard(3), shards[2].build());
  expect_error(shard(1), Code::corrupt, shard(3), "tensor 't0' is also in " + shard(1));
  shards = whole_model().split(2);
  shards[2].add_zeros("t5", DType::f32, {1});
  test::write_file(shard(3), shards[2].build());
  expect_error(shard(1), Code::corrupt, shard(1),
               "split.tensors.count is 5, but the 3 shards hold 6 tensors");
}

TEST_F(GgufSplitTest, ImpossibleNumbers) {
  const auto expect_split_error = [&](auto number, auto count, const std::string& reason) {
    GgufWriter writer;
    writer.put("split.no", number).put("split.count", count);
    test::write_file(shard(1), writer.build());
    expect_error(shard(1), Code::corrupt, shard(1), reason);
  };
  expect_split_error(uint16_t{3}, uint16_t{3}, "split.no 3 of split.count 3 is impossible");
  expect_split_error(uint16_t{1}, uint16_t{0}, "impossible");
  expect_split_error(uint32_t{0}, uint32_t{65536}, "impossible");
  expect_split_error(int32_t{-1}, uint32_t{3}, "split.no is not an unsigned integer");
  expect_split_error(uint16_t{0}, "3", "split.count is not an unsigned integer");
}

TEST_F(GgufSplitTest, ADamagedShardIsNamed) {
  const auto shards = write_shards();
  const std::string bytes = shards[1].build();
  test::write_file(shard(2), std::string_view(bytes).substr(0, bytes.size() - 40));
  expect_error(shard(1), Code::corrupt, shard(2), "reach beyond the end of the file");
}

}  // namespace
}  // namespace sluice
