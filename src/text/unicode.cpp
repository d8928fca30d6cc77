#include "text/unicode.hpp"

#include <cstddef>

namespace sluice {

namespace {

#include "text/unicode_table.inc"

// One entry for each letter of the table, in the order of CLASSES in tools/unicode_table.py.
constexpr ClassBits kClassBits[] = {
    0,
    kUpper,
    kLower,
    kTitle,
    kModifier,
    kOtherLetter,
    kMark,
    kNumber,
    kPunctuation,
    kSymbol,
    kBlank,
    kBlank | kNewline,
    kModifier | kHan,
    kOtherLetter | kHan,
    kMark | kHan,
    kNumber | kHan,
    kPunctuation | kHan,
    kSymbol | kHan,
};

constexpr ClassBits P = kPunctuation, S = kSymbol, B = kBlank, N = kNumber, U = kUpper, L = kLower;
constexpr ClassBits E = kBlank | kNewline;

}  // namespace

// Stated twice (the generated table has these as well; a test compares) so that the loop over
// ASCII reads one small array.
constexpr ClassBits kAsciiClass[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, B, E, B, B, E, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    B, P, P, P, S, P, P, P, P, P, P, S, P, P, P, P, N, N, N, N, N, N, N, N, N, N, P, P, S, S, S, P,
    P, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U, P, P, P, S, P,
    S, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, P, S, P, S, 0,
};

ClassBits class_beyond_ascii(char32_t code) {
  if (code < kTableLimit)
    return kClassBits[kBlocks[size_t{kBlockOf[code / 128]} * 128 + code % 128] - 'a'];
  return code >= kHighMarkFirst && code <= kHighMarkLast ? kMark : ClassBits{0};
}

}  // namespace sluice
