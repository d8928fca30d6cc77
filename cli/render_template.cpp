// sluice template: conversations in, what the model would be given out.
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"

namespace sluice::cli {

namespace {

using Json = nlohmann::ordered_json;

std::string as_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string render(const TextModel& text, const std::string& request) {
  const auto prompt = text.render_chat(request);
  if (!prompt) return as_line({{"error", prompt.error().message}});
  std::string whole;
  Json segments = Json::array();
  for (const PromptSegment& segment : prompt->segments) {
    whole += segment.text;
    segments.push_back({{"text", segment.text}, {"markup", segment.markup}});
  }
  return as_line({{"text", whole}, {"segments", std::move(segments)}, {"ids", prompt->ids}});
}

Result<void> render_lines(const TextModel& text) {
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    SLUICE_TRY(write_output(render(text, line)));
    if (interrupted()) return Error{Code::cancelled, "stopped on request"};
  }
  return {};
}

Result<void> render_input(const TemplateArgs& args) {
  std::string source;
  if (!args.template_file.empty()) {
    SLUICE_LET(source, read_input(args.template_file));
  }
  SLUICE_LET(const std::unique_ptr<TextModel> text, TextModel::open(args.model, source));
  if (args.jsonl) return render_lines(*text);
  SLUICE_LET(const std::string request, read_input("-"));
  return write_output(render(*text, request));
}

}  // namespace

int render_template(const TemplateArgs& args) {
  const auto done = render_input(args);
  return done ? 0 : report(done.error());
}

}  // namespace sluice::cli
