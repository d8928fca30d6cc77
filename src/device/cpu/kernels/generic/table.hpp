// The table of one instruction set, made from its vocabulary V.
#pragma once

#include "device/cpu/kernels/generic/attend.hpp"
#include "device/cpu/kernels/generic/float_matmul.hpp"
#include "device/cpu/kernels/generic/quantised_matmul.hpp"
#include "device/cpu/kernels/generic/unpack_few_bits.hpp"
#include "device/cpu/kernels/generic/unpack_iq.hpp"
#include "device/cpu/kernels/generic/vectors.hpp"

namespace sluice {
namespace {

template <class V>
constexpr Kernels make_table(const char* name) {
  Kernels table = {};
  table.name = name;
  // Ids as in tensor/dtype.hpp, which is not a C header.
  table.matmul[0] = {matmul_float<V, SourceF32>, 0};
  table.matmul[1] = {matmul_float<V, SourceF16>, 0};
  table.matmul[30] = {matmul_float<V, SourceBF16>, 0};
  table.matmul[2] = {matmul_quantised<V, SmallBlocks<BlockQ4_0>>, 1};
  table.matmul[3] = {matmul_quantised<V, SmallBlocks<BlockQ4_1>>, 1};
  table.matmul[6] = {matmul_quantised<V, SmallBlocks<BlockQ5_0>>, 1};
  table.matmul[7] = {matmul_quantised<V, SmallBlocks<BlockQ5_1>>, 1};
  table.matmul[8] = {matmul_quantised<V, SmallBlocks<BlockQ8_0>>, 1};
  table.matmul[10] = {matmul_quantised<V, TypeQ2_K>, 1};
  table.matmul[11] = {matmul_quantised<V, TypeQ3_K>, 1};
  table.matmul[12] = {matmul_quantised<V, TypeQ4_K>, 1};
  table.matmul[13] = {matmul_quantised<V, TypeQ5_K>, 1};
  table.matmul[14] = {matmul_quantised<V, TypeQ6_K>, 1};
  table.matmul[20] = {matmul_quantised<V, SmallBlocks<BlockIQ4_NL>>, 1};
  table.matmul[23] = {matmul_quantised<V, TypeIQ4_XS>, 1};
  table.matmul[39] = {matmul_quantised<V, SmallBlocks<BlockMXFP4>>, 1};
  table.matmul[16] = {matmul_quantised<V, TypeIQ2_XXS>, 1};
  table.matmul[17] = {matmul_quantised<V, TypeIQ2_XS>, 1};
  table.matmul[22] = {matmul_quantised<V, TypeIQ2_S>, 1};
  table.matmul[18] = {matmul_quantised<V, TypeIQ3_XXS>, 1};
  table.matmul[21] = {matmul_quantised<V, TypeIQ3_S>, 1};
  table.matmul[19] = {matmul_quantised<V, TypeIQ1_S>, 1};
  table.matmul[29] = {matmul_quantised<V, TypeIQ1_M>, 1};
  table.matmul[34] = {matmul_quantised<V, TypeTQ1_0>, 1};
  table.matmul[35] = {matmul_quantised<V, TypeTQ2_0>, 1};
  table.matmul[40] = {matmul_quantised<V, TypeNVFP4>, 1};
  table.matmul[41] = {matmul_quantised<V, TypeQ1_0>, 1};
  table.matmul[42] = {matmul_quantised<V, TypeQ2_0>, 1};
  table.gains_from_bytes = 1;
  table.quantise = quantise;
  table.quantise_bytes = quantise_bytes;
  table.rms_norm = rms_norm<V>;
  table.silu_multiply = silu_multiply<V>;
  table.gelu_multiply = gelu_multiply<V>;
  table.add_scaled = add_scaled<V>;
  table.softmax = softmax<V>;
  table.attend = attend<V>;
  table.all_finite = all_finite;
  return table;
}

}  // namespace
}  // namespace sluice
