#include "engine/kv_memory.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "device/scratch.hpp"

namespace sluice {

namespace {

uint64_t head_bytes(const KvLayer& layer, size_t positions) {
  return std::min(positions, layer.capacity) * layer.head_dim * sizeof(float);
}

}  // namespace

uint64_t KvMemory::bytes(const Model& model, size_t positions) {
  Scratch measure;
  model.make_kv(measure, positions);
  return measure.bytes();
}

Result<KvMemory> KvMemory::allocate(const Model& model, size_t capacity, PageSize pages) {
  KvMemory memory;
  memory.bytes_ = bytes(model, capacity);
  SLUICE_LET(memory.pages_, Pages::allocate(memory.bytes_, pages));
  Scratch scratch(memory.pages_.span());
  memory.cache_ = model.make_kv(scratch, capacity);
  return memory;
}

uint64_t KvMemory::bytes_at(size_t positions) const {
  if (positions == 0) return 0;
  uint64_t bytes = 0;
  for (const KvLayer& layer : cache_.layers) {
    // The first page may begin before the head's memory.
    const uint64_t head = align_up(head_bytes(layer, positions), kPage) + kPage;
    bytes += 2 * layer.heads * head;
  }
  return std::min(bytes, bytes_);
}

void KvMemory::reach(size_t positions) { reached_ = std::max(reached_, positions); }

void KvMemory::forget_from(size_t positions) {
  for (const KvLayer& layer : cache_.layers) {
    const uint64_t kept = head_bytes(layer, positions);
    const uint64_t whole = head_bytes(layer, layer.capacity);
    for (float* const rows : {layer.keys, layer.values}) {
      auto* head = reinterpret_cast<std::byte*>(rows);
      for (size_t h = 0; h < layer.heads; ++h, head += whole) {
        give_back({head + kept, whole - kept});
      }
    }
  }
  reached_ = std::min(reached_, positions);
}

}  // namespace sluice
