#include "cli/live_line.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "cli/clock.hpp"
#include "cli/statistics.hpp"

namespace sluice::cli {

namespace {

constexpr int64_t kRedrawMs = 100;
// Rates are those of the last one to two of these.
constexpr int64_t kWindowMs = 2000;

}  // namespace

LiveLine::LiveLine(const Session& session, bool rates) : session_(session), rates_(rates) {
  const Stats stats = session.stats();
  since_ = {milliseconds(), 0, stats.flash_bytes_read, stats.unit_hits, stats.unit_misses};
  next_ = since_;
}

bool LiveLine::due() {
  const int64_t now = milliseconds();
  if (now - drawn_ms_ < kRedrawMs) return false;
  drawn_ms_ = now;
  return true;
}

std::string LiveLine::rates(uint64_t tokens) {
  if (!rates_) return "";
  const Stats stats = session_.stats();
  const Counters now = {drawn_ms_, tokens, stats.flash_bytes_read, stats.unit_hits,
                        stats.unit_misses};
  if (now.ms - next_.ms >= kWindowMs) {
    since_ = next_;
    next_ = now;
  }
  const double passed = std::max(static_cast<double>(now.ms - since_.ms) / 1000, 1e-3);
  const uint64_t hits = now.hits - since_.hits;
  const uint64_t demands = std::max<uint64_t>(hits + now.misses - since_.misses, 1);
  std::string text;
  if (now.tokens > since_.tokens) {
    text +=
        fmt::format("  {:.2f} tokens/s", static_cast<double>(now.tokens - since_.tokens) / passed);
  }
  return text + fmt::format("  {}/s  {:.0f} % hits  {} of {}",
                            human_bytes(static_cast<double>(now.bytes - since_.bytes) / passed),
                            100 * static_cast<double>(hits) / static_cast<double>(demands),
                            human_bytes(static_cast<double>(stats.peak_rss_bytes)),
                            human_bytes(static_cast<double>(stats.budget_bytes)));
}

const std::string& LiveLine::prompt(size_t tokens, size_t layer, size_t layers) {
  if (due()) {
    text_ = fmt::format("reading the prompt of {} tokens: layer {} of {}{}", tokens, layer + 1,
                        layers, rates(0));
  }
  return text_;
}

const std::string& LiveLine::answer(size_t generated, size_t wanted) {
  if (!due()) return text_;
  text_ = wanted == 0 ? fmt::format("{} tokens", generated)
                      : fmt::format("{} of {} tokens", generated, wanted);
  text_ += rates(generated);
  return text_;
}

}  // namespace sluice::cli
