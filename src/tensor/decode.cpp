#include "tensor/decode.hpp"

#include <array>

#include "base/check.hpp"
#include "tensor/bits.hpp"
#include "tensor/decode_blocks.hpp"

namespace sluice {
namespace {

void decode_f32(const uint8_t* block, float* out) {
  *out = load<float>(block);
}
void decode_f16(const uint8_t* block, float* out) {
  *out = load_half(block);
}
void decode_bf16(const uint8_t* block, float* out) {
  *out = bfloat16_to_float(load<uint16_t>(block));
}

struct Decoder {
  DType type;
  DecodeBlock decode;
};

constexpr Decoder kDecoders[] = {
    {DType::f32, decode_f32},         {DType::f16, decode_f16},
    {DType::bf16, decode_bf16},       {DType::q4_0, decode_q4_0},
    {DType::q4_1, decode_q4_1},       {DType::q5_0, decode_q5_0},
    {DType::q5_1, decode_q5_1},       {DType::q8_0, decode_q8_0},
    {DType::q2_k, decode_q2_k},       {DType::q3_k, decode_q3_k},
    {DType::q4_k, decode_q4_k},       {DType::q5_k, decode_q5_k},
    {DType::q6_k, decode_q6_k},       {DType::iq2_xxs, decode_iq2_xxs},
    {DType::iq2_xs, decode_iq2_xs},   {DType::iq2_s, decode_iq2_s},
    {DType::iq3_xxs, decode_iq3_xxs}, {DType::iq3_s, decode_iq3_s},
    {DType::iq1_s, decode_iq1_s},     {DType::iq1_m, decode_iq1_m},
    {DType::iq4_nl, decode_iq4_nl},   {DType::iq4_xs, decode_iq4_xs},
    {DType::mxfp4, decode_mxfp4},     {DType::nvfp4, decode_nvfp4},
    {DType::tq1_0, decode_tq1_0},     {DType::tq2_0, decode_tq2_0},
    {DType::q1_0, decode_q1_0},       {DType::q2_0, decode_q2_0},
};

constexpr std::array<DecodeBlock, kDTypeIds> kDecoderById = [] {
  std::array<DecodeBlock, kDTypeIds> by_id = {};
  for (const Decoder& decoder : kDecoders) {
    by_id[static_cast<size_t>(decoder.type)] = decoder.decode;
  }
  return by_id;
}();

}  // namespace

DecodeBlock block_decoder(DType type) {
  return kDecoderById[static_cast<size_t>(type)];
}

void decode_row(DType type, const uint8_t* row, size_t columns, float* out) {
  const DTypeInfo& info = dtype_info(type);
  const DecodeBlock decode = block_decoder(type);
  SLUICE_CHECK(decode != nullptr && columns % info.block_length == 0);
  for (size_t block = 0; block < columns / info.block_length; ++block) {
    decode(row + block * info.block_bytes, out + block * info.block_length);
  }
}

}  // namespace sluice
