#include "arch/blocks/mixture.hpp"

#include <algorithm>

#include "arch/blocks/hyper.hpp"

namespace sluice {

namespace {
// Up to this many (token, expert) results are kept apart until all have come, so that experts can
// be computed in the order their reads complete. Longer chunks compute experts in ascending order,
// which is the order of the file as well.
constexpr size_t kPartialRows = 64;
constexpr uint64_t kExpertsMax = 65536;

Error broken(UnitIndex unit, Store& store) {
  store.abandon();
  return store.blame(unit, "produced a NaN or an infinity: its weights are damaged");
}
}  // namespace

Result<MixtureRules> read_mixture(const Metadata& metadata, std::string_view prefix, bool normalise,
                                  ModelShape& shape) {
  const std::string expert = std::string(prefix) + ".expert_";
  SLUICE_LET(shape.experts, metadata.require(expert + "count", 1, kExpertsMax));
  SLUICE_LET(shape.experts_used, metadata.require(expert + "used_count", 1, shape.experts));
  MixtureRules rules;
  rules.width = shape.width;
  rules.experts = shape.experts;
  const bool own_width = metadata.contains(expert + "feed_forward_length");
  SLUICE_LET(rules.inner,
             read_inner_width(metadata, prefix,
                              own_width ? "expert_feed_forward_length" : "feed_forward_length"));
  rules.router.top_k = shape.experts_used;
  rules.router.normalise = metadata.boolean(expert + "weights_norm").value_or(normalise);
  SLUICE_LET(const float scale, read_optional(metadata, prefix, "expert_weights_scale"));
  if (scale > 0) rules.router.scale = scale;
  return rules;
}

Result<void> bind_mixture(Binder& b, const std::string& p, const MixtureRules& rules,
                          MatrixView& router, ExpertLayer& experts) {
  SLUICE_TRY(b.matrix(p + "ffn_gate_inp.weight", rules.experts, rules.width, router));
  return b.experts(p, rules.experts, rules.width, rules.inner, experts);
}

void Mixture::lay_out(Scratch& scratch, size_t chunk_tokens, const MixtureRules& rules) {
  router_ = rules.router;
  const size_t experts = rules.experts;
  const size_t top_k = rules.router.top_k;
  const size_t block = std::min(chunk_tokens, kBlockTokens);
  logits_ = scratch.rows(block, experts);
  routes_.experts = scratch.take<uint32_t>(chunk_tokens * top_k);
  routes_.weights = scratch.take<float>(chunk_tokens * top_k);
  expert_scratch_.gate = scratch.rows(block, rules.inner);
  expert_scratch_.inner = scratch.activations(block, rules.inner);
  partials_ = scratch.rows(std::max(block, kPartialRows), rules.width);
  group_begin_ = scratch.take<uint32_t>(experts + 1);
  group_rows_ = scratch.take<uint32_t>(chunk_tokens * top_k);
  group_weights_ = scratch.take<float>(chunk_tokens * top_k);
  units_ = scratch.take<UnitIndex>(experts);
  room_of_ = scratch.take<uint32_t>(experts);
}

// Counting sort of the routes by expert; tokens stay in order within an expert.
void Mixture::group_by_expert(size_t experts) {
  const size_t routed = routes_.tokens * routes_.top_k;
  std::fill_n(group_begin_, experts + 1, 0u);
  for (size_t i = 0; i < routed; ++i) ++group_begin_[routes_.experts[i] + 1];
  for (size_t e = 0; e < experts; ++e) group_begin_[e + 1] += group_begin_[e];
  std::copy_n(group_begin_, experts, room_of_);  // doubles as the fill position here
  for (size_t i = 0; i < routed; ++i) {
    const uint32_t at = room_of_[routes_.experts[i]]++;
    group_rows_[at] = static_cast<uint32_t>(i / routes_.top_k);
    group_weights_[at] = routes_.weights[i];
  }
}

Mixture::Group Mixture::group(uint32_t expert) const {
  const size_t begin = group_begin_[expert];
  const size_t count = group_begin_[expert + 1] - begin;
  return {{group_rows_ + begin, count}, {group_weights_ + begin, count}};
}

bool Mixture::apart() const {
  return routes_.tokens * routes_.top_k <= kPartialRows;
}

void Mixture::route(const MatrixView& router, Activations& in, size_t begin, Ops& ops) {
  const Rows logits = logits_.first(in.x.count);
  const Product product[] = {{router, logits}};
  ops.matmul(in, product);
  const size_t before = begin * router_.top_k;
  Routes block;
  block.experts = routes_.experts + before;
  block.weights = routes_.weights + before;
  ops.route(logits, router_, block);
  routes_.tokens = begin + in.x.count;
  routes_.top_k = router_.top_k;
}

Result<void> Mixture::want(const ExpertLayer& layer, std::span<const UnitIndex> hints,
                           Store& store) {
  group_by_expert(layer.count);
  unit_count_ = 0;
  for (uint32_t e = 0; e < layer.count; ++e) {
    if (group_begin_[e] != group_begin_[e + 1]) units_[unit_count_++] = layer.unit(e);
  }
  const size_t routed = routes_.tokens * routes_.top_k;
  store.routed({.first = layer.first,
                .choices = {routes_.experts, routed},
                .per_row = routes_.top_k,
                .weights = {routes_.weights, routed}});
  SLUICE_TRY(store.want({units_, unit_count_}, apart() ? Order::ready : Order::given));
  if (!hints.empty()) store.hint(hints);
  return {};
}

Result<void> Mixture::run(const ExpertLayer& layer, Activations& in, const Step& step, Rows out) {
  return apart() ? run_apart(layer, in, step, out) : run_in_order(layer, in, step, out);
}

// Results are kept apart until all have come, then added.
Result<void> Mixture::run_apart(const ExpertLayer& layer, Activations& in, const Step& step,
                                Rows out) {
  Ops& ops = *step.ops;
  size_t room = 0;
  for (size_t i = 0; i < unit_count_; ++i) {
    if (step.pulse) step.pulse();
    SLUICE_LET(const Lease lease, step.store->take());
    const uint32_t expert = to_number(lease.unit()) - to_number(layer.first);
    const Group rows = group(expert);
    const Rows result = partials_.slice(room, rows.rows.size());
    ops.expert_ffn(in, rows.rows, layer.matrices(lease), expert_scratch_, result);
    if (!ops.all_finite(result)) return broken(lease.unit(), *step.store);
    room_of_[expert] = static_cast<uint32_t>(room);
    room += rows.rows.size();
  }
  for (const UnitIndex unit : std::span<const UnitIndex>(units_, unit_count_)) {
    const uint32_t expert = to_number(unit) - to_number(layer.first);
    const Group rows = group(expert);
    const Rows result = partials_.slice(room_of_[expert], rows.rows.size());
    ops.add_weighted(result, rows.rows, rows.weights, out);
  }
  return {};
}

// Results are added as they come, a block of an expert's tokens at a time.
Result<void> Mixture::run_in_order(const ExpertLayer& layer, Activations& in, const Step& step,
                                   Rows out) {
  Ops& ops = *step.ops;
  for (size_t i = 0; i < unit_count_; ++i) {
    if (step.pulse) step.pulse();
    SLUICE_LET(const Lease lease, step.store->take());
    const Group rows = group(to_number(lease.unit()) - to_number(layer.first));
    for (size_t begin = 0; begin < rows.rows.size(); begin += kBlockTokens) {
      const size_t count = std::min(kBlockTokens, rows.rows.size() - begin);
      const std::span<const uint32_t> block = rows.rows.subspan(begin, count);
      const Rows result = partials_.first(count);
      ops.expert_ffn(in, block, layer.matrices(lease), expert_scratch_, result);
      if (!ops.all_finite(result)) return broken(lease.unit(), *step.store);
      ops.add_weighted(result, block, rows.weights.subspan(begin, count), out);
    }
  }
  return {};
}

}  // namespace sluice
