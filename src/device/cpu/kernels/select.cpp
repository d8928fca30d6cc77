#include "device/cpu/kernels/select.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "device/cpu/kernels/isa_tables.hpp"

namespace sluice {
namespace {

// Every table of any build: on another processor these are unsupported rather than unknown.
constexpr std::array<std::string_view, 3> kKnownNames = {"scalar", "avx2", "avx512"};

std::string names_of(const std::vector<const Kernels*>& tables) {
  std::string names = "auto";
  for (const Kernels* table : tables) names += std::string(", ") + table->name;
  return names;
}

}  // namespace

std::vector<const Kernels*> usable_kernels(const CpuFeatures& features) {
  std::vector<const Kernels*> tables = {&scalar_kernels()};
  for (const IsaTable& table : isa_tables()) {
    if (features.*table.required) tables.push_back(table.kernels);
  }
  return tables;
}

Result<const Kernels*> select_kernels(std::string_view name, const CpuFeatures& features) {
  const std::vector<const Kernels*> tables = usable_kernels(features);
  if (name == "auto") return tables.back();
  for (const Kernels* table : tables) {
    if (name == table->name) return table;
  }
  const std::string wanted = "kernels \"" + std::string(name) + "\"";
  if (std::find(kKnownNames.begin(), kKnownNames.end(), name) != kKnownNames.end()) {
    return Error{Code::unsupported,
                 wanted + " cannot run on this processor; usable: " + names_of(tables)};
  }
  return Error{Code::invalid, wanted + " do not exist; usable: " + names_of(tables)};
}

}  // namespace sluice
