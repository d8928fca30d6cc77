#include "text/jinja/clock_time.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace sluice::jinja {

namespace {

constexpr std::string_view kDays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                      "Thursday", "Friday", "Saturday"};
constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

// Days since the first of January, which is 0.
int day_of_year(const ClockTime& time) {
  static constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  return kBefore[time.month - 1] + time.day - 1 + (time.month > 2 && is_leap(time.year) ? 1 : 0);
}

// 0 is Sunday. Source: Zeller's rule in the form of Sakamoto.
int day_of_week(const ClockTime& time) {
  static constexpr int kShift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  const int year = time.month < 3 ? time.year - 1 : time.year;
  return (year + year / 4 - year / 100 + year / 400 + kShift[time.month - 1] + time.day) % 7;
}

int weeks_in_iso_year(int year) {
  const int first = day_of_week({year, 1, 1});
  return first == 4 || (first == 3 && is_leap(year)) ? 53 : 52;
}

// ISO 8601 week and the year it belongs to.
std::pair<int, int> iso_week(const ClockTime& time) {
  const int monday_first = (day_of_week(time) + 6) % 7;
  const int week = (day_of_year(time) - monday_first + 10) / 7;
  if (week < 1) return {weeks_in_iso_year(time.year - 1), time.year - 1};
  if (week > weeks_in_iso_year(time.year)) return {1, time.year + 1};
  return {week, time.year};
}

// `width` digits; `flag` is what stood between the percent sign and the letter: '-' asks for no
// filling, '_' for blanks, '0' for zeros.
std::string number(int value, int width, char flag, char fill = '0') {
  if (flag == '-') width = 0;
  if (flag == '_') fill = ' ';
  if (flag == '0') fill = '0';
  std::string digits = std::to_string(value);
  if (digits.size() < static_cast<size_t>(width))
    digits.insert(0, static_cast<size_t>(width) - digits.size(), fill);
  return digits;
}

// The directives that stand for others; nothing if `letter` is not one.
std::string_view longer_form(char letter) {
  switch (letter) {
    case 'c': return "%a %b %e %H:%M:%S %Y";
    case 'D':
    case 'x': return "%m/%d/%y";
    case 'F': return "%Y-%m-%d";
    case 'R': return "%H:%M";
    case 'r': return "%I:%M:%S %p";
    case 'T':
    case 'X': return "%H:%M:%S";
    default: return {};
  }
}

std::string name_of(const ClockTime& time, char letter) {
  const std::string_view day = kDays[day_of_week(time)];
  const std::string_view month = kMonths[time.month - 1];
  switch (letter) {
    case 'a': return std::string(day.substr(0, 3));
    case 'A': return std::string(day);
    case 'b':
    case 'h': return std::string(month.substr(0, 3));
    case 'B': return std::string(month);
    case 'p': return time.hour < 12 ? "AM" : "PM";
    case 'P': return time.hour < 12 ? "am" : "pm";
    case 'n': return "\n";
    case 't': return "\t";
    case '%': return "%";
    default: return {};  // 'Z' and 'z': a clock on the wall names no zone
  }
}

// One directive; false if it is unknown.
bool append_directive(std::string& out, const ClockTime& time, char letter, char flag) {
  const int weekday = day_of_week(time);
  const int hour = time.hour % 12 == 0 ? 12 : time.hour % 12;
  const auto put = [&](int value, int width, char fill = '0') {
    out += number(value, width, flag, fill);
    return true;
  };
  switch (letter) {
    case 'C': return put(time.year / 100, 2);
    case 'd': return put(time.day, 2);
    case 'e': return put(time.day, 2, ' ');
    case 'f': return put(0, 6);
    case 'G': return put(iso_week(time).second, 4);
    case 'g': return put(iso_week(time).second % 100, 2);
    case 'H': return put(time.hour, 2);
    case 'I': return put(hour, 2);
    case 'j': return put(day_of_year(time) + 1, 3);
    case 'k': return put(time.hour, 2, ' ');
    case 'l': return put(hour, 2, ' ');
    case 'M': return put(time.minute, 2);
    case 'm': return put(time.month, 2);
    case 'S': return put(time.second, 2);
    case 'U': return put((day_of_year(time) + 7 - weekday) / 7, 2);
    case 'u': return put(weekday == 0 ? 7 : weekday, 1);
    case 'V': return put(iso_week(time).first, 2);
    case 'W': return put((day_of_year(time) + 7 - (weekday + 6) % 7) / 7, 2);
    case 'w': return put(weekday, 1);
    case 'Y': return put(time.year, 0);
    case 'y': return put(time.year % 100, 2);
    default: break;
  }
  if (const std::string_view form = longer_form(letter); !form.empty()) {
    out += format_time(time, form);
    return true;
  }
  if (std::string_view("aAbhBpPnt%zZ").find(letter) == std::string_view::npos) return false;
  out += name_of(time, letter);
  return true;
}

// What stands between the percent sign and the letter, as glibc has it.
struct FieldStyle {
  char flag = 0;     ///< of several the last one counts
  size_t width = 0;  ///< the least number of characters
};

FieldStyle read_style(std::string_view format, size_t& at) {
  constexpr size_t widest = 100;  // so that no format becomes a text much longer than itself
  FieldStyle style;
  for (; at + 1 < format.size() && std::string_view("-_0").find(format[at]) != format.npos; ++at)
    style.flag = format[at];
  for (; at + 1 < format.size() && format[at] >= '0' && format[at] <= '9'; ++at)
    style.width = std::min(style.width * 10 + static_cast<size_t>(format[at] - '0'), widest);
  return style;
}

void widen(std::string& field, const FieldStyle& style, char letter) {
  if (field.size() >= style.width) return;
  const bool digits = std::string_view("CdGgHIjMmSUuVWwYy").find(letter) != std::string_view::npos;
  const bool zeros = style.flag == '0' || (style.flag == 0 && digits);
  field.insert(0, style.width - field.size(), zeros ? '0' : ' ');
}

}  // namespace

ClockTime ClockTime::local() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  if (localtime_r(&now, &local) == nullptr) return {};
  return {local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
          local.tm_hour,        local.tm_min,     local.tm_sec};
}

std::string format_time(const ClockTime& time, std::string_view format) {
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out.push_back(format[i]);
      continue;
    }
    const size_t begin = i++;
    const FieldStyle style = read_style(format, i);
    std::string field;
    if (i < format.size() && append_directive(field, time, format[i], style.flag)) {
      widen(field, style, format[i]);
      out += field;
    } else {
      out.append(format.substr(begin, i - begin));
      --i;
    }
  }
  return out;
}

}  // namespace sluice::jinja
