// A moment as a clock on the wall shows it, and strftime over it. Threads: values.
#pragma once

#include <string>
#include <string_view>

namespace sluice::jinja {

struct ClockTime {
  int year = 1970;
  int month = 1;  ///< 1 to 12
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;

  /// The local time now.
  static ClockTime local();
};

/// The C library's strftime in the C locale, whatever locale the program runs in: chat templates
/// expect English names. Directives it does not know stay as they are.
std::string format_time(const ClockTime& time, std::string_view format);

}  // namespace sluice::jinja
