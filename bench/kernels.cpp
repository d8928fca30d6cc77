// Speed of the matrix products of every kernel table on one core.
//
//   bench_kernels [--smoke] [--table NAME] [--type NAME] [--columns N] [--repeats N]
//
// decode: one token; GB of weights per second, from memory (a buffer larger than the caches, walked
// through) and from level-2 cache (384 KiB again and again). prefill: many tokens; 10^9 multiply-adds
// per second. Each number is the median over repeats; every case runs once per repeat, so that a
// disturbance from outside hits all cases alike. Time is processor time of this thread: on a shared
// machine, waiting for a processor is not the kernel's fault.
#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

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
  size_t repeats = 9;
};

constexpr DType kTypes[] = {DType::f32,  DType::f16,  DType::bf16, DType::q8_0,
                            DType::q4_0, DType::q4_1, DType::q5_0, DType::q4_k, DType::q5_k,
                            DType::q6_k, DType::q2_k, DType::q3_k,   DType::iq4_nl,
                            DType::iq4_xs, DType::mxfp4};
constexpr size_t kTokens[] = {1, 2, 4, 8, 16, 32, 128, 512};
constexpr size_t kTokensMost = 512;

double processor_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// One column of the table that is printed.
struct Case {
  size_t tokens;
  bool from_memory;
};

struct Input {
  std::vector<float> x;
  std::vector<int16_t> q;
  std::vector<float> scale;
  std::vector<int32_t> sums;

  Input(const Kernels& table, size_t tokens, size_t columns)
      : x(tokens * columns),
        q(tokens * columns),
        scale(tokens * columns / 32),
        sums(tokens * columns / 16) {
    uint32_t state = 1;
    for (float& value : x) {
      state = state * 1664525 + 1013904223;
      value = static_cast<float>(state >> 8) * 0x1p-23f - 1.0f;
    }
    for (size_t t = 0; t < tokens; ++t) {
      table.quantise(x.data() + t * columns, columns, q.data() + t * columns,
                     scale.data() + t * columns / 32, sums.data() + t * columns / 16);
    }
  }
};

/// Bytes without bit 6: floats and scales made of them are finite and below 2.
std::vector<uint8_t> random_bytes(size_t size) {
  std::vector<uint8_t> bytes(size);
  uint32_t state = 7;
  for (uint8_t& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<uint8_t>(state >> 24 & 0xbf);
  }
  return bytes;
}

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        weights_(random_bytes(options.smoke ? size_t{1} << 20 : size_t{192} << 20)),
        out_(kTokensMost * 8192) {}

  int run() {
    for (const size_t tokens : kTokens) cases_.push_back({tokens, tokens == 1});
    cases_.push_back({1, false});
    for (const Kernels* table : usable_kernels(detect_cpu_features())) {
      const std::string_view name = table->name;
      if (options_.table.empty() ? name == "scalar" : name != options_.table) continue;
      for (const DType type : kTypes) {
        if (options_.type.empty() || dtype_info(type).name == options_.type) measure(*table, type);
      }
    }
    return 0;
  }

 private:
  /// Seconds per call of a case, and what a call does.
  struct Sample {
    double seconds;
    double bytes;
    double multiplies;
  };

  Sample measure_once(const Kernels& table, DType type, const Input& input, const Case& which) {
    const DTypeInfo& info = dtype_info(type);
    const size_t stride = row_bytes(type, options_.columns);
    const size_t bytes = which.from_memory ? size_t{12} << 20 : size_t{384} << 10;
    const size_t rows = options_.smoke ? 5 : std::max<size_t>(bytes / stride / 32 * 32, 32);
    if (offset_ + rows * stride > weights_.size()) offset_ = 0;
    MatmulArguments arguments = {};
    arguments.weights = weights_.data() + offset_;
    arguments.weight_stride = stride;
    arguments.weight_rows = rows;
    arguments.columns = options_.columns;
    arguments.in = {input.x.data(),     options_.columns,   input.q.data(), options_.columns,
                    input.scale.data(), input.sums.data(), nullptr,        which.tokens};
    std::vector<float>& out = out_;
    if (out.size() < rows * which.tokens) out.resize(rows * which.tokens);
    arguments.out = out.data();
    arguments.out_stride = rows;
    arguments.decode = block_decoder(type);
    arguments.block_length = info.block_length;
    arguments.block_bytes = info.block_bytes;
    const MatmulEntry& entry = table.matmul[static_cast<size_t>(type)];
    const MatmulKernel kernel = entry.run != nullptr ? entry.run : table.matmul_decoded;
    if (which.from_memory) offset_ += rows * stride;
    const size_t calls = which.from_memory || options_.smoke ? 1 : std::max<size_t>(
        32 / which.tokens, 1);
    if (!which.from_memory) kernel(&arguments);  // fills the caches
    const double start = processor_seconds();
    for (size_t i = 0; i < calls; ++i) kernel(&arguments);
    const double seconds = (processor_seconds() - start) / static_cast<double>(calls);
    return {seconds, static_cast<double>(rows * stride),
            static_cast<double>(rows * options_.columns * which.tokens)};
  }

  void measure(const Kernels& table, DType type) {
    const Input input(table, kTokensMost, options_.columns);
    std::vector<std::vector<double>> rates(cases_.size());
    for (size_t repeat = 0; repeat < (options_.smoke ? 1 : options_.repeats); ++repeat) {
      for (size_t i = 0; i < cases_.size(); ++i) {
        const Sample sample = measure_once(table, type, input, cases_[i]);
        const double work = cases_[i].tokens == 1 ? sample.bytes : sample.multiplies;
        rates[i].push_back(work / sample.seconds * 1e-9);
      }
    }
    fmt::print("{:7} {:7}", table.name, dtype_info(type).name);
    for (size_t i = 0; i < cases_.size(); ++i) {
      std::sort(rates[i].begin(), rates[i].end());
      fmt::print(" {}{}:{:.1f}", cases_[i].tokens,
                 cases_[i].tokens > 1 ? "" : cases_[i].from_memory ? "mem" : "L2",
                 rates[i][rates[i].size() / 2]);
    }
    fmt::print("\n");
    std::fflush(stdout);
  }

  Options options_;
  std::vector<uint8_t> weights_;
  std::vector<float> out_;
  std::vector<Case> cases_;
  size_t offset_ = 0;
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
    if (name == "--columns") options.columns = std::strtoull(value, nullptr, 10);
    if (name == "--repeats") options.repeats = std::strtoull(value, nullptr, 10);
  }
  return sluice::Bench(options).run();
}
