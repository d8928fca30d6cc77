// The reference kernels: plain loops that say what every other table must compute. Sums are kept in
// double so that a difference from another table is that table's rounding, not this one's.
#include <math.h>

#include <bit>

#include "device/cpu/kernels/select.hpp"
#include "tensor/bits.hpp"
#include "tensor/decode.hpp"
#include "tensor/decode_blocks.hpp"
#include "tensor/dtype.hpp"

namespace sluice {
namespace {

// ---- Matrix products ----

constexpr size_t kDecodedElements = 256;  // a multiple of every block length
constexpr size_t kTokenTile = 8;          // tokens that share one decoding of a row

size_t source_row(const ActivationRows& in, size_t token) {
  return in.rows == nullptr ? token : in.rows[token];
}

void multiply_decoded_row(const MatmulArguments& arguments, size_t row, size_t token,
                          size_t tokens) {
  const uint8_t* block = arguments.weights + row * arguments.weight_stride;
  float weights[kDecodedElements];
  double sums[kTokenTile] = {};
  for (size_t column = 0; column < arguments.columns;) {
    size_t decoded = 0;
    while (decoded < kDecodedElements && column + decoded < arguments.columns) {
      arguments.decode(block, weights + decoded);
      block += arguments.block_bytes;
      decoded += arguments.block_length;
    }
    for (size_t t = 0; t < tokens; ++t) {
      const size_t source = source_row(arguments.in, token + t);
      const float* x = arguments.in.x + source * arguments.in.stride + column;
      for (size_t i = 0; i < decoded; ++i) sums[t] += static_cast<double>(weights[i]) * x[i];
    }
    column += decoded;
  }
  for (size_t t = 0; t < tokens; ++t) {
    arguments.out[(token + t) * arguments.out_stride + row] = static_cast<float>(sums[t]);
  }
}

void matmul_decoded(const MatmulArguments* arguments) {
  const size_t all = arguments->in.tokens;
  for (size_t token = 0; token < all; token += kTokenTile) {
    const size_t tokens = all - token < kTokenTile ? all - token : kTokenTile;
    for (size_t row = 0; row < arguments->weight_rows; ++row) {
      multiply_decoded_row(*arguments, row, token, tokens);
    }
  }
}

/// One token's quantised activations.
struct QuantisedRow {
  const int16_t* q;
  const float* scale;
  const int32_t* sums;
};

using QuantisedDot = double (*)(const uint8_t* weights, size_t columns, const QuantisedRow& x);

template <QuantisedDot dot>
void matmul_quantised(const MatmulArguments* arguments) {
  const ActivationRows& in = arguments->in;
  for (size_t token = 0; token < in.tokens; ++token) {
    const size_t source = source_row(in, token);
    const QuantisedRow x = {in.q + source * in.q_stride,
                            in.scale + source * (in.q_stride / kActivationGroup),
                            in.sums + source * (in.q_stride / kActivationHalfGroup)};
    for (size_t row = 0; row < arguments->weight_rows; ++row) {
      const uint8_t* weights = arguments->weights + row * arguments->weight_stride;
      arguments->out[token * arguments->out_stride + row] =
          static_cast<float>(dot(weights, arguments->columns, x));
    }
  }
}

double dot_q8_0(const uint8_t* weights, size_t columns, const QuantisedRow& x) {
  double total = 0;
  for (size_t group = 0; group < columns / 32; ++group) {
    const uint8_t* block = weights + group * 34;
    int32_t sum = 0;  // at most 32 * 128 * 32767 < 2^28
    for (size_t i = 0; i < 32; ++i) sum += static_cast<int8_t>(block[2 + i]) * x.q[group * 32 + i];
    total += static_cast<double>(load_half(block)) * x.scale[group] * sum;
  }
  return total;
}

double dot_q4_0(const uint8_t* weights, size_t columns, const QuantisedRow& x) {
  double total = 0;
  for (size_t group = 0; group < columns / 32; ++group) {
    const uint8_t* block = weights + group * 18;
    const int16_t* q = x.q + group * 32;
    int32_t sum = 0;
    for (size_t i = 0; i < 16; ++i) {
      sum += (block[2 + i] & 15) * q[i] + (block[2 + i] >> 4) * q[i + 16];
    }
    // The nibbles are offset by 8: subtract 8 * sum(q) once instead of 8 from each.
    sum -= 8 * (x.sums[group * 2] + x.sums[group * 2 + 1]);
    total += static_cast<double>(load_half(block)) * x.scale[group] * sum;
  }
  return total;
}

double dot_q4_k(const uint8_t* weights, size_t columns, const QuantisedRow& x) {
  double total = 0;
  for (size_t group = 0; group < columns / 32; ++group) {
    const uint8_t* block = weights + group / 8 * 144;
    const size_t k = group % 8;
    const ScaleAndMin packed = k_scale_and_min(block + 4, k);
    const uint8_t* nibbles = block + 16 + k / 2 * 32;
    int32_t sum = 0;
    for (size_t i = 0; i < 32; ++i) {
      sum += (k % 2 == 0 ? nibbles[i] & 15 : nibbles[i] >> 4) * x.q[group * 32 + i];
    }
    const int32_t q_sum = x.sums[group * 2] + x.sums[group * 2 + 1];
    const double scaled = static_cast<double>(load_half(block)) * packed.scale * sum;
    const double offset = static_cast<double>(load_half(block + 2)) * packed.min * q_sum;
    total += x.scale[group] * (scaled - offset);
  }
  return total;
}

double dot_q6_k(const uint8_t* weights, size_t columns, const QuantisedRow& x) {
  double total = 0;
  for (size_t half_group = 0; half_group < columns / 16; ++half_group) {
    const uint8_t* block = weights + half_group / 16 * 210;
    const size_t first = half_group % 16 * 16;  // its first element in the block of 256
    const size_t part = first / 32 % 4;         // which of four runs of 32 in its half block
    const uint8_t* low = block + first / 128 * 64 + part % 2 * 32 + first % 32;
    const uint8_t* high = block + 128 + first / 128 * 32 + first % 32;
    int32_t sum = 0;
    for (size_t i = 0; i < 16; ++i) {
      const int four_bits = part < 2 ? low[i] & 15 : low[i] >> 4;
      const int two_bits = (high[i] >> (2 * part)) & 3;
      sum += (four_bits | two_bits << 4) * x.q[half_group * 16 + i];
    }
    sum -= 32 * x.sums[half_group];
    const int scale = static_cast<int8_t>(block[192 + half_group % 16]);
    total += static_cast<double>(load_half(block + 208)) * scale * x.scale[half_group / 2] * sum;
  }
  return total;
}

// ---- Vectors ----

constexpr uint32_t kAbsoluteBits = 0x7fffffff;
constexpr uint32_t kInfinityBits = 0x7f800000;
constexpr float kSmallestNormal = 0x1p-126f;

void quantise_group(const float* x, float limit, int16_t* q, float* scale, int32_t* sums) {
  // Bit patterns of absolute values order like the values, with NaN above infinity: unlike a
  // floating-point maximum, this one cannot lose a NaN.
  uint32_t largest = 0;
  for (size_t i = 0; i < kActivationGroup; ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(x[i]) & kAbsoluteBits;
    if (bits > largest) largest = bits;
  }
  const bool finite = largest < kInfinityBits;
  *scale = finite ? std::bit_cast<float>(largest) / limit : NAN;
  // A subnormal scale would have no usable inverse; such a group (below 4e-34) counts as zero.
  const bool usable = finite && *scale >= kSmallestNormal;
  if (finite && !usable) *scale = 0;
  const float inverse = usable ? 1.0f / *scale : 0.0f;
  sums[0] = 0;
  sums[1] = 0;
  for (size_t i = 0; i < kActivationGroup; ++i) {
    q[i] = usable ? static_cast<int16_t>(lrintf(x[i] * inverse)) : int16_t{0};
    sums[i / kActivationHalfGroup] += q[i];
  }
}

void quantise(const float* x, size_t columns, int16_t* q, float* scale, int32_t* sums) {
  for (size_t group = 0; group < columns / kActivationGroup; ++group) {
    const size_t first = group * kActivationGroup;
    quantise_group(x + first, 32767, q + first, scale + group, sums + 2 * group);
  }
}

void quantise_bytes(const float* x, size_t columns, int16_t* q, int8_t* bytes, float* scale,
                    int32_t* sums) {
  for (size_t group = 0; group < columns / kActivationGroup; ++group) {
    const size_t first = group * kActivationGroup;
    quantise_group(x + first, 127, q + first, scale + group, sums + 2 * group);
  }
  for (size_t i = 0; i < columns; ++i) bytes[i] = static_cast<int8_t>(q[i]);
}

void rms_norm(const float* x, const float* weight, size_t n, float eps, float* out) {
  double squares = 0;
  for (size_t i = 0; i < n; ++i) squares += static_cast<double>(x[i]) * x[i];
  const auto factor = static_cast<float>(1.0 / sqrt(squares / static_cast<double>(n) + eps));
  for (size_t i = 0; i < n; ++i) out[i] = x[i] * factor * (weight == nullptr ? 1.0f : weight[i]);
}

void silu_multiply(const float* gate, const float* up, size_t n, float* out) {
  for (size_t i = 0; i < n; ++i) out[i] = gate[i] / (1.0f + expf(-gate[i])) * up[i];
}

void gelu_multiply(const float* gate, const float* up, size_t n, float* out) {
  for (size_t i = 0; i < n; ++i) {
    const double z = gate[i];
    const double twice = 1.5957691216057308 * (z + 0.044715 * z * z * z);  // 2 u
    out[i] = static_cast<float>(z / (1.0 + exp(-twice))) * up[i];
  }
}

void add_scaled(float* out, const float* x, float factor, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] += factor * x[i];
}

float largest_of(const float* x, size_t n, float largest) {
  for (size_t i = 0; i < n; ++i) {
    if (x[i] > largest) largest = x[i];
  }
  return largest;
}

/// In place exp(x - largest); returns the sum.
double exponentiate(float* x, size_t n, float largest) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    x[i] = expf(x[i] - largest);
    sum += x[i];
  }
  return sum;
}

void softmax(float* x, size_t n) {
  const double sum = exponentiate(x, n, largest_of(x, n, -INFINITY));
  for (size_t i = 0; i < n; ++i) x[i] = static_cast<float>(x[i] / sum);
}

/// One query head of one token of attend.
void attend_head(const AttendArguments& arguments, size_t token, size_t head) {
  const size_t dim = arguments.head_dim;
  const size_t first = first_visible(&arguments, token);
  const size_t positions = arguments.end + token - first;
  const float* query = arguments.query + token * arguments.query_stride + head * dim;
  float* out = arguments.out + token * arguments.out_stride + head * dim;
  float* scores = arguments.scores + (token * arguments.heads + head) * arguments.score_stride;
  for (size_t p = 0; p < positions; ++p) {
    const float* key = arguments.keys + (first + p) * arguments.kv_stride;
    double dot = 0;
    for (size_t i = 0; i < dim; ++i) dot += static_cast<double>(query[i]) * key[i];
    scores[p] = static_cast<float>(dot) * arguments.scale;
  }
  // A sink takes its share of the probability and adds no value.
  const bool has_sink = arguments.sinks != nullptr;
  const float sink = has_sink ? arguments.sinks[head] : -INFINITY;
  const float largest = largest_of(scores, positions, sink);
  double sum = exponentiate(scores, positions, largest);
  if (has_sink) sum += expf(sink - largest);

  for (size_t i = 0; i < dim; ++i) {
    const float* value = arguments.values + first * arguments.kv_stride + i;
    double weighted = 0;
    for (size_t p = 0; p < positions; ++p) {
      weighted += static_cast<double>(scores[p]) * value[p * arguments.kv_stride];
    }
    out[i] = static_cast<float>(weighted / sum);
  }
}

void attend(const AttendArguments* arguments) {
  for (size_t token = 0; token < arguments->tokens; ++token) {
    for (size_t head = 0; head < arguments->heads; ++head) attend_head(*arguments, token, head);
  }
}

int all_finite(const float* x, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    if ((std::bit_cast<uint32_t>(x[i]) & kAbsoluteBits) >= kInfinityBits) return 0;
  }
  return 1;
}

// ---- The table ----

Kernels make_table() {
  Kernels table = {};
  table.name = "scalar";
  for (size_t id = 0; id < kDTypeIds; ++id) {
    if (block_decoder(static_cast<DType>(id)) != nullptr) table.matmul[id] = {matmul_decoded, 0};
  }
  const auto set = [&table](DType type, MatmulKernel kernel) {
    table.matmul[static_cast<size_t>(type)] = {kernel, 1};
  };
  set(DType::q8_0, matmul_quantised<dot_q8_0>);
  set(DType::q4_0, matmul_quantised<dot_q4_0>);
  set(DType::q4_k, matmul_quantised<dot_q4_k>);
  set(DType::q6_k, matmul_quantised<dot_q6_k>);
  table.quantise = quantise;
  table.quantise_bytes = quantise_bytes;
  table.rms_norm = rms_norm;
  table.silu_multiply = silu_multiply;
  table.gelu_multiply = gelu_multiply;
  table.add_scaled = add_scaled;
  table.softmax = softmax;
  table.attend = attend;
  table.all_finite = all_finite;
  return table;
}

}  // namespace

const Kernels& scalar_kernels() {
  static const Kernels table = make_table();
  return table;
}

}  // namespace sluice
