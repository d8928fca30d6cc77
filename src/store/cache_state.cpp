#include "store/cache_state.hpp"

#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/check.hpp"

namespace sluice {

namespace {

constexpr uint32_t kVersion = 1;
// Header and checksum, and the lists' own headers.
constexpr size_t kBytesBeside = 4096;
constexpr size_t kChecksumBytes = sizeof(uint64_t);

struct Header {
  std::array<char, 8> magic = {'S', 'L', 'U', 'I', 'C', 'E', 'C', 'S'};
  uint32_t version = kVersion;
  uint32_t knowledge_bytes = 0;
  ModelIdentity model;
  std::array<char, 16> policy{};
};

std::array<char, 16> padded(std::string_view policy) {
  std::array<char, 16> name{};
  SLUICE_CHECK(policy.size() <= name.size());
  std::copy(policy.begin(), policy.end(), name.begin());
  return name;
}

}  // namespace

ModelIdentity identify(const Catalog& catalog, std::span<const File> files,
                       std::string_view name) {
  std::string text(name);
  const auto append = [&text](uint64_t number) { text += '\0' + std::to_string(number); };
  for (const File& file : files) append(file.size());
  for (const UnitGroup& group : catalog.groups()) {
    text += '\0' + group.name;
    append(group.count);
    for (const UnitPart& part : group.parts) {
      for (const uint64_t number :
           {static_cast<uint64_t>(part.file), part.offset, part.stride, part.bytes}) {
        append(number);
      }
    }
  }
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.low64, hash.high64};
}

std::vector<std::byte> encode_cache_state(const ModelIdentity& model, std::string_view policy,
                                          std::span<const std::byte> knowledge) {
  Header header;
  header.knowledge_bytes = static_cast<uint32_t>(knowledge.size());
  header.model = model;
  header.policy = padded(policy);
  std::vector<std::byte> file(sizeof(Header) + knowledge.size() + kChecksumBytes);
  std::memcpy(file.data(), &header, sizeof(Header));
  std::copy(knowledge.begin(), knowledge.end(), file.begin() + sizeof(Header));
  const uint64_t checksum = XXH3_64bits(file.data(), file.size() - kChecksumBytes);
  std::memcpy(file.data() + file.size() - kChecksumBytes, &checksum, kChecksumBytes);
  return file;
}

Result<std::vector<std::byte>> decode_cache_state(const ModelIdentity& model,
                                                  std::string_view policy,
                                                  std::span<const std::byte> file) {
  Header header;
  const Header expected;
  if (file.size() < sizeof(Header) + kChecksumBytes) return Error{Code::corrupt, "is cut short"};
  std::memcpy(&header, file.data(), sizeof(Header));
  if (header.magic != expected.magic) return Error{Code::corrupt, "is no cache state"};
  if (header.version != kVersion) return Error{Code::unsupported, "has another version"};
  if (file.size() != sizeof(Header) + header.knowledge_bytes + kChecksumBytes) {
    return Error{Code::corrupt, "is cut short"};
  }
  uint64_t checksum = 0;
  std::memcpy(&checksum, file.data() + file.size() - kChecksumBytes, kChecksumBytes);
  if (checksum != XXH3_64bits(file.data(), file.size() - kChecksumBytes)) {
    return Error{Code::corrupt, "is damaged (checksum)"};
  }
  if (header.model != model) return Error{Code::invalid, "belongs to another model"};
  if (header.policy != padded(policy)) return Error{Code::invalid, "belongs to another policy"};
  const auto knowledge = file.subspan(sizeof(Header), header.knowledge_bytes);
  return std::vector<std::byte>(knowledge.begin(), knowledge.end());
}

std::string cache_state_path(const std::string& folder, const ModelIdentity& model,
                             std::string_view policy) {
  std::string path = folder + "/hot-" + std::string(policy) + "-";
  for (int shift = 60; shift >= 0; shift -= 4) path += "0123456789abcdef"[model.low >> shift & 15];
  return path + ".state";
}

Result<void> write_cache_state(const std::string& path, std::span<const std::byte> file) {
  namespace fs = std::filesystem;
  const auto failed = [&path](const std::string& why) {
    return Error{Code::io, path + ": the cache state cannot be written: " + why};
  };
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  if (error) return failed(error.message());
  const std::string temporary = path + "." + std::to_string(getpid());
  errno = 0;
  std::ofstream out(temporary, std::ios::binary);
  out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  out.close();
  const std::string reason = errno == 0 ? "the disk may be full" : std::strerror(errno);
  if (out) fs::rename(temporary, path, error);
  if (out && !error) return {};
  std::error_code ignored;
  fs::remove(temporary, ignored);
  return failed(error ? error.message() : reason);
}

Result<std::optional<std::vector<std::byte>>> read_cache_state(const std::string& path,
                                                               size_t knowledge_bytes_max) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return std::optional<std::vector<std::byte>>();
  if (size > knowledge_bytes_max + kBytesBeside) {
    return Error{Code::corrupt, "is too large to be its cache state"};
  }
  std::vector<std::byte> bytes(size);
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
  if (!in) return Error{Code::io, "cannot be read"};
  return std::optional(std::move(bytes));
}

}  // namespace sluice
