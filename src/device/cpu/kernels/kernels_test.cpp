// Goal: the matrix products of every table are right, and do not depend on the shape of the call.
// Method: random and extreme blocks of every type, decoded by the reference decoders and summed in
// double; weights end at an unreadable page, so that reading beyond them stops the test. The vector
// functions have vectors_test.cpp.
#include "device/cpu/kernels/kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "device/cpu/kernels/select.hpp"
#include "support/guarded_bytes.hpp"
#include "support/random_blocks.hpp"

namespace sluice {
namespace {

// More than two vectors of rows and two tiles of tokens in any table, and no multiple of either.
constexpr size_t kTokens = 19, kRows = 37;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kUnwritten = 12345.0f;

/// Activations as a caller prepares them: rows wider than the matrix, and with garbage beyond it
/// that no kernel may use.
struct Activations {
  size_t columns = 0, stride = 0, q_stride = 0;
  std::vector<float> x, scale;
  std::vector<int16_t> q;
  std::vector<int8_t> bytes;  // none: q has 16 bits
  std::vector<int32_t> sums;

  Activations(const Kernels& table, int bits, size_t width, const std::vector<float>& packed) {
    const size_t tokens = packed.size() / width;
    columns = width;
    stride = columns + 3;
    q_stride = (columns / 32 + 1) * 32;
    x.assign(tokens * stride, kNan);
    q.assign(tokens * q_stride, 21845);
    if (bits == 8) bytes.assign(q.size(), 85);
    scale.assign(tokens * q_stride / 32, kNan);
    sums.assign(tokens * q_stride / 16, 1 << 30);
    for (size_t t = 0; t < tokens; ++t) {
      std::copy_n(packed.data() + t * columns, columns, x.data() + t * stride);
      const size_t first = t * q_stride;
      const size_t whole = columns / 32 * 32;
      if (bits == 8) {
        table.quantise_bytes(x.data() + t * stride, whole, q.data() + first, bytes.data() + first,
                             scale.data() + first / 32, sums.data() + first / 16);
      } else {
        table.quantise(x.data() + t * stride, whole, q.data() + first, scale.data() + first / 32,
                       sums.data() + first / 16);
      }
    }
  }

  /// What a kernel sees of one element of a token.
  double element(size_t token, size_t column, bool quantised) const {
    if (!quantised) return x[token * stride + column];
    const double step = scale[(token * q_stride + column) / 32];
    return step * q[token * q_stride + column];
  }

  ActivationRows rows(size_t tokens, const uint32_t* gather) const {
    const int8_t* const same = bytes.empty() ? nullptr : bytes.data();
    return {x.data(), stride, q.data(), same, q_stride, scale.data(), sums.data(), gather, tokens};
  }
};

/// Weights of one type and shape in guarded memory.
struct Weights {
  DType type;
  size_t rows, columns, stride;
  GuardedBytes bytes;

  Weights(DType weight_type, size_t width, size_t row_stride, const std::vector<uint8_t>& contents)
      : type(weight_type),
        rows((contents.size() - row_bytes(weight_type, width)) / row_stride + 1),
        columns(width),
        stride(row_stride),
        bytes(contents) {}

  const uint8_t* row(size_t r) const { return bytes.data() + r * stride; }
};

/// What to multiply: weight rows [row, row + rows) with tokens[...].
struct Part {
  size_t row = 0, rows = 0;
  std::vector<uint32_t> tokens;
  bool gather = true;  // false: tokens are 0, 1, 2 ... and no list is passed
};

MatmulEntry entry_of(const Kernels& table, DType type) {
  return table.matmul[static_cast<size_t>(type)];
}

/// The products as [tokens, rows].
std::vector<float> multiply(const Kernels& table, const Weights& weights, const Activations& in,
                            const Part& part) {
  const DTypeInfo& info = dtype_info(weights.type);
  const size_t out_stride = part.rows + 2;
  std::vector<float> out(part.tokens.size() * out_stride, kUnwritten);
  const MatmulArguments arguments = {
      weights.row(part.row),
      weights.stride,
      part.rows,
      weights.columns,
      in.rows(part.tokens.size(), part.gather ? part.tokens.data() : nullptr),
      out.data(),
      out_stride,
      block_decoder(weights.type),
      info.block_length,
      info.block_bytes};
  entry_of(table, weights.type).run(&arguments);

  std::vector<float> packed;
  for (size_t t = 0; t < part.tokens.size(); ++t) {
    const float* row = out.data() + t * out_stride;
    packed.insert(packed.end(), row, row + part.rows);
    EXPECT_EQ(row[part.rows], kUnwritten) << "wrote beyond the last weight row";
  }
  return packed;
}

Part everything(size_t rows = kRows, size_t tokens = kTokens) {
  Part part = {0, rows, std::vector<uint32_t>(tokens), false};
  std::iota(part.tokens.begin(), part.tokens.end(), 0u);
  return part;
}

struct Expected {
  double value;
  double tolerance;
};

/// The product of what the kernel is given: quantised activations count as exact here, because
/// vectors_test.cpp bounds their error. Left is the rounding of float sums: 2^-19 of the sum over
/// groups of max|w| * sum|x|. Not of |w| * |x|: a type with minimums sums scaled values and
/// minimums apart, and both may be larger than the weights.
Expected expected_product(const std::vector<float>& w, const Activations& in, size_t token,
                          bool quantised) {
  Expected expected = {0, 1e-30};
  for (size_t first = 0; first < w.size(); first += 32) {
    double w_max = 0, x_sum = 0;
    for (size_t i = first; i < std::min(first + 32, w.size()); ++i) {
      const double x = in.element(token, i, quantised);
      expected.value += w[i] * x;
      x_sum += std::fabs(x);
      w_max = std::max<double>(w_max, std::fabs(w[i]));
    }
    expected.tolerance += w_max * x_sum * 0x1p-19;
  }
  return expected;
}

void expect_right(const Kernels& table, const Weights& weights, const Activations& in,
                  const std::vector<float>& out) {
  const bool quantised = entry_of(table, weights.type).wants_quantised != 0;
  std::vector<float> w(weights.columns);
  for (size_t row = 0; row < weights.rows; ++row) {
    decode_row(weights.type, weights.row(row), weights.columns, w.data());
    for (size_t token = 0; token < out.size() / weights.rows; ++token) {
      const Expected expected = expected_product(w, in, token, quantised);
      ASSERT_NEAR(out[token * weights.rows + row], expected.value, expected.tolerance)
          << "row " << row << " token " << token << " columns " << weights.columns;
    }
  }
}

/// Elements of very different size: groups of 32 scaled by powers of two, some of them zero.
std::vector<float> random_activations(size_t tokens, size_t columns, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::vector<float> x(tokens * columns);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t group = i % columns / 32 + i / columns;
    x[i] = group % 7 == 3 ? 0.0f : std::ldexp(normal(random), static_cast<int>(group % 9) - 4);
  }
  return x;
}

std::vector<size_t> column_counts(DType type) {
  const size_t block = dtype_info(type).block_length;
  if (block == 1) return {1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 100, 257, 1024};
  // The last need a second panel (quantised_panels.hpp).
  if (block == 32) return {32, 64, 96, 160, 256, 416, 2048, 2336};
  return {block, 2 * block, 3 * block, 5 * block, 2048 + block};
}

/// A table, a type of weights, and the bits of the activations.
using TableTypeBits = std::tuple<const Kernels*, DType, int>;

class Matmul : public testing::TestWithParam<TableTypeBits> {
 protected:
  const Kernels& table() const { return *std::get<0>(GetParam()); }
  DType type() const { return std::get<1>(GetParam()); }

  /// Random weights and activations; `gap` bytes between the weight rows.
  Weights random_matrix(size_t columns, size_t gap = 0) {
    const size_t stride = row_bytes(type(), columns) + gap;
    return {type(), columns, stride, random_weights(type(), kRows, columns, stride, random_)};
  }
  Activations quantised(size_t columns, const std::vector<float>& packed) const {
    return {table(), std::get<2>(GetParam()), columns, packed};
  }
  Activations random_input(size_t columns) {
    return quantised(columns, random_activations(kTokens, columns, random_));
  }

  std::mt19937 random_{20240607};
};

TEST_P(Matmul, AgreesWithDecodedProduct) {
  for (const size_t columns : column_counts(type())) {
    const Weights weights = random_matrix(columns);
    const Activations in = random_input(columns);
    expect_right(table(), weights, in, multiply(table(), weights, in, everything()));
    if (HasFatalFailure()) return;
  }
}

// Every (row, token) pair has one value, whatever else the call computes.
TEST_P(Matmul, BitsDoNotDependOnTheShapeOfTheCall) {
  const std::vector<size_t> counts = column_counts(type());
  const size_t columns = counts[counts.size() - 2];
  const Weights weights = random_matrix(columns);
  const Activations in = random_input(columns);
  const std::vector<float> whole = multiply(table(), weights, in, everything());
  for (const size_t rows : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 37}) {
    for (const size_t tokens : {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 19, 101}) {
      Part part = everything(rows, tokens);
      part.row = kRows - rows;
      part.gather = (rows + tokens) % 2 == 0 || tokens > kTokens;
      if (part.gather) {
        for (uint32_t& token : part.tokens) token = static_cast<uint32_t>(random_() % kTokens);
      }
      const std::vector<float> out = multiply(table(), weights, in, part);
      for (size_t i = 0; i < out.size(); ++i) {
        const float same = whole[part.tokens[i / rows] * kRows + part.row + i % rows];
        ASSERT_EQ(std::bit_cast<uint32_t>(out[i]), std::bit_cast<uint32_t>(same))
            << rows << " rows, " << tokens << " tokens, gathered: " << part.gather;
      }
    }
  }
}

// Rows with gaps between them, which with odd gaps start at every alignment.
TEST_P(Matmul, BitsDoNotDependOnAlignment) {
  const size_t columns = column_counts(type())[1];
  const Weights packed = random_matrix(columns);
  const Activations in = random_input(columns);
  const std::vector<float> expected = multiply(table(), packed, in, everything());
  const size_t bytes = row_bytes(type(), columns);
  for (size_t gap = 1; gap <= 33; gap += 4) {
    std::vector<uint8_t> spread((kRows - 1) * (bytes + gap) + bytes, 0xff);
    for (size_t r = 0; r < kRows; ++r) {
      std::copy_n(packed.row(r), bytes, spread.data() + r * (bytes + gap));
    }
    const Weights weights = {type(), columns, bytes + gap, spread};
    ASSERT_EQ(multiply(table(), weights, in, everything()), expected) << "gap " << gap;
  }
}

// All bytes alike, with a scale of one, and activations at the ends of their bits: where an
// integer sum would overflow, it does here.
TEST_P(Matmul, ExtremeBlocks) {
  const DTypeInfo& info = dtype_info(type());
  if (info.block_length == 1) return;  // plain floats have no blocks
  const size_t columns = std::max<size_t>(256, info.block_length);
  std::vector<float> x(kTokens * columns);
  for (size_t i = 0; i < x.size(); ++i) {
    const size_t token = i / columns;
    const bool negative = token == 1 || (token == 2 && i % 2 == 1) || (token == 3 && i % 32 >= 16);
    x[i] = token == 4 ? 0.0f : negative ? -3.0f : 3.0f;
  }
  const Activations in = quantised(columns, x);
  for (const int byte : {0x00, 0x0f, 0x55, 0x7f, 0x80, 0x88, 0xf0, 0xff}) {
    std::vector<uint8_t> bytes(kRows * row_bytes(type(), columns), static_cast<uint8_t>(byte));
    for (size_t at = 0; at < bytes.size(); at += info.block_bytes) {
      set_half_scales(type(), 0x3c00, bytes.data() + at);
      if (type() == DType::mxfp4) bytes[at] = 127;
    }
    const Weights weights = {type(), columns, row_bytes(type(), columns), bytes};
    expect_right(table(), weights, in, multiply(table(), weights, in, everything()));
    if (HasFatalFailure()) return;
  }
}

TEST_P(Matmul, ZerosGiveZero) {
  const size_t columns = column_counts(type()).back();
  const Weights weights = random_matrix(columns);
  const Activations in = quantised(columns, std::vector<float>(kTokens * columns, 0.0f));
  for (const float y : multiply(table(), weights, in, everything())) ASSERT_EQ(y, 0.0f);
}

TEST_P(Matmul, NonFiniteActivationsShowInTheirTokenOnly) {
  const size_t columns = column_counts(type()).back();
  const Weights weights = random_matrix(columns);
  std::vector<float> x = random_activations(kTokens, columns, random_);
  const std::vector<float> clean =
      multiply(table(), weights, quantised(columns, x), everything());
  for (const float bad : {kNan, INFINITY, -INFINITY}) {
    for (const size_t column : {size_t{0}, columns / 2, columns - 1}) {
      std::vector<float> spoilt = x;
      spoilt[4 * columns + column] = bad;
      const std::vector<float> out =
          multiply(table(), weights, quantised(columns, spoilt), everything());
      for (size_t i = 0; i < out.size(); ++i) {
        if (i / kRows == 4) {
          ASSERT_FALSE(std::isfinite(out[i])) << "column " << column << " holds " << bad;
        } else {
          ASSERT_EQ(out[i], clean[i]) << "another token changed";
        }
      }
    }
  }
}

TEST_P(Matmul, NanScaleShowsInItsRowOnly) {
  if (type() == DType::mxfp4 || type() == DType::nvfp4) return;  // their scales have no NaN
  const size_t columns = column_counts(type()).back();
  const size_t stride = row_bytes(type(), columns);
  std::vector<uint8_t> bytes = random_weights(type(), kRows, columns, stride, random_);
  const Activations in = random_input(columns);
  const std::vector<float> clean =
      multiply(table(), {type(), columns, stride, bytes}, in, everything());
  const size_t last_block = 6 * stride - dtype_info(type()).block_bytes;  // of row 5
  if (type() == DType::f32 || type() == DType::bf16) {
    bytes[6 * stride - 1] = 0x7f;
    bytes[6 * stride - 2] = 0xff;
  } else {
    set_half_scales(type(), 0x7e00, bytes.data() + last_block);
  }
  const std::vector<float> out =
      multiply(table(), {type(), columns, stride, bytes}, in, everything());
  for (size_t i = 0; i < out.size(); ++i) {
    if (i % kRows == 5) {
      ASSERT_TRUE(std::isnan(out[i]));
    } else {
      ASSERT_EQ(out[i], clean[i]) << "another row changed";
    }
  }
}

std::string name_of(const testing::TestParamInfo<TableTypeBits>& test) {
  const auto& [table, type, bits] = test.param;
  const std::string name = std::string(table->name) + "_" + std::string(dtype_info(type).name);
  return bits == 8 ? name + "_bytes" : name;
}

/// Activations with 8 bits only where the kernel takes quantised ones.
std::vector<TableTypeBits> every_case() {
  std::vector<TableTypeBits> cases;
  for (const Kernels* table : usable_kernels(detect_cpu_features())) {
    for (const DType type : kDecodableTypes) {
      cases.emplace_back(table, type, 16);
      if (entry_of(*table, type).wants_quantised != 0) cases.emplace_back(table, type, 8);
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(AllTables, Matmul, testing::ValuesIn(every_case()), name_of);

}  // namespace
}  // namespace sluice
