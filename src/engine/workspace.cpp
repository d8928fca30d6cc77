#include "engine/workspace.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "base/pages.hpp"
#include "engine/plan.hpp"

namespace sluice {

namespace {

// Of the slots this share stays with the store: reading ahead wants some, and so do the units that
// the first generated tokens will ask for.
constexpr size_t kKeptShare = 4;

size_t divide_up(size_t amount, size_t by) {
  return (amount + by - 1) / by;
}

// Pages go back to the system, which gives zeroed ones.
void clear(std::span<std::byte> pages) {
  if (!give_back(pages)) std::memset(pages.data(), 0, pages.size());
}

size_t most_to_lend(size_t slots) {
  return slots - std::min(slots, std::max<size_t>(kFloorSlots, slots / kKeptShare));
}

}  // namespace

Workspace::Workspace(Model& model, Store& store, Governor& governor,
                     const WorkspaceOptions& options)
    : model_(model), store_(store), governor_(governor), options_(options) {
  lay_out(options_.own_chunk);
}

size_t Workspace::memory_bytes(size_t slots, size_t slot_bytes, size_t own_bytes) {
  return align_up(slots * slot_bytes, kPage) + own_bytes;
}

size_t Workspace::bytes(Model& model, size_t chunk, int activation_bits) {
  Scratch measure(activation_bits);
  model.lay_out(measure, chunk);
  return measure.bytes();
}

Result<size_t> Workspace::fit(size_t tokens) {
  const size_t chunk = choose(tokens);
  if (chunk == chunk_) return chunk;
  SLUICE_TRY(lend(slots_to_lend(chunk)));
  if (governor_.lent() > 0) {
    // At once, so that the governor sees it.
    std::memset(room().data(), 0, room().size());
  } else {
    clear(room());
  }
  lay_out(chunk);
  return chunk;
}

Result<void> Workspace::set_aside(size_t slots) {
  if (slots == governor_.aside() && settled_) return {};
  settled_ = false;
  if (governor_.lent() > 0) SLUICE_TRY(lend(0));
  governor_.set_aside(store_, slots);
  SLUICE_TRY(store_.settle());
  settled_ = true;
  if (chunk_ == 0) lay_out(options_.own_chunk);
  return {};
}

// In place of what was lent before. There is no room until the model has been laid out again.
Result<void> Workspace::lend(size_t slots) {
  chunk_ = 0;
  clear(room());  // before the store may use it again
  governor_.lend(store_, slots);
  return store_.settle();
}

size_t Workspace::choose(size_t tokens) {
  const size_t own = options_.own_chunk;
  const size_t longest = std::min<size_t>(tokens, kLongestChunk);
  if (longest <= own || !options_.lend) return own;
  const size_t slots = governor_.slots(store_);
  const size_t fits = longest_that_fits(longest, slots);
  const size_t chunk = divide_up(tokens, divide_up(tokens, fits));
  const bool lends = fits > own && saves_reads(tokens, chunk, slots);
  // The rest of a prompt has the room of its beginning.
  const bool stays = lends && chunk <= chunk_ && governor_.lent() <= most_to_lend(slots);
  lay_out(chunk_);
  if (stays) return chunk_;
  return lends ? chunk : own;
}

// The longest chunk of at most `longest` tokens that the slots can lend room to.
size_t Workspace::longest_that_fits(size_t longest, size_t slots) {
  size_t low = options_.own_chunk;
  for (size_t high = longest; low < high;) {
    const size_t middle = low + (high - low + 1) / 2;
    if (slots_to_lend(middle) <= most_to_lend(slots)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// Each chunk reads the units that have no slot; a lent slot's unit is read once more afterwards.
bool Workspace::saves_reads(size_t tokens, size_t chunk, size_t slots) {
  const size_t missing = options_.units - std::min(options_.units, slots);
  const size_t chunks = divide_up(tokens, chunk);
  const size_t saved = (divide_up(tokens, options_.own_chunk) - chunks) * missing;
  return saved > (chunks + 1) * slots_to_lend(chunk);
}

size_t Workspace::slots_to_lend(size_t chunk) {
  if (chunk <= options_.own_chunk) return 0;
  const size_t needed = bytes(model_, chunk, options_.activation_bits);
  const size_t slots = memory_bytes(options_.slots, options_.slot_bytes, 0);
  const size_t room = options_.memory.size() - slots;
  return needed <= room ? 0 : divide_up(needed - room + kPage, options_.slot_bytes);
}

// The memory that is not slots at present.
std::span<std::byte> Workspace::room() const {
  const size_t slots = options_.slots - governor_.lent();
  return options_.memory.subspan(align_up(slots * options_.slot_bytes, kPage));
}

void Workspace::lay_out(size_t chunk) {
  Scratch scratch(room(), options_.activation_bits);
  model_.lay_out(scratch, chunk);
  chunk_ = chunk;
}

}  // namespace sluice
