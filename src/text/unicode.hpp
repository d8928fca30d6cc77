// The classes of code points that pre-tokenizers ask for: letters, marks, numbers, blanks.
// Unicode 16, whatever the system's libraries know: token ids depend on it.
// Threads: constant tables. Cost: two array reads a code point.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

/// Bits of a class; a code point has one general category and perhaps some of the other bits.
using ClassBits = uint16_t;
inline constexpr ClassBits kUpper = 1 << 0;        ///< \p{Lu}
inline constexpr ClassBits kLower = 1 << 1;        ///< \p{Ll}
inline constexpr ClassBits kTitle = 1 << 2;        ///< \p{Lt}
inline constexpr ClassBits kModifier = 1 << 3;     ///< \p{Lm}
inline constexpr ClassBits kOtherLetter = 1 << 4;  ///< \p{Lo}
inline constexpr ClassBits kMark = 1 << 5;         ///< \p{M}
inline constexpr ClassBits kNumber = 1 << 6;       ///< \p{N}
inline constexpr ClassBits kPunctuation = 1 << 7;  ///< \p{P}
inline constexpr ClassBits kSymbol = 1 << 8;       ///< \p{S}
inline constexpr ClassBits kBlank = 1 << 9;        ///< \s, that is White_Space
inline constexpr ClassBits kNewline = 1 << 10;     ///< CR and LF; blank as well
inline constexpr ClassBits kHan = 1 << 11;         ///< \p{Han}
inline constexpr ClassBits kEnd = 1 << 12;         ///< no code point: the text is over
/// \p{L}
inline constexpr ClassBits kLetter = kUpper | kLower | kTitle | kModifier | kOtherLetter;

extern const ClassBits kAsciiClass[128];

/// The classes of the code points below kLimit, in blocks of which none is there twice.
struct ClassTable {
  static constexpr char32_t kLimit = 0x32400;
  static constexpr size_t kBlock = 128;  ///< code points
  uint8_t block_of[kLimit / kBlock];
  ClassBits blocks[254][kBlock];
};
extern const ClassTable kClassTable;

ClassBits class_beyond_table(char32_t code);
/// The class of a code point; 0 for one that is unassigned, a control or for private use.
inline ClassBits class_beyond_ascii(char32_t code) {
  if (code >= ClassTable::kLimit) return class_beyond_table(code);
  const size_t block = kClassTable.block_of[code / ClassTable::kBlock];
  return kClassTable.blocks[block][code % ClassTable::kBlock];
}
inline ClassBits class_of(char32_t code) {
  return code < 128 ? kAsciiClass[code] : class_beyond_ascii(code);
}

}  // namespace sluice
