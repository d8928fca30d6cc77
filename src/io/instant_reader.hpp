// For tests and replays: a reader whose reads all succeed without a disk and without touching a
// byte. Threads: as any reader.
#pragma once

#include <algorithm>
#include <span>
#include <string_view>

#include "base/check.hpp"
#include "base/fixed_queue.hpp"
#include "io/reader.hpp"

namespace sluice {

class InstantReader final : public Reader {
 public:
  enum class Landing {
    awaited,  ///< only as much as a reap waits for: the slowest disk that still makes progress
    at_once,  ///< all of it at the next reap
  };

  explicit InstantReader(size_t depth, Landing landing = Landing::awaited)
      : queue_(depth), landing_(landing) {}

  Result<void> submit(std::span<const ReadRequest> requests) override {
    SLUICE_CHECK(queue_.size() + requests.size() <= queue_.capacity());
    for (const ReadRequest& request : requests) {
      queue_.push(request);
      if (request.untouched) ++untouched_;
    }
    return {};
  }
  Result<size_t> reap(std::span<Completion> out, size_t minimum) override {
    const size_t landed = landing_ == Landing::at_once ? queue_.size() : minimum;
    const size_t count = std::min({out.size(), queue_.size(), landed});
    for (size_t i = 0; i < count; ++i) {
      const ReadRequest request = queue_.pop();
      out[i] = {.tag = request.tag, .bytes = request.bytes, .error = 0};
    }
    return count;
  }
  size_t in_flight() const override { return queue_.size(); }
  size_t depth() const override { return queue_.capacity(); }
  std::string_view name() const override { return "instant"; }
  /// Reads so far into memory that was said to be untouched.
  size_t untouched() const { return untouched_; }

 private:
  FixedQueue<ReadRequest> queue_;
  const Landing landing_;
  size_t untouched_ = 0;
};

}  // namespace sluice
