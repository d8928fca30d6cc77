// Small reads for tests: whole files, and JSON.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace sluice::test {

inline std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

/// The documents of a file with one on each line. Lines end with LF only: the texts in them may
/// hold other characters that some would call line ends. A line that is no document throws.
inline std::vector<nlohmann::json> read_json_lines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line, '\n');) {
    if (!line.empty()) lines.push_back(nlohmann::json::parse(line));
  }
  return lines;
}

/// Discarded if the file is no JSON document.
inline nlohmann::json read_json(const std::string& path) {
  return nlohmann::json::parse(read_text(path), nullptr, false);
}

}  // namespace sluice::test
