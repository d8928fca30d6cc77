// Errors as values. Everything the outside world can do wrong is returned as a Result; nothing in
// Sluice throws. The member names follow std::expected, so that it can take this file's place.
// Threads: values, no shared state. Cost: one variant.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace sluice {

/// What kind of thing went wrong; the command's exit status and a caller's reaction depend on it.
enum class Code {
  io,           ///< The system refused or failed: cannot open, short read, disk full.
  corrupt,      ///< A file contradicts itself or its format.
  unsupported,  ///< Well-formed, but nothing here can run it.
  budget,       ///< It does not fit the memory budget.
  invalid,      ///< The caller's arguments make no sense.
  cancelled,    ///< Stopped on request.
  internal,     ///< A defect in Sluice.
};

/// One failure: the kind, and a single line that says what was attempted on which object, with
/// which numbers, and the likely cause.
struct [[nodiscard]] Error {
  Code code = Code::internal;
  std::string message;
};

/// A value of type T or the Error that kept it from existing.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  /// The value; only when has_value().
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  /// The error; only when not has_value().
  Error& error() { return *std::get_if<1>(&state_); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool has_value() const { return ok_; }
  explicit operator bool() const { return ok_; }
  Error& error() { return error_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace sluice

/// Evaluates a Result; on failure returns its error from the enclosing function.
#define SLUICE_TRY(expression)                                  \
  do {                                                          \
    if (auto sluice_result = (expression); !sluice_result)      \
      return std::move(sluice_result.error());                  \
  } while (false)

#define SLUICE_JOIN_INNER(a, b) a##b
#define SLUICE_JOIN(a, b) SLUICE_JOIN_INNER(a, b)

/// `SLUICE_LET(auto x, f());` declares x from a successful Result, or returns its error.
#define SLUICE_LET(declaration, expression)                                  \
  auto SLUICE_JOIN(sluice_result_, __LINE__) = (expression);                 \
  if (!SLUICE_JOIN(sluice_result_, __LINE__))                                \
    return std::move(SLUICE_JOIN(sluice_result_, __LINE__).error());         \
  declaration = *std::move(SLUICE_JOIN(sluice_result_, __LINE__))
