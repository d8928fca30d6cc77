// For tests: wraps a reader and spoils chosen requests by a script. Requests are counted from 0
// over the reader's life, so that a test can spoil the k-th for every k until no fault fires any
// more. Threads and ownership as for any reader; it owns the one it wraps. Not part of the product.
#pragma once

#include <cerrno>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "io/reader.hpp"

namespace sluice {

enum class FaultKind {
  none,
  error,       ///< completes with `error`; the buffer is scribbled over
  short_read,  ///< completes short by at least a byte; what is missing is scribbled over
  corrupt,     ///< the last needed byte arrives with one bit flipped
  delay,       ///< held back until nothing else is in flight or the caller insists on it
  refuse,      ///< submit() itself fails and starts nothing
};

struct Fault {
  FaultKind kind = FaultKind::none;
  uint64_t request = 0;  ///< the first request that it spoils
  uint64_t count = 1;    ///< and how many from there on
  int error = EIO;
};

struct FaultScript {
  std::vector<Fault> faults = {};
  uint64_t seed = 0;
  /// Each request not named in `faults` is spoilt with probability 1 / random_one_in (0: never).
  FaultKind random_kind = FaultKind::none;
  uint32_t random_one_in = 0;
  /// Completions are collected until nothing is in flight, then handed out in random order and in
  /// random portions.
  bool shuffle = false;
};

class FaultyReader final : public Reader {
 public:
  FaultyReader(std::unique_ptr<Reader> inner, FaultScript script);
  ~FaultyReader() override;

  Result<void> submit(std::span<const ReadRequest> requests) override;
  Result<size_t> reap(std::span<Completion> out, size_t minimum) override;
  size_t in_flight() const override { return in_flight_; }
  size_t depth() const override { return inner_->depth(); }
  std::string_view name() const override { return "faulty"; }

  /// Requests submitted so far, and how many of them were spoilt or delayed.
  uint64_t requests() const { return requests_; }
  uint64_t fired() const { return fired_; }
  /// Replaces the script; the count of requests goes on.
  void set_script(FaultScript script);

 private:
  struct Flight {
    ReadRequest request;
    Fault fault;
  };

  Fault choose(uint64_t request);
  Completion spoil(const Flight& flight, const Completion& completion) const;
  Result<void> collect(size_t minimum);

  std::unique_ptr<Reader> inner_;
  FaultScript script_;
  std::mt19937_64 random_;
  uint64_t requests_ = 0;
  uint64_t fired_ = 0;
  size_t in_flight_ = 0;
  std::vector<Flight> flights_;
  std::vector<uint32_t> free_;
  std::vector<ReadRequest> renamed_;   // a submission with our own tags
  std::vector<Completion> collected_;  // room for the inner reader's completions
  std::vector<Completion> ready_;
  std::vector<Completion> delayed_;
};

}  // namespace sluice
