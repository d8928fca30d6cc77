// Source files as the house rules see them: lines, code without comments and string contents,
// functions. A rough reading, not a compiler's: it relies on the layout of .clang-format.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::tidy {

struct Source {
  std::string path;                ///< below the root, with forward slashes
  std::vector<std::string> lines;  ///< as they are
  std::vector<std::string> code;   ///< comments blanked out, strings emptied to ""

  bool is_header() const { return path.ends_with(".hpp") || path.ends_with(".h"); }
  /// A test, or something that only tests include.
  bool is_test() const {
    return path.ends_with("_test.cpp") || path.ends_with("_rig.hpp") || path.starts_with("tests/");
  }
  bool is_below(std::string_view folder) const { return path.starts_with(folder); }
  std::string place(size_t line) const { return path + ":" + std::to_string(line + 1); }
};

struct Function {
  size_t first = 0;       ///< line of the heading
  size_t last = 0;        ///< line of the closing brace
  size_t parameters = 0;
  std::string heading;

  size_t lines() const { return last - first + 1; }
};

/// All C++ files of the project: src, include, cli, server, tests, bench, fuzz, tools.
std::vector<Source> read_sources(const std::string& root);
/// Every file below a folder, as paths below the root; sorted. Nothing if there is no such folder.
std::vector<std::string> files_below(const std::string& root, const std::string& folder);
std::vector<std::string> read_lines(const std::string& path);

/// The functions defined in a source, in order.
std::vector<Function> functions_of(const Source& source);

/// The header named by an #include line, with its quotes or brackets; empty if it is none.
std::string included(std::string_view line);

/// True if `word` stands in `code` by itself, not as part of a longer name.
bool has_word(std::string_view code, std::string_view word);

}  // namespace sluice::tidy
