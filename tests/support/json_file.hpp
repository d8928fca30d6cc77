// Small reads for tests: whole files, and JSON.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace sluice::test {

inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

/// Discarded if the file is no JSON document.
inline nlohmann::json read_json(const std::string& path) {
  return nlohmann::json::parse(read_text(path), nullptr, false);
}

}  // namespace sluice::test
