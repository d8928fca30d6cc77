// The picture: plain SVG text, drawn with lines and labels only.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "replay/report.hpp"

namespace sluice::replay {

namespace {

constexpr double kWidth = 640, kHeight = 360;
constexpr double kLeft = 48, kRight = 110, kTop = 32, kBottom = 40;
constexpr std::array kColours = {"#888888", "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#8c564b"};

// Names of files need not be UTF-8, which a picture must be: what is not ASCII becomes "?".
std::string escape(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<' || c == '>' || c == '&') {
      safe += c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&amp;";
    } else {
      safe += c >= ' ' && c <= '~' ? c : '?';
    }
  }
  return safe;
}

std::string label(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escape(text));
}

class Panel {
 public:
  Panel(const Report& report, double top) : report_(report), top_(top) {
    for (const Row& row : report.rows) {
      const double at = std::log2(report.x(row));
      least_ = std::min(least_, at);
      most_ = std::max(most_, at);
    }
    if (most_ - least_ < 1) most_ = least_ + 1;
  }

  std::string draw() const {
    std::string svg = frame();
    double last_label = 1e9;
    std::vector<std::pair<double, size_t>> ends;  // height of the last point
    for (size_t i = 0; i < report_.policies.size(); ++i) {
      svg += curve(i);
      ends.emplace_back(height(report_.rows.back().scores[i]), i);
    }
    std::sort(ends.rbegin(), ends.rend());  // from the bottom up; labels keep apart
    for (const auto& [y, i] : ends) {
      last_label = std::min(y + 4, last_label - 13);
      svg += fmt::format("<g fill=\"{}\">{}</g>\n", kColours[i % kColours.size()],
                         label(kWidth - kRight + 8, last_label, "start", report_.policies[i]));
    }
    return svg;
  }

 private:
  double across(double x) const {
    return kLeft + (std::log2(x) - least_) / (most_ - least_) * (kWidth - kLeft - kRight);
  }
  double height(double percent) const {
    return top_ + kHeight - kBottom - percent / 100 * (kHeight - kTop - kBottom);
  }
  double height(const Score& score) const { return height(score.second_half.hit_percent()); }

  std::string frame() const {
    std::string svg =
        label(kLeft, top_ + 18, "start", report_.trace.name + ": hits in percent, second half");
    for (int percent = 0; percent <= 100; percent += 20) {
      const double y = height(percent);
      svg +=
          fmt::format("<path d=\"M{} {:.1f}H{}\" stroke=\"#ddd\"/>\n", kLeft, y, kWidth - kRight);
      svg += label(kLeft - 6, y + 4, "end", std::to_string(percent));
    }
    for (const Row& row : report_.rows) {
      const double x = across(report_.x(row));
      svg += fmt::format("<path d=\"M{:.1f} {:.1f}v4\" stroke=\"#888\"/>\n", x, height(0));
      const double doublings = std::log2(report_.x(row));
      if (std::abs(doublings - std::round(doublings)) > 0.01) continue;
      svg += label(x, height(0) + 16, "middle", fmt::format("{:g}", report_.x(row)));
    }
    return svg + label((kLeft + kWidth - kRight) / 2, height(0) + 32, "middle",
                       fmt::format("cache in token sets ({} units each)", report_.trace.token_set));
  }

  std::string curve(size_t policy) const {
    std::string points;
    for (const Row& row : report_.rows) {
      points += fmt::format("{:.1f},{:.1f} ", across(report_.x(row)), height(row.scores[policy]));
    }
    return fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n",
                       points, kColours[policy % kColours.size()]);
  }

  const Report& report_;
  const double top_;
  double least_ = 1e9, most_ = -1e9;
};

}  // namespace

std::string as_svg(const std::vector<Report>& reports) {
  const double height = kHeight * static_cast<double>(reports.size());
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" font-family=\"sans-serif\" font-size=\"12\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
      kWidth, height);
  for (size_t i = 0; i < reports.size(); ++i) {
    svg += Panel(reports[i], kHeight * static_cast<double>(i)).draw();
  }
  return svg + "</svg>\n";
}

}  // namespace sluice::replay
