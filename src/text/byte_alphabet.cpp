#include "text/byte_alphabet.hpp"

#include <array>
#include <cstdint>

#include "text/utf8.hpp"

namespace sluice {

namespace {

// 33..126, 161..172 and 174..255 stand for themselves; the others, in increasing order, are
// U+0100, U+0101, and so on: 68 of them.
constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}
constexpr size_t kShifted = 68;

constexpr std::array<uint8_t, kShifted> shifted_bytes() {
  std::array<uint8_t, kShifted> bytes{};
  size_t count = 0;
  for (unsigned byte = 0; byte < 256; ++byte)
    if (!stands_for_itself(byte)) bytes[count++] = static_cast<uint8_t>(byte);
  return bytes;
}
constexpr std::array<uint8_t, kShifted> kShiftedBytes = shifted_bytes();

}  // namespace

bool append_spelled_bytes(std::string& out, std::string_view text) {
  const size_t size = out.size();
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end;) {
    const CodePoint point = decode_utf8(at, end);
    at += point.bytes;
    if (point.valid && point.code < 256 && stands_for_itself(point.code)) {
      out.push_back(static_cast<char>(point.code));
    } else if (point.valid && point.code >= 256 && point.code < 256 + kShifted) {
      out.push_back(static_cast<char>(kShiftedBytes[point.code - 256]));
    } else {
      out.resize(size);
      return false;
    }
  }
  return true;
}

}  // namespace sluice
