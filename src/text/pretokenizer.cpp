#include "text/pretokenizer.hpp"

#include <algorithm>
#include <string>

#include "text/expressions.hpp"
#include "text/patterns.hpp"
#include "text/printable.hpp"

namespace sluice {

namespace patterns {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// What the expressions derived from tiktoken's differ in.
struct Style {
  ClassBits letters = kLetter;      // what a word is made of
  int digits_most = 1;              // digits in one number
  bool contractions_first = false;  // 's and so on are pieces of their own, before words
  bool contraction_ends = false;    // a word may end with one
  bool cased = false;               // words are upper case letters, then lower case ones
  bool slashes = false;             // slashes may follow punctuation as newlines may
  bool han = false;                 // runs of Han characters are pieces; words have none
};

constexpr ClassBits kUpperSide = kUpper | kTitle | kModifier | kOtherLetter | kMark;
constexpr ClassBits kLowerSide = kLower | kModifier | kOtherLetter | kMark;

template <Style style>
bool in_word(const Character& c, ClassBits side) {
  return c.is(side) && !(style.han && c.is(kHan));
}

// `U*L+` with U = kUpperSide and L = kLowerSide, or null. The classes overlap: if no lower case
// letter follows U*, the run gives characters back until the last that both classes have.
template <Style style>
const char* match_lower_end(const char* at, const char* end) {
  const char* shared_end = nullptr;
  Character c = read(at, end);
  for (; in_word<style>(c, kUpperSide); c = read(at, end)) {
    at += c.bytes;
    if (c.is(kLowerSide)) shared_end = at;
  }
  if (!in_word<style>(c, kLowerSide)) return shared_end;
  for (; in_word<style>(c, kLowerSide); c = read(at, end)) at += c.bytes;
  return at;
}

// `U+L*` where `U*L+` did not match, so that nothing of L follows; or null.
template <Style style>
const char* match_upper_run(const char* at, const char* end) {
  const char* const begin = at;
  for (Character c = read(at, end); in_word<style>(c, kUpperSide); c = read(at, end)) at += c.bytes;
  return at == begin ? nullptr : at;
}

// `[^\r\n\p{L}\p{N}]?U*L+C?|[^\r\n\p{L}\p{N}]?U+L*C?`, C a contraction. The leading character may
// be a mark and so belong to U and L; it is left to them if the match fails with it.
template <Style style>
const char* match_cased_word(const char* at, const char* end) {
  const Character first = read(at, end);
  const bool leads = !first.is(kNewline | kLetter | kNumber);
  const char* word = nullptr;
  if (leads) word = match_lower_end<style>(at + first.bytes, end);
  if (word == nullptr) word = match_lower_end<style>(at, end);
  if (word == nullptr && leads) word = match_upper_run<style>(at + first.bytes, end);
  if (word == nullptr) word = match_upper_run<style>(at, end);
  if (word == nullptr) return at;
  return style.contraction_ends ? match_contraction(word, end, true) : word;
}

// `[^\r\n\p{L}\p{N}]?W+`, W the letters of the style.
template <Style style>
const char* match_plain_word(const char* at, const char* end) {
  const Character first = read(at, end);
  if (first.is(style.letters)) return skip(at + first.bytes, end, style.letters);
  if (first.is(kNewline | kLetter | kNumber)) return at;
  const char* const begin = at + first.bytes;
  const char* const word = skip(begin, end, style.letters);
  return word == begin ? at : word;
}

// ` ?[^\s\p{L}\p{N}]+[\r\n]*`, without marks where they are letters.
template <Style style>
const char* match_punctuation(const char* at, const char* end) {
  constexpr ClassBits others =
      kBlank | kLetter | kNumber | kEnd | (style.cased ? ClassBits{0} : style.letters);
  const char* const begin = *at == ' ' ? at + 1 : at;
  const char* next = skip_others(begin, end, others);
  if (next == begin) return at;
  while (next < end && (*next == '\r' || *next == '\n' || (style.slashes && *next == '/'))) ++next;
  return next;
}

template <Style style>
const char* match_style(const char* at, const char* end) {
  const char* next = at;
  if (style.han) next = skip(at, end, kHan);
  if (style.contractions_first && *at == '\'') next = match_contraction(at, end, true);
  if (next == at) {
    next = style.cased ? match_cased_word<style>(at, end) : match_plain_word<style>(at, end);
  }
  if (next == at) next = match_number<style.digits_most>(at, end);
  if (next == at) next = match_punctuation<style>(at, end);
  if (next == at) next = match_blanks<true>(at, end);
  return next;
}

// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
const char* match_gpt2(const char* at, const char* end) {
  const char* const contraction = match_contraction(at, end, false);
  if (contraction != at) return contraction;
  const char* const begin = *at == ' ' ? at + 1 : at;
  const Character first = read(begin, end);
  if (first.is(kLetter)) return skip(begin, end, kLetter);
  if (first.is(kNumber)) return skip(begin, end, kNumber);
  if (!first.is(kBlank | kEnd)) return skip_others(begin, end, kBlank | kLetter | kNumber | kEnd);
  return match_blanks<false>(at, end);
}

constexpr Style kLlama3{.digits_most = 3, .contractions_first = true};
constexpr Style kQwen2{.contractions_first = true};
constexpr Style kQwen35{.letters = kLetter | kMark, .contractions_first = true};
constexpr Style kGpt4o{.digits_most = 3, .contraction_ends = true, .cased = true, .slashes = true};
constexpr Style kTekken{.cased = true, .slashes = true};
constexpr Style kKimi{.digits_most = 3, .contraction_ends = true, .cased = true, .han = true};

constexpr FindPattern kGpt2Patterns[] = {find<match_gpt2>};
constexpr FindPattern kDigitGpt2Patterns[] = {find_number<1>, find<match_gpt2>};
constexpr FindPattern kLlama3Patterns[] = {find<match_style<kLlama3>>};
constexpr FindPattern kQwen2Patterns[] = {find<match_style<kQwen2>>};
constexpr FindPattern kQwen35Patterns[] = {find<match_style<kQwen35>>};
constexpr FindPattern kGpt4oPatterns[] = {find<match_style<kGpt4o>>};
constexpr FindPattern kTekkenPatterns[] = {find<match_style<kTekken>>};
constexpr FindPattern kKimiPatterns[] = {find<match_style<kKimi>>};
constexpr FindPattern kDeepseekV3Patterns[] = {find_number<3>, find_deepseek_han,
                                               find_deepseek_word};
constexpr FindPattern kDeepseekLlmPatterns[] = {
    find_deepseek_llm_newline,     find_deepseek_llm_latin, find_deepseek_llm_punctuation,
    find_deepseek_llm_last_blanks, find_deepseek_llm_asian, find_number<1>};

// name, patterns, normalizes, ignores_merges, adds_bos
constexpr PretokenizerFamily kFamilies[] = {
    {"qwen2", kQwen2Patterns, true, false, false},
    {"qwen35", kQwen35Patterns, true, false, false},
    {"llama-bpe", kLlama3Patterns, false, true, true},
    {"llama3", kLlama3Patterns, false, true, true},
    {"llama4", kGpt4oPatterns, false, false, false},
    {"tekken", kTekkenPatterns, false, true, true},
    {"deepseek-v3", kDeepseekV3Patterns, false, false, false},
    {"deepseek-llm", kDeepseekLlmPatterns, false, false, false},
    {"kimi-k2", kKimiPatterns, false, false, false},
    {"gpt-4o", kGpt4oPatterns, false, false, false},
    {"glm4", kLlama3Patterns, false, true, false},
    {"minimax-m2", kGpt4oPatterns, false, false, false},
    {"gpt-2", kGpt2Patterns, false, false, false},
    {"olmo", kGpt2Patterns, true, false, false},
    {"command-r", kDigitGpt2Patterns, true, false, false},
    {"smollm", kDigitGpt2Patterns, false, false, false},
    {"starcoder", kDigitGpt2Patterns, false, false, false},
};

}  // namespace

const char* match_contraction(const char* at, const char* end, bool ignore_case) {
  if (end - at < 2 || *at != '\'') return at;
  const char first = ignore_case ? lower(at[1]) : at[1];
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
  if (end - at < 3) return at;
  const char second = ignore_case ? lower(at[2]) : at[2];
  if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
      (first == 'l' && second == 'l'))
    return at + 3;
  const bool long_s =
      static_cast<unsigned char>(at[1]) == 0xC5 && static_cast<unsigned char>(at[2]) == 0xBF;
  return ignore_case && long_s ? at + 3 : at;
}

}  // namespace patterns

namespace {

// Appends the ends of the pieces of [at, end); each pattern works on what the one before left.
void split_by(std::span<const FindPattern> found, const char* text, const char* at, const char* end,
              std::vector<size_t>& ends) {
  if (found.empty()) return ends.push_back(static_cast<size_t>(end - text));
  const std::span<const FindPattern> rest = found.subspan(1);
  while (at < end) {
    const Match match = found[0](at, end);
    if (match.begin > at) split_by(rest, text, at, match.begin, ends);
    if (match.end > match.begin) split_by(rest, text, match.begin, match.end, ends);
    at = match.end;
  }
}

}  // namespace

const PretokenizerFamily* find_family(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(patterns::kFamilies), std::end(patterns::kFamilies),
                   [name](const PretokenizerFamily& family) { return family.name == name; });
  return found == std::end(patterns::kFamilies) ? nullptr : found;
}

Result<Pretokenizer> Pretokenizer::create(std::string_view name) {
  if (const PretokenizerFamily* const family = find_family(name))
    return Pretokenizer({family->patterns.begin(), family->patterns.end()}, *family);
  if (name.empty())
    return Error{
        Code::unsupported,
        "the vocabulary names no pre-tokenizer (tokenizer.ggml.pre), so its text cannot be "
        "cut as the model was trained; the file is too old or was converted wrongly"};
  return Error{Code::unsupported, "the pre-tokenizer \"" + printable(name) + "\" is unknown"};
}

Result<Pretokenizer> Pretokenizer::create(const StringTable& expressions) {
  std::vector<FindPattern> found;
  for (size_t i = 0; i < expressions.size(); ++i) {
    SLUICE_LET(const Expression expression, find_expression(expressions[i]));
    found.push_back(expression.find);
  }
  return Pretokenizer(std::move(found), {});
}

void Pretokenizer::split(std::string_view text, std::vector<size_t>& ends) const {
  split_by(patterns_, text.data(), text.data(), text.data() + text.size(), ends);
}

}  // namespace sluice
