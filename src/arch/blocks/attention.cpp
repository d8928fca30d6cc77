#include "arch/blocks/attention.hpp"

#include <cmath>

#include "arch/blocks/hyper.hpp"

namespace sluice {

namespace {

// A bias that the file may leave out, unless it is required.
Result<void> bind_bias(Binder& b, const std::string& name, size_t length, bool required,
                       const float*& into) {
  if (!required && !b.has(name)) return {};
  return b.vector(name, length, into);
}

}  // namespace

Result<AttentionRules> read_attention(const Metadata& metadata, std::string_view prefix,
                                      const ModelShape& shape) {
  AttentionRules rules;
  rules.width = shape.width;
  rules.query_heads = shape.query_heads;
  rules.kv_heads = shape.kv_heads;
  rules.head_dim = shape.head_dim;
  SLUICE_LET(rules.epsilon, read_epsilon(metadata, prefix));
  SLUICE_LET(rules.clamp, read_optional(metadata, prefix, "attention.clamp_kqv"));
  SLUICE_LET(rules.scale, read_optional(metadata, prefix, "attention.scale"));
  if (rules.scale == 0) rules.scale = 1.0f / std::sqrt(static_cast<float>(shape.head_dim));
  return rules;
}

Result<void> bind_attention(Binder& b, const std::string& p, const AttentionRules& rules,
                            AttentionWeights& into, LayerUnit* unit) {
  const size_t q = rules.query_width();
  const size_t k = rules.key_width();
  const bool biased = rules.biases;
  if (b.has(p + "attn_qkv.weight")) {
    SLUICE_TRY(b.matrix(p + "attn_qkv.weight", q + 2 * k, rules.width, into.query_key_value, unit));
    SLUICE_TRY(bind_bias(b, p + "attn_qkv.bias", q + 2 * k, biased, into.query_bias));
  } else {
    SLUICE_TRY(b.matrix(p + "attn_q.weight", q, rules.width, into.query, unit));
    SLUICE_TRY(b.matrix(p + "attn_k.weight", k, rules.width, into.key, unit));
    SLUICE_TRY(b.matrix(p + "attn_v.weight", k, rules.width, into.value, unit));
    SLUICE_TRY(bind_bias(b, p + "attn_q.bias", q, biased, into.query_bias));
    SLUICE_TRY(bind_bias(b, p + "attn_k.bias", k, biased, into.key_bias));
    SLUICE_TRY(bind_bias(b, p + "attn_v.bias", k, biased, into.value_bias));
  }
  if (rules.norm != HeadNorm::none) {
    const bool whole = rules.norm == HeadNorm::whole;
    SLUICE_TRY(b.vector(p + "attn_q_norm.weight", whole ? q : rules.head_dim, into.query_norm));
    SLUICE_TRY(b.vector(p + "attn_k_norm.weight", whole ? k : rules.head_dim, into.key_norm));
  }
  SLUICE_TRY(b.matrix(p + "attn_output.weight", rules.width, q, into.output, unit));
  return bind_bias(b, p + "attn_output.bias", rules.width, false, into.output_bias);
}

void SelfAttention::lay_out(Scratch& scratch, size_t tokens, const AttentionRules& rules) {
  rules_ = rules;
  query_key_value_ = scratch.rows(tokens, rules.query_width() + 2 * rules.key_width());
  attended_ = scratch.activations(tokens, rules.query_width());
}

void SelfAttention::project(const AttentionWeights& weights, Activations& in, Ops& ops) {
  const size_t q = rules_.query_width();
  const size_t k = rules_.key_width();
  const Rows all = query_key_value_.first(in.x.count);
  const Rows query = all.columns(0, q);
  const Rows key = all.columns(q, k);
  const Rows value = all.columns(q + k, k);
  if (weights.fused()) {
    const Product fused[] = {{weights.query_key_value, all}};
    ops.matmul(in, fused);
    if (weights.query_bias != nullptr) ops.add_vector(all, weights.query_bias);
  } else {
    const Product apart[] = {{weights.query, query}, {weights.key, key}, {weights.value, value}};
    ops.matmul(in, apart);
    if (weights.query_bias != nullptr) ops.add_vector(query, weights.query_bias);
    if (weights.key_bias != nullptr) ops.add_vector(key, weights.key_bias);
    if (weights.value_bias != nullptr) ops.add_vector(value, weights.value_bias);
  }
  if (rules_.norm == HeadNorm::each) {
    ops.rms_norm_heads(query, rules_.head_dim, weights.query_norm, rules_.epsilon);
    ops.rms_norm_heads(key, rules_.head_dim, weights.key_norm, rules_.epsilon);
  } else if (rules_.norm == HeadNorm::whole) {
    ops.rms_norm(query, weights.query_norm, rules_.epsilon, query);
    ops.rms_norm(key, weights.key_norm, rules_.epsilon, key);
  }
  if (rules_.clamp > 0) ops.clamp(all, rules_.clamp);
}

Rows SelfAttention::run(const AttentionWeights& weights, const AttentionReach& reach, size_t index,
                        Activations& in, const Step& step) {
  const size_t q = rules_.query_width();
  const size_t k = rules_.key_width();
  Ops& ops = *step.ops;
  const KvLayer& kv = step.kv->layers[index];
  const size_t position = step.position + reach.begin;
  project(weights, in, ops);
  const Rows all = query_key_value_.first(in.x.count);
  const Rows query = all.columns(0, q);
  const Rows key = all.columns(q, k);
  const RopeOptions rope = reach.rope->options(rules_.interleaved);
  ops.rope(query, rules_.head_dim, position, rope);
  ops.rope(key, rules_.head_dim, position, rope);
  ops.store_kv(key, all.columns(q + k, k), position, kv);
  AttentionOptions options;
  options.query_heads = rules_.query_heads;
  options.scale = rules_.scale;
  options.window = reach.window;
  Activations attended = attended_.first(in.x.count);
  ops.attend(query, position, kv, options, attended.x);
  const Product out[] = {{weights.output, in.x}};
  ops.matmul(attended, out);
  if (weights.output_bias != nullptr) ops.add_vector(in.x, weights.output_bias);
  in.quantised = false;
  return in.x;
}

}  // namespace sluice
