// A model as it lies on disk: its files, metadata and tensors. What the rest of Sluice sees of any
// format.
#pragma once

#include <string>
#include <vector>

#include "formats/metadata.hpp"
#include "formats/tensor_index.hpp"
#include "io/file.hpp"
#include "sluice/error.hpp"

namespace sluice {

struct ModelFile {
  std::string path;          ///< as the user named it
  std::vector<File> files;   ///< open; FileIndex indexes this
  Metadata metadata;
  TensorIndex tensors;
};

}  // namespace sluice
