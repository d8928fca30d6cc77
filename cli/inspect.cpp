// sluice inspect: what a model file holds.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/statistics.hpp"

namespace sluice::cli {

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

nlohmann::ordered_json object(const Pairs& pairs) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& pair : pairs) json[pair.first] = pair.second;
  return json;
}

std::string as_json(const ModelInfo& info) {
  nlohmann::ordered_json json;
  json["model"] = info.path;
  json["architecture"] = info.architecture;
  json["name"] = info.name;
  json["parameters"] = info.parameters;
  json["active_parameters"] = info.active_parameters;
  json["file_bytes"] = info.file_bytes;
  json["trunk_bytes"] = info.trunk_bytes;
  json["units"] = info.units;
  json["unit_bytes"] = info.unit_bytes;
  json["hyper_parameters"] = object(info.hyper);
  json["tokenizer"] = object(info.tokenizer);
  json["metadata"] = object(info.metadata);
  json["chat_template"] = info.chat_template;
  json["tensors"] = nlohmann::ordered_json::array();
  for (const TensorSummary& tensor : info.tensors) {
    json["tensors"].push_back({{"name", tensor.name},
                               {"type", tensor.type},
                               {"shape", tensor.shape},
                               {"file", tensor.file},
                               {"offset", tensor.offset},
                               {"bytes", tensor.bytes}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void append_pairs(std::string& text, const char* title, const Pairs& pairs) {
  text += fmt::format("\n{}\n", title);
  for (const auto& pair : pairs) {
    std::string value = pair.second.substr(0, 200);
    for (char& c : value) {
      if (static_cast<unsigned char>(c) < 32) c = ' ';
    }
    text += fmt::format("  {:<40} {}\n", pair.first, value);
  }
}

std::string as_text(const ModelInfo& info) {
  std::string text = fmt::format("{}\n{}{}{}, {} parameters ({} used for a token), {}\n", info.path,
                                 info.name, info.name.empty() ? "" : ": ", info.architecture,
                                 human_count(static_cast<double>(info.parameters)),
                                 human_count(static_cast<double>(info.active_parameters)),
                                 human_bytes(static_cast<double>(info.file_bytes)));
  text += fmt::format("trunk {}, {} {} of {} together\n",
                      human_bytes(static_cast<double>(info.trunk_bytes)), info.units,
                      info.unit_kind, human_bytes(static_cast<double>(info.unit_bytes)));
  append_pairs(text, "hyper-parameters", info.hyper);
  append_pairs(text, "tokenizer", info.tokenizer);
  append_pairs(text, "metadata", info.metadata);
  text += fmt::format("\ntensors ({})\n", info.tensors.size());
  for (const TensorSummary& tensor : info.tensors) {
    std::string shape;
    for (const uint64_t extent : tensor.shape) shape += fmt::format(" {}", extent);
    text +=
        fmt::format("  {:<40} {:<8} {:>12} {:<24}\n", tensor.name, tensor.type,
                    human_bytes(static_cast<double>(tensor.bytes)), "[" + shape.substr(1) + "]");
  }
  if (!info.chat_template.empty()) text += "\nchat template\n" + info.chat_template + "\n";
  return text;
}

}  // namespace

int inspect(const InspectArgs& args) {
  const auto info = Engine::inspect(args.model);
  if (!info) return report(info.error());
  const auto written = write_output(args.common.json ? as_json(*info) : as_text(*info));
  return written ? 0 : report(written.error());
}

}  // namespace sluice::cli
