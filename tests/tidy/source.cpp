#include "tidy/source.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>

namespace sluice::tidy {

namespace {

namespace fs = std::filesystem;

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Blanks out comments and the insides of strings, line by line.
class Stripper {
 public:
  std::string strip(const std::string& line) {
    std::string out;
    for (size_t i = 0; i < line.size();) i = step(line, i, out);
    return out;
  }

 private:
  // Handles what begins at `i`; returns where to go on.
  size_t step(const std::string& line, size_t i, std::string& out) {
    if (!raw_end_.empty()) return leave(line, i, raw_end_, raw_end_, out);
    if (in_comment_) {
      std::string end = "*/";
      const size_t next = leave(line, i, end, end, out);
      in_comment_ = !end.empty();
      return next;
    }
    if (line.compare(i, 2, "//") == 0) return line.size();
    if (line.compare(i, 2, "/*") == 0) {
      in_comment_ = true;
      return i + 2;
    }
    if (line.compare(i, 2, "R\"") == 0 && (i == 0 || !is_name(line[i - 1]))) {
      const size_t open = line.find('(', i);
      raw_end_ = ")" + line.substr(i + 2, open - i - 2) + "\"";
      out += "\"\"";
      return open + 1;
    }
    if (line[i] == '"' || (line[i] == '\'' && (i == 0 || !is_name(line[i - 1])))) {
      return string(line, i, out);
    }
    out += line[i];
    return i + 1;
  }

  // Skips to the end of a comment or raw string; clears `open` there.
  static size_t leave(const std::string& line, size_t i, const std::string& end, std::string& open,
                      std::string&) {
    const size_t at = line.find(end, i);
    if (at == std::string::npos) return line.size();
    const size_t next = at + end.size();
    open.clear();
    return next;
  }

  static size_t string(const std::string& line, size_t i, std::string& out) {
    const char quote = line[i];
    out += quote;
    for (++i; i < line.size() && line[i] != quote; ++i) {
      if (line[i] == '\\') ++i;
    }
    out += quote;
    return i + 1;
  }

  bool in_comment_ = false;
  std::string raw_end_;
};

// Follows braces through a file and finds the outermost ones that belong to functions.
class FunctionFinder {
 public:
  explicit FunctionFinder(const Source& source) : source_(source) {}

  std::vector<Function> find() {
    for (line_ = 0; line_ < source_.code.size(); ++line_) {
      const std::string& code = source_.code[line_];
      if (continues_directive_ || code.starts_with("#")) {
        continues_directive_ = code.ends_with("\\");
        continue;
      }
      for (size_t i = 0; i < code.size(); ++i) read(code[i], i == 0 ? ' ' : code[i - 1]);
      if (!heading_.empty()) heading_ += ' ';
    }
    return std::move(found_);
  }

 private:
  void read(char c, char before) {
    if (c == '{') return open(before);
    if (c == '}') return close();
    if (inside_ > 0 || braced_ > 0) return;
    if (c == ';') return heading_.clear();
    if (heading_.empty()) {
      if (std::isspace(static_cast<unsigned char>(c)) != 0) return;
      first_ = line_;
    }
    heading_ += c;
  }

  void open(char before) {
    if (inside_ > 0) {
      ++inside_;
    } else if (braced_ > 0 || is_name(before) || !opens_function()) {
      // A value in braces, or the body of a type or namespace.
      const bool is_value =
          braced_ > 0 || is_name(before) || heading_.find('=') != std::string::npos;
      if (is_value) {
        ++braced_;
      } else {
        heading_.clear();
      }
    } else {
      inside_ = 1;
    }
  }

  void close() {
    if (braced_ > 0) {
      --braced_;
    } else if (inside_ > 0) {
      if (--inside_ == 0) {
        found_.push_back({first_, line_, count_parameters(), heading_});
        heading_.clear();
      }
    } else {
      heading_.clear();
    }
  }

  bool opens_function() const {
    static constexpr std::string_view kTypes[] = {"namespace", "struct", "class", "union", "enum",
                                                  "extern"};
    for (const std::string_view word : kTypes) {
      if (heading_.starts_with(word) && heading_.find('(') == std::string::npos) return false;
    }
    const size_t parameters = heading_.find('(');
    if (parameters == std::string::npos) return false;
    const size_t equals = heading_.find(" = ");
    return equals == std::string::npos || equals > parameters;
  }

  size_t count_parameters() const {
    size_t open = heading_.find('(');
    if (heading_.compare(0, open, "TEST") == 0) return 0;
    if (heading_.find("operator()") == open - 8) open = heading_.find('(', open + 2);
    size_t commas = 0;
    int depth = 0;
    bool any = false;
    for (size_t i = open; i < heading_.size(); ++i) {
      const char c = heading_[i];
      if (c == '(' || c == '<' || c == '[' || c == '{') ++depth;
      if (c == ')' || c == '>' || c == ']' || c == '}') --depth;
      if (depth == 0) break;
      if (c == ',' && depth == 1) ++commas;
      any = any || is_name(c);
    }
    return any ? commas + 1 : 0;
  }

  const Source& source_;
  std::vector<Function> found_;
  size_t line_ = 0;
  size_t first_ = 0;
  std::string heading_;      // since the last end of something
  int inside_ = 0;           // braces within a function
  int braced_ = 0;           // braces within a value
  bool continues_directive_ = false;
};

bool is_source(const std::string& path) {
  return path.ends_with(".cpp") || path.ends_with(".hpp") || path.ends_with(".h") ||
         path.ends_with(".inc");
}

}  // namespace

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> files_below(const std::string& root, const std::string& folder) {
  std::vector<std::string> paths;
  if (!fs::is_directory(fs::path(root) / folder)) return paths;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / folder)) {
    if (entry.is_regular_file()) {
      paths.push_back(fs::relative(entry.path(), root).generic_string());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<Source> read_sources(const std::string& root) {
  std::vector<Source> sources;
  for (const char* const folder :
       {"src", "include", "cli", "server", "tests", "bench", "fuzz", "tools"}) {
    for (const std::string& path : files_below(root, folder)) {
      if (!is_source(path)) continue;
      Source source{path, read_lines(root + "/" + path), {}};
      Stripper stripper;
      for (const std::string& line : source.lines) source.code.push_back(stripper.strip(line));
      sources.push_back(std::move(source));
    }
  }
  return sources;
}

std::vector<Function> functions_of(const Source& source) { return FunctionFinder(source).find(); }

std::string included(std::string_view line) {
  constexpr std::string_view kInclude = "#include ";
  if (!line.starts_with(kInclude)) return "";
  const std::string_view rest = line.substr(kInclude.size());
  const size_t end = rest.find(rest[0] == '<' ? '>' : '"', 1);
  return std::string(rest.substr(0, end == std::string_view::npos ? end : end + 1));
}

bool has_word(std::string_view code, std::string_view word) {
  for (size_t at = code.find(word); at != std::string_view::npos; at = code.find(word, at + 1)) {
    const bool starts = at == 0 || !is_name(code[at - 1]);
    const size_t end = at + word.size();
    if (starts && (end == code.size() || !is_name(code[end]))) return true;
  }
  return false;
}

}  // namespace sluice::tidy
