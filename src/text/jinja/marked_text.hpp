// Text that remembers, byte by byte, whether a conversation or the template wrote it.
// Threads: values. Cost: as std::string, plus one span for each run of data.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::jinja {

/// Bytes [begin, end).
struct Span {
  size_t begin = 0;
  size_t end = 0;
};

class MarkedText {
 public:
  MarkedText() = default;
  explicit MarkedText(std::string bytes, bool data = false);

  std::string_view bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  /// The runs that came from the conversation: ascending, apart from each other, never empty.
  const std::vector<Span>& data() const { return data_; }
  /// Whether the byte at `at` came from the conversation. Cost: logarithmic in the runs.
  bool is_data(size_t at) const;

  void append(std::string_view bytes, bool data);
  void append(const MarkedText& other) { append(other, 0, other.size()); }
  /// Appends the bytes [begin, end) of `other` with their marks; `other` is not this text.
  void append(const MarkedText& other, size_t begin, size_t end);
  MarkedText slice(size_t begin, size_t end) const;

  /// Jinja's Markup: `+` with it escapes the other side. Set by the filters safe and escape.
  bool safe() const { return safe_; }
  MarkedText& set_safe(bool safe);

 private:
  void mark(size_t begin, size_t end);

  std::string bytes_;
  std::vector<Span> data_;
  bool safe_ = false;
};

}  // namespace sluice::jinja
