// Goal: strftime as glibc has it in the C locale.
// Method: every directive against the C library, for days around ends of years; unknown directives.
#include "text/jinja/clock_time.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace sluice::jinja {
namespace {

std::string from_library(const ClockTime& time, const std::string& format) {
  std::tm parts{};
  parts.tm_year = time.year - 1900;
  parts.tm_mon = time.month - 1;
  parts.tm_mday = time.day;
  parts.tm_hour = time.hour;
  parts.tm_min = time.minute;
  parts.tm_sec = time.second;
  parts.tm_isdst = 0;
  timegm(&parts);  // fills in the days of the week and of the year
  char text[200];
  return std::string(text, std::strftime(text, sizeof text, format.c_str(), &parts));
}

TEST(ClockTime, EqualsTheLibrary) {
  for (int year = 1999; year < 2033; ++year) {
    for (const ClockTime& time : {ClockTime{year, 1, 1, 0, 5, 9}, ClockTime{year, 1, 3, 11, 59, 0},
                                  ClockTime{year, 2, 28, 12, 0, 1}, ClockTime{year, 3, 1, 13, 1, 2},
                                  ClockTime{year, 12, 29, 23, 59, 59}, ClockTime{year, 12, 31}}) {
      for (const char letter : std::string_view("aAbBcCdDeFgGhHIjklmMnpPrRStTuUVwWxXyY%"))
        for (const std::string flag : {"", "30", "-", "_", "0", "7", "-7", "_1", "012"}) {
          const bool is_text =
              std::string_view("aAbBcDFhnpPrRtTxX%").find(letter) != std::string::npos;
          // Flags of names are glibc's own business.
          if (is_text && !flag.empty() && flag != "30") continue;
          const std::string format = "%" + flag + letter;
          EXPECT_EQ(format_time(time, format), from_library(time, format)) << format << " " << year;
        }
    }
  }
}

TEST(ClockTime, KeepsWhatItDoesNotKnow) {
  const ClockTime time{2026, 2, 3, 4, 5, 6};
  EXPECT_EQ(format_time(time, "%Y-%m-%d %"), "2026-02-03 %");
  EXPECT_EQ(format_time(time, "%-d %Q %_d"), "3 %Q  3");
  EXPECT_EQ(format_time(time, "%--d %_-d %-0d %--%d"), "3 3 03 %d");
  EXPECT_EQ(format_time(time, "%-1%|%5A%5Q%5"), "%|Tuesday%5Q%5");
  EXPECT_EQ(format_time(time, "100% 日"), "100% 日");
  EXPECT_GE(ClockTime::local().year, 2024);
}

}  // namespace
}  // namespace sluice::jinja
