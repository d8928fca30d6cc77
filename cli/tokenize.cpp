// sluice tokenize and detokenize: standard input to standard output, one item a line or all at
// once.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/console.hpp"
#include "cli/token_ids.hpp"

namespace sluice::cli {

namespace {

using Json = nlohmann::json;

Error bad_line(size_t number, const char* wanted) {
  return {Code::invalid, fmt::format("standard input, line {}: not {}", number, wanted)};
}

Result<std::string> convert(const TokenizeArgs& args, const TextModel& text,
                            const std::string& line, size_t number) {
  const Json value = Json::parse(line, nullptr, false);
  if (!args.reverse) {
    if (!value.is_string()) return bad_line(number, "a JSON string");
    return Json(text.encode(value.get_ref<const std::string&>(), args.special)).dump();
  }
  if (!value.is_array()) return bad_line(number, "a JSON array of ids");
  std::vector<TokenId> ids;
  for (const Json& id : value) {
    // A larger number must not wrap around to an id.
    const auto wide = id.is_number_integer() ? id.get<int64_t>() : -1;
    if (wide < 0 || wide > std::numeric_limits<TokenId>::max()) {
      return bad_line(number, "a JSON array of ids");
    }
    ids.push_back(static_cast<TokenId>(wide));
  }
  SLUICE_LET(const std::string decoded, text.decode(ids));
  return Json(decoded).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<void> convert_lines(const TokenizeArgs& args, const TextModel& text) {
  std::string line;
  size_t number = 0;
  while (std::getline(std::cin, line)) {
    ++number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    SLUICE_LET(const std::string converted, convert(args, text, line, number));
    SLUICE_TRY(write_output(converted + "\n"));
    if (interrupted()) return Error{Code::cancelled, "stopped on request"};
  }
  return {};
}

// Without --jsonl: the whole input is one text, or one list of ids.
Result<void> convert_all(const TokenizeArgs& args, const TextModel& text) {
  SLUICE_LET(const std::string input, read_input("-"));
  if (args.reverse) {
    SLUICE_LET(const std::vector<TokenId> ids, parse_ids(input, "standard input"));
    SLUICE_LET(const std::string decoded, text.decode(ids));
    return write_output(decoded);
  }
  const std::vector<TokenId> ids = text.encode(input, args.special);
  if (args.common.json) return write_output(Json(ids).dump() + "\n");
  return write_output(fmt::format("{}\n", fmt::join(ids, " ")));
}

Result<void> convert_input(const TokenizeArgs& args) {
  SLUICE_LET(const std::unique_ptr<TextModel> text, TextModel::open(args.model));
  return args.jsonl ? convert_lines(args, *text) : convert_all(args, *text);
}

}  // namespace

int tokenize(const TokenizeArgs& args) {
  const auto done = convert_input(args);
  return done ? 0 : report(done.error());
}

}  // namespace sluice::cli
