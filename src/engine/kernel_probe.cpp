#include "engine/kernel_probe.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/clock.hpp"
#include "base/pages.hpp"
#include "device/cpu/cpu_ops.hpp"
#include "device/scratch.hpp"

namespace sluice {

namespace {

constexpr size_t kRounds = 5;
constexpr int64_t kWindowNs = 40'000'000;

// Bytes that make finite scales of moderate size whatever the type: a product that is subnormal
// would be slow for no good reason.
void fill(std::span<std::byte> bytes) {
  uint32_t state = 7;
  for (std::byte& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>((state >> 24 & 0xbf) | 0x30);
  }
}

class KernelProbe {
 public:
  KernelProbe(const Kernels& kernels, ThreadPool& pool, std::span<const TokenWork> work,
              size_t weight_bytes, const std::function<void()>& meanwhile)
      : kernels_(kernels), pool_(pool), weight_bytes_(weight_bytes), meanwhile_(meanwhile) {
    for (const TokenWork& type : work) {
      if (view(type).stride_bytes() <= weight_bytes) work_.push_back(type);
    }
  }

  Result<std::vector<KernelRate>> run() {
    Scratch measuring;
    lay_out(measuring);
    SLUICE_LET(memory_, Pages::allocate(measuring.bytes()));
    Scratch scratch(memory_.span());
    lay_out(scratch);
    for (size_t i = 0; i < in_.x.width; ++i) {
      in_.x.data[i] = static_cast<float>(static_cast<int>(i % 17) - 8) / 8;
    }
    SLUICE_LET(weights_, Pages::allocate(weight_bytes_));
    fill(weights_.span());
    std::vector<std::vector<double>> rates(work_.size());
    for (size_t round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < work_.size(); ++i) rates[i].push_back(measure(work_[i]));
    }
    std::vector<KernelRate> result;
    for (size_t i = 0; i < work_.size(); ++i) {
      std::sort(rates[i].begin(), rates[i].end());
      result.push_back({std::string(dtype_info(work_[i].type).name), rates[i][kRounds / 2]});
    }
    return result;
  }

 private:
  static MatrixView view(const TokenWork& work) {
    return {work.type, nullptr, work.rows, work.columns, nullptr};
  }

  void lay_out(Scratch& scratch) {
    uint64_t columns = 0;
    uint64_t rows = 0;
    for (const TokenWork& work : work_) {
      columns = std::max(columns, work.columns);
      rows = std::max(rows, work.rows);
    }
    in_ = scratch.activations(1, columns);
    out_ = scratch.rows(1, rows);
    ops_ = make_cpu_ops(kernels_, pool_, {.query_group = 1, .positions = 1}, scratch);
  }

  // Bytes per second.
  double measure(const TokenWork& work) {
    MatrixView matrix = view(work);
    const size_t room = weight_bytes_ / matrix.stride_bytes();
    matrix.rows = std::min<size_t>(matrix.rows, room);
    Activations in = in_;
    in.x.width = work.columns;
    uint64_t bytes = 0;
    const int64_t start = now_ns();
    int64_t now = start;
    while (now - start < kWindowNs) {
      if (offset_ + matrix.bytes() > weight_bytes_) offset_ = 0;
      matrix.data = weights_.data() + offset_;
      offset_ += matrix.bytes();
      in.quantised = false;  // every product of a real token has an input of its own
      const Product product{matrix, out_.columns(0, matrix.rows)};
      ops_->matmul(in, {&product, 1});
      bytes += matrix.bytes();
      if (meanwhile_) meanwhile_();
      now = now_ns();
    }
    return static_cast<double>(bytes) / seconds(now - start);
  }

  const Kernels& kernels_;
  ThreadPool& pool_;
  const size_t weight_bytes_;
  const std::function<void()>& meanwhile_;
  std::vector<TokenWork> work_;
  Pages memory_;
  Pages weights_;
  Activations in_;
  Rows out_;
  std::unique_ptr<Ops> ops_;
  size_t offset_ = 0;
};

}  // namespace

Result<std::vector<KernelRate>> measure_kernels(const Kernels& kernels, ThreadPool& pool,
                                                std::span<const TokenWork> work,
                                                size_t weight_bytes,
                                                const std::function<void()>& meanwhile) {
  return KernelProbe(kernels, pool, work, weight_bytes, meanwhile).run();
}

}  // namespace sluice
