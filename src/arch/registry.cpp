// The list of architectures. Adding one: its file, its line here, its golden in tests/golden.
#include <array>

#include "arch/model.hpp"

namespace sluice {

extern const Architecture gemma3;
extern const Architecture llama;
extern const Architecture mistral;
extern const Architecture mixtral;
extern const Architecture olmoe;
extern const Architecture qwen2;
extern const Architecture qwen2_moe;
extern const Architecture qwen3;
extern const Architecture qwen3_moe;

namespace {
constexpr std::array kArchitectures = {
    &gemma3, &llama, &mistral, &mixtral, &olmoe, &qwen2, &qwen2_moe, &qwen3, &qwen3_moe,
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
