#include "device/cpu/cpu_ops.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/check.hpp"
#include "tensor/decode.hpp"

namespace sluice {

namespace {

const uint8_t* bytes_of(const MatrixView& matrix) {
  return reinterpret_cast<const uint8_t*>(matrix.data);
}

class CpuOps final : public Ops {
 public:
  CpuOps(const Kernels& kernels, ThreadPool& pool, const CpuOpsLimits& limits, Scratch& scratch)
      : kernels_(kernels),
        pool_(pool),
        score_stride_(align_up(limits.positions, 16)),
        score_rows_(std::max(limits.query_group, kAttendRows)),
        scores_(scratch.take<float>(pool.threads() * score_rows_ * score_stride_)) {}

  void embed(const MatrixView& table, std::span<const int32_t> tokens, Rows out) override {
    const size_t stride = table.stride_bytes();
    for_rows(tokens.size(), [&](size_t t) {
      const size_t id = static_cast<size_t>(tokens[t]);
      decode_row(table.type, bytes_of(table) + id * stride, table.columns, out.row(t));
      scale_values(table, out.row(t), table.columns);
    });
  }

  void rms_norm(Rows in, const float* weight, float epsilon, Rows out) override {
    for_rows(in.count, [&](size_t t) {
      kernels_.rms_norm(in.row(t), weight, in.width, epsilon, out.row(t));
    });
  }

  void rms_norm_heads(Rows x, size_t head_dim, const float* weight, float epsilon) override {
    for_rows(x.count, [&](size_t t) {
      for (float* head = x.row(t); head != x.row(t) + x.width; head += head_dim) {
        kernels_.rms_norm(head, weight, head_dim, epsilon, head);
      }
    });
  }

  void matmul(Activations& in, std::span<const Product> products) override {
    for (const Product& product : products) prepare(product.weights, in);
    multiply(in, nullptr, in.x.count, products);
  }

  void rope(Rows x, size_t head_dim, size_t first_position, const RopeOptions& options) override {
    for_rows(x.count, [&](size_t t) {
      const float position = static_cast<float>(first_position + t);
      for (size_t pair = 0; pair < options.pairs; ++pair) {
        const float divisor = options.divisors == nullptr ? 1.0f : options.divisors[pair];
        const float angle = position * (options.frequencies[pair] / divisor);
        const float cosine = std::cos(angle) * options.magnitude;
        const float sine = std::sin(angle) * options.magnitude;
        const size_t a = options.interleaved ? 2 * pair : pair;
        const size_t b = options.interleaved ? 2 * pair + 1 : pair + options.pairs;
        for (float* head = x.row(t); head != x.row(t) + x.width; head += head_dim) {
          const float old_a = head[a];
          const float old_b = head[b];
          head[a] = old_a * cosine - old_b * sine;
          head[b] = old_a * sine + old_b * cosine;
        }
      }
    });
  }

  void store_kv(Rows keys, Rows values, size_t first_position, const KvLayer& layer) override {
    SLUICE_CHECK(first_position + keys.count <= layer.capacity);
    const size_t bytes = layer.head_dim * sizeof(float);
    for (size_t t = 0; t < keys.count; ++t) {
      for (size_t head = 0; head < layer.heads; ++head) {
        const size_t to = (head * layer.capacity + first_position + t) * layer.head_dim;
        std::memcpy(layer.keys + to, keys.row(t) + head * layer.head_dim, bytes);
        std::memcpy(layer.values + to, values.row(t) + head * layer.head_dim, bytes);
      }
    }
  }

  void attend(Rows query, size_t first_position, const KvLayer& layer,
              const AttentionOptions& options, Rows out) override {
    const size_t group = options.query_heads / layer.heads;
    SLUICE_CHECK(group <= score_rows_);
    // One item is one key/value head for a few tokens, with all query heads that share it: the more
    // rows, the less often keys and values are loaded. A head's items follow each other, so that
    // its keys and values stay in the caches.
    const size_t block = std::max<size_t>(kAttendRows / group, 1);
    const size_t blocks = (query.count + block - 1) / block;
    const size_t items = blocks * layer.heads;
    const size_t work =
        query.count * layer.heads * (first_position + query.count) * layer.head_dim * sizeof(float);
    const size_t grain = work < kWorthSharing ? items : 1;
    pool_.parallel_for(items, grain, [&](size_t begin, size_t end, size_t member) {
      for (size_t item = begin; item < end; ++item) {
        const size_t head = item / blocks;
        const size_t t = item % blocks * block;
        AttendArguments a{};
        a.query = query.row(t) + head * group * layer.head_dim;
        a.query_stride = query.stride;
        a.tokens = std::min(block, query.count - t);
        a.heads = group;
        a.head_dim = layer.head_dim;
        a.keys = layer.keys + head * layer.capacity * layer.head_dim;
        a.values = layer.values + head * layer.capacity * layer.head_dim;
        a.kv_stride = layer.head_dim;
        a.end = first_position + t + 1;
        a.window = options.window;
        a.scale = options.scale;
        a.sinks = options.sinks == nullptr ? nullptr : options.sinks + head * group;
        a.scores = scores_ + member * score_rows_ * score_stride_;
        a.score_stride = score_stride_;
        a.out = out.row(t) + head * group * layer.head_dim;
        a.out_stride = out.stride;
        kernels_.attend(&a);
      }
    });
  }

  void route(Rows logits, const RouterOptions& options, Routes& routes) override {
    routes.tokens = logits.count;
    routes.top_k = options.top_k;
    for_rows(logits.count, [&](size_t t) {
      float* probability = logits.row(t);
      uint32_t* chosen = routes.experts + t * options.top_k;
      float* weights = routes.weights + t * options.top_k;
      kernels_.softmax(probability, logits.width);
      float sum = 0;
      for (size_t k = 0; k < options.top_k; ++k) {
        size_t best = 0;
        for (size_t e = 1; e < logits.width; ++e) {
          if (probability[e] > probability[best]) best = e;
        }
        chosen[k] = static_cast<uint32_t>(best);
        weights[k] = probability[best];
        sum += weights[k];
        probability[best] = -1;  // probabilities are not negative: out of the race
      }
      for (size_t k = 0; k < options.top_k; ++k) {
        if (options.normalise) weights[k] /= sum;
        weights[k] *= options.scale;
      }
    });
  }

  void expert_ffn(Activations& in, std::span<const uint32_t> rows, const ExpertMatrices& expert,
                  const ExpertScratch& scratch, Rows out) override {
    Activations inner = scratch.inner;
    inner.x = inner.x.first(rows.size());
    inner.quantised = false;
    const Rows gate = scratch.gate.first(rows.size());
    prepare(expert.gate, in);
    prepare(expert.up, in);
    const Product entry[] = {{expert.gate, gate}, {expert.up, inner.x}};
    multiply(in, rows.data(), rows.size(), entry);
    activate(Activation::silu, gate, inner.x);
    prepare(expert.down, inner);
    const Product exit[] = {{expert.down, out}};
    multiply(inner, nullptr, rows.size(), exit);
  }

  void add_weighted(Rows x, std::span<const uint32_t> rows, std::span<const float> factors,
                    Rows out) override {
    for_rows(rows.size(), [&](size_t i) {
      kernels_.add_scaled(out.row(rows[i]), x.row(i), factors[i], x.width);
    });
  }

  void add(Rows x, Rows y) override {
    for_rows(x.count, [&](size_t t) { kernels_.add_scaled(x.row(t), y.row(t), 1.0f, x.width); });
  }

  void add_vector(Rows x, const float* vector) override {
    for_rows(x.count, [&](size_t t) { kernels_.add_scaled(x.row(t), vector, 1.0f, x.width); });
  }

  void add_gated(Rows x, Rows gate, Rows out) override {
    for_rows(x.count, [&](size_t t) {
      const float opening = 1.0f / (1.0f + std::exp(-gate.row(t)[0]));
      kernels_.add_scaled(out.row(t), x.row(t), opening, x.width);
    });
  }

  void scale(Rows x, float factor) override {
    for_values(x, [factor](float value) { return value * factor; });
  }

  void clamp(Rows x, float limit) override {
    for_values(x, [limit](float value) { return std::clamp(value, -limit, limit); });
  }

  void softcap(Rows x, float cap) override {
    for_values(x, [cap](float value) { return cap * std::tanh(value / cap); });
  }

  void activate(Activation activation, Rows gate, Rows up) override {
    const auto multiply = activation == Activation::gelu_tanh ? kernels_.gelu_multiply
                                                              : kernels_.silu_multiply;
    for_rows(up.count, [&](size_t t) { multiply(gate.row(t), up.row(t), up.width, up.row(t)); });
  }

  bool all_finite(Rows x) override {
    std::atomic<bool> finite{true};
    for_rows(x.count, [&](size_t t) {
      if (kernels_.all_finite(x.row(t), x.width) == 0) finite.store(false);
    });
    return finite.load();
  }

 private:
  // Work on single rows is short: only many rows are worth waking the team for.
  template <typename Body>
  void for_rows(size_t count, Body&& body) {
    constexpr size_t kRowsPerChunk = 4;
    pool_.parallel_for(count, kRowsPerChunk, [&](size_t begin, size_t end, size_t) {
      for (size_t row = begin; row < end; ++row) body(row);
    });
  }

  // x = function(x), value by value.
  template <typename Function>
  void for_values(Rows x, Function&& function) {
    for_rows(x.count, [&](size_t t) {
      float* const row = x.row(t);
      for (size_t i = 0; i < x.width; ++i) row[i] = function(row[i]);
    });
  }

  // Rows (a head of a token each) that share the loads of keys and values.
  static constexpr size_t kAttendRows = 8;
  // A loop over fewer bytes than this takes about as long as waking the team.
  static constexpr size_t kWorthSharing = 96 << 10;

  static void scale_values(const MatrixView& weights, float* values, size_t count) {
    if (weights.scale == nullptr) return;
    for (size_t i = 0; i < count; ++i) values[i] *= *weights.scale;
  }

  const MatmulEntry& entry_of(const MatrixView& weights) const {
    return kernels_.matmul[static_cast<size_t>(weights.type)];
  }

  // Makes the quantised form of `in` if the kernel for `weights` wants it and it is not there.
  void prepare(const MatrixView& weights, Activations& in) {
    const MatmulEntry& entry = entry_of(weights);
    if (in.quantised || entry.wants_quantised == 0) return;
    for_rows(in.x.count, [&](size_t t) {
      const float* const x = in.x.row(t);
      const size_t first = t * in.q_stride;
      int16_t* const q = in.q + first;
      float* const scale = in.scale + first / 32;
      int32_t* const sums = in.sums + first / 16;
      if (in.bytes == nullptr) {
        kernels_.quantise(x, in.x.width, q, scale, sums);
      } else {
        kernels_.quantise_bytes(x, in.x.width, q, in.bytes + first, scale, sums);
      }
    });
    in.quantised = true;
  }

  // All products in one loop over the weight rows of all of them.
  void multiply(const Activations& in, const uint32_t* rows, size_t tokens,
                std::span<const Product> products) {
    size_t total = 0;
    size_t work = 0;  // bytes of weights, once for each token
    for (const Product& product : products) {
      total += product.weights.rows;
      work += product.weights.bytes() * tokens;
    }
    const size_t share = total / (pool_.threads() * 4);
    const size_t grain =
        work < kWorthSharing ? total : std::clamp<size_t>(align_up(share, 16), 16, 64);
    pool_.parallel_for(total, grain, [&](size_t begin, size_t end, size_t) {
      size_t first = 0;  // of this product in the loop
      for (const Product& product : products) {
        const size_t last = first + product.weights.rows;
        const size_t from = std::max(begin, first);
        const size_t to = std::min(end, last);
        if (from < to) multiply_rows(in, rows, tokens, product, from - first, to - from);
        first = last;
      }
    });
  }

  void multiply_rows(const Activations& in, const uint32_t* rows, size_t tokens,
                     const Product& product, size_t first_row, size_t row_count) {
    const MatrixView& weights = product.weights;
    const DTypeInfo& type = dtype_info(weights.type);
    MatmulArguments a{};
    a.weight_stride = weights.stride_bytes();
    a.weights = bytes_of(weights) + first_row * a.weight_stride;
    a.weight_rows = row_count;
    a.columns = weights.columns;
    a.in = {in.x.data, in.x.stride, in.q, in.bytes, in.q_stride, in.scale, in.sums, rows, tokens};
    a.out = product.out.data + first_row;
    a.out_stride = product.out.stride;
    a.decode = block_decoder(weights.type);
    a.block_length = type.block_length;
    a.block_bytes = type.block_bytes;
    entry_of(weights).run(&a);
    if (weights.scale == nullptr) return;
    for (size_t t = 0; t < tokens; ++t) {
      scale_values(weights, product.out.row(t) + first_row, row_count);
    }
  }

  const Kernels& kernels_;
  ThreadPool& pool_;
  size_t score_stride_;
  size_t score_rows_;
  float* scores_;
};

}  // namespace

std::unique_ptr<Ops> make_cpu_ops(const Kernels& kernels, ThreadPool& pool,
                                  const CpuOpsLimits& limits, Scratch& scratch) {
  return std::make_unique<CpuOps>(kernels, pool, limits, scratch);
}

}  // namespace sluice
