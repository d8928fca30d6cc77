// Room for activations. Short steps have memory of their own, behind the slots; for a longer prompt
// the last slots are lent to it, so that each unit is read once for as many tokens as possible, and
// are slots again before the next short step. What keys and values are about to use leaves the
// slots first (set_aside). All this changes which units stay in memory, never what is computed.
// Threads: the session's caller. Cost: for a short step nothing while the room fits; otherwise some
// ten layouts, the units of slots that are lent, and clearing their memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "arch/model.hpp"
#include "engine/governor.hpp"
#include "sluice/error.hpp"
#include "store/store.hpp"

namespace sluice {

struct WorkspaceOptions {
  size_t units = 0;             ///< that the store streams
  std::span<std::byte> memory;  ///< memory_bytes(), page aligned, zeroed; the slots come first
  size_t slots = 0;
  size_t slot_bytes = 0;
  size_t own_chunk = 0;      ///< tokens for which there is room without lending
  bool lend = true;          ///< false: chunks never get longer
  int activation_bits = 16;
};

class Workspace {
 public:
  /// Lays the model out for `own_chunk`. All must outlive this; the governor governs the store.
  Workspace(Model& model, Store& store, Governor& governor, const WorkspaceOptions& options);

  /// Bytes of slots and, behind them on pages of their own, of activations that take `own_bytes`.
  static size_t memory_bytes(size_t slots, size_t slot_bytes, size_t own_bytes);
  /// Bytes that the activations of `chunk` tokens take. The model must be laid out afterwards.
  static size_t bytes(Model& model, size_t chunk, int activation_bits);

  /// Takes the memory of so many slots away from the store, in place of what was taken before: the
  /// caller is about to use as much elsewhere. What the last step left may be lost. No list may be
  /// open and no lease held. Errors: io, if the reader fails; the next call tries again.
  Result<void> set_aside(size_t slots);
  /// Makes room for the next step of a prompt of which `tokens` are left, and says how many of them
  /// to evaluate together: at most kLongestChunk, and shares of nearly one length where slots run
  /// short. What the last step left is lost if the room changes. No list may be open and no lease
  /// held. Errors: io, if the reader fails; the room is made by the next call then.
  Result<size_t> fit(size_t tokens);

 private:
  size_t choose(size_t tokens);
  size_t longest_that_fits(size_t tokens, size_t slots);
  bool saves_reads(size_t tokens, size_t chunk, size_t slots);
  size_t slots_to_lend(size_t chunk);
  Result<void> lend(size_t slots);
  std::span<std::byte> room() const;
  void lay_out(size_t chunk);

  Model& model_;
  Store& store_;
  Governor& governor_;
  const WorkspaceOptions options_;
  size_t chunk_ = 0;     // tokens that the model is laid out for
  bool settled_ = true;  // what is set aside has been given back
};

}  // namespace sluice
