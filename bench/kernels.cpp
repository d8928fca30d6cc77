// Speed of the matrix products and of the attention of every kernel table on one core.
//
//   bench_kernels [--smoke] [--table NAME] [--type NAME] [--columns N] [--bits 8]
//                 [--repeats N]
//
// Per table and type, first for one token: GB of weights per second from memory ("1mem": a buffer
// larger than the caches is walked through) and from level-2 cache ("1L2": 384 KiB again and
// again); "read" is plain reading of the same memory, for comparison. Then for more tokens, 10^9
// multiply-adds per second. The type "attend" is one key/value head of 128 elements and 3,000
// positions: "TxH" are T tokens with H query heads, "mem" again from memory. Each number is the
// median over repeats; every case runs once per repeat, so that a disturbance from outside hits all
// cases alike. Time is processor time of this thread: on a shared machine, waiting for a processor
// is not the kernel's fault.
#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/pages.hpp"
#include "device/cpu/kernels/select.hpp"
#include "host/cpu_features.hpp"
#include "tensor/decode.hpp"
#include "tensor/dtype.hpp"

namespace sluice {
namespace {

struct Options {
  bool smoke = false;
  std::string_view table;  // empty: all
  std::string_view type;   // empty: the list below
  size_t columns = 2048;
  size_t bits = 16;        // of activations: 16 or 8
  size_t repeats = 9;
};

constexpr DType kTypes[] = {DType::f32,  DType::f16,    DType::bf16,   DType::q8_0,
                            DType::q4_0, DType::q4_1,   DType::q5_0,   DType::q5_1,
                            DType::q4_k, DType::q5_k,   DType::q6_k,   DType::q2_k,
                            DType::q3_k, DType::iq4_nl, DType::iq4_xs, DType::mxfp4,
                            DType::nvfp4, DType::iq3_s, DType::iq3_xxs, DType::iq2_s,
                            DType::iq2_xs, DType::iq2_xxs, DType::iq1_m, DType::iq1_s,
                            DType::tq1_0, DType::tq2_0, DType::q1_0, DType::q2_0};

double processor_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Input {
  size_t q_stride;  // as the engine lays rows out: never a whole number of pages apart
  std::vector<float> x;
  std::vector<int16_t> q;
  std::vector<int8_t> bytes;
  std::vector<float> scale;
  std::vector<int32_t> sums;

  Input(const Kernels& table, size_t tokens, size_t columns)
      : q_stride(columns + 32),
        x(tokens * columns),
        q(tokens * q_stride),
        bytes(q.size()),
        scale(tokens * q_stride / 32),
        sums(tokens * q_stride / 16) {
    uint32_t state = 1;
    for (float& value : x) {
      state = state * 1664525 + 1013904223;
      value = static_cast<float>(state >> 8) * 0x1p-23f - 1.0f;
    }
    for (size_t t = 0; t < tokens; ++t) {
      table.quantise_bytes(x.data() + t * columns, columns, q.data() + t * q_stride,
                           bytes.data() + t * q_stride, scale.data() + t * q_stride / 32,
                           sums.data() + t * q_stride / 16);
    }
  }
};

/// Bytes that make finite floats and scales of moderate size, whatever the type: a product that is
/// subnormal would be slow for no good reason.
void fill_random(const Pages& pages) {
  uint32_t state = 7;
  for (std::byte& byte : pages.span()) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>((state >> 24 & 0xbf) | 0x30);
  }
}

/// Something that depends on every byte.
uint64_t read_all(const uint8_t* bytes, size_t size) {
  uint64_t sums[4] = {};
  for (size_t at = 0; at + 32 <= size; at += 32) {
    uint64_t words[4];
    std::memcpy(words, bytes + at, sizeof(words));
    for (size_t i = 0; i < 4; ++i) sums[i] += words[i];
  }
  return sums[0] + sums[1] + sums[2] + sums[3];
}

/// What is measured: one column of the printed table.
struct Case {
  const char* name;
  size_t tokens;      // 0: plain reading
  size_t call_bytes;  // weights of one call
  size_t calls;
  bool from_memory;  // each call takes other weights
};

constexpr Case kCases[] = {{"read", 0, 1 << 20, 12, true},   {"1mem", 1, 1 << 20, 12, true},
                           {"1L2", 1, 384 << 10, 32, false}, {"2mem", 2, 1 << 20, 4, true},
                           {"2", 2, 384 << 10, 16, false},   {"4", 4, 384 << 10, 8, false},
                           {"8", 8, 384 << 10, 4, false},    {"16", 16, 384 << 10, 2, false},
                           {"32", 32, 384 << 10, 2, false},  {"128", 128, 384 << 10, 1, false},
                           {"512", 512, 384 << 10, 1, false}};
struct AttendCase {
  const char* name;
  size_t tokens, heads;
  bool from_memory;  // each call takes other keys and values
};

constexpr AttendCase kAttendCases[] = {
    {"1x1mem", 1, 1, true}, {"1x8mem", 1, 8, true}, {"1x1", 1, 1, false}, {"8x1", 8, 1, false},
    {"1x4", 1, 4, false},   {"2x4", 2, 4, false},   {"1x8", 1, 8, false}, {"1x16", 1, 16, false}};
constexpr size_t kAttendPositions = 3000;
constexpr size_t kHeadDim = 128;
constexpr size_t kAttendRowsMost = 16;
constexpr size_t kTokensMost = 512;
constexpr size_t kPoolBytes = size_t{192} << 20;  // more than any cache

/// One line: the median of each case.
template <typename AnyCase, size_t kCount>
void print_medians(std::string_view table, std::string_view type, const AnyCase (&cases)[kCount],
                   std::vector<double> (&rates)[kCount]) {
  fmt::print("{:7} {:7}", table, type);
  for (size_t i = 0; i < kCount; ++i) {
    std::sort(rates[i].begin(), rates[i].end());
    fmt::print(" {}:{:.1f}", cases[i].name, rates[i][rates[i].size() / 2]);
  }
  fmt::print("\n");
  std::fflush(stdout);
}

class Bench {
 public:
  Bench(const Options& options, Pages weights) : options_(options), weights_(std::move(weights)) {
    fill_random(weights_);
  }

  void run() {
    for (const Kernels* table : usable_kernels(detect_cpu_features())) {
      const std::string_view name = table->name;
      if (options_.table.empty() ? name == "scalar" : name != options_.table) continue;
      for (const DType type : kTypes) {
        if (options_.type.empty() || dtype_info(type).name == options_.type) measure(*table, type);
      }
      if (options_.type.empty() || options_.type == "attend") measure_attention(*table);
    }
  }

 private:
  MatmulArguments arguments_for(DType type, const Input& input, const Case& which) {
    const DTypeInfo& info = dtype_info(type);
    MatmulArguments arguments = {};
    arguments.weight_stride = row_bytes(type, options_.columns);
    const size_t rows = which.call_bytes / arguments.weight_stride / 32 * 32;
    arguments.weight_rows = options_.smoke ? 5 : std::max<size_t>(rows, 32);
    arguments.columns = options_.columns;
    arguments.in = {input.x.data(), options_.columns, input.q.data(),
                    options_.bits == 8 ? input.bytes.data() : nullptr,
                    input.q_stride, input.scale.data(), input.sums.data(), nullptr, which.tokens};
    out_.resize(std::max(out_.size(), arguments.weight_rows * which.tokens));
    arguments.out = out_.data();
    arguments.out_stride = arguments.weight_rows;
    arguments.decode = block_decoder(type);
    arguments.block_length = info.block_length;
    arguments.block_bytes = info.block_bytes;
    return arguments;
  }

  /// Bytes or multiply-adds in 10^9 per second.
  double rate(const Kernels& table, DType type, const Input& input, const Case& which) {
    MatmulArguments arguments = arguments_for(type, input, which);
    const MatmulKernel kernel = table.matmul[static_cast<size_t>(type)].run;
    const size_t bytes = arguments.weight_rows * arguments.weight_stride;
    const size_t calls = options_.smoke ? 1 : which.calls;
    const auto* pool = reinterpret_cast<const uint8_t*>(weights_.data());
    arguments.weights = pool;
    if (!which.from_memory) kernel(&arguments);  // fills the caches
    const double start = processor_seconds();
    for (size_t i = 0; i < calls; ++i) {
      if (which.from_memory) {
        if (offset_ + bytes > weights_.size()) offset_ = 0;
        arguments.weights = pool + offset_;
        offset_ += bytes;
      }
      if (which.tokens == 0) {
        checksum_ = checksum_ + read_all(arguments.weights, bytes);
      } else {
        kernel(&arguments);
      }
    }
    const double seconds = processor_seconds() - start;
    const size_t work =
        which.tokens < 2 ? bytes : arguments.weight_rows * options_.columns * which.tokens;
    return static_cast<double>(work * calls) / seconds * 1e-9;
  }

  /// Multiply-adds in 10^9 per second.
  double attention_rate(const Kernels& table, const Input& input, const AttendCase& which) {
    const size_t positions = options_.smoke ? 20 : kAttendPositions;
    const size_t head_bytes = 2 * positions * kHeadDim * sizeof(float);
    std::vector<float> scores(kAttendRowsMost * positions);
    out_.resize(std::max(out_.size(), kAttendRowsMost * kHeadDim));
    AttendArguments a = {};
    a.query = input.x.data();
    a.tokens = which.tokens;
    a.heads = which.heads;
    a.query_stride = a.out_stride = which.heads * kHeadDim;
    a.head_dim = a.kv_stride = kHeadDim;
    a.end = positions - which.tokens + 1;
    a.scale = 0.01f;
    a.scores = scores.data();
    a.score_stride = positions;
    a.out = out_.data();
    const size_t rows = which.tokens * which.heads;
    const size_t calls = options_.smoke ? 1 : 64 / rows;
    const double start = processor_seconds();
    for (size_t i = 0; i < calls; ++i) {
      if (offset_ + head_bytes > weights_.size()) offset_ = 0;
      a.keys = reinterpret_cast<const float*>(weights_.data() + offset_);
      a.values = a.keys + positions * kHeadDim;
      if (which.from_memory) offset_ += head_bytes;
      table.attend(&a);
    }
    const double seconds = processor_seconds() - start;
    return static_cast<double>(2 * positions * kHeadDim * rows * calls) / seconds * 1e-9;
  }

  void measure_attention(const Kernels& table) {
    const Input input(table, 1, kAttendRowsMost * kHeadDim);
    std::vector<double> rates[std::size(kAttendCases)];
    for (size_t repeat = 0; repeat < options_.repeats; ++repeat) {
      for (size_t i = 0; i < std::size(kAttendCases); ++i) {
        rates[i].push_back(attention_rate(table, input, kAttendCases[i]));
      }
    }
    print_medians(table.name, "attend", kAttendCases, rates);
  }

  void measure(const Kernels& table, DType type) {
    const Input input(table, kTokensMost, options_.columns);
    std::vector<double> rates[std::size(kCases)];
    for (size_t repeat = 0; repeat < options_.repeats; ++repeat) {
      for (size_t i = 0; i < std::size(kCases); ++i) {
        rates[i].push_back(rate(table, type, input, kCases[i]));
      }
    }
    print_medians(table.name, dtype_info(type).name, kCases, rates);
  }

  Options options_;
  Pages weights_;
  std::vector<float> out_;
  size_t offset_ = 0;
  volatile uint64_t checksum_ = 0;  // keeps plain reading from being optimised away
};

}  // namespace
}  // namespace sluice

int main(int count, char** arguments) {
  sluice::Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    const char* value = i + 1 < count ? arguments[i + 1] : "";
    if (name == "--smoke") options.smoke = true;
    if (name == "--table") options.table = value;
    if (name == "--type") options.type = value;
    if (name == "--bits") options.bits = std::strtoull(value, nullptr, 10);
    if (name == "--columns") options.columns = std::strtoull(value, nullptr, 10);
    if (name == "--repeats") options.repeats = std::strtoull(value, nullptr, 10);
  }
  if (options.smoke) options.repeats = 1;
  auto weights = sluice::Pages::allocate(options.smoke ? size_t{1} << 20 : sluice::kPoolBytes);
  if (!weights.has_value()) return 1;
  sluice::Bench(options, *std::move(weights)).run();
}
