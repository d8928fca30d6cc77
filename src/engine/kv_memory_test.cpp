// Goal: keys and values take no more memory than bytes_at() says for the positions reached, and
// giving positions back leaves those before them alone. Method: a model that is nothing but two
// layers of different shapes; resident pages are counted by the system.
#include "engine/kv_memory.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <vector>

#include "base/bytes.hpp"

namespace sluice {
namespace {

constexpr size_t kCapacity = 1000;

class TwoLayers final : public Model {
 public:
  const ModelShape& shape() const override { return shape_; }
  std::vector<std::pair<std::string, std::string>> describe() const override { return {}; }
  void lay_out(Scratch&, size_t) override {}
  KvCache make_kv(Scratch& memory, size_t positions) const override {
    KvCache cache;
    for (const auto& [heads, dim] : {std::pair<size_t, size_t>{3, 48}, {2, 128}}) {
      const size_t floats = heads * dim * positions;
      float* keys = memory.take<float>(floats);
      float* values = memory.take<float>(floats);
      cache.layers.push_back({keys, values, heads, dim, positions});
    }
    return cache;
  }
  Result<void> step(const Step&) override { return {}; }
  Result<Rows> logits(Ops&, size_t, size_t) override { return Rows(); }

 private:
  ModelShape shape_;
};

KvMemory make() {
  auto memory = KvMemory::allocate(TwoLayers(), kCapacity, PageSize::small);
  EXPECT_TRUE(memory);
  return std::move(*memory);
}

// Visits the keys and values of positions [begin, end), each with a number of its own.
template <typename Visit>
void visit(KvMemory& memory, size_t begin, size_t end, const Visit& visit) {
  float number = 1;
  for (const KvLayer& layer : memory.cache().layers) {
    for (float* const rows : {layer.keys, layer.values}) {
      for (size_t head = 0; head < layer.heads; ++head) {
        for (size_t p = 0; p < kCapacity; ++p, ++number) {
          if (p < begin || p >= end) continue;
          float* const row = rows + (head * layer.capacity + p) * layer.head_dim;
          for (size_t i = 0; i < layer.head_dim; ++i) visit(row[i], number);
        }
      }
    }
  }
}

void use(KvMemory& memory, size_t begin, size_t end) {
  memory.reach(end);
  visit(memory, begin, end, [](float& value, float number) { value = number; });
}

uint64_t resident_bytes(KvMemory& memory) {
  std::vector<unsigned char> pages((memory.bytes() + kPage - 1) / kPage);
  EXPECT_EQ(mincore(memory.cache().layers[0].keys, memory.bytes(), pages.data()), 0);
  uint64_t resident = 0;
  for (const unsigned char page : pages) resident += (page & 1) * kPage;
  return resident;
}

TEST(KvMemory, TakesNoMoreThanItSays) {
  KvMemory memory = make();
  EXPECT_EQ(memory.bytes(), KvMemory::bytes(TwoLayers(), kCapacity));
  EXPECT_EQ(memory.bytes_at(0), 0u);
  EXPECT_EQ(memory.bytes_at(kCapacity), memory.bytes());
  uint64_t before = 0;
  for (size_t positions = 1; positions < kCapacity; positions += 83) {
    use(memory, positions - 1, positions);
    use(memory, 0, positions);
    EXPECT_EQ(memory.reached(), positions);
    EXPECT_GE(memory.bytes_at(positions), before);
    before = memory.bytes_at(positions);
    EXPECT_LE(before, memory.bytes());
    EXPECT_LE(resident_bytes(memory), align_up(before, kPage));
  }
  EXPECT_LT(memory.bytes_at(100), memory.bytes() / 2);
}

TEST(KvMemory, ForgetsWhatIsGivenBackAndNothingElse) {
  KvMemory memory = make();
  for (const size_t kept : {size_t{700}, size_t{33}, size_t{0}}) {
    use(memory, 0, kCapacity);
    memory.forget_from(kept);
    EXPECT_EQ(memory.reached(), kept);
    // Where heads meet inside a page, it stays: ten heads' worth of keys and values if nothing
    // else is kept.
    const uint64_t edges = (kept == 0 ? 11 : 1) * kPage;
    EXPECT_LE(resident_bytes(memory), align_up(memory.bytes_at(kept), kPage) + edges);
    visit(memory, 0, kept, [](float& value, float number) { ASSERT_EQ(value, number); });
    use(memory, kept, kCapacity);
    visit(memory, 0, kCapacity, [](float& value, float number) { ASSERT_EQ(value, number); });
  }
}

}  // namespace
}  // namespace sluice
