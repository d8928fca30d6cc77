// A file that records the routing: a header, then one JSON object a line for each token and layer
// with the experts chosen, their weights, and which were in memory. The format is docs/traces.md.
// Threads: the session's. Cost: nothing when there is no trace; else a line of about 150 bytes for
// each token and layer, buffered.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "sluice/error.hpp"
#include "store/store.hpp"

namespace sluice {

struct TraceHeader {
  std::string model;   ///< path of the file
  std::string policy;
  size_t top_k = 0;
  size_t slots = 0;
};

class TraceFile {
 public:
  /// Replaces the file at `path`. The catalogue must outlive the trace. Errors: io.
  static Result<std::unique_ptr<TraceFile>> create(const std::string& path,
                                                   const TraceHeader& header,
                                                   const Catalog& catalog);
  ~TraceFile();

  /// Records what this store is asked for, until the end of the store or of the trace.
  void attach(Store& store);
  /// The next step's first token is the context's `position`.
  void begin_step(size_t position, bool prefill);
  /// Writes what the step did; a layer that failed half way is left out. Errors: io.
  Result<void> end_step();

 private:
  TraceFile(std::string path, std::FILE* file, const Catalog& catalog)
      : path_(std::move(path)), file_(file), catalog_(catalog) {}

  void route(const Demand& demand);
  void access(UnitIndex unit, bool hit);
  void write_pending();
  void write_row(size_t row);
  Error failed() const;

  const std::string path_;
  std::FILE* const file_;
  const Catalog& catalog_;
  size_t step_ = 0;
  size_t position_ = 0;
  bool prefill_ = false;
  // The layer under way.
  size_t layer_ = 0;
  size_t per_row_ = 0;
  size_t distinct_ = 0;                // units it demands
  size_t accesses_ = 0;                // of them, told so far
  std::vector<uint32_t> choices_;      // [rows, per_row_], counted from the layer's first unit
  std::vector<float> weights_;         // the same, or empty
  std::vector<uint8_t> hit_;           // by unit of the layer: kUnknown, 0 or 1
  std::string line_;
};

}  // namespace sluice
