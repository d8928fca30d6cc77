// For tests and replays: a reader whose reads all succeed at the next reap, without a disk and, if
// so asked, without touching a byte. Threads: as any reader.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "base/fixed_queue.hpp"
#include "io/reader.hpp"

namespace sluice {

class InstantReader final : public Reader {
 public:
  /// Called for each read when it is reaped; may fill its destination.
  using Fill = std::function<void(const ReadRequest&)>;

  explicit InstantReader(size_t depth, Fill fill = {}) : queue_(depth), fill_(std::move(fill)) {}

  Result<void> submit(std::span<const ReadRequest> requests) override {
    SLUICE_CHECK(queue_.size() + requests.size() <= queue_.capacity());
    for (const ReadRequest& request : requests) queue_.push(request);
    most_in_flight_ = std::max(most_in_flight_, queue_.size());
    return {};
  }
  Result<size_t> reap(std::span<Completion> out, size_t minimum) override {
    // Nothing lands before somebody waits for it, and then only as much as was asked for: the
    // slowest disk that still makes progress.
    const size_t count = std::min({out.size(), queue_.size(), minimum});
    for (size_t i = 0; i < count; ++i) {
      const ReadRequest request = queue_.pop();
      if (fill_) fill_(request);
      out[i] = {.tag = request.tag, .bytes = request.bytes, .error = 0};
    }
    return count;
  }
  size_t in_flight() const override { return queue_.size(); }
  size_t depth() const override { return queue_.capacity(); }
  std::string_view name() const override { return "instant"; }

  size_t most_in_flight() const { return most_in_flight_; }

 private:
  FixedQueue<ReadRequest> queue_;
  Fill fill_;
  size_t most_in_flight_ = 0;
};

}  // namespace sluice
