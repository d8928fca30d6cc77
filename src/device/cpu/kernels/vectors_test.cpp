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
  std::vector<int16_t> q;
  std::vector<float> scale;
  std::vector<int32_t> sums;

  Quantised(const Kernels& table, const std::vector<float>& x)
      : q(x.size()), scale(x.size() / 32), sums(x.size() / 16) {
    table.quantise(x.data(), x.size(), q.data(), scale.data(), sums.data());
  }
};

TEST_P(Vectors, QuantiseRoundsToNearest) {
  std::vector<float> x = random_vector(32 * 40);
  for (size_t i = 0; i < x.size(); ++i) x[i] = std::ldexp(x[i], static_cast<int>(i / 32) * 5 - 100);
  const Quantised result(table(), x);
  for (size_t group = 0; group < x.size() / 32; ++group) {
    const auto first = x.begin() + static_cast<ptrdiff_t>(32 * group);
    float largest = 0;
    std::for_each(first, first + 32, [&](float v) { largest = std::max(largest, std::fabs(v)); });
    const float scale = result.scale[group];
    ASSERT_NEAR(scale, largest / 32767, 1e-6 * largest / 32767);
    int32_t sums[2] = {};
    for (size_t i = 0; i < 32; ++i) {
      const int16_t q = result.q[32 * group + i];
      // Half a step, and the rounding of x / scale, which is up to 32767 * 2^-23.
      ASSERT_NEAR(q, static_cast<double>(first[static_cast<ptrdiff_t>(i)]) / scale, 0.51);
      ASSERT_NE(q, -32768);
      sums[i / 16] += q;
    }
    ASSERT_EQ(result.sums[2 * group], sums[0]);
    ASSERT_EQ(result.sums[2 * group + 1], sums[1]);
  }
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
    const Quantised result(table(), x);
    for (size_t i = 0; i < 32; ++i) {
      const float restored = static_cast<float>(result.q[i]) * result.scale[0];
      ASSERT_NEAR(restored, x[i], tiny < 5e-34f ? 5e-34 : 1e-4 * std::fabs(tiny)) << tiny;
    }
  }
  const Quantised huge(table(), std::vector<float>(32, kLargest));
  EXPECT_EQ(huge.q[31], 32767);
}

TEST_P(Vectors, QuantiseMarksNonFiniteGroups) {
  for (const float bad : {kNan, -kNan, INFINITY, -INFINITY}) {
    for (size_t i = 0; i < 32; ++i) {
      std::vector<float> x = random_vector(96);
      x[32 + i] = bad;
      x[32 + (i + 1) % 32] = kLargest;
      const Quantised result(table(), x);
      EXPECT_TRUE(std::isnan(result.scale[1])) << bad << " at " << i;
      EXPECT_TRUE(std::isfinite(result.scale[0]));
      EXPECT_TRUE(std::isfinite(result.scale[2]));
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
  size_t heads, head_dim, first, end;
  bool sinks;
};

/// Queries, keys and values of one shape; keys and values lie interleaved with other heads.
struct AttendCase {
  AttendShape shape;
  size_t stride, score_stride;
  std::vector<float> query, keys, values, sinks;

  std::vector<float> run(const Kernels& table) const {
    std::vector<float> out(shape.heads * shape.head_dim), scores(shape.heads * score_stride);
    const AttendArguments arguments = {query.data(),   shape.heads,
                                       shape.head_dim, keys.data(),
                                       values.data(),  stride,
                                       shape.first,    shape.end,
                                       0.125f,         shape.sinks ? sinks.data() : nullptr,
                                       scores.data(),  score_stride,
                                       out.data()};
    table.attend(&arguments);
    return out;
  }
};

// Each output is a mean of values under weights that may be off by 2e-6 of themselves (the scores,
// of size 3, are summed in float): within 2e-6 of the mean magnitude, not of the mean itself.
TEST_P(Vectors, Attend) {
  for (const size_t heads : {1, 2, 3, 4, 5, 8, 12}) {
    for (const size_t dim : {1, 6, 8, 16, 40, 64, 128}) {
      for (const size_t end : {1, 2, 7, 16, 33, 70}) {
        for (const size_t first : {size_t{0}, end / 2, end - 1}) {
          const bool sinks = (heads + dim + end) % 2 == 0;
          const AttendCase example = {{heads, dim, first, end, sinks},
                                      dim + 5,
                                      end - first + 3,
                                      random_vector(heads * dim, 2),
                                      random_vector(end * (dim + 5), 2),
                                      random_vector(end * (dim + 5)),
                                      random_vector(heads, 3)};
          const std::vector<float> out = example.run(table());
          const std::vector<float> expected = example.run(scalar_kernels());
          for (size_t i = 0; i < out.size(); ++i) {
            ASSERT_NEAR(out[i], expected[i], 4e-6)
                << heads << " heads of " << dim << ", positions " << first << " to " << end;
          }
        }
      }
    }
  }
}

// The definition itself, on numbers that can be followed by hand.
TEST_P(Vectors, AttendByHand) {
  const AttendCase example = {
      {1, 1, 1, 3, true}, 1, 2, {8.0f}, {99.0f, 0.0f, std::log(2.0f)}, {99.0f, 1.0f, 10.0f},
      {std::log(3.0f)}};
  // Scores 8 * k / 8 are log 1 and log 2, the sink is log 3: weights 1/6, 2/6 and 3/6 of nothing.
  EXPECT_NEAR(example.run(table())[0], (1 * 1.0 + 2 * 10.0) / 6, 1e-5);
}

TEST_P(Vectors, AttendShowsNan) {
  AttendCase example = {{2, 40, 0, 21, false},  40, 21, random_vector(80), random_vector(40 * 21),
                        random_vector(40 * 21), {}};
  example.keys[17 * 40 + 39] = kNan;
  for (const float value : example.run(table())) ASSERT_TRUE(std::isnan(value));
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

INSTANTIATE_TEST_SUITE_P(AllTables, Vectors,
                         testing::ValuesIn(usable_kernels(detect_cpu_features())),
                         [](const auto& test) { return std::string(test.param->name); });

}  // namespace
}  // namespace sluice
