// Planning: pure arithmetic from sizes to a MemoryPlan. No files, no memory, no machine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sluice/plan.hpp"

namespace sluice {

/// What the process needs before any model: program text and libraries that become resident, heap,
/// stacks, the reader's rings. Measured, with a margin:
/// docs/experiments/2026-11-21-process-memory.md.
inline constexpr uint64_t kProcessBytes = 10u << 20;
/// More for each compute thread beyond the second: the stack that kernels use
/// (generic/quantised_panels.hpp: 96 KiB and a little), and the system's own.
inline constexpr uint64_t kThreadBytes = 160u << 10;
/// Fewer bytes of slots have small pages, if something is lent to them: slots in use end in the
/// middle of a huge page, and lent activations begin in one. For larger arenas two are planned.
inline constexpr uint64_t kHugeArena = 64u << 20;
/// Fewest slots and the shortest prompt chunk that the floor assumes.
inline constexpr uint64_t kFloorSlots = 2;
inline constexpr uint64_t kFloorChunk = 8;
/// The longest prompt chunk with activations of its own, unless there is memory for all units as
/// well; for longer ones slots are lent (engine/workspace.hpp).
inline constexpr uint64_t kOwnChunk = 128;
/// The longest prompt chunk that is not asked for.
inline constexpr uint64_t kLongestChunk = 4096;

struct PlanInput {
  std::string model;
  uint64_t parameters = 0;
  uint64_t active_parameters = 0;
  uint64_t budget_bytes = 0;
  bool budget_is_default = false;
  uint64_t threads = 1;
  uint64_t vocabulary_bytes = 0;        ///< tokenizer, sampler, metadata
  uint64_t text_bytes = 0;              ///< that the caller holds
  uint64_t trunk_bytes = 0;
  EmbeddingPlace embedding = EmbeddingPlace::memory;
  uint64_t embedding_bytes = 0;         ///< of the trunk, which go if rows are read from the disk
  uint64_t row_reader_bytes = 0;        ///< which are needed then
  uint64_t kv_bytes = 0;
  uint64_t context_tokens = 0;
  bool lend_context = false;            ///< slots may use what the context has not reached
  uint64_t chunk_tokens = 0;            ///< asked for; 0: choose
  std::function<uint64_t(uint64_t chunk)> activation_bytes;  ///< grows with its argument
  uint64_t units = 0;
  std::string unit_kind = "experts";
  uint64_t policy_bytes = 0;            ///< what the cache policy knows
  uint64_t unit_bytes_max = 0;
  uint64_t slot_bytes = 0;
  uint64_t routed_bytes_per_token = 0;
};

/// Chooses chunk and slots. Below the floor the plan has `fits` false and itemises the floor
/// itself.
MemoryPlan make_plan(const PlanInput& input);

}  // namespace sluice
