// Fuzz target: any bytes as a GGUF file. A file that opens must keep what ModelFile promises; one
// that does not must say why in one line. The seeds are small files of
// tests/support/gguf_writer.hpp and the vocabulary of a small tokenizer without weights.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "formats/gguf.hpp"

namespace {

/// A file in memory, with a path.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size) : descriptor_(memfd_create("input", MFD_CLOEXEC)) {
    SLUICE_CHECK(descriptor_ >= 0);
    size_t written = 0;
    while (written < size) {
      const ssize_t count = write(descriptor_, data + written, size - written);
      SLUICE_CHECK(count > 0);
      written += static_cast<size_t>(count);
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(descriptor_); }

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

void check_model(const sluice::ModelFile& model) {
  for (const sluice::TensorInfo& tensor : model.tensors.all()) {
    const sluice::File& file = model.files.at(static_cast<uint32_t>(tensor.file));
    SLUICE_CHECK(tensor.bytes > 0 && tensor.offset <= file.size());
    SLUICE_CHECK(tensor.bytes <= file.size() - tensor.offset);
    SLUICE_CHECK(model.tensors.find(tensor.name) == &tensor);
    const size_t row = sluice::row_bytes(tensor.type, tensor.shape[0]);
    SLUICE_CHECK(tensor.elements() / tensor.shape[0] * row == tensor.bytes);
  }
  for (const auto& [key, value] : model.metadata.all()) {
    SLUICE_CHECK(!key.empty() && !value.valueless_by_exception());
  }
}

void check_error(const sluice::Error& error) {
  SLUICE_CHECK(!error.message.empty() && error.message.size() < 1000);
  for (const char c : error.message) SLUICE_CHECK(c >= ' ' && c <= '~');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  const auto model = sluice::open_gguf(file.path());
  if (model) {
    check_model(*model);
  } else {
    check_error(model.error());
  }
  return 0;
}
