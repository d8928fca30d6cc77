// What /set knows: one row for each name, with how its value is written and read.
#include <fmt/core.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/conversation.hpp"

namespace sluice::cli {

namespace {

struct Setting {
  const char* name;
  const char* accepts;
  std::string (*get)(const ChatSettings&);
  bool (*set)(ChatSettings&, const std::string&);
};

template <typename Number>
bool read_number(const std::string& text, Number least, Number most, Number& number) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end || !(value >= least && value <= most)) return false;
  number = value;
  return true;
}

bool read_choice(const std::string& text, const char* yes, const char* no, bool& value) {
  if (text != yes && text != no) return false;
  value = text == yes;
  return true;
}

bool read_biases(const std::string& text, std::vector<LogitBias>& biases) {
  std::vector<LogitBias> list;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) {
      LogitBias bias;
      if (!parse_logit_bias(text.substr(begin, end - begin), bias)) return false;
      list.push_back(bias);
    }
    begin = end + 1;
  }
  biases = std::move(list);
  return true;
}

std::string biases_text(const std::vector<LogitBias>& biases) {
  std::string text;
  for (const LogitBias& bias : biases) text += (text.empty() ? "" : " ") + logit_bias_text(bias);
  return text;
}

bool read_seed(ChatSettings& settings, const std::string& text) {
  if (text != "random" && !read_number(text, uint64_t{0}, UINT64_MAX, settings.sampling.seed)) {
    return false;
  }
  settings.has_seed = text != "random";
  return true;
}

template <float SamplingOptions::*Member>
std::string get_real(const ChatSettings& s) {
  return fmt::format("{}", s.sampling.*Member);
}
template <float SamplingOptions::*Member>
bool set_share(ChatSettings& s, const std::string& text) {
  return read_number(text, 0.0f, 1.0f, s.sampling.*Member);
}
template <float SamplingOptions::*Member>
bool set_penalty(ChatSettings& s, const std::string& text) {
  return read_number(text, -100.0f, 100.0f, s.sampling.*Member);
}

using O = SamplingOptions;

constexpr Setting kSettings[] = {
    {"temperature", "0 to 100", get_real<&O::temperature>,
     [](ChatSettings& s, const std::string& t) {
       return read_number(t, 0.0f, 100.0f, s.sampling.temperature);
     }},
    {"greedy", "on or off",
     [](const ChatSettings& s) { return std::string(s.sampling.greedy ? "on" : "off"); },
     [](ChatSettings& s, const std::string& t) {
       return read_choice(t, "on", "off", s.sampling.greedy);
     }},
    {"top-k", "0 (all) or more",
     [](const ChatSettings& s) { return std::to_string(s.sampling.top_k); },
     [](ChatSettings& s, const std::string& t) {
       return read_number(t, 0, 1 << 30, s.sampling.top_k);
     }},
    {"typical", "0 to 1 (all)", get_real<&O::typical_p>, set_share<&O::typical_p>},
    {"top-p", "0 to 1 (all)", get_real<&O::top_p>, set_share<&O::top_p>},
    {"min-p", "0 (all) to 1", get_real<&O::min_p>, set_share<&O::min_p>},
    {"repeat-penalty", "above 0 to 100; 1: none", get_real<&O::repeat_penalty>,
     [](ChatSettings& s, const std::string& t) {
       return read_number(t, 1e-6f, 100.0f, s.sampling.repeat_penalty);
     }},
    {"presence-penalty", "-100 to 100", get_real<&O::presence_penalty>,
     set_penalty<&O::presence_penalty>},
    {"frequency-penalty", "-100 to 100", get_real<&O::frequency_penalty>,
     set_penalty<&O::frequency_penalty>},
    {"repeat-last-n", "tokens; -1: the whole context",
     [](const ChatSettings& s) { return std::to_string(s.sampling.repeat_last_n); },
     [](ChatSettings& s, const std::string& t) {
       return read_number(t, -1, 1 << 30, s.sampling.repeat_last_n);
     }},
    {"logit-bias", "ID=X ID=X ..., or nothing",
     [](const ChatSettings& s) { return biases_text(s.sampling.logit_bias); },
     [](ChatSettings& s, const std::string& t) { return read_biases(t, s.sampling.logit_bias); }},
    {"seed", "a number, or random",
     [](const ChatSettings& s) {
       return s.has_seed ? std::to_string(s.sampling.seed) : std::string("random");
     },
     read_seed},
    {"max-tokens", "of an answer; 0: to its end",
     [](const ChatSettings& s) { return std::to_string(s.max_tokens); },
     [](ChatSettings& s, const std::string& t) {
       return read_number(t, size_t{0}, size_t{1} << 30, s.max_tokens);
     }},
    {"template-args", "a JSON object, or nothing",
     [](const ChatSettings& s) { return s.template_arguments; },
     [](ChatSettings& s, const std::string& t) {
       const bool fits = t.empty() || nlohmann::json::accept(t);
       if (fits) s.template_arguments = t;
       return fits;
     }},
    {"thinking", "show or hide",
     [](const ChatSettings& s) { return std::string(s.show_thinking ? "show" : "hide"); },
     [](ChatSettings& s, const std::string& t) {
       return read_choice(t, "show", "hide", s.show_thinking);
     }},
    {"live", "on or off",
     [](const ChatSettings& s) { return std::string(s.live ? "on" : "off"); },
     [](ChatSettings& s, const std::string& t) { return read_choice(t, "on", "off", s.live); }},
    {"stats", "on or off",
     [](const ChatSettings& s) { return std::string(s.show_statistics ? "on" : "off"); },
     [](ChatSettings& s, const std::string& t) {
       return read_choice(t, "on", "off", s.show_statistics);
     }},
};

const Setting* find_setting(std::string_view name) {
  std::string wanted(name);
  for (char& c : wanted) {
    if (c == '_') c = '-';
  }
  if (wanted == "temp") wanted = "temperature";
  for (const Setting& setting : kSettings) {
    if (setting.name == wanted) return &setting;
  }
  return nullptr;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> list_settings(const ChatSettings& settings) {
  std::vector<std::pair<std::string, std::string>> list;
  for (const Setting& setting : kSettings) list.emplace_back(setting.name, setting.get(settings));
  return list;
}

Result<void> set_setting(ChatSettings& settings, std::string_view name, const std::string& value) {
  const Setting* const setting = find_setting(name);
  if (setting == nullptr) {
    return Error{Code::invalid, fmt::format("there is no setting \"{}\"; /set lists them", name)};
  }
  if (setting->set(settings, value)) return {};
  return Error{Code::invalid, fmt::format("\"{}\" is no value for {}; it takes {}", value,
                                          setting->name, setting->accepts)};
}

}  // namespace sluice::cli
