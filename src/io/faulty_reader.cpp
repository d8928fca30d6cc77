#include "io/faulty_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.hpp"

namespace sluice {

namespace {
constexpr int kScribble = 0xEE;
}

FaultyReader::FaultyReader(std::unique_ptr<Reader> inner, FaultScript script)
    : inner_(std::move(inner)), flights_(inner_->depth()), collected_(inner_->depth()) {
  for (size_t i = inner_->depth(); i > 0; --i) free_.push_back(static_cast<uint32_t>(i - 1));
  renamed_.reserve(inner_->depth());
  ready_.reserve(inner_->depth());
  delayed_.reserve(inner_->depth());
  set_script(std::move(script));
}

FaultyReader::~FaultyReader() = default;

void FaultyReader::set_script(FaultScript script) {
  script_ = std::move(script);
  random_.seed(script_.seed);
}

Fault FaultyReader::choose(uint64_t request) {
  for (const Fault& fault : script_.faults) {
    if (request >= fault.request && request - fault.request < fault.count) return fault;
  }
  if (script_.random_one_in != 0 && random_() % script_.random_one_in == 0) {
    return {.kind = script_.random_kind, .request = request};
  }
  return {};
}

Result<void> FaultyReader::submit(std::span<const ReadRequest> requests) {
  SLUICE_CHECK(in_flight_ + requests.size() <= depth());
  renamed_.clear();
  const auto take_back = [&] {
    for (const ReadRequest& request : renamed_) free_.push_back(static_cast<uint32_t>(request.tag));
  };
  for (const ReadRequest& request : requests) {
    const Fault fault = choose(requests_++);
    if (fault.kind != FaultKind::none) ++fired_;
    if (fault.kind == FaultKind::refuse) {
      take_back();
      return Error{Code::io, std::string("submission refused: ") + std::strerror(fault.error)};
    }
    const uint32_t flight = free_.back();
    free_.pop_back();
    flights_[flight] = {.request = request, .fault = fault};
    renamed_.push_back(request);
    renamed_.back().tag = flight;
  }
  if (auto submitted = inner_->submit(renamed_); !submitted) {
    take_back();
    return submitted;
  }
  in_flight_ += requests.size();
  return {};
}

Completion FaultyReader::spoil(const Flight& flight, const Completion& completion) const {
  const ReadRequest& request = flight.request;
  Completion spoilt = completion;
  spoilt.tag = request.tag;
  if (completion.error != 0) return spoilt;
  switch (flight.fault.kind) {
    case FaultKind::error:
      std::memset(request.destination, kScribble, request.bytes);
      spoilt.bytes = 0;
      spoilt.error = flight.fault.error;
      break;
    case FaultKind::short_read:
      spoilt.bytes = request.needed / 2;
      spoilt.error = kShortRead;
      std::memset(request.destination + spoilt.bytes, kScribble, request.bytes - spoilt.bytes);
      break;
    case FaultKind::corrupt:
      if (request.needed > 0) request.destination[request.needed - 1] ^= std::byte{1};
      break;
    default:
      break;
  }
  return spoilt;
}

Result<void> FaultyReader::collect(size_t minimum) {
  const size_t wanted = script_.shuffle ? inner_->in_flight() : minimum;
  SLUICE_LET(const size_t count, inner_->reap(collected_, std::min(wanted, inner_->in_flight())));
  for (size_t i = 0; i < count; ++i) {
    const auto index = static_cast<uint32_t>(collected_[i].tag);
    const bool delayed = flights_[index].fault.kind == FaultKind::delay;
    (delayed ? delayed_ : ready_).push_back(spoil(flights_[index], collected_[i]));
    free_.push_back(index);
  }
  return {};
}

Result<size_t> FaultyReader::reap(std::span<Completion> out, size_t minimum) {
  const size_t most = std::min(out.size(), in_flight_);
  const size_t least = std::min(minimum, most);
  do {
    SLUICE_TRY(collect(ready_.size() < least ? 1 : 0));
    if (inner_->in_flight() == 0 && (ready_.empty() || ready_.size() < least)) {
      ready_.insert(ready_.end(), delayed_.begin(), delayed_.end());
      delayed_.clear();
    }
  } while (ready_.size() < least);
  size_t count = std::min(most, ready_.size());
  if (script_.shuffle && count > 0) {
    std::shuffle(ready_.begin(), ready_.end(), random_);
    count = std::max(least, random_() % (count + 1));
  }
  std::copy_n(ready_.begin(), count, out.begin());
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<ptrdiff_t>(count));
  in_flight_ -= count;
  return count;
}

}  // namespace sluice
