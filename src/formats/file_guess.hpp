// What a file that is not a model file probably is, for the message that says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

/// How many bytes from the start of a file a guess looks at.
inline constexpr size_t kFileGuessBytes = 32;

/// "it is empty", "it is a ZIP archive (a PyTorch checkpoint?)", or its first bytes in hexadecimal.
/// `start` are the first bytes of the file, `size` the bytes of the whole.
std::string guess_file_kind(std::string_view start, uint64_t size);

}  // namespace sluice
