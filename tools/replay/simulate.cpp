#include "replay/simulate.hpp"

#include <algorithm>
#include <limits>
#include <list>
#include <queue>

#include "base/pages.hpp"
#include "io/instant_reader.hpp"
#include "store/store.hpp"

namespace sluice::replay {

namespace {

// As the engine: up to so many choices are taken in the order of their arrival, more in that of the
// file (src/arch/blocks/mixture.cpp).
constexpr size_t kTakenAsTheyCome = 64;
constexpr size_t kUnitBytes = 64;

size_t decode_tokens(const Trace& trace) {
  return static_cast<size_t>(std::count_if(trace.tokens.begin(), trace.tokens.end(),
                                           [](const Token& token) { return !token.prefill; }));
}

void add(Score& score, bool second_half, uint64_t demands, uint64_t hits) {
  score.whole.demands += demands;
  score.whole.hits += hits;
  if (!second_half) return;
  score.second_half.demands += demands;
  score.second_half.hits += hits;
}

// A store without a disk: all units are the same bytes, at which nobody looks.
class Bench {
 public:
  static Result<std::unique_ptr<Bench>> open(const Trace& trace, const std::string& policy,
                                             size_t slots) {
    auto bench = std::make_unique<Bench>();
    for (uint32_t layer = 0; layer < trace.layers; ++layer) {
      bench->catalog_.add("layer " + std::to_string(layer), trace.experts,
                          {{.offset = 0, .stride = 0, .bytes = kUnitBytes}});
    }
    SLUICE_LET(File file, File::open("/proc/self/exe", Caching::buffered));
    bench->files_.push_back(std::move(file));
    SLUICE_LET(bench->arena_, Pages::allocate(slots * bench->catalog_.slot_bytes(1)));
    SLUICE_LET(std::unique_ptr<Policy> made, make_policy(policy, bench->catalog_));
    StoreOptions options;
    options.slots = slots;
    options.arena = bench->arena_.span();
    options.alignment = 1;
    options.verify = false;
    SLUICE_LET(bench->store_, Store::open(bench->catalog_, bench->files_, bench->reader_,
                                          std::move(made), options));
    return bench;
  }

  // One layer of a step: the choices of tokens [begin, end).
  Result<void> demand(const Trace& trace, uint32_t layer, size_t begin, size_t end) {
    choices_.clear();
    size_t width = 0;
    for (size_t token = begin; token < end; ++token) {
      const std::vector<uint32_t>& list = trace.tokens[token].layers[layer];
      if (list.empty()) continue;
      if (width != 0 && list.size() != width) continue;  // no router does that
      width = list.size();
      choices_.insert(choices_.end(), list.begin(), list.end());
    }
    if (choices_.empty()) return {};
    const UnitIndex first{trace.unit(layer, 0)};
    std::vector<UnitIndex> units;
    for (const uint32_t expert : choices_) units.push_back(UnitIndex{to_number(first) + expert});
    std::sort(units.begin(), units.end());
    units.erase(std::unique(units.begin(), units.end()), units.end());
    store_->routed({.first = first, .choices = choices_, .per_row = width, .weights = {}});
    const bool few = choices_.size() <= kTakenAsTheyCome;
    SLUICE_TRY(store_->want(units, few ? Order::ready : Order::given));
    while (store_->remaining() > 0) SLUICE_TRY(store_->take());
    return {};
  }

  Store& store() { return *store_; }

 private:
  Catalog catalog_;
  std::vector<File> files_;
  InstantReader reader_{256};
  Pages arena_;
  std::unique_ptr<Store> store_;
  std::vector<uint32_t> choices_;
};

// The tokens [begin, end) are evaluated together: a generated token by itself, a prompt in steps.
size_t step_end(const Trace& trace, size_t begin) {
  const Token& token = trace.tokens[begin];
  size_t end = begin + 1;
  while (token.prefill && end < trace.tokens.size() && trace.tokens[end].prefill &&
         trace.tokens[end].step == token.step) {
    ++end;
  }
  return end;
}

// One unit at a time; of a prompt's step each unit once, in ascending order.
struct Access {
  uint32_t unit = 0;
  bool counted = false;
  bool second_half = false;
};

std::vector<Access> accesses(const Trace& trace, bool prompt) {
  std::vector<Access> all;
  const size_t half = decode_tokens(trace) / 2;
  size_t decoded = 0;
  std::vector<uint32_t> units;
  for (size_t begin = 0, end = 0; begin < trace.tokens.size(); begin = end) {
    end = step_end(trace, begin);
    const bool counted = !trace.tokens[begin].prefill;
    if (!counted && !prompt) continue;
    for (uint32_t layer = 0; layer < trace.layers; ++layer) {
      units.clear();
      for (size_t token = begin; token < end; ++token) {
        for (const uint32_t expert : trace.tokens[token].layers[layer]) {
          units.push_back(trace.unit(layer, expert));
        }
      }
      if (!counted) {
        std::sort(units.begin(), units.end());
        units.erase(std::unique(units.begin(), units.end()), units.end());
      }
      for (const uint32_t unit : units) all.push_back({unit, counted, decoded >= half});
    }
    if (counted) ++decoded;
  }
  return all;
}

}  // namespace

Result<Score> replay_store(const Trace& trace, const std::string& policy, size_t slots,
                           bool prompt) {
  SLUICE_LET(const std::unique_ptr<Bench> bench, Bench::open(trace, policy, slots));
  const size_t half = decode_tokens(trace) / 2;
  size_t decoded = 0;
  Score score;
  for (size_t begin = 0, end = 0; begin < trace.tokens.size(); begin = end) {
    const Token& token = trace.tokens[begin];
    end = step_end(trace, begin);
    if (token.prefill && !prompt) continue;
    const StoreStats before = bench->store().stats();
    for (uint32_t layer = 0; layer < trace.layers; ++layer) {
      SLUICE_TRY(bench->demand(trace, layer, begin, end));
    }
    bench->store().advance();
    if (token.prefill) continue;
    const StoreStats& after = bench->store().stats();
    const uint64_t hits = after.hits - before.hits;
    add(score, decoded >= half, hits + after.misses - before.misses, hits);
    ++decoded;
  }
  return score;
}

Score replay_belady(const Trace& trace, size_t slots, bool prompt) {
  constexpr size_t kNever = std::numeric_limits<size_t>::max();
  const std::vector<Access> all = accesses(trace, prompt);
  std::vector<size_t> next_use(all.size());
  std::vector<size_t> seen(trace.units(), kNever);
  for (size_t i = all.size(); i > 0; --i) {
    next_use[i - 1] = seen[all[i - 1].unit];
    seen[all[i - 1].unit] = i - 1;
  }
  constexpr size_t kAbsent = 0;                         // nothing is next used at the very start
  std::vector<size_t> resident(trace.units(), kAbsent);  // when it is used next
  std::priority_queue<std::pair<size_t, uint32_t>> furthest;  // may hold entries out of date
  size_t count = 0;
  Score score;
  for (size_t i = 0; i < all.size(); ++i) {
    const auto [unit, counted, second_half] = all[i];
    const bool hit = resident[unit] != kAbsent;
    if (counted) add(score, second_half, 1, hit ? 1 : 0);
    if (hit) {
      --count;
      resident[unit] = kAbsent;
    }
    if (next_use[i] == kNever || slots == 0) continue;
    if (count == slots) {
      while (resident[furthest.top().second] != furthest.top().first) furthest.pop();
      if (furthest.top().first <= next_use[i]) continue;
      resident[furthest.top().second] = kAbsent;
      furthest.pop();
      --count;
    }
    resident[unit] = next_use[i];
    furthest.emplace(next_use[i], unit);
    ++count;
  }
  return score;
}

Score replay_plain_lru(const Trace& trace, size_t slots, bool prompt) {
  std::list<uint32_t> order;  // oldest first
  std::vector<std::list<uint32_t>::iterator> place(trace.units(), order.end());
  Score score;
  for (const auto& [unit, counted, second_half] : accesses(trace, prompt)) {
    const bool hit = place[unit] != order.end();
    if (counted) add(score, second_half, 1, hit ? 1 : 0);
    if (slots == 0) continue;
    if (hit) {
      order.erase(place[unit]);
    } else if (order.size() == slots) {
      place[order.front()] = order.end();
      order.pop_front();
    }
    place[unit] = order.insert(order.end(), unit);
  }
  return score;
}

Result<Score> replay(const Trace& trace, const std::string& policy, size_t slots, bool prompt) {
  if (policy == "belady") return replay_belady(trace, slots, prompt);
  if (policy == "plain-lru") return replay_plain_lru(trace, slots, prompt);
  return replay_store(trace, policy, slots, prompt);
}

}  // namespace sluice::replay
