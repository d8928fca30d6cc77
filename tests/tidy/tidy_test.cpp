// Goal: the house rules that a program can check (STYLE.md, ARCHITECTURE.md) hold in every file.
// Method: reads all sources and documents of the tree and lists every place that breaks a rule.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tidy/source.hpp"

namespace sluice::tidy {
namespace {

constexpr size_t kLineColumns = 100;
constexpr size_t kFileLines = 500;
constexpr size_t kFunctionLines = 70;
// STYLE.md asks for five; a sixth passes where a struct would say less.
constexpr size_t kParameters = 6;

// Tables that a program wrote: as long as they are, in whatever characters.
const std::set<std::string> kGenerated = {"src/tensor/iq_grids.cpp", "src/text/unicode_table.inc"};

// What a folder of src may include besides itself. Tests may include everything.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"base", {}},
    {"tensor", {"base"}},
    {"io", {"base"}},
    {"host", {"base"}},
    {"formats", {"base", "tensor", "io"}},
    {"text", {"base"}},
    {"store", {"base", "tensor", "io"}},
    {"device", {"base", "tensor", "host"}},
    {"arch", {"base", "tensor", "formats", "store", "device"}},
    {"engine",
     {"base", "tensor", "io", "host", "formats", "text", "store", "device", "arch"}},
};

const std::vector<Source>& sources() {
  static const std::vector<Source> all = read_sources(SLUICE_SOURCE_DIR);
  return all;
}

bool exists(const std::string& path) {
  return std::filesystem::exists(std::string(SLUICE_SOURCE_DIR) + "/" + path);
}

// The first folder of "a/b/c.hpp".
std::string first_folder(const std::string& path) { return path.substr(0, path.find('/')); }

// Reports a line of every source for which `broken` is true.
template <typename Broken>
void check_lines(const char* rule, Broken broken) {
  for (const Source& source : sources()) {
    for (size_t i = 0; i < source.lines.size(); ++i) {
      if (broken(source, i)) ADD_FAILURE() << source.place(i) << ": " << rule;
    }
  }
}

TEST(Tidy, ReadsSources) {
  EXPECT_GT(sources().size(), 100u);
  const Source sample{"sample.cpp", {},
                      {"namespace x {", "struct A {", "  A() : b_{1} {", "    f();", "  }",
                       "  int b_ = 0;", "};", "int g(int a, std::map<int, int> b) {",
                       "  return [] { return 1; }();", "}", "const int t[] = {1,", "  2};", "}"}};
  const std::vector<Function> functions = functions_of(sample);
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[0].lines(), 3u);
  EXPECT_EQ(functions[1].lines(), 3u);
  EXPECT_EQ(functions[1].parameters, 2u);
}

TEST(Tidy, FoldersIncludeTheirFloorsOnly) {
  for (const Source& source : sources()) {
    if (source.is_test() || !source.is_below("src/")) continue;
    const std::string folder = first_folder(source.path.substr(4));
    const auto row = kMayInclude.find(folder);
    ASSERT_NE(row, kMayInclude.end()) << source.path << ": src/" << folder << " is in no row";
    for (size_t i = 0; i < source.lines.size(); ++i) {
      const std::string header = included(source.lines[i]);
      if (!header.starts_with('"')) continue;
      const std::string from = first_folder(header.substr(1));
      const bool is_public = from == "sluice";
      const bool allowed = is_public ? folder == "engine" || header == "\"sluice/error.hpp\""
                                     : from == folder || row->second.count(from) != 0;
      EXPECT_TRUE(allowed) << source.place(i) << ": may not include " << header;
    }
  }
}

TEST(Tidy, FrontDoorsIncludeThePublicHeadersOnly) {
  for (const Source& source : sources()) {
    const std::string folder = first_folder(source.path);
    const bool is_door = folder == "cli" || folder == "server" || folder == "include";
    if (source.is_test() || !is_door) continue;
    for (size_t i = 0; i < source.lines.size(); ++i) {
      const std::string header = included(source.lines[i]);
      if (!header.starts_with('"')) continue;
      const std::string from = first_folder(header.substr(1));
      EXPECT_TRUE(from == "sluice" || from == folder) << source.place(i) << ": " << header;
    }
  }
}

TEST(Tidy, HeadersIncludeNoThirdParty) {
  const std::set<std::string> libraries = {"liburing", "xxhash", "utf8proc", "fmt", "nlohmann",
                                           "CLI", "gtest", "gmock"};
  check_lines("a third-party header inside one of ours", [&](const Source& source, size_t i) {
    if (!source.is_header() || source.is_test()) return false;
    const std::string header = included(source.lines[i]);
    if (!header.starts_with('<')) return false;
    const std::string name = header.substr(1, header.find_first_of("/.>") - 1);
    return libraries.count(name) != 0;
  });
}

TEST(Tidy, LinesAreShort) {
  check_lines("longer than 100 columns", [](const Source& source, size_t i) {
    if (kGenerated.count(source.path) != 0) return false;
    size_t columns = 0;
    for (const char c : source.lines[i]) columns += (c & 0xC0) != 0x80;  // UTF-8 in tests
    return columns > kLineColumns;
  });
}

TEST(Tidy, FilesAreShort) {
  for (const Source& source : sources()) {
    if (kGenerated.count(source.path) != 0) continue;
    EXPECT_LE(source.lines.size(), kFileLines) << source.path;
  }
}

TEST(Tidy, FunctionsAreShort) {
  size_t functions = 0;
  for (const Source& source : sources()) {
    for (const Function& function : functions_of(source)) {
      ++functions;
      EXPECT_LE(function.lines(), kFunctionLines)
          << source.place(function.first) << ": " << function.heading;
      if (source.is_test()) continue;
      EXPECT_LE(function.parameters, kParameters)
          << source.place(function.first) << ": " << function.heading;
    }
  }
  EXPECT_GT(functions, 1000u) << "the reader of functions misses most of them";
}

TEST(Tidy, SourcesAreAscii) {
  check_lines("not ASCII", [](const Source& source, size_t i) {
    // Tests of text hold text of all kinds; so does the fuzzer of templates.
    const bool holds_text = source.is_test() || source.path == "fuzz/template.cpp";
    if (holds_text || kGenerated.count(source.path) != 0) return false;
    const std::string& line = source.lines[i];
    return std::any_of(line.begin(), line.end(), [](char c) { return (c & 0x80) != 0; });
  });
}

TEST(Tidy, NoTabsNoTrailingBlanks) {
  check_lines("a tab, a carriage return, or a last blank", [](const Source& source, size_t i) {
    const std::string& line = source.lines[i];
    return line.find('\t') != std::string::npos || line.ends_with(' ') || line.ends_with('\r');
  });
}

TEST(Tidy, PlansNameTheirIssue) {
  const std::regex marked("TO" "DO\\(#[0-9]+\\)");
  check_lines("work to do without an issue number", [&](const Source& source, size_t i) {
    const std::string& line = source.lines[i];
    for (const char* const word : {"FIX" "ME", "XX" "X", "HA" "CK"}) {
      if (has_word(line, word)) return true;
    }
    return has_word(line, "TO" "DO") && !std::regex_search(line, marked);
  });
}

TEST(Tidy, OnlyFrontDoorsReadTheEnvironment) {
  check_lines("reads the environment", [](const Source& source, size_t i) {
    if (source.is_test() || source.is_below("cli/") || source.is_below("server/")) return false;
    return has_word(source.code[i], "getenv") || has_word(source.code[i], "secure_getenv");
  });
}

TEST(Tidy, TheLibraryNeverPrintsNorExits) {
  static const std::regex forbidden(
      "\\b(cout|cerr|clog)\\b|"
      "\\b(printf|fprintf|puts|fputs|putchar|perror|exit|_exit|quick_exit|abort|terminate) *\\(");
  check_lines("prints, exits or aborts", [&](const Source& source, size_t i) {
    if (source.is_test() || !source.is_below("src/") || source.path == "src/base/check.cpp") {
      return false;
    }
    return std::regex_search(source.code[i], forbidden);
  });
}

TEST(Tidy, TheLibraryNeverThrows) {
  check_lines("throws", [](const Source& source, size_t i) {
    return source.is_below("src/") && has_word(source.code[i], "throw");
  });
}

// "qwen3moe" belongs into src/arch. Tokenizers are named after families as well: src/text is
// exempt.
TEST(Tidy, ArchitecturesAreNamedInTheirFilesOnly) {
  std::vector<std::string> names;
  const std::regex definition("(?:const Architecture [a-z0-9_]+ = \\{|kName = )\"([^\"]+)\"");
  for (const Source& source : sources()) {
    if (!source.is_below("src/arch/")) continue;
    for (const std::string& line : source.lines) {
      std::smatch match;
      if (std::regex_search(line, match, definition)) names.push_back(match[1]);
    }
  }
  EXPECT_FALSE(names.empty());
  check_lines("names an architecture", [&](const Source& source, size_t i) {
    if (source.is_test() || source.is_below("tools/") || source.is_below("bench/")) return false;
    if (source.is_below("src/arch/") || source.is_below("src/text/")) return false;
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return source.lines[i].find("\"" + name) != std::string::npos;
    });
  });
}

TEST(Tidy, HeadersSayWhatTheyAre) {
  for (const Source& source : sources()) {
    if (!source.is_header()) continue;
    ASSERT_FALSE(source.lines.empty()) << source.path;
    EXPECT_TRUE(source.lines[0].starts_with("// ")) << source.path << ": begins without a word";
    const auto once = std::find(source.lines.begin(), source.lines.end(), "#pragma once");
    EXPECT_NE(once, source.lines.end()) << source.path << ": no #pragma once";
  }
}

TEST(Tidy, TestsStateTheirGoal) {
  for (const Source& source : sources()) {
    if (!source.path.ends_with("_test.cpp")) continue;
    EXPECT_TRUE(source.lines[0].starts_with("// Goal: ")) << source.path;
  }
}

// The paths that a document names in `code` or as the target of a link.
std::vector<std::string> paths_in(const std::string& text) {
  static const std::regex path(
      "(?:`|\\(|^|[ \"])((?:\\.\\./)*[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*"
      "\\.(?:cpp|hpp|md|py|sh|cmake|txt))(?=[`\"#) ,.;:]|$)");
  std::vector<std::string> found;
  for (auto at = std::sregex_iterator(text.begin(), text.end(), path); at != std::sregex_iterator();
       ++at) {
    found.push_back((*at)[1]);
  }
  return found;
}

// A name in a document is a file: from the root, from the document's folder, or below src or
// include.
bool names_a_file(const std::string& document, const std::string& path) {
  const size_t slash = document.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : document.substr(0, slash + 1);
  return exists(path) || exists(folder + path) || exists("src/" + path) ||
         exists("include/" + path);
}

TEST(Tidy, DocumentsNameFilesThatExist) {
  size_t checked = 0;
  for (const char* const document : {"ARCHITECTURE.md", "docs/one-token.md", "CONTRIBUTING.md",
                                     "README.md", "STYLE.md", "docs/adding-a-model.md"}) {
    if (!exists(document)) continue;
    const auto lines = read_lines(std::string(SLUICE_SOURCE_DIR) + "/" + document);
    for (size_t i = 0; i < lines.size(); ++i) {
      for (const std::string& path : paths_in(lines[i])) {
        // A bare name is explained by its sentence; NAME stands for one to be chosen.
        const bool is_bare = path.find('/') == std::string::npos;
        if (is_bare || path.find("NAME") != std::string::npos) continue;
        ++checked;
        EXPECT_TRUE(names_a_file(document, path))
            << document << ":" << i + 1 << ": no file " << path;
      }
    }
  }
  EXPECT_GT(checked, 20u);
}

TEST(Tidy, NotesAreNamedByDateOrNumber) {
  const std::regex experiment("docs/experiments/20[0-9]{2}-[01][0-9]-[0-3][0-9]-[a-z0-9-]+\\.md");
  const std::regex decision("docs/decisions/([0-9]{4})-[a-z0-9-]+\\.md");
  for (const std::string& path : files_below(SLUICE_SOURCE_DIR, "docs/experiments")) {
    EXPECT_TRUE(!path.ends_with(".md") || std::regex_match(path, experiment)) << path;
  }
  std::set<std::string> numbers;
  for (const std::string& path : files_below(SLUICE_SOURCE_DIR, "docs/decisions")) {
    std::smatch match;
    EXPECT_TRUE(std::regex_match(path, match, decision)) << path;
    EXPECT_TRUE(numbers.insert(match[1]).second) << path << ": the number is taken";
  }
}

}  // namespace
}  // namespace sluice::tidy
