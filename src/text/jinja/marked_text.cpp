#include "text/jinja/marked_text.hpp"

#include <algorithm>
#include <utility>

namespace sluice::jinja {

namespace {

// The first run that ends after `at`.
std::vector<Span>::const_iterator run_after(const std::vector<Span>& runs, size_t at) {
  return std::upper_bound(runs.begin(), runs.end(), at,
                          [](size_t value, const Span& run) { return value < run.end; });
}

}  // namespace

MarkedText::MarkedText(std::string bytes, bool data) : bytes_(std::move(bytes)) {
  if (data) mark(0, bytes_.size());
}

bool MarkedText::is_data(size_t at) const {
  const auto run = run_after(data_, at);
  return run != data_.end() && run->begin <= at;
}

void MarkedText::mark(size_t begin, size_t end) {
  if (begin == end) return;
  if (!data_.empty() && data_.back().end == begin) {
    data_.back().end = end;
  } else {
    data_.push_back({begin, end});
  }
}

void MarkedText::append(std::string_view bytes, bool data) {
  const size_t begin = bytes_.size();
  bytes_.append(bytes);
  if (data) mark(begin, bytes_.size());
}

void MarkedText::append(const MarkedText& other, size_t begin, size_t end) {
  const size_t base = bytes_.size();
  bytes_.append(other.bytes_, begin, end - begin);
  for (auto run = run_after(other.data_, begin); run != other.data_.end() && run->begin < end;
       ++run)
    mark(base + std::max(run->begin, begin) - begin, base + std::min(run->end, end) - begin);
}

MarkedText MarkedText::slice(size_t begin, size_t end) const {
  MarkedText part;
  part.append(*this, begin, end);
  part.safe_ = safe_;
  return part;
}

MarkedText& MarkedText::set_safe(bool safe) {
  safe_ = safe;
  return *this;
}

}  // namespace sluice::jinja
