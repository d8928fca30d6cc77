// What was measured of disks, processors and both at once, remembered between runs: one small text
// file each, in a folder that the caller chooses. A disk is known by its device and file system,
// not by a path; a processor by its name, the kernels and the number of threads. Each file ends
// with a checksum; one that does not fit it, or has another version, counts as absent. Threads:
// values; files are replaced whole.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/contention.hpp"
#include "host/storage.hpp"
#include "io/probe.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Weight bytes of one type per second, multiplied with one token's activations, from memory.
struct KernelRate {
  std::string type;  ///< "Q4_K"
  double bytes_per_second = 0;
};

/// What the rates depend on.
struct ProcessorKey {
  std::string name;  ///< of the processor
  std::string isa;   ///< of the kernels
  size_t threads = 0;
};

class Measurements {
 public:
  /// An empty folder remembers nothing.
  explicit Measurements(std::string folder) : folder_(std::move(folder)) {}

  std::optional<std::vector<ProbePoint>> disk(const StorageId& id) const;
  std::optional<std::vector<KernelRate>> processor(const ProcessorKey& key) const;
  std::optional<Contention> contention(const StorageId& id, const ProcessorKey& key) const;
  /// Replaces what is known of this disk or processor; makes the folder. Errors: io.
  Result<void> remember(const StorageId& id, const std::vector<ProbePoint>& points) const;
  Result<void> remember(const ProcessorKey& key, const std::vector<KernelRate>& rates) const;
  Result<void> remember(const StorageId& id, const ProcessorKey& key,
                        const Contention& contention) const;

 private:
  std::string path(const StorageId& id) const;
  std::string path(const ProcessorKey& key) const;
  std::string path(const StorageId& id, const ProcessorKey& key) const;
  Result<void> write(const std::string& path, const std::string& text) const;

  std::string folder_;
};

/// The text of a file, and back; nothing if it is damaged or of another version.
std::string format_disk(const std::vector<ProbePoint>& points);
std::optional<std::vector<ProbePoint>> parse_disk(std::string_view text);
std::string format_processor(const std::vector<KernelRate>& rates);
std::optional<std::vector<KernelRate>> parse_processor(std::string_view text);
std::string format_contention(const Contention& contention);
std::optional<Contention> parse_contention(std::string_view text);

}  // namespace sluice
