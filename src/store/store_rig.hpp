// For tests of the store: model files whose bytes are a function of file and offset, a catalogue of
// two groups over them that no alignment suits, a reader that can be made to fail, and a store.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/pages.hpp"
#include "io/faulty_reader.hpp"
#include "store/store.hpp"
#include "support/temporary_folder.hpp"

namespace sluice {

inline std::byte pattern_byte(FileIndex file, uint64_t offset) {
  uint64_t x = (offset + 1) * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(file);
  x ^= x >> 31;
  return static_cast<std::byte>((x * 0xBF58476D1CE4E5B9u) >> 56);
}

// Group "blk.0.exps": units 0..9 of three parts in two files. Group "blk.1": units 10..15, one part
// whose last unit ends with its file.
inline Catalog rig_catalog() {
  Catalog catalog;
  catalog.add("blk.0.exps", 10,
              {{.file = FileIndex{0}, .offset = 100, .stride = 5000, .bytes = 5000},
               {.file = FileIndex{1}, .offset = 32, .stride = 3000, .bytes = 2999},
               {.file = FileIndex{0}, .offset = 60000, .stride = 8192, .bytes = 4097}});
  catalog.add("blk.1", 6, {{.file = FileIndex{1}, .offset = 40960, .stride = 4096, .bytes = 4096}});
  return catalog;
}

struct RigOptions {
  size_t slots = 4;
  std::string reader = "auto";
  size_t depth = 64;
  std::string policy = "lru";
  Caching caching = Caching::direct;
  FaultScript script = {};
  bool own_files = false;  // for a test that changes them; otherwise all rigs read the same
};

// A folder with the files of the catalogue, removed in the end.
class RigFiles {
 public:
  RigFiles() {
    write(0, 60000 + 9 * 8192 + 4097 + 7);
    write(1, 40960 + 6 * 4096);
  }

  std::string path(uint32_t file) const { return folder_ / (std::to_string(file) + ".bin"); }

 private:
  void write(uint32_t file, size_t size) const {
    std::string bytes(size, '\0');
    for (size_t i = 0; i < size; ++i) {
      bytes[i] = static_cast<char>(pattern_byte(FileIndex{file}, i));
    }
    std::ofstream(path(file), std::ios::binary) << bytes;
  }

  test::TemporaryFolder folder_;
};

class StoreRig {
 public:
  explicit StoreRig(const RigOptions& options) : catalog_(rig_catalog()) {
    static const RigFiles shared;
    if (options.own_files) own_ = std::make_unique<RigFiles>();
    names_ = own_ ? own_.get() : &shared;
    for (uint32_t file = 0; file < 2; ++file) {
      auto opened = File::open(path(file), options.caching);
      EXPECT_TRUE(opened);
      files_.push_back(std::move(*opened));
    }
    auto inner = open_reader(options.reader, files_, {.depth = options.depth, .threads = 2});
    usable_ = inner.has_value();
    if (!usable_) return;
    reader_ = std::make_unique<FaultyReader>(std::move(*inner), options.script);
    auto arena = Pages::allocate(options.slots * catalog_.slot_bytes(4096));
    EXPECT_TRUE(arena);
    arena_ = std::move(*arena);
    auto policy = make_policy(options.policy, catalog_);
    EXPECT_TRUE(policy);
    auto store = Store::open(catalog_, files_, *reader_, std::move(*policy),
                             {.slots = options.slots, .arena = arena_.span()});
    EXPECT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
  }

  bool usable() const { return usable_; }  // false where the system refuses the reader
  Store& store() { return *store_; }
  FaultyReader& reader() { return *reader_; }
  const Catalog& catalog() const { return catalog_; }
  const std::vector<File>& files() const { return files_; }
  std::string path(uint32_t file) const { return names_->path(file); }

  // Are all bytes of a leased unit those of its files?
  ::testing::AssertionResult right(const Lease& lease) const {
    for (size_t part = 0; part < catalog_.parts(lease.unit()); ++part) {
      const Extent extent = catalog_.extent(lease.unit(), part);
      for (uint64_t i = 0; i < extent.bytes; ++i) {
        if (lease.part(part)[i] == pattern_byte(extent.file, extent.offset + i)) continue;
        return ::testing::AssertionFailure() << catalog_.describe(lease.unit()) << " part " << part
                                             << " is wrong from byte " << i << " on";
      }
    }
    return ::testing::AssertionSuccess();
  }

 private:
  const Catalog catalog_;
  std::unique_ptr<RigFiles> own_;
  const RigFiles* names_ = nullptr;
  std::vector<File> files_;
  bool usable_ = false;
  std::unique_ptr<FaultyReader> reader_;
  Pages arena_;
  std::unique_ptr<Store> store_;
};

inline std::vector<UnitIndex> units(std::initializer_list<uint32_t> numbers) {
  std::vector<UnitIndex> list;
  for (const uint32_t number : numbers) list.push_back(UnitIndex{number});
  return list;
}

}  // namespace sluice
