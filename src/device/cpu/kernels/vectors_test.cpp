// Goal: the vector functions of every table (quantise, norms, activations, softmax, attention)
// agree with the scalar table or with their definition. Method: random vectors of every length up
// to several registers, with the bounds stated at each test; misaligned, in place, and with NaN.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "device/cpu/kernels/select.hpp"

namespace sluice {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kLargest = std::numeric_limits<float>::max();
constexpr size_t kLongest = 70;
constexpr double kRelative = 2e-6;

class Vectors : public testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& table() const { return *GetParam(); }
  std::vector<float> random_vector(size_t n, float spread = 1) {
    std::normal_distribution<float> normal(0, spread);
    std::vector<float> x(n);
    for (float& value : x) value = normal(random_);
    return x;
  }
  std::mt19937 random_{7};
};

void expect_close(const std::vector<float>& out, const std::vector<float>& expected,
                  double relative) {
  ASSERT_EQ(out.size(), expected.size());
  for (size_t i = 0; i < out.size(); ++i) {
    // 1e-30: where exp underflows, tables may keep a tiny value or flush it to zero.
    ASSERT_NEAR(out[i], expected[i], relative * std::fabs(expected[i]) + 1e-30)
        << "element " << i << " of " << out.size();
  }
}

struct Quantised {
  int largest;
  std::vector<int16_t> q;
  std::vector<float> scale;
  std::vector<int32_t> sums;

  Quantised(const Kernels& table, const std::vector<float>& x, int bits = 16)
      : largest(bits == 8 ? 127 : 32767), q(x.size()), scale(x.size() / 32), sums(x.size() / 16) {
    if (bits == 16) {
      table.quantise(x.data(), x.size(), q.data(), scale.data(), sums.data());
      return;
    }
    std::vector<int8_t> bytes(x.size());
    table.quantise_bytes(x.data(), x.size(), q.data(), bytes.data(), scale.data(), sums.data());
    EXPECT_TRUE(std::equal(q.begin(), q.end(), bytes.begin()));
  }
};

constexpr int kBits[] = {16, 8};

/// Each group's scale from its largest value, q to the nearest, sums of halves.
void expect_rounded(const std::vector<float>& x, const Quantised& result) {
  for (size_t group = 0; group < x.size() / 32; ++group) {
    const auto first = x.begin() + static_cast<ptrdiff_t>(32 * group);
    float largest = 0;
    std::for_each(first, first + 32, [&](float v) { largest = std::max(largest, std::fabs(v)); });
    const float scale = result.scale[group];
    const double wanted = static_cast<double>(largest) / result.largest;
    ASSERT_NEAR(scale, wanted, 1e-6 * wanted);
    int32_t sums[2] = {};
    for (size_t i = 0; i < 32; ++i) {
      const int16_t q = result.q[32 * group + i];
      // Half a step, and the rounding of x / scale, which is up to largest * 2^-23.
      ASSERT_NEAR(q, static_cast<double>(first[static_cast<ptrdiff_t>(i)]) / scale, 0.51);
      ASSERT_LE(std::abs(q), result.largest);
      sums[i / 16] += q;
    }
    ASSERT_EQ(result.sums[2 * group], sums[0]);
    ASSERT_EQ(result.sums[2 * group + 1], sums[1]);
  }
}

TEST_P(Vectors, QuantiseRoundsToNearest) {
  std::vector<float> x = random_vector(32 * 40);
  for (size_t i = 0; i < x.size(); ++i) x[i] = std::ldexp(x[i], static_cast<int>(i / 32) * 5 - 100);
  for (const int bits : kBits) expect_rounded(x, Quantised(table(), x, bits));
}

TEST_P(Vectors, QuantiseExactSteps) {
  std::vector<float> x(32);
  x[0] = -32767;  // scale 1
  for (size_t i = 1; i < 32; ++i) x[i] = static_cast<float>(i) * 7 - 100;
  x[5] = 2.5f;
  x[6] = 3.5f;
  x[7] = -2.5f;
  const Quantised result(table(), x);
  EXPECT_EQ(result.scale[0], 1.0f);
  EXPECT_EQ(result.q[0], -32767);
  EXPECT_EQ(result.q[5], 2);  // to even
  EXPECT_EQ(result.q[6], 4);
  EXPECT_EQ(result.q[7], -2);
  for (size_t i = 8; i < 32; ++i) EXPECT_EQ(result.q[i], x[i]);
}

// Zeros, and groups so small that the inverse of their scale would overflow.
TEST_P(Vectors, QuantiseTinyGroups) {
  for (const float tiny : {0.0f, -0.0f, 1e-45f, 1e-40f, 3e-38f, 1e-35f, 1e-34f, 1e-33f}) {
    std::vector<float> x(32, tiny);
    x[3] = -tiny;
    for (const int bits : kBits) {
      const Quantised result(table(), x, bits);
      for (size_t i = 0; i < 32; ++i) {
        const float restored = static_cast<float>(result.q[i]) * result.scale[0];
        ASSERT_NEAR(restored, x[i], tiny < 5e-34f ? 5e-34 : 1e-4 * std::fabs(tiny)) << tiny;
      }
    }
  }
  for (const int bits : kBits) {
    const Quantised huge(table(), std::vector<float>(32, kLargest), bits);
    EXPECT_EQ(huge.q[31], huge.largest);
  }
}

TEST_P(Vectors, QuantiseMarksNonFiniteGroups) {
  for (const float bad : {kNan, -kNan, INFINITY, -INFINITY}) {
    for (size_t i = 0; i < 32; ++i) {
      std::vector<float> x = random_vector(96);
      x[32 + i] = bad;
      x[32 + (i + 1) % 32] = kLargest;
      for (const int bits : kBits) {
        const Quantised result(table(), x, bits);
        EXPECT_TRUE(std::isnan(result.scale[1])) << bad << " at " << i;
        EXPECT_TRUE(std::isfinite(result.scale[0]));
        EXPECT_TRUE(std::isfinite(result.scale[2]));
      }
    }
  }
}

TEST_P(Vectors, RmsNorm) {
  for (size_t n = 1; n <= kLongest; ++n) {
    const std::vector<float> x = random_vector(n + 1), weight = random_vector(n + 1);
    for (const bool weighted : {false, true}) {
      const float* w = weighted ? weight.data() + 1 : nullptr;  // misaligned, as x
      std::vector<float> expected(n), out(n + 1, 5.0f);
      scalar_kernels().rms_norm(x.data() + 1, w, n, 1e-5f, expected.data());
      table().rms_norm(x.data() + 1, w, n, 1e-5f, out.data());
      EXPECT_EQ(out[n], 5.0f);
      out.pop_back();
      expect_close(out, expected, kRelative);
      std::vector<float> in_place(x.begin() + 1, x.end());
      table().rms_norm(in_place.data(), w, n, 1e-5f, in_place.data());
      EXPECT_EQ(in_place, out);
    }
  }
}

TEST_P(Vectors, SiluMultiply) {
  for (size_t n = 1; n <= kLongest; ++n) {
    const std::vector<float> gate = random_vector(n, 20), up = random_vector(n);
    std::vector<float> expected(n), out(n), in_place = gate, into_up = up;
    scalar_kernels().silu_multiply(gate.data(), up.data(), n, expected.data());
    table().silu_multiply(gate.data(), up.data(), n, out.data());
    expect_close(out, expected, kRelative);
    table().silu_multiply(in_place.data(), up.data(), n, in_place.data());
    EXPECT_EQ(in_place, out);
    table().silu_multiply(gate.data(), into_up.data(), n, into_up.data());
    EXPECT_EQ(into_up, out);
  }
}

TEST_P(Vectors, SiluMultiplyAtTheEnds) {
  const std::vector<float> gate = {0.0f,   -0.0f,  1e-30f,  87.0f, 88.5f,  89.0f, 1e4f,
                                   -87.0f, -88.5f, -104.0f, -1e4f, -3e38f, 3e38f, kNan};
  const std::vector<float> up(gate.size(), 1.0f);
  std::vector<float> out(gate.size());
  table().silu_multiply(gate.data(), up.data(), gate.size(), out.data());
  for (size_t i = 0; i + 1 < gate.size(); ++i) {
    const double z = gate[i];
    ASSERT_NEAR(out[i], z / (1 + std::exp(-z)),
                kRelative * std::fabs(z / (1 + std::exp(-z))) + 1e-30)
        << "silu(" << z << ")";
  }
  EXPECT_TRUE(std::isnan(out.back()));
}

// The rounding of 2 u, which grows with it, is a relative error of the result.
TEST_P(Vectors, GeluMultiply) {
  for (size_t n = 1; n <= kLongest; ++n) {
    const std::vector<float> gate = random_vector(n, 4), up = random_vector(n);
    std::vector<float> out(n), in_place = gate, into_up = up;
    table().gelu_multiply(gate.data(), up.data(), n, out.data());
    for (size_t i = 0; i < n; ++i) {
      const double z = gate[i];
      const double u = std::sqrt(2 / std::acos(-1.0)) * (z + 0.044715 * z * z * z);
      const double expected = z / (1 + std::exp(-2 * u)) * up[i];
      ASSERT_NEAR(out[i], expected, kRelative * (1 + std::fabs(u)) * std::fabs(expected) + 1e-30)
          << "gelu(" << z << ")";
      // The definition cancels where tanh is near -1: compare absolutely.
      ASSERT_NEAR(out[i], z / 2 * (1 + std::tanh(u)) * up[i], 1e-5);
    }
    table().gelu_multiply(in_place.data(), up.data(), n, in_place.data());
    EXPECT_EQ(in_place, out);
    table().gelu_multiply(gate.data(), into_up.data(), n, into_up.data());
    EXPECT_EQ(into_up, out);
  }
}

TEST_P(Vectors, GeluMultiplyAtTheEnds) {
  const std::vector<float> gate = {0.0f, 1e-30f, 60.0f, 1e4f, 3e38f, -60.0f, -1e4f, -3e38f, kNan};
  const std::vector<float> expected = {0.0f, 5e-31f, 60.0f, 1e4f, 3e38f, 0.0f, 0.0f, 0.0f};
  const std::vector<float> up(gate.size(), 1.0f);
  std::vector<float> out(gate.size());
  table().gelu_multiply(gate.data(), up.data(), gate.size(), out.data());
  EXPECT_TRUE(std::isnan(out.back()));
  out.pop_back();
  expect_close(out, expected, kRelative);
}

TEST_P(Vectors, AddScaled) {
  for (size_t n = 1; n <= kLongest; ++n) {
    const std::vector<float> x = random_vector(n), start = random_vector(n);
    std::vector<float> out = start;
    table().add_scaled(out.data(), x.data(), -0.7f, n);
    for (size_t i = 0; i < n; ++i) {  // with or without a rounding of the product
      const double product = -0.7f * static_cast<double>(x[i]);
      ASSERT_NEAR(out[i], start[i] + product, 0x1p-23 * (std::fabs(start[i]) + std::fabs(product)));
    }
  }
}

TEST_P(Vectors, Softmax) {
  for (size_t n = 1; n <= kLongest; ++n) {
    std::vector<float> expected = random_vector(n, 4), out = expected;
    scalar_kernels().softmax(expected.data(), n);
    table().softmax(out.data(), n);
    expect_close(out, expected, kRelative);
  }
}

TEST_P(Vectors, SoftmaxOfFarApartValues) {
  std::vector<float> x(37, -1e30f);
  x[20] = 1e30f;
  x[36] = -INFINITY;
  table().softmax(x.data(), x.size());
  for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(x[i], i == 20 ? 1.0 : 0.0, 1e-30);
}

TEST_P(Vectors, SoftmaxShowsNan) {
  for (size_t at = 0; at < 37; ++at) {
    std::vector<float> x = random_vector(37);
    x[at] = kNan;
    table().softmax(x.data(), x.size());
    for (const float value : x) ASSERT_TRUE(std::isnan(value)) << "NaN at " << at;
  }
}

struct AttendShape {
  size_t heads, head_dim, end, window;
  bool sinks;
  size_t tokens = 1;
};

/// Queries, keys and values of one shape; keys and values lie interleaved with other heads, and so
/// do queries and results.
struct AttendCase {
  AttendShape shape;
  size_t stride, query_stride;
  std::vector<float> query, keys, values, sinks;

  AttendArguments arguments() const {
    AttendArguments a = {};
    a.query = query.data();
    a.query_stride = query_stride;
    a.tokens = shape.tokens;
    a.heads = shape.heads;
    a.head_dim = shape.head_dim;
    a.keys = keys.data();
    a.values = values.data();
    a.kv_stride = stride;
    a.end = shape.end;
    a.window = shape.window;
    a.scale = 0.125f;
    a.sinks = shape.sinks ? sinks.data() : nullptr;
    return a;
  }

  /// [tokens, heads * head_dim]
  std::vector<float> run(const Kernels& table) const { return run(table, arguments()); }

  static std::vector<float> run(const Kernels& table, AttendArguments a) {
    const size_t width = a.heads * a.head_dim;
    a.score_stride = a.end + a.tokens - 1 - first_visible(&a, 0);
    a.out_stride = width + 1;
    std::vector<float> out(a.tokens * a.out_stride, kNan);
    std::vector<float> scores(a.tokens * a.heads * a.score_stride);
    a.scores = scores.data();
    a.out = out.data();
    table.attend(&a);
    std::vector<float> packed;
    for (size_t t = 0; t < a.tokens; ++t) {
      const float* row = out.data() + t * a.out_stride;
      packed.insert(packed.end(), row, row + width);
    }
    return packed;
  }

  /// Token by token.
  std::vector<float> run_singly(const Kernels& table) const {
    std::vector<float> all;
    for (size_t t = 0; t < shape.tokens; ++t) {
      AttendArguments a = arguments();
      a.query += t * query_stride;
      a.end += t;
      a.tokens = 1;
      const std::vector<float> one = run(table, a);
      all.insert(all.end(), one.begin(), one.end());
    }
    return all;
  }
};

class Attend : public Vectors {
 protected:
  AttendCase random_case(const AttendShape& shape) {
    const size_t positions = shape.end + shape.tokens - 1;
    const size_t width = shape.heads * shape.head_dim;
    return {shape,
            shape.head_dim + 5,
            width + 3,
            random_vector(shape.tokens * (width + 3), 2),
            random_vector(positions * (shape.head_dim + 5), 2),
            random_vector(positions * (shape.head_dim + 5)),
            random_vector(shape.heads, 3)};
  }
};

// Each output is a mean of values under weights that may be off by 2e-6 of themselves (the scores,
// of size 3, are summed in float): within 2e-6 of the mean magnitude, not of the mean itself.
TEST_P(Attend, IsRight) {
  for (const size_t heads : {1, 2, 3, 4, 5, 8, 12}) {
    for (const size_t dim : {1, 6, 8, 16, 40, 64, 128}) {
      for (const size_t end : {1, 2, 7, 16, 33, 70}) {
        for (const size_t window : {size_t{0}, end - end / 2, size_t{1}}) {
          const AttendCase example =
              random_case({heads, dim, end, window, (heads + dim + end) % 2 == 0});
          const std::vector<float> out = example.run(table());
          const std::vector<float> expected = example.run(scalar_kernels());
          for (size_t i = 0; i < out.size(); ++i) {
            ASSERT_NEAR(out[i], expected[i], 4e-6)
                << heads << " heads of " << dim << ", " << window << " of " << end;
          }
        }
      }
    }
  }
}

// A token's bits do not depend on the tokens that are computed with it.
TEST_P(Attend, TokensTogetherGiveTheSameBits) {
  for (const size_t heads : {1, 2, 3, 5, 8}) {
    for (const size_t tokens : {2, 3, 4, 7, 8, 9}) {
      for (const size_t end : {1, 5, 16, 130}) {
        for (const size_t window : {0, 1, 3, 8, 64}) {
          const AttendCase example =
              random_case({heads, 40, end, window, (heads + end) % 2 == 0, tokens});
          ASSERT_EQ(example.run(table()), example.run_singly(table()))
              << heads << " heads, " << tokens << " tokens, " << window << " of " << end;
        }
      }
    }
  }
}

// The definition itself, on numbers that can be followed by hand.
TEST_P(Attend, ByHand) {
  const AttendCase example = {
      {1, 1, 3, 2, true}, 1, 1, {8.0f}, {99.0f, 0.0f, std::log(2.0f)}, {99.0f, 1.0f, 10.0f},
      {std::log(3.0f)}};
  // Scores 8 * k / 8 are log 1 and log 2, the sink is log 3: weights 1/6, 2/6 and 3/6 of nothing.
  EXPECT_NEAR(example.run(table())[0], (1 * 1.0 + 2 * 10.0) / 6, 1e-5);
}

TEST_P(Attend, ShowsNan) {
  AttendCase example = random_case({2, 40, 21, 0, false});
  example.keys[17 * example.stride + 39] = kNan;
  for (const float value : example.run(table())) ASSERT_TRUE(std::isnan(value));
}

TEST_P(Attend, ShowsNanToThoseWhoSeeIt) {
  AttendCase example = random_case({2, 40, 21, 0, false, 4});
  const std::vector<float> clean = example.run(table());
  example.keys[22 * example.stride] = kNan;
  example.values[22 * example.stride + 3] = kNan;
  const std::vector<float> out = example.run(table());
  for (size_t i = 0; i < out.size(); ++i) {
    if (i / 80 < 2) {
      ASSERT_EQ(out[i], clean[i]) << "token " << i / 80 << " does not see position 22";
    } else {
      ASSERT_TRUE(std::isnan(out[i]));
    }
  }
}

TEST_P(Vectors, AllFinite) {
  for (size_t n = 0; n <= kLongest; ++n) {
    std::vector<float> x(n + 1, kLargest);
    x[n] = kNan;  // beyond the end
    EXPECT_NE(table().all_finite(x.data(), n), 0);
    for (size_t i = 0; i < n; ++i) {
      for (const float bad : {kNan, INFINITY, -INFINITY}) {
        x[i] = bad;
        EXPECT_EQ(table().all_finite(x.data(), n), 0) << bad << " at " << i << " of " << n;
      }
      x[i] = i % 2 == 0 ? -kLargest : 1e-45f;
    }
  }
}

std::string name_of(const testing::TestParamInfo<const Kernels*>& test) {
  return test.param->name;
}

INSTANTIATE_TEST_SUITE_P(AllTables, Vectors,
                         testing::ValuesIn(usable_kernels(detect_cpu_features())), name_of);
INSTANTIATE_TEST_SUITE_P(AllTables, Attend,
                         testing::ValuesIn(usable_kernels(detect_cpu_features())), name_of);

}  // namespace
}  // namespace sluice
