#include "text/expressions.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "text/patterns.hpp"
#include "text/printable.hpp"
#include "text/utf8.hpp"

namespace sluice {

namespace {

using patterns::CodeRange;

// An expression is one of a family's patterns.
struct Known {
  std::string_view text;
  std::string_view family;
  size_t pattern = 0;
};

#define SLUICE_CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define SLUICE_BLANKS R"(|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define SLUICE_LEAD R"([^\r\n\p{L}\p{N}]?)"
#define SLUICE_UPPER R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])"
#define SLUICE_LOWER R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])"
#define SLUICE_UPPER_NO_HAN R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]])"
#define SLUICE_LOWER_NO_HAN R"([\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]])"

constexpr Known kKnown[] = {
    {kGpt2Expression, "gpt-2"},
    {kDigitExpression, "command-r"},
    {SLUICE_CONTRACTIONS "|" SLUICE_LEAD
                         R"(\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)" SLUICE_BLANKS,
     "llama-bpe"},
    {SLUICE_CONTRACTIONS "|" SLUICE_LEAD R"(\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)" SLUICE_BLANKS,
     "qwen2"},
    {SLUICE_CONTRACTIONS "|" SLUICE_LEAD
                         R"([\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*)" SLUICE_BLANKS,
     "qwen35"},
    {SLUICE_LEAD SLUICE_UPPER "*" SLUICE_LOWER "+" SLUICE_CONTRACTIONS "?|" SLUICE_LEAD SLUICE_UPPER
                              "+" SLUICE_LOWER "*" SLUICE_CONTRACTIONS
                              R"(?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" SLUICE_BLANKS,
     "gpt-4o"},
    {SLUICE_LEAD SLUICE_UPPER "*" SLUICE_LOWER "+|" SLUICE_LEAD SLUICE_UPPER "+" SLUICE_LOWER
                              R"(*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*)" SLUICE_BLANKS,
     "tekken"},
    {R"([\p{Han}]+|)" SLUICE_LEAD SLUICE_UPPER_NO_HAN "*" SLUICE_LOWER_NO_HAN
     "+" SLUICE_CONTRACTIONS "?|" SLUICE_LEAD SLUICE_UPPER_NO_HAN "+" SLUICE_LOWER_NO_HAN
     "*" SLUICE_CONTRACTIONS R"(?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)" SLUICE_BLANKS,
     "kimi-k2"},
    {R"(\p{N}{1,3})", "deepseek-v3", 0},
    {R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+)"
     R"(| ?[\p{P}\p{S}]+[\r\n]*)" SLUICE_BLANKS,
     "deepseek-v3", 2},
    {R"([\r\n])", "deepseek-llm", 0},
    {R"(\s+$)", "deepseek-llm", 3},
};

#undef SLUICE_CONTRACTIONS
#undef SLUICE_BLANKS
#undef SLUICE_LEAD
#undef SLUICE_UPPER
#undef SLUICE_LOWER
#undef SLUICE_UPPER_NO_HAN
#undef SLUICE_LOWER_NO_HAN

// Expressions `[...]+`, perhaps after `\s?`, over characters that are written out: compared by
// what the class holds.
struct KnownClass {
  bool after_blank;
  std::span<const CodeRange> ranges;
  std::string_view family;
  size_t pattern;
};

constexpr CodeRange kHanKana[] = {{0x3040, 0x30FF}, {0x4E00, 0x9FA5}};
constexpr CodeRange kAsian[] = {{0x800, 0x9FA5}, {0xAC00, 0xD7FF}};
constexpr CodeRange kMarks[] = {{0x21, 0x2F},     {0x3A, 0x7E},     {0x2018, 0x201F},
                                {0x3000, 0x3002}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF5E}};

// Sorted, and neighbours made one.
std::vector<CodeRange> joined(std::vector<CodeRange> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const CodeRange& a, const CodeRange& b) { return a.first < b.first; });
  std::vector<CodeRange> merged;
  for (const CodeRange& range : ranges) {
    if (!merged.empty() && range.first <= merged.back().last + 1) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

// "a-zA-Z_" as ranges; nothing if it holds anything but characters and dashes between two.
std::optional<std::vector<CodeRange>> parse_class(std::string_view text) {
  std::vector<uint32_t> codes;
  for (const char* at = text.data(); at < text.data() + text.size();) {
    const CodePoint point = decode_utf8(at, text.data() + text.size());
    if (!point.valid || std::string_view("\\[]&^").find(*at) != std::string_view::npos)
      return std::nullopt;
    codes.push_back(point.code);
    at += point.bytes;
  }
  std::vector<CodeRange> ranges;
  for (size_t i = 0; i < codes.size(); ++i) {
    CodeRange range{codes[i], codes[i]};
    if (i + 2 < codes.size() && codes[i + 1] == '-') {
      range.last = codes[i + 2];
      i += 2;
    }
    if (range.last < range.first) return std::nullopt;
    ranges.push_back(range);
  }
  return joined(std::move(ranges));
}

bool same(std::span<const CodeRange> a, std::span<const CodeRange> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.last == y.last;
  });
}

std::optional<Expression> find_class(std::string_view text) {
  const std::string_view blank = R"(\s?)";
  const bool after_blank = text.starts_with(blank);
  if (after_blank) text.remove_prefix(blank.size());
  if (!text.starts_with('[') || !text.ends_with("]+")) return std::nullopt;
  const auto ranges = parse_class(text.substr(1, text.size() - 3));
  if (!ranges) return std::nullopt;
  const std::span<const CodeRange> listed = patterns::deepseek_llm_latin();
  const std::vector<CodeRange> latin = joined({listed.begin(), listed.end()});
  const KnownClass known[] = {{false, kHanKana, "deepseek-v3", 1},
                              {true, latin, "deepseek-llm", 1},
                              {true, kMarks, "deepseek-llm", 2},
                              {false, kAsian, "deepseek-llm", 4}};
  for (const KnownClass& candidate : known) {
    if (candidate.after_blank == after_blank && same(candidate.ranges, *ranges))
      return Expression{find_family(candidate.family)->patterns[candidate.pattern], false};
  }
  return std::nullopt;
}

// Line ends may be written as they are or as escapes.
std::string escape_line_ends(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\r') {
      escaped += "\\r";
    } else if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

}  // namespace

Result<Expression> find_expression(std::string_view text) {
  const std::string escaped = escape_line_ends(text);
  for (const Known& known : kKnown) {
    if (known.text != escaped) continue;
    const PretokenizerFamily& family = *find_family(known.family);
    return Expression{family.patterns[known.pattern], family.patterns.size() == 1};
  }
  if (const auto expression = find_class(escaped)) return *expression;
  return Error{Code::unsupported,
               "the expression that cuts text is unknown: " + printable(escaped)};
}

}  // namespace sluice
