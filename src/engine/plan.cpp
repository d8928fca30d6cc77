#include "engine/plan.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace sluice {

namespace {

// What the store keeps about each unit: slot, checksum, list links.
constexpr uint64_t kBytesPerUnit = 48;
// A shorter one has room in what is planned for the process.
constexpr uint64_t kShortText = 64 * kKiB;
// Of text that a context holds: what its conversation may have.
constexpr uint64_t kTokenTextBytes = 4;
// The share of memory above the floor that activations may take from slots for good.
constexpr uint64_t kChunkShare = 16;
constexpr uint64_t kHugePage = 2 * kMiB;

struct Choice {
  uint64_t chunk = 0;
  uint64_t slots = 0;
  bool embedding_on_disk = false;
};

// Slots get so much more while no keys and values need it.
uint64_t lent_bytes(const PlanInput& in, const Choice& choice) {
  if (!in.lend_context) return 0;
  return std::min(in.kv_bytes / in.slot_bytes, in.units - choice.slots) * in.slot_bytes;
}

std::vector<PlanItem> itemise(const PlanInput& in, const Choice& choice) {
  const uint64_t slots = choice.slots * in.slot_bytes;
  const uint64_t activations = in.activation_bytes(choice.chunk);
  const uint64_t bookkeeping = in.units * kBytesPerUnit;
  // The kernel counts page tables: eight bytes for each page of 4 KiB, of what was lent as well.
  const uint64_t trunk = in.trunk_bytes - (choice.embedding_on_disk ? in.embedding_bytes : 0);
  const uint64_t mapped = trunk + in.kv_bytes + activations + slots + lent_bytes(in, choice);
  const uint64_t more_threads = std::max<uint64_t>(in.threads, 2) - 2;
  const uint64_t edges = in.lend_context && slots >= kHugeArena ? 2 * kHugePage : 0;
  std::vector<PlanItem> items = {
      {"process", kProcessBytes + more_threads * kThreadBytes + mapped / 512 + edges},
      {"vocabulary", in.vocabulary_bytes},
      {"trunk", trunk},
      {"kv cache", in.kv_bytes},
      {"activations", activations},
      {"store tables", bookkeeping},
      {"cache policy", in.policy_bytes},
      {"slots", slots}};
  if (choice.embedding_on_disk) items.push_back({"embedding rows", in.row_reader_bytes});
  const uint64_t text = std::max(in.text_bytes, kTokenTextBytes * in.context_tokens);
  if (text > kShortText) items.push_back({"text", kTextShare * text});
  return items;
}

uint64_t sum(const std::vector<PlanItem>& items) {
  uint64_t total = 0;
  for (const PlanItem& item : items) total += item.bytes;
  return total;
}

uint64_t total(const PlanInput& in, const Choice& choice) { return sum(itemise(in, choice)); }

// The longest chunk, doubling up to `longest`, for which `fits` holds.
template <typename Fits>
uint64_t lengthen(uint64_t chunk, uint64_t longest, const Fits& fits) {
  while (chunk < longest) {
    const uint64_t next = std::min(2 * chunk, longest);
    if (!fits(next)) break;
    chunk = next;
  }
  return chunk;
}

// The chunk that has memory of its own while there are fewer slots than units.
uint64_t choose_chunk(const PlanInput& in, const Choice& floor, uint64_t floor_bytes) {
  const uint64_t share = (in.budget_bytes - floor_bytes) / kChunkShare;
  const uint64_t least = in.activation_bytes(floor.chunk);
  return lengthen(floor.chunk, std::min(kOwnChunk, in.context_tokens), [&](uint64_t chunk) {
    return in.activation_bytes(chunk) - least <= share;
  });
}

// The most slots that fit beside the chunk.
uint64_t choose_slots(const PlanInput& in, const Choice& floor, uint64_t chunk) {
  uint64_t low = floor.slots;
  uint64_t high = in.units;
  while (low < high) {
    const uint64_t slots = low + (high - low + 1) / 2;
    if (total(in, {chunk, slots, floor.embedding_on_disk}) <= in.budget_bytes) {
      low = slots;
    } else {
      high = slots - 1;
    }
  }
  return low;
}

// Above the floor. What is asked for is not lengthened.
Choice choose_sizes(const PlanInput& in, const Choice& floor, uint64_t floor_bytes) {
  const bool asked = in.chunk_tokens != 0;
  Choice choice = floor;
  choice.chunk = asked ? in.chunk_tokens : choose_chunk(in, floor, floor_bytes);
  choice.slots = choose_slots(in, floor, choice.chunk);
  if (asked || choice.slots < in.units) return choice;
  // Slots that hold everything are not worth lending while there is memory beside them.
  const uint64_t longest = std::min(kLongestChunk, in.context_tokens);
  choice.chunk = lengthen(choice.chunk, longest, [&](uint64_t chunk) {
    return total(in, {chunk, choice.slots, choice.embedding_on_disk}) <= in.budget_bytes;
  });
  return choice;
}

// An embedding that may be anywhere is in memory if everything can be.
Choice choose(const PlanInput& in, const Choice& floor, uint64_t floor_bytes) {
  if (in.embedding == EmbeddingPlace::automatic) {
    Choice resident = floor;
    resident.embedding_on_disk = false;
    const uint64_t bytes = total(in, resident);
    if (bytes <= in.budget_bytes) {
      const Choice choice = choose_sizes(in, resident, bytes);
      if (choice.slots == in.units) return choice;
    }
  }
  return choose_sizes(in, floor, floor_bytes);
}

}  // namespace

MemoryPlan make_plan(const PlanInput& in) {
  Choice floor;
  floor.chunk = in.chunk_tokens != 0 ? in.chunk_tokens : std::min(kFloorChunk, in.context_tokens);
  floor.slots = std::min(kFloorSlots, in.units);
  floor.embedding_on_disk = in.embedding != EmbeddingPlace::memory;

  MemoryPlan plan;
  plan.model = in.model;
  plan.parameters = in.parameters;
  plan.active_parameters = in.active_parameters;
  plan.budget_bytes = in.budget_bytes;
  plan.budget_is_default = in.budget_is_default;
  plan.floor_bytes = total(in, floor);
  plan.fits = in.budget_bytes >= plan.floor_bytes;
  plan.units = in.units;
  plan.unit_kind = in.unit_kind;
  plan.unit_bytes_max = in.unit_bytes_max;
  plan.slot_bytes = in.slot_bytes;
  plan.routed_bytes_per_token = in.routed_bytes_per_token;
  plan.context_tokens = in.context_tokens;

  const Choice choice = plan.fits ? choose(in, floor, plan.floor_bytes) : floor;
  plan.chunk_tokens = choice.chunk;
  plan.slots = choice.slots;
  plan.slots_most = choice.slots + lent_bytes(in, choice) / in.slot_bytes;
  plan.embedding_on_disk = choice.embedding_on_disk;
  plan.items = itemise(in, choice);
  const uint64_t own = in.chunk_tokens != 0 ? in.chunk_tokens : kOwnChunk;
  plan.resident_budget_bytes = total(in, {std::min(own, in.context_tokens), in.units,
                                          in.embedding == EmbeddingPlace::disk});
  return plan;
}

std::string describe_refusal(const MemoryPlan& plan) {
  std::string text = plan.model + " does not fit in " + format_bytes(plan.budget_bytes) + " (" +
                     std::to_string(plan.budget_bytes) + " bytes): it needs at least " +
                     format_bytes(plan.floor_bytes) + " (" + std::to_string(plan.floor_bytes) +
                     " bytes) with a context of " + std::to_string(plan.context_tokens) +
                     " tokens:";
  for (const PlanItem& item : plan.items) {
    text += " " + item.name + " " + format_bytes(item.bytes) + ",";
  }
  text.back() = ';';
  return text + " give it --memory " + std::to_string(plan.floor_bytes) +
         ", or a shorter context with --ctx";
}

}  // namespace sluice
