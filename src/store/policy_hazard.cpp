// The hazard cache. A unit is worth the chance that its layer demands it in its next turn, divided
// by (a power of) the time until that turn: slots are rented by the layer, and a unit of the next
// layer pays back soonest. What the chance is taken from, whenever a layer has chosen:
//
//   popular   the unit's share of its layer's tokens, halving every 64 tokens
//   recent    the same, halving every 2 tokens
//   followed  the share of remembered tokens *after which* the layer chose the unit, each weighted
//             by how similar its routing was to the token just run. Similar is: the same experts in
//             this layer and those before it, older layers counting less.
//
// The last is co-activation without a table of pairs: the design note "streaming" (proposal C)
// keeps counters for every pair of experts of a layer (16 to 31 MB for a model of 400 billion
// parameters) and adds their log-odds as if they were independent. The memory of the last 256
// tokens takes half a megabyte, looks at whole lists instead of pairs, and was better on every
// trace and cache size (docs/experiments/2026-11-21-hazard-cache.md, which also has the constants'
// neighbourhood).
//
// Keys change for a whole layer at once, when it is visited, and then only by the time to the next
// turn, which is the same for all units of a layer. So each layer keeps its own least unit, found
// again only after its keys or members changed, and a victim is the least of those after the time
// to each layer's turn was taken off.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.hpp"
#include "store/policy.hpp"

namespace sluice {
namespace {

// Chosen by replay; all of them can be halved or doubled at a loss of about a point of hits.
constexpr size_t kHistory = 256;        // tokens remembered
constexpr size_t kRemembered = 16;      // choices per layer and token; more are forgotten
constexpr size_t kSavedHistory = 128;   // tokens that survive a restart
constexpr float kPopularHalfLife = 64;  // tokens
constexpr float kRecentHalfLife = 2;
constexpr float kOlderLayer = 0.875f;  // what similarity keeps from layer to layer
constexpr float kSharpness = 0.25f;    // weight e^(kSharpness * matches)
constexpr float kPriorWeight = 0.5f;   // of popularity, in units of the most similar token
constexpr float kFollowedPower = 0.8f;
constexpr float kRecentPower = 0.15f;
constexpr float kTimePower = 0.7f;
// What popularity is never below, so that units not seen yet keep an order by other evidence.
constexpr float kPopularFloor = 1e-4f;
constexpr float kRecentFloor = 1e-3f;
// Key of a unit that somebody expects to be demanded: a chance of one half.
constexpr float kExpectedKey = -(kFollowedPower + kRecentPower);
constexpr float kUnseenKey = -12;
constexpr uint16_t kNothing = 0xFFFF;

class Hazard final : public Policy {
 public:
  explicit Hazard(const Catalog& catalog);

  std::string_view name() const override { return "hazard"; }
  size_t memory_bytes() const override;
  void demand(const Demand& demand) override;
  void advance(size_t rows) override;
  void expect(std::span<const UnitIndex> units) override;
  void insert(UnitIndex unit) override;
  void remove(UnitIndex unit) override;
  std::optional<UnitIndex> victim() override;
  double worth(UnitIndex unit) const override { return worth(unit, key_[to_number(unit)]); }
  bool displaces(UnitIndex unit, UnitIndex resident) const override {
    const float key = std::max(key_[to_number(unit)], kExpectedKey);
    return worth(resident) < worth(unit, key);
  }
  std::vector<std::byte> save() const override;
  bool restore(std::span<const std::byte> state) override;

 private:
  struct Group {
    uint32_t first = 0;
    uint32_t count = 0;
    uint32_t evictable = 0;  // of its units
    uint32_t least = 0;      // evictable unit with the smallest key, if known
    bool least_known = false;
    uint64_t tokens = 0;  // that visited it
  };

  size_t group_of(uint32_t unit) const;
  double worth(UnitIndex unit, float key) const {
    return key - time_cost_[distance(group_of(to_number(unit)))];
  }
  // Visits of layers until the group's next turn: 1 for the one after the current.
  size_t distance(size_t group) const {
    return (group + groups_.size() - current_ - 1) % groups_.size() + 1;
  }
  void visit(size_t group, const Demand& demand);
  void count(Group& group, const Demand& demand);
  void remember(size_t group, const Demand& demand);
  float follow(size_t group);
  void rank(Group& group, size_t per_row, float weight);
  void find_least(Group& group) const;
  uint16_t* remembered(uint64_t token, size_t group) {
    return &history_[(token % kHistory * groups_.size() + group) * kRemembered];
  }
  const uint16_t* remembered(uint64_t token, size_t group) const {
    return const_cast<Hazard*>(this)->remembered(token, group);
  }

  std::vector<Group> groups_;
  std::vector<float> popular_, recent_;  // by unit
  std::vector<float> key_;               // by unit: log2 of its chance, sharpened
  std::vector<uint8_t> evictable_;       // by unit
  std::vector<uint16_t> history_;        // [kHistory, groups, kRemembered], ended by kNothing
  std::vector<float> similarity_;        // [kHistory] of the token just run, by tokens ago
  std::vector<float> votes_;             // scratch, by unit of a group
  std::vector<uint8_t> chosen_;          // the same
  std::vector<float> time_cost_;         // by distance
  size_t current_ = 0;                   // group visited last
  uint64_t token_ = 0;                   // the step's first
  bool step_begun_ = false;
};

Hazard::Hazard(const Catalog& catalog)
    : popular_(catalog.units(), 0.0f),
      recent_(catalog.units(), 0.0f),
      key_(catalog.units(), kUnseenKey),
      evictable_(catalog.units(), 0),
      similarity_(kHistory, 0.0f) {
  uint32_t largest = 0;
  for (const UnitGroup& group : catalog.groups()) {
    Group own;
    own.first = to_number(group.first);
    own.count = group.count;
    groups_.push_back(own);
    largest = std::max(largest, group.count);
  }
  SLUICE_CHECK(!groups_.empty());
  history_.assign(kHistory * groups_.size() * kRemembered, kNothing);
  votes_.resize(largest);
  chosen_.resize(largest);
  current_ = groups_.size() - 1;
  for (size_t d = 0; d <= groups_.size(); ++d) {
    time_cost_.push_back(kTimePower * std::log2(std::max(static_cast<float>(d), 1.0f)));
  }
}

size_t Hazard::memory_bytes() const {
  return key_.size() * (3 * sizeof(float) + 1) + history_.size() * sizeof(uint16_t) +
         groups_.size() * (sizeof(Group) + sizeof(float)) + kHistory * sizeof(float) +
         votes_.size() * (sizeof(float) + 1);
}

size_t Hazard::group_of(uint32_t unit) const {
  const auto after = std::upper_bound(groups_.begin(), groups_.end(), unit,
                                      [](uint32_t u, const Group& g) { return u < g.first; });
  return static_cast<size_t>(after - groups_.begin()) - 1;
}

// A list over several groups (nobody's layer, but allowed) is taken group by group.
void Hazard::demand(const Demand& demand) {
  for (size_t begin = 0; begin < demand.choices.size();) {
    const size_t group = group_of(to_number(demand.unit(begin)));
    size_t end = begin + 1;
    while (end < demand.choices.size() && group_of(to_number(demand.unit(end))) == group) ++end;
    Demand part = demand;
    part.choices = demand.choices.subspan(begin, end - begin);
    if (part.choices.size() % demand.per_row != 0) part.per_row = part.choices.size();
    visit(group, part);
    begin = end;
  }
}

void Hazard::advance(size_t rows) {
  token_ += rows;
  step_begun_ = false;
  // A step that fails half way leaves no stale choices behind.
  for (size_t group = 0; group < groups_.size(); ++group) *remembered(token_, group) = kNothing;
}

void Hazard::visit(size_t index, const Demand& demand) {
  Group& group = groups_[index];
  current_ = index;
  // Similarity goes on from the token before; after a chunk of them it starts anew.
  if (!step_begun_ && demand.rows() > 1) std::fill(similarity_.begin(), similarity_.end(), 0.0f);
  step_begun_ = true;
  count(group, demand);
  remember(index, demand);
  token_ += demand.rows() - 1;  // the last token is what the next turn follows
  const float weight = follow(index);
  token_ -= demand.rows() - 1;
  rank(group, demand.per_row, weight);
}

void Hazard::count(Group& group, const Demand& demand) {
  const size_t rows = demand.rows();
  const auto update = [&](std::vector<float>& share, float half_life) {
    const float keep = std::exp2(-1 / half_life);
    const float fade = std::exp2(-static_cast<float>(rows) / half_life);
    for (uint32_t u = group.first; u < group.first + group.count; ++u) share[u] *= fade;
    for (size_t i = 0; i < demand.choices.size(); ++i) {
      const auto later = static_cast<float>(rows - 1 - i / demand.per_row);
      share[to_number(demand.unit(i))] += (1 - keep) * std::exp2(-later / half_life);
    }
  };
  update(popular_, kPopularHalfLife);
  update(recent_, kRecentHalfLife);
  group.tokens += rows;
}

void Hazard::remember(size_t index, const Demand& demand) {
  const Group& group = groups_[index];
  if (group.count >= kNothing) return;
  const size_t kept = std::min(demand.per_row, kRemembered);
  for (size_t row = demand.rows() - std::min(demand.rows(), kHistory); row < demand.rows(); ++row) {
    uint16_t* list = remembered(token_ + row, index);
    for (size_t i = 0; i < kept; ++i) {
      const uint32_t unit = to_number(demand.unit(row * demand.per_row + i));
      list[i] = static_cast<uint16_t>(unit - group.first);
    }
    if (kept < kRemembered) list[kept] = kNothing;
  }
}

// Fills votes_ with the weight of the remembered tokens after which each unit was chosen; returns
// the weight of all. The most similar token weighs 1.
float Hazard::follow(size_t index) {
  const Group& group = groups_[index];
  std::fill_n(votes_.begin(), group.count, 0.0f);
  const auto each = [](const uint16_t* list, auto&& use) {
    for (size_t i = 0; i < kRemembered && list[i] != kNothing; ++i) use(list[i]);
  };
  const uint16_t* now = remembered(token_, index);
  each(now, [&](uint16_t unit) { chosen_[unit] = 1; });
  const size_t known = std::min<uint64_t>(token_, kHistory - 1);
  float most = 0;
  for (size_t ago = 1; ago <= known; ++ago) {
    float matches = 0;
    each(remembered(token_ - ago, index), [&](uint16_t unit) { matches += chosen_[unit]; });
    similarity_[ago] = kOlderLayer * similarity_[ago] + matches;
    most = std::max(most, similarity_[ago]);
  }
  each(now, [&](uint16_t unit) { chosen_[unit] = 0; });
  float total = 0;
  for (size_t ago = 1; ago <= known; ++ago) {
    const uint16_t* next = remembered(token_ - ago + 1, index);
    if (*next == kNothing) continue;
    const float weight = std::exp(kSharpness * (similarity_[ago] - most));
    total += weight;
    each(next, [&](uint16_t unit) { votes_[unit] += weight; });
  }
  return total;
}

// Gives every unit of the group its key, from the counts and `weight` and votes_ of follow().
void Hazard::rank(Group& group, size_t per_row, float weight) {
  const float even = static_cast<float>(per_row) / static_cast<float>(group.count);
  const auto tokens = static_cast<float>(group.tokens);
  // What the counts still lack for being shares goes evenly to all.
  const float popular_prior = even * std::exp2(-tokens / kPopularHalfLife) + kPopularFloor;
  const float recent_prior = even * std::exp2(-tokens / kRecentHalfLife) + kRecentFloor;
  for (uint32_t i = 0; i < group.count; ++i) {
    const uint32_t unit = group.first + i;
    const float popular = popular_[unit] + popular_prior;
    const float recent = recent_[unit] + recent_prior;
    const float followed = (votes_[i] + kPriorWeight * popular) / (weight + kPriorWeight);
    key_[unit] = kFollowedPower * std::log2(followed) + kRecentPower * std::log2(recent);
  }
  group.least_known = false;
}

void Hazard::expect(std::span<const UnitIndex> units) {
  for (const UnitIndex unit : units) {
    float& key = key_[to_number(unit)];
    key = std::max(key, kExpectedKey);
    Group& group = groups_[group_of(to_number(unit))];
    if (group.least == to_number(unit)) group.least_known = false;
  }
}

void Hazard::insert(UnitIndex index) {
  const uint32_t unit = to_number(index);
  SLUICE_CHECK(evictable_[unit] == 0);
  Group& group = groups_[group_of(unit)];
  evictable_[unit] = 1;
  const bool first = group.evictable++ == 0;
  if (first) group.least_known = true;
  if (first || (group.least_known && key_[unit] < key_[group.least])) group.least = unit;
}

void Hazard::remove(UnitIndex index) {
  const uint32_t unit = to_number(index);
  SLUICE_CHECK(evictable_[unit] == 1);
  Group& group = groups_[group_of(unit)];
  evictable_[unit] = 0;
  --group.evictable;
  if (group.least == unit) group.least_known = false;
}

void Hazard::find_least(Group& group) const {
  bool found = false;
  for (uint32_t unit = group.first; unit < group.first + group.count; ++unit) {
    if (evictable_[unit] == 0) continue;
    if (!found || key_[unit] < key_[group.least]) group.least = unit;
    found = true;
  }
  group.least_known = true;
}

std::optional<UnitIndex> Hazard::victim() {
  std::optional<UnitIndex> best;
  float best_worth = 0;
  for (size_t i = 0; i < groups_.size(); ++i) {
    Group& group = groups_[i];
    if (group.evictable == 0) continue;
    if (!group.least_known) find_least(group);
    const float worth = key_[group.least] - time_cost_[distance(i)];
    if (best && worth >= best_worth) continue;
    best = UnitIndex{group.least};
    best_worth = worth;
  }
  return best;
}

// What save() writes: this header, popular_ in 1/65535 for each unit, then the remembered tokens,
// oldest first, `width` choices for each group.
struct SavedHazard {
  uint32_t units = 0;
  uint32_t groups = 0;
  uint32_t tokens = 0;  // remembered
  uint32_t width = 0;
  uint32_t visits = 0;  // tokens that the counts have seen

  size_t choices() const { return size_t{tokens} * groups * width; }
  size_t bytes() const { return sizeof(SavedHazard) + 2 * (size_t{units} + choices()); }
};

std::vector<std::byte> Hazard::save() const {
  SavedHazard header;
  header.units = static_cast<uint32_t>(key_.size());
  header.groups = static_cast<uint32_t>(groups_.size());
  header.tokens = static_cast<uint32_t>(std::min<uint64_t>(token_, kSavedHistory));
  header.visits = static_cast<uint32_t>(std::min<uint64_t>(groups_[0].tokens, 1u << 20));
  std::vector<uint16_t> numbers;
  for (const float share : popular_) {
    numbers.push_back(static_cast<uint16_t>(std::lround(std::clamp(share, 0.0f, 1.0f) * 65535)));
  }
  for (uint64_t token = token_ - header.tokens; token < token_; ++token) {
    for (size_t group = 0; group < groups_.size(); ++group) {
      const uint16_t* list = remembered(token, group);
      const auto length =
          static_cast<uint32_t>(std::find(list, list + kRemembered, kNothing) - list);
      header.width = std::max(header.width, length);
    }
  }
  for (uint64_t token = token_ - header.tokens; token < token_; ++token) {
    for (size_t group = 0; group < groups_.size(); ++group) {
      const uint16_t* list = remembered(token, group);
      const uint16_t* end = std::find(list, list + header.width, kNothing);
      numbers.insert(numbers.end(), list, end);
      numbers.insert(numbers.end(), header.width - static_cast<size_t>(end - list), kNothing);
    }
  }
  std::vector<std::byte> state(header.bytes());
  std::memcpy(state.data(), &header, sizeof(header));
  std::memcpy(state.data() + sizeof(header), numbers.data(), numbers.size() * sizeof(uint16_t));
  return state;
}

bool Hazard::restore(std::span<const std::byte> state) {
  SavedHazard header;
  if (state.size() < sizeof(header)) return false;
  std::memcpy(&header, state.data(), sizeof(header));
  if (header.units != key_.size() || header.groups != groups_.size()) return false;
  if (header.tokens > kSavedHistory || header.width > kRemembered) return false;
  if (state.size() != header.bytes()) return false;
  std::vector<uint16_t> numbers(header.units + header.choices());
  std::memcpy(numbers.data(), state.data() + sizeof(header), numbers.size() * sizeof(uint16_t));
  const uint16_t* choice = numbers.data() + header.units;
  for (size_t i = 0; i < header.choices(); ++i) {
    const Group& group = groups_[i / header.width % groups_.size()];
    if (choice[i] != kNothing && choice[i] >= group.count) return false;
  }
  for (size_t unit = 0; unit < popular_.size(); ++unit) {
    popular_[unit] = static_cast<float>(numbers[unit]) / 65535;
  }
  for (uint64_t token = 0; token < header.tokens; ++token) {
    for (size_t group = 0; group < groups_.size(); ++group) {
      uint16_t* list = remembered(token, group);
      std::copy_n(choice, header.width, list);
      if (header.width < kRemembered) list[header.width] = kNothing;
      choice += header.width;
    }
  }
  token_ = header.tokens;
  std::fill(votes_.begin(), votes_.end(), 0.0f);
  for (Group& group : groups_) {
    group.tokens = header.visits;
    rank(group, 0, 0);
  }
  return true;
}

}  // namespace

std::unique_ptr<Policy> make_hazard(const Catalog& catalog) {
  return std::make_unique<Hazard>(catalog);
}

}  // namespace sluice
