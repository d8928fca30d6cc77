// Replays a recorded routing trace through the real store and policies, without a disk: what hit
// rate would this cache have had? Usage:
//
//   store_replay TRACE.jsonl [--half-life H] [--order given|ready]
//
// TRACE has one JSON object per generated token: {"tok": 1, "layers": [[expert, ...], ...]}. Cache
// sizes are given as x, multiples of one token's expert set; hit rates are those of the second half
// of the trace, the cache warmed by the first (as in the design note "streaming", 2.3).
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/pages.hpp"
#include "io/instant_reader.hpp"
#include "store/store.hpp"

namespace {

using namespace sluice;

struct Trace {
  std::vector<std::vector<std::vector<uint32_t>>> tokens;  // [token][layer][choice]
  uint32_t layers = 0;
  uint32_t experts = 0;
  uint32_t token_set = 0;  // units of one token
};

// The lists of numbers of one line; the only brackets in it are those of the lists.
std::vector<std::vector<uint32_t>> parse_token(const std::string& line) {
  std::vector<std::vector<uint32_t>> layers;
  size_t position = line.find("[[");
  if (position == std::string::npos) return layers;
  for (++position; position < line.size() && line[position] != ']'; ++position) {
    if (line[position] != '[') continue;
    layers.emplace_back();
    for (++position; line[position] != ']'; ++position) {
      char* end = nullptr;
      layers.back().push_back(
          static_cast<uint32_t>(std::strtoul(line.c_str() + position, &end, 10)));
      position = static_cast<size_t>(end - line.c_str());
      if (line[position] == ']') break;
    }
  }
  return layers;
}

Trace load(const char* path) {
  Trace trace;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    auto layers = parse_token(line);
    if (!layers.empty()) trace.tokens.push_back(std::move(layers));
  }
  if (trace.tokens.empty()) return trace;
  trace.layers = static_cast<uint32_t>(trace.tokens[0].size());
  for (const auto& token : trace.tokens) {
    for (const auto& layer : token) {
      for (const uint32_t expert : layer) trace.experts = std::max(trace.experts, expert + 1);
    }
  }
  for (const auto& layer : trace.tokens[0]) {
    trace.token_set += static_cast<uint32_t>(layer.size());
  }
  return trace;
}

struct Options {
  double half_life = 8;
  Order order = Order::ready;
};

// Hit rate in percent over the second half, or a negative number if something failed.
double replay(const Trace& trace, bool lru, size_t slots, const Options& options) {
  constexpr size_t kUnitBytes = 64;
  Catalog catalog;
  const uint32_t units = trace.layers * trace.experts;
  auto file = File::open("/proc/self/exe", Caching::buffered);
  if (!file || file->size() < kUnitBytes) return -1;
  // All units are the same bytes of the same file: nobody looks at them.
  catalog.add("experts", units, {{.offset = 0, .stride = 0, .bytes = kUnitBytes}});
  auto arena = Pages::allocate(slots * catalog.slot_bytes(1));
  if (!arena) return -1;
  InstantReader reader(256);
  auto policy = lru ? make_lru(units) : make_decayed_count(units, options.half_life);
  auto store =
      Store::open(catalog, {&*file, 1}, reader, std::move(policy),
                  {.slots = slots, .arena = arena->span(), .alignment = 1, .verify = false});
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().message.c_str());
    return -1;
  }
  uint64_t hits = 0;
  uint64_t demands = 0;
  for (size_t token = 0; token < trace.tokens.size(); ++token) {
    const StoreStats before = (*store)->stats();
    for (uint32_t layer = 0; layer < trace.layers; ++layer) {
      std::vector<UnitIndex> wanted;
      for (const uint32_t expert : trace.tokens[token][layer]) {
        wanted.push_back(UnitIndex{layer * trace.experts + expert});
      }
      if (!(*store)->want(wanted, options.order)) return -1;
      while ((*store)->remaining() > 0) {
        if (!(*store)->take()) return -1;
      }
    }
    (*store)->advance();
    if (token < trace.tokens.size() / 2) continue;
    hits += (*store)->stats().hits - before.hits;
    demands += (*store)->stats().hits + (*store)->stats().misses - before.hits - before.misses;
  }
  return 100.0 * static_cast<double>(hits) / static_cast<double>(demands);
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: store_replay TRACE.jsonl [--half-life H] [--order given|ready]\n");
    return 2;
  }
  Options options;
  for (int i = 2; i + 1 < count; i += 2) {
    if (std::strcmp(arguments[i], "--half-life") == 0) options.half_life = atof(arguments[i + 1]);
    if (std::strcmp(arguments[i], "--order") == 0) {
      options.order = std::strcmp(arguments[i + 1], "given") == 0 ? Order::given : Order::ready;
    }
  }
  const Trace trace = load(arguments[1]);
  if (trace.tokens.empty()) {
    std::fprintf(stderr, "%s: no tokens\n", arguments[1]);
    return 1;
  }
  std::printf("%zu tokens, %u layers x %u experts, %u units a token\n", trace.tokens.size(),
              trace.layers, trace.experts, trace.token_set);
  std::printf("%8s %8s %8s %8s\n", "x", "slots", "lru", "decayed");
  for (const double x : {0.0625, 0.125, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0}) {
    const auto slots = static_cast<size_t>(x * trace.token_set);
    std::printf("%8.3f %8zu %8.1f %8.1f\n", x, slots, replay(trace, true, slots, options),
                replay(trace, false, slots, options));
  }
  return 0;
}
