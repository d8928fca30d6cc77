// The memory plan: every byte itemised before anything is loaded. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

/// What a plan sets aside for each byte of a text while it is encoded: without blanks and with many
/// ids, up to 35 were measured (docs/experiments/2026-11-21-process-memory.md).
inline constexpr uint64_t kTextShare = 36;

/// Where the rows of the embedding are, of which a token needs one.
enum class EmbeddingPlace {
  automatic,  ///< on disk where that makes room for units that would be read
  memory,
  disk,
};

struct PlanItem {
  std::string name;
  uint64_t bytes = 0;
};

/// What decoding will be like, from measurements of this disk and processor. Seconds of one token.
struct DecodePrediction {
  double tokens_per_second = 0;
  double hit_rate = 0;                 ///< share of demanded units that are in memory
  double io_seconds = 0;               ///< reading, if nothing else took time
  double compute_seconds = 0;          ///< computing, if everything were in memory
};

/// What a model needs and what it gets under a budget. All sizes in bytes. The items add up to at
/// most `budget_bytes`; with fewer than `floor_bytes` the model does not run.
struct MemoryPlan {
  std::string model;
  uint64_t parameters = 0;
  uint64_t active_parameters = 0;      ///< used for one token
  uint64_t budget_bytes = 0;
  bool budget_is_default = false;      ///< derived from the machine, not asked for
  uint64_t floor_bytes = 0;            ///< smallest budget that runs, with this context
  bool fits = false;
  std::vector<PlanItem> items;
  uint64_t units = 0;                  ///< streamed units in the file
  std::string unit_kind;               ///< what they are: "experts"; in a dense model "layers"
  uint64_t unit_bytes_max = 0;
  uint64_t slots = 0;                  ///< units that memory holds at once
  uint64_t slots_most = 0;             ///< while the context is empty; `slots` when it is full
  uint64_t slot_bytes = 0;
  bool embedding_on_disk = false;      ///< its rows are read as tokens come
  uint64_t resident_budget_bytes = 0;  ///< budget at which every unit has a slot
  uint64_t routed_bytes_per_token = 0; ///< unit bytes that one token demands
  uint64_t context_tokens = 0;
  uint64_t chunk_tokens = 0;           ///< evaluated together without lending slots to a prompt
  /// Reads in flight that this disk was measured to need; 0: it was not measured.
  uint64_t reads_in_flight = 0;
  /// Filled where measurements of disk and processor exist (sluice/doctor.hpp).
  std::optional<DecodePrediction> prediction;
  std::optional<double> predicted_decode_tokens_per_second;
};

/// "does not fit: ..." with the floor, what the items need, and what would help; one line.
std::string describe_refusal(const MemoryPlan& plan);

}  // namespace sluice
