#include "text/unicode.hpp"

#include <iterator>

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

static_assert(ClassTable::kLimit == kTableLimit);
static_assert(sizeof(ClassTable::block_of) == sizeof kBlockOf);
static_assert(sizeof(ClassTable::blocks) == (sizeof kBlocks - 1) * sizeof(ClassBits));

constexpr ClassTable expand_table() {
  ClassTable table{};
  for (size_t i = 0; i < std::size(kBlockOf); ++i) table.block_of[i] = kBlockOf[i];
  for (size_t i = 0; i + 1 < std::size(kBlocks); ++i)
    table.blocks[i / ClassTable::kBlock][i % ClassTable::kBlock] = kClassBits[kBlocks[i] - 'a'];
  return table;
}

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

constexpr ClassTable kClassTable = expand_table();

ClassBits class_beyond_table(char32_t code) {
  return code >= kHighMarkFirst && code <= kHighMarkLast ? kMark : ClassBits{0};
}

}  // namespace sluice
