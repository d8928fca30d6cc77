// Goal: a trace tells what the store was asked for, line by line as docs/traces.md says, and
// nothing of a layer that failed; a full disk is an error. Method: a store without a disk; lines
// compared with text.
#include "engine/trace_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/pages.hpp"
#include "io/instant_reader.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {
namespace {

class Traced : public ::testing::Test {
 protected:
  Traced() : reader_(16) {
    catalog_.add("blk.0", 8, {{.offset = 0, .stride = 0, .bytes = 64}});
    catalog_.add("blk.1", 8, {{.offset = 0, .stride = 0, .bytes = 32}});
    files_.push_back(std::move(*File::open("/proc/self/exe", Caching::buffered)));
    arena_ = std::move(*Pages::allocate(6 * catalog_.slot_bytes(1)));
    StoreOptions options;
    options.slots = 6;
    options.arena = arena_.span();
    options.alignment = 1;
    options.verify = false;
    store_ = std::move(*Store::open(catalog_, files_, reader_, make_lru(16), options));
    auto trace = TraceFile::create(
        path(), {.model = "/models/a \"b\"\xC3.gguf", .policy = "lru", .top_k = 2, .slots = 6},
        catalog_);
    EXPECT_TRUE(trace);
    trace_ = std::move(*trace);
    trace_->attach(*store_);
  }

  std::string path() const { return folder_ / "trace.jsonl"; }

  // Demands rows of two experts of a layer, and takes the first `taken` of the units.
  void demand(uint32_t layer, const std::vector<uint32_t>& choices,
              const std::vector<float>& weights, size_t taken) {
    const UnitIndex first{layer * 8};
    store_->routed({.first = first, .choices = choices, .per_row = 2, .weights = weights});
    std::vector<bool> wanted(8);
    for (const uint32_t choice : choices) wanted[choice] = true;
    std::vector<UnitIndex> units;
    for (uint32_t unit = 0; unit < 8; ++unit) {
      if (wanted[unit]) units.push_back(UnitIndex{layer * 8 + unit});
    }
    ASSERT_TRUE(store_->want(units, Order::given));
    for (size_t i = 0; i < taken; ++i) ASSERT_TRUE(store_->take());
    store_->abandon();
  }

  std::string text() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  test::TemporaryFolder folder_;
  Catalog catalog_;
  std::vector<File> files_;
  InstantReader reader_;
  Pages arena_;
  std::unique_ptr<TraceFile> trace_;
  std::unique_ptr<Store> store_;
};

constexpr const char* kHeader =
    "{\"sluice_trace\":1,\"model\":\"a \\\"b\\\"?.gguf\",\"layers\":2,\"experts\":8,\"top_k\":2,"
    "\"unit_bytes\":64,\"slots\":6,\"policy\":\"lru\"}\n";

TEST_F(Traced, TellsTokensLayersWeightsAndHits) {
  trace_->begin_step(0, true);
  demand(0, {3, 1, 5, 3}, {0.75f, 0.25f, 0.5f, 0.125f}, 3);
  ASSERT_TRUE(trace_->end_step());
  trace_->begin_step(2, false);
  demand(0, {3, 2}, {0.6f, 0.4f}, 2);
  demand(1, {7, 0}, {}, 2);
  ASSERT_TRUE(trace_->end_step());
  EXPECT_EQ(text(),
            std::string(kHeader) +
                "{\"token\":0,\"step\":1,\"phase\":\"prefill\",\"layer\":0,\"experts\":[3,1],"
                "\"weights\":[0.75,0.25],\"hits\":[0,0]}\n"
                "{\"token\":1,\"step\":1,\"phase\":\"prefill\",\"layer\":0,\"experts\":[5,3],"
                "\"weights\":[0.5,0.125],\"hits\":[0,0]}\n"
                "{\"token\":2,\"step\":2,\"phase\":\"decode\",\"layer\":0,\"experts\":[3,2],"
                "\"weights\":[0.6,0.4],\"hits\":[1,0]}\n"
                "{\"token\":2,\"step\":2,\"phase\":\"decode\",\"layer\":1,\"experts\":[7,0],"
                "\"hits\":[0,0]}\n");
}

TEST_F(Traced, LeavesOutWhatFailedHalfWay) {
  trace_->begin_step(0, true);
  demand(0, {0, 1, 2, 3, 4, 5, 6, 7}, {}, 1);  // eight units, six slots: not all are admitted
  trace_->begin_step(0, true);
  demand(1, {1, 2}, {}, 2);
  ASSERT_TRUE(trace_->end_step());
  EXPECT_EQ(text(), std::string(kHeader) +
                        "{\"token\":0,\"step\":2,\"phase\":\"prefill\",\"layer\":1,"
                        "\"experts\":[1,2],\"hits\":[0,0]}\n");
}

TEST(Trace, APathThatCannotBeWrittenIsAnError) {
  Catalog catalog;
  catalog.add("x", 1, {{.bytes = 1}});
  for (const char* path : {"/nowhere/trace.jsonl", "/dev/full"}) {
    const auto trace = TraceFile::create(path, {}, catalog);
    ASSERT_FALSE(trace) << path;
    EXPECT_EQ(trace.error().code, Code::io);
    EXPECT_NE(trace.error().message.find(path), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice
