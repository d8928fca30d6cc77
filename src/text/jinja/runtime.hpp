// What a rendering owns and may spend: the heap of its lists and dicts, and the budgets of steps
// and bytes that end a template which would not end by itself. Threads: one rendering, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sluice/error.hpp"
#include "text/jinja/clock_time.hpp"
#include "text/jinja/value.hpp"

namespace sluice::jinja {

/// Ceilings for one rendering; each is an error of code budget when reached. The defaults are far
/// above what a real template needs for a conversation of a million tokens.
struct Limits {
  size_t depth = 400;                         ///< nested evaluations: expressions, blocks, macros
  uint64_t steps = 50'000'000;                ///< evaluations, loop rounds, items and bytes / 64
  uint64_t bytes = uint64_t{1} << 30;         ///< everything ever made, freed or not
  uint64_t output_bytes = uint64_t{1} << 28;  ///< the text
};

/// An error that a template caused; `located` once it says where.
Error fail(std::string message);

class Runtime {
 public:
  Runtime(const Limits& limits, const ClockTime& now) : limits_(limits), now_(now) {}

  const ClockTime& now() const { return now_; }
  const Limits& limits() const { return limits_; }

  /// Counts work. False once a budget is exhausted; then `exhausted()` is the error to return.
  bool spend_steps(uint64_t steps);
  bool spend_bytes(uint64_t bytes);
  bool within_budget() const { return steps_ <= limits_.steps && bytes_ <= limits_.bytes; }
  Error exhausted() const;
  /// How deeply evaluations are nested now; see DepthGuard.
  size_t& depth() { return depth_; }

  /// Values on the heap; they count, but whether the budget holds is asked at the next step.
  Value string(MarkedText text);
  Value string(std::string bytes) { return string(MarkedText(std::move(bytes))); }
  Value array(std::vector<Value> items, Flavor flavor = Flavor::list);
  /// A generator that gives `items` and then fails, if `failure`.
  Value generator(std::vector<Value> items, std::optional<Error> failure = std::nullopt);
  Dict* dict();
  /// Keeps an object for as long as the rendering lasts.
  template <typename T>
  T* keep(std::unique_ptr<T> cell) {
    spend_bytes(sizeof(T));
    T* const kept = cell.get();
    cells_.push_back(std::move(cell));
    return kept;
  }
  /// Sets an entry of a dict. Errors: unsupported, for a key that cannot be one.
  Result<void> set(Dict& dict, const Value& key, Value value);
  void set(Dict& dict, std::string_view key, Value value);

 private:
  Limits limits_;
  ClockTime now_;
  size_t depth_ = 0;
  uint64_t steps_ = 0;
  uint64_t bytes_ = 0;
  // Cells refer to each other in any order, in cycles too, and go together at the end.
  std::vector<std::unique_ptr<Cell>> cells_;
};

/// Counts nested calls; `ok` is false beyond the limit.
class DepthGuard {
 public:
  DepthGuard(size_t& depth, size_t limit) : depth_(depth), ok_(++depth <= limit) {}
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;
  ~DepthGuard() { --depth_; }
  bool ok() const { return ok_; }

 private:
  size_t& depth_;
  bool ok_;
};

Error too_deep();

/// What iterating over a value gives.
struct Items {
  std::vector<Value> values;
  std::optional<Error> failure;  ///< of a generator, once its values are used up
};

/// The items of a value as a for loop sees them; a generator gives its items only once.
/// Errors: unsupported, for a value that cannot be iterated.
Result<Items> iterate(Runtime& runtime, const Value& value);
/// The same, with a generator's failure as the error.
Result<std::vector<Value>> all_items(Runtime& runtime, const Value& value);

/// Python's ==; `in` a list; < between values. Errors: unsupported (types that have no order).
Result<bool> equal(Runtime& runtime, const Value& left, const Value& right);
Result<bool> less(Runtime& runtime, const Value& left, const Value& right);
/// Python's `item in container`.
Result<bool> contains(Runtime& runtime, const Value& container, const Value& item);
/// Whether two values are the same object, Python's `is`.
bool identical(const Value& left, const Value& right);

/// Python's str() and repr(), appended with marks.
Result<void> print(Runtime& runtime, MarkedText& out, const Value& value);
Result<void> print_literal(Runtime& runtime, MarkedText& out, const Value& value);
/// str() as a text; strings come back as they are.
Result<MarkedText> printed(Runtime& runtime, const Value& value);

}  // namespace sluice::jinja
