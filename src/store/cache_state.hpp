// What the policy knew when a process ended, in a small file for the next one: a guess about what
// will be demanded, never data. A file that is damaged, of another version, model or policy is
// refused; nothing but speed depends on it. Threads: free functions without shared state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/file.hpp"
#include "sluice/error.hpp"
#include "store/catalog.hpp"

namespace sluice {

/// Tells models apart, wherever their files lie: a hash of the files' sizes, of where each unit
/// lies in them, and of `name`.
struct ModelIdentity {
  uint64_t low = 0, high = 0;
  bool operator==(const ModelIdentity&) const = default;
};
ModelIdentity identify(const Catalog& catalog, std::span<const File> files, std::string_view name);

/// The file's bytes: a header with identity and policy name (at most 16 bytes), `knowledge` as
/// Policy::save gave it, and a checksum.
std::vector<std::byte> encode_cache_state(const ModelIdentity& model, std::string_view policy,
                                          std::span<const std::byte> knowledge);
/// The knowledge in `file`. Errors: corrupt (damaged), unsupported (another version), invalid
/// (another model or policy).
Result<std::vector<std::byte>> decode_cache_state(const ModelIdentity& model,
                                                  std::string_view policy,
                                                  std::span<const std::byte> file);

/// The file in `folder` for this model and policy.
std::string cache_state_path(const std::string& folder, const ModelIdentity& model,
                             std::string_view policy);
/// Replaces the file at `path` as a whole; makes its folder. Errors: io.
Result<void> write_cache_state(const std::string& path, std::span<const std::byte> file);
/// The bytes at `path`; nothing if there is no file. Never more than the policy's knowledge can
/// take, and a little beside: it may be any file. Errors, without the path: io; corrupt (larger).
Result<std::optional<std::vector<std::byte>>> read_cache_state(const std::string& path,
                                                               size_t knowledge_bytes_max);

}  // namespace sluice
