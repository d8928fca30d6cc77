// Files that take no room on disk, opened as a model's are: for tests that read at random places
// and do not care what is there. Their folder is removed in the end.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "io/file.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {

class SparseFiles {
 public:
  /// Appends a file of `bytes`, at least 5.
  void add(uint64_t bytes) {
    const std::string path = folder_ / ("model" + std::to_string(files_.size()));
    std::ofstream(path, std::ios::binary) << "model";
    ASSERT_EQ(truncate(path.c_str(), static_cast<off_t>(bytes)), 0);
    auto file = File::open(path);
    ASSERT_TRUE(file) << file.error().message;
    files_.push_back(std::move(*file));
  }
  std::span<const File> all() const { return files_; }

 private:
  TemporaryFolder folder_;
  std::vector<File> files_;
};

}  // namespace sluice::test
