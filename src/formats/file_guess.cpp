#include "formats/file_guess.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace sluice {

namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view start;
  std::string_view kind;
};

constexpr Signature kSignatures[] = {
    {"FUGG"sv, "it looks like GGUF with its bytes swapped (big-endian)"sv},
    {"PK\x03\x04"sv, "it is a ZIP archive (a PyTorch checkpoint?)"sv},
    {"\x80\x02"sv, "it is a Python pickle (a PyTorch checkpoint?)"sv},
    {"\x1f\x8b"sv, "it is compressed with gzip"sv},
    {"\x28\xb5\x2f\xfd"sv, "it is compressed with zstd"sv},
    {"lmgg"sv, "it is a GGML file from before GGUF; convert the model again"sv},
    {"fmgg"sv, "it is a GGMF file from before GGUF; convert the model again"sv},
    {"tjgg"sv, "it is a GGJT file from before GGUF; convert the model again"sv},
    {"version https://git-lfs"sv, "it is a Git LFS pointer; the model itself was not fetched"sv},
    {"<!"sv, "it is a web page; the download failed?"sv},
    {"<html"sv, "it is a web page; the download failed?"sv},
    {"\x00\x00\x00\x00"sv, "it starts with zeros; the download is not complete?"sv},
};

/// A safetensors file starts with the length of its JSON header.
bool is_safetensors(std::string_view start, uint64_t size) {
  uint64_t header_bytes = 0;
  if (start.size() <= sizeof header_bytes) return false;
  std::memcpy(&header_bytes, start.data(), sizeof header_bytes);
  return start[sizeof header_bytes] == '{' && header_bytes <= size - sizeof header_bytes;
}

}  // namespace

std::string guess_file_kind(std::string_view start, uint64_t size) {
  if (size == 0) return "it is empty";
  if (is_safetensors(start, size)) return "it is a safetensors file";
  for (const Signature& signature : kSignatures) {
    if (start.starts_with(signature.start)) return std::string(signature.kind);
  }
  std::string text = size < 4 ? fmt::format("it has only {} bytes:", size) : "it starts with";
  for (const char c : start.substr(0, 4)) {
    fmt::format_to(std::back_inserter(text), " {:02x}", static_cast<unsigned char>(c));
  }
  return text + (size < 4 ? "" : " instead of 47 47 55 46");
}

}  // namespace sluice
