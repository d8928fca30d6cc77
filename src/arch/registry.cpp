// The list of architectures. Adding one: its file, its line here, its golden in tests/golden.
#include <array>

#include "arch/model.hpp"

namespace sluice {

extern const Architecture qwen3_moe;

namespace {
constexpr std::array kArchitectures = {
    &qwen3_moe,
};
}  // namespace

const Architecture* find_architecture(std::string_view name) {
  for (const Architecture* architecture : kArchitectures) {
    if (architecture->name == name) return architecture;
  }
  return nullptr;
}

std::string architecture_names() {
  std::string names;
  for (const Architecture* architecture : kArchitectures) {
    names += (names.empty() ? "" : ", ") + std::string(architecture->name);
  }
  return names;
}

}  // namespace sluice
