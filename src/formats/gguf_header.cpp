#include "formats/gguf_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "formats/file_guess.hpp"
#include "formats/gguf_tensors.hpp"
#include "formats/gguf_value.hpp"
#include "formats/header_input.hpp"
#include "formats/quote.hpp"

namespace sluice {

namespace {

using namespace std::string_view_literals;

constexpr uint64_t kDefaultAlignment = 32;
constexpr uint64_t kAlignmentMax = kMiB;
constexpr uint64_t kKeyBytesMax = 65535;
/// A key of one byte, with its length, the type of the value, and a value of one byte.
constexpr uint64_t kMetadataBytesMin = 8 + 1 + 4 + 1;

Result<void> check_magic(HeaderInput& input) {
  SLUICE_LET(const std::string_view magic, input.bytes(std::min<uint64_t>(4, input.remaining())));
  if (magic == "GGUF"sv) return {};
  std::string start(magic);
  SLUICE_LET(const std::string_view more,
             input.bytes(std::min<uint64_t>(kFileGuessBytes, input.remaining())));
  start += more;
  return input.error(Code::corrupt,
                     "not a GGUF file: " + guess_file_kind(start, input.file().size()));
}

Result<uint32_t> read_version(HeaderInput& input) {
  SLUICE_LET(const uint32_t version, input.number<uint32_t>());
  if (version == 2 || version == 3) return version;
  if (version == 0) return input.error(Code::corrupt, "GGUF version 0 does not exist");
  if ((version & 0xffff) == 0) {
    return input.error(Code::unsupported,
                       fmt::format("a big-endian GGUF file (version {}); only little-endian files "
                                   "are read", __builtin_bswap32(version)));
  }
  return input.error(Code::unsupported,
                     fmt::format("GGUF version {}; only versions 2 and 3 are read{}", version,
                                 version == 1 ? ": convert the model again" : ""));
}

Result<void> read_metadata(HeaderInput& input, uint64_t count, Metadata& metadata) {
  for (uint64_t i = 0; i < count; ++i) {
    input.enter("metadata", i + 1, count);
    SLUICE_LET(const uint64_t key_bytes, input.number<uint64_t>());
    if (key_bytes == 0 || key_bytes > kKeyBytesMax) {
      return input.error(Code::corrupt, fmt::format("its key has {} bytes, but keys have 1 to {}",
                                                    key_bytes, kKeyBytesMax));
    }
    SLUICE_LET(const std::string_view view, input.bytes(key_bytes));
    std::string key(view);
    input.name(key);
    SLUICE_LET(MetadataValue value, read_gguf_value(input));
    if (!metadata.insert(std::move(key), std::move(value))) {
      return input.error(Code::corrupt, "its key has occurred before");
    }
  }
  return {};
}

Result<uint64_t> find_alignment(const HeaderInput& input, const Metadata& metadata) {
  constexpr std::string_view kKey = "general.alignment";
  if (!metadata.contains(kKey)) return kDefaultAlignment;
  const auto alignment = metadata.unsigned_integer(kKey);
  if (!alignment) {
    return input.error(Code::corrupt, "general.alignment is not an unsigned integer");
  }
  if (!is_power_of_two(*alignment) || *alignment > kAlignmentMax) {
    return input.error(Code::corrupt,
                       fmt::format("general.alignment is {}, not a power of two up to {}",
                                   *alignment, kAlignmentMax));
  }
  return *alignment;
}

}  // namespace

Result<GgufHeader> read_gguf_header(const File& file, FileIndex index) {
  SLUICE_LET(HeaderInput input, HeaderInput::open(file));
  SLUICE_TRY(check_magic(input));
  input.enter("header");
  GgufHeader header;
  SLUICE_LET(header.version, read_version(input));
  SLUICE_LET(const uint64_t tensor_count, input.number<uint64_t>());
  SLUICE_LET(const uint64_t metadata_count, input.number<uint64_t>());
  input.enter("tensor count");
  SLUICE_TRY(input.require(tensor_count, kGgufTensorBytesMin));
  input.enter("metadata count");
  SLUICE_TRY(input.require(metadata_count, kMetadataBytesMin));

  SLUICE_TRY(read_metadata(input, metadata_count, header.metadata));
  input.enter("metadata");
  SLUICE_LET(header.alignment, find_alignment(input, header.metadata));
  SLUICE_LET(header.tensors, read_gguf_tensors(input, tensor_count));
  header.data_start = align_up(input.position(), header.alignment);
  SLUICE_TRY(place_gguf_tensors(input, header, index));
  return header;
}

}  // namespace sluice
