// The patterns of DeepSeek's two tokenizers, which cut in several passes.
#include <algorithm>
#include <iterator>

#include "text/patterns.hpp"
#include "text/word_edges.hpp"

namespace sluice::patterns {

namespace {

bool is_ascii_letter(char32_t code) {
  return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
}

bool is_ascii_punctuation(const Character& c) {
  return c.code < 128 && c.is(kPunctuation | kSymbol);
}

// `[<ASCII punctuation>][A-Za-z]+`.
const char* match_tagged_word(const char* at, const char* end) {
  if (!is_ascii_punctuation(read(at, end))) return at;
  const char* next = at + 1;
  while (next < end && is_ascii_letter(static_cast<unsigned char>(*next))) ++next;
  return next == at + 1 ? at : next;
}

// `[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+`.
const char* match_word(const char* at, const char* end) {
  const char* const word = skip(at, end, kLetter | kMark);
  if (word != at) return word;
  const Character first = read(at, end);
  if (first.is(kNewline | kPunctuation | kSymbol)) return at;
  const char* const begin = at + first.bytes;
  const char* const led = skip(begin, end, kLetter | kMark);
  return led == begin ? at : led;
}

// ` ?[\p{P}\p{S}]+[\r\n]*`.
const char* match_marks(const char* at, const char* end) {
  const char* const begin = *at == ' ' ? at + 1 : at;
  const char* const next = skip(begin, end, kPunctuation | kSymbol);
  return next == begin ? at : skip(next, end, kNewline);
}

// V3's third expression; unassigned and control characters match nothing and stay between.
const char* match_v3(const char* at, const char* end) {
  const char* next = match_tagged_word(at, end);
  if (next == at) next = match_word(at, end);
  if (next == at) next = match_marks(at, end);
  if (next == at) next = match_blanks<true>(at, end);
  return next;
}

// [U+4E00-U+9FA5 U+3040-U+30FF].
bool is_han_or_kana(const Character& c) {
  return (c.code >= 0x4E00 && c.code <= 0x9FA5) || (c.code >= 0x3040 && c.code <= 0x30FF);
}

// The letters that DeepSeek LLM and V2 list one by one in tokenizer.json.
constexpr CodeRange kLatin[] = {
    {0x41, 0x5A},       {0x61, 0x7A},       {0xB5, 0xB5},       {0xC0, 0xD6},
    {0xD8, 0xF6},       {0xF8, 0x1BA},      {0x1BC, 0x1BF},     {0x1C4, 0x293},
    {0x295, 0x2AF},     {0x370, 0x373},     {0x376, 0x377},     {0x37B, 0x37D},
    {0x37F, 0x37F},     {0x386, 0x386},     {0x388, 0x38A},     {0x38C, 0x38C},
    {0x38E, 0x3A1},     {0x3A3, 0x3F5},     {0x3F7, 0x481},     {0x48A, 0x52F},
    {0x531, 0x556},     {0x10A0, 0x10C5},   {0x13A0, 0x13F5},   {0x13F8, 0x13FD},
    {0x1C90, 0x1CBA},   {0x1CBD, 0x1CBF},   {0x1D00, 0x1D2B},   {0x1D6B, 0x1D77},
    {0x1D79, 0x1D9A},   {0x1E00, 0x1F15},   {0x1F18, 0x1F1D},   {0x1F20, 0x1F45},
    {0x1F48, 0x1F4D},   {0x1F50, 0x1F57},   {0x1F59, 0x1F59},   {0x1F5B, 0x1F5B},
    {0x1F5D, 0x1F5D},   {0x1F5F, 0x1F7D},   {0x1F80, 0x1FB4},   {0x1FB6, 0x1FBC},
    {0x1FBE, 0x1FBE},   {0x1FC2, 0x1FC4},   {0x1FC6, 0x1FCC},   {0x1FD0, 0x1FD3},
    {0x1FD6, 0x1FDB},   {0x1FE0, 0x1FEC},   {0x1FF2, 0x1FF4},   {0x1FF6, 0x1FFC},
    {0x2102, 0x2102},   {0x2107, 0x2107},   {0x210A, 0x2113},   {0x2115, 0x2115},
    {0x2119, 0x211D},   {0x2124, 0x2124},   {0x2126, 0x2126},   {0x2128, 0x2128},
    {0x212A, 0x212D},   {0x212F, 0x2134},   {0x2139, 0x2139},   {0x213C, 0x213F},
    {0x2145, 0x2149},   {0x214E, 0x214E},   {0x2183, 0x2184},   {0x2C00, 0x2C7B},
    {0x2C7E, 0x2CE4},   {0x2CEB, 0x2CEE},   {0x2CF2, 0x2CF3},   {0xA640, 0xA66D},
    {0xA680, 0xA69B},   {0xA722, 0xA76F},   {0xA771, 0xA787},   {0xA78B, 0xA78E},
    {0xAB70, 0xABBF},   {0xFB00, 0xFB06},   {0xFB13, 0xFB17},   {0xFF21, 0xFF3A},
    {0xFF41, 0xFF5A},   {0x10400, 0x1044F}, {0x104B0, 0x104D3}, {0x104D8, 0x104FB},
    {0x10C80, 0x10CB2}, {0x10CC0, 0x10CF2}, {0x118A0, 0x118DF}, {0x1E900, 0x1E943},
};

bool is_latin(const Character& c) {
  if (c.code < 128) return is_ascii_letter(c.code);
  if (!c.is(kUpper | kLower | kTitle)) return false;  // as most letters of other scripts
  const CodeRange* const range = std::lower_bound(
      std::begin(kLatin), std::end(kLatin), c.code,
      [](const CodeRange& candidate, char32_t code) { return candidate.last < code; });
  return range != std::end(kLatin) && range->first <= c.code;
}

// `[!-/:-~...]`: besides some of the full-width forms it holds the ASCII letters from ':' to '~'.
bool is_listed_punctuation(const Character& c) {
  const auto within = [&c](char32_t first, char32_t last) {
    return c.code >= first && c.code <= last;
  };
  return within('!', '/') || within(':', '~') || within(0xFF01, 0xFF0F) || within(0xFF1A, 0xFF5E) ||
         within(0x2018, 0x201F) || within(0x3000, 0x3002);
}

bool is_asian(const Character& c) {
  return (c.code >= 0x800 && c.code <= 0x9FA5) || (c.code >= 0xAC00 && c.code <= 0xD7FF);
}

using InClass = bool (*)(const Character&);

// The end of the run of characters in the class.
template <InClass in_class>
const char* skip_class(const char* at, const char* end) {
  for (Character c = read(at, end); !c.is(kEnd) && in_class(c); c = read(at, end)) at += c.bytes;
  return at;
}

// `[...]+` or, if a blank may lead, `\s?[...]+`: the first character in the class, all that follow
// and the blank before them.
template <InClass in_class, bool blank_leads>
Match find_class(const char* at, const char* end) {
  const char* lead = nullptr;
  for (Character c = read(at, end); !c.is(kEnd); c = read(at, end)) {
    if (in_class(c)) return {lead != nullptr ? lead : at, skip_class<in_class>(at + c.bytes, end)};
    lead = blank_leads && c.is(kBlank) ? at : nullptr;
    at += c.bytes;
  }
  return {end, end};
}

}  // namespace

Match find_deepseek_han(const char* at, const char* end) {
  return find_class<is_han_or_kana, false>(at, end);
}

Match find_deepseek_word(const char* at, const char* end) {
  return find<match_v3>(at, end);
}

Match find_deepseek_llm_newline(const char* at, const char* end) {
  const char* const newline =
      std::find_if(at, end, [](char byte) { return byte == '\r' || byte == '\n'; });
  return newline == end ? Match{end, end} : Match{newline, newline + 1};
}

std::span<const CodeRange> deepseek_llm_latin() {
  return kLatin;
}

Match find_deepseek_llm_latin(const char* at, const char* end) {
  return find_class<is_latin, true>(at, end);
}

Match find_deepseek_llm_punctuation(const char* at, const char* end) {
  return find_class<is_listed_punctuation, true>(at, end);
}

// `\s+$`.
Match find_deepseek_llm_last_blanks(const char* at, const char* end) {
  return {end - blanks_at_end({at, end}), end};
}

Match find_deepseek_llm_asian(const char* at, const char* end) {
  return find_class<is_asian, false>(at, end);
}

}  // namespace sluice::patterns
