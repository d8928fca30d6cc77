#include "replay/trace.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string_view>

#include "host/text_file.hpp"

namespace sluice::replay {

namespace {

using nlohmann::json;

// More than any model has; keeps a damaged number from asking for memory.
constexpr uint32_t kMostLayers = 4096;
constexpr uint32_t kMostExperts = 65536;
// Some editors put it before UTF-8.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

size_t count_columns(const std::string& row) {
  return 1 + static_cast<size_t>(std::count(row.begin(), row.end(), ','));
}

constexpr const char* kNoExperts = "has a list that is not experts, each named once";

class Parser {
 public:
  Parser(const std::string& name, const std::string& text) : stream_(text) { trace_.name = name; }

  Result<Trace> parse() {
    std::string line;
    while (next(line)) {
      if (line.rfind("turn,phase,step", 0) == 0) return finish(parse_rows(count_columns(line)));
      if (line[0] == '#') {
        read_preamble(line);
        continue;
      }
      if (line[0] != '{') return wrong("is none of the trace formats");
      json object = json::parse(line, nullptr, false);
      if (object.is_object() && object.contains("sluice_trace")) {
        return finish(parse_own(object));
      }
      return finish(parse_tokens(line));
    }
    return empty("holds no tokens");
  }

 private:
  bool next(std::string& line) {
    while (std::getline(stream_, line)) {
      if (++line_number_ == 1 && line.rfind(kByteOrderMark, 0) == 0) {
        line.erase(0, kByteOrderMark.size());
      }
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (!line.empty()) return true;
    }
    return false;
  }

  Error wrong(const std::string& what) const {
    return {Code::corrupt, trace_.name + ", line " + std::to_string(line_number_) + ": " + what};
  }

  Error empty(const std::string& what) const { return {Code::corrupt, trace_.name + ": " + what}; }

  static std::optional<uint32_t> number(const json& object, const char* key, uint32_t end) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
    const auto value = found->get<uint64_t>();
    if (value >= end) return std::nullopt;
    return static_cast<uint32_t>(value);
  }

  static bool read_list(const json& list, uint32_t end, std::vector<uint32_t>& experts) {
    if (!list.is_array()) return false;
    for (const json& expert : list) {
      if (!expert.is_number_unsigned() || expert.get<uint64_t>() >= end) return false;
      experts.push_back(expert.get<uint32_t>());
    }
    std::vector<uint32_t> sorted = experts;
    std::sort(sorted.begin(), sorted.end());
    return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  }

  // "waste": every line a token.
  Result<void> parse_tokens(std::string line) {
    do {
      const json object = json::parse(line, nullptr, false);
      if (!object.is_object() || !object.contains("layers") || !object["layers"].is_array()) {
        return wrong("is not a token with its layers");
      }
      if (object["layers"].size() >= kMostLayers) return wrong("has too many layers");
      Token token;
      token.step = trace_.tokens.size();
      for (const json& list : object["layers"]) {
        token.layers.emplace_back();
        if (!read_list(list, kMostExperts, token.layers.back())) return wrong(kNoExperts);
      }
      trace_.tokens.push_back(std::move(token));
    } while (next(line));
    return {};
  }

  // Sluice: a header, then a line for each token and layer.
  Result<void> parse_own(const json& header) {
    const auto layers = number(header, "layers", kMostLayers);
    const auto experts = number(header, "experts", kMostExperts);
    if (header["sluice_trace"] != 1 || !layers || !experts) {
      return wrong("is not a header of this version of traces");
    }
    trace_.layers = *layers;
    trace_.experts = *experts;
    trace_.unit_bytes = number(header, "unit_bytes", ~uint32_t{0}).value_or(0);
    std::map<std::pair<uint64_t, uint64_t>, Token> tokens;  // by step and position
    for (std::string line; next(line);) {
      const json object = json::parse(line, nullptr, false);
      if (!object.is_object()) return wrong("is not a JSON object");
      const auto step = number(object, "step", ~uint32_t{0});
      const auto position = number(object, "token", ~uint32_t{0});
      const auto layer = number(object, "layer", trace_.layers);
      if (!step || !position || !layer || !object.contains("experts")) {
        return wrong("lacks step, token, layer or experts");
      }
      Token& token = tokens[{*step, *position}];
      token.step = *step;
      token.prefill = object.value("phase", "") == "prefill";
      token.layers.resize(trace_.layers);
      if (!token.layers[*layer].empty()) return wrong("tells a layer of a token twice");
      if (!read_list(object["experts"], trace_.experts, token.layers[*layer])) {
        return wrong(kNoExperts);
      }
    }
    for (auto& [key, token] : tokens) trace_.tokens.push_back(std::move(token));
    return {};
  }

  void read_preamble(const std::string& line) {
    const size_t at = line.find("n_expert=");
    if (at != std::string::npos) {
      trace_.experts = static_cast<uint32_t>(std::strtoul(line.c_str() + at + 9, nullptr, 10));
    }
  }

  // BigMoeOnEdge: a line for each token, layer and rank; the table ends with a line of words.
  Result<void> parse_rows(size_t columns) {
    std::map<std::pair<uint32_t, uint32_t>, Token> tokens;  // by turn and step
    uint64_t step = 0;
    const uint32_t experts = trace_.experts == 0 ? kMostExperts : trace_.experts;
    for (std::string line; next(line);) {
      if (std::isalpha(static_cast<unsigned char>(line[0])) != 0 || line[0] == '#') break;
      uint32_t turn = 0, phase = 0, at = 0, layer = 0, rank = 0, expert = 0;
      if (std::sscanf(line.c_str(), "%u,%u,%u,%u,%u,%u", &turn, &phase, &at, &layer, &rank,
                      &expert) != 6 ||
          count_columns(line) != columns) {
        return wrong("is not a row of the table");
      }
      if (phase > 1 || layer >= kMostLayers || expert >= experts) {
        return wrong("has a number out of range");
      }
      Token& token = tokens[{turn, at}];
      token.prefill = phase == 0;
      if (token.layers.size() <= layer) token.layers.resize(layer + 1);
      std::vector<uint32_t>& list = token.layers[layer];
      if (std::find(list.begin(), list.end(), expert) != list.end()) {
        return wrong("names an expert twice");
      }
      list.push_back(expert);
    }
    bool prefill = false;
    for (auto& [key, token] : tokens) {
      // A prompt is evaluated together, a generated token by itself.
      if (!token.prefill || !prefill) ++step;
      prefill = token.prefill;
      token.step = step;
      trace_.tokens.push_back(std::move(token));
    }
    return {};
  }

  Result<Trace> finish(Result<void> parsed) {
    if (!parsed) return parsed.error();
    uint32_t largest = 0;
    for (const Token& token : trace_.tokens) {
      trace_.layers = std::max(trace_.layers, static_cast<uint32_t>(token.layers.size()));
      uint32_t set = 0;
      for (const auto& layer : token.layers) {
        set += static_cast<uint32_t>(layer.size());
        for (const uint32_t expert : layer) largest = std::max(largest, expert);
      }
      trace_.token_set = std::max(trace_.token_set, set);
    }
    if (trace_.token_set == 0) return empty("holds no tokens");
    if (std::all_of(trace_.tokens.begin(), trace_.tokens.end(),
                    [](const Token& token) { return token.prefill; })) {
      return empty("holds a prompt only: what is counted are generated tokens");
    }
    if (trace_.experts == 0) trace_.experts = std::bit_ceil(largest + 1);
    if (largest >= trace_.experts) return wrong("has an expert beyond the number of experts");
    for (Token& token : trace_.tokens) token.layers.resize(trace_.layers);
    return std::move(trace_);
  }

  std::istringstream stream_;
  size_t line_number_ = 0;
  Trace trace_;
};

}  // namespace

Result<Trace> parse_trace(const std::string& name, const std::string& text) {
  return Parser(name, text).parse();
}

Result<Trace> load_trace(const std::string& path) {
  const auto text = read_text(path);
  if (!text) return Error{Code::io, path + ": cannot be read"};
  return parse_trace(path.substr(path.rfind('/') + 1), *text);
}

}  // namespace sluice::replay
