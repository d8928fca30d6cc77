// Goal: chat templates render as transformers renders them, and every byte is known to come from
// the conversation or from the template. Method: tests/golden/chat-templates (its README says what
// is there), texts, errors and data spans; hashes for the real templates of packages in the folder
// $SLUICE_PACKAGES, as the makers of the shared golden folder unpack them: NAME-VERSION/FILE, with
// "/" in a name written "__".
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>

#include "support/json_file.hpp"
#include "support/sha256.hpp"
#include "text/jinja_template.hpp"

namespace sluice::test {
namespace {

namespace fs = std::filesystem;

const fs::path kOwn = fs::path(SLUICE_SOURCE_DIR) / "tests" / "golden" / "chat-templates";
// What the golden values were made with.
constexpr TemplateTime kNow = {2026, 2, 3, 4, 5, 6};

fs::path shared_folder() {
  const char* const named = std::getenv("SLUICE_SHARED");
  return (named != nullptr ? fs::path(named) : fs::path(SLUICE_SOURCE_DIR) / ".." / "shared") /
         "golden" / "chat-templates";
}

// JSON with the order of its keys.
TemplateValue read_values(const fs::path& path) {
  auto value = TemplateValue::parse(read_text(path.string()));
  EXPECT_TRUE(value) << path;
  return value ? *std::move(value) : TemplateValue();
}

std::string text_of(const TemplateValue& map, std::string_view key) {
  const TemplateValue* const value = map.find(key);
  return value != nullptr && value->text() != nullptr ? *value->text() : std::string();
}

TemplateInput input_of(const TemplateValue& conversation) {
  TemplateInput input;
  input.now = kNow;
  if (const auto* const messages = conversation.find("messages")) input.messages = *messages;
  if (const auto* const tools = conversation.find("tools")) input.tools = *tools;
  if (const auto* const wanted = conversation.find("add_generation_prompt"))
    input.add_generation_prompt = *std::get_if<bool>(&wanted->state);
  if (const auto* const arguments = conversation.find("kwargs"))
    input.arguments = *arguments->map();
  return input;
}

struct Outcome {
  std::string text;
  std::string data;   // one character for each byte of the text: 'd' for data
  std::string error;  // "compile", "raise", "runtime" or nothing
  std::string message;
};

Outcome outcome_of(const std::string& source, const TemplateInput& input) {
  const auto parsed = JinjaTemplate::parse(source);
  if (!parsed) return {{}, {}, "compile", parsed.error().message};
  const auto segments = parsed->render(input);
  if (!segments) {
    const bool raised = segments.error().code == Code::invalid;
    return {{}, {}, raised ? "raise" : "runtime", segments.error().message};
  }
  Outcome outcome;
  for (const Segment& segment : *segments) {
    outcome.text += segment.text;
    outcome.data.append(segment.text.size(), segment.markup ? '-' : 'd');
  }
  return outcome;
}

// Compares text or kind of error with a golden row; an error that only the sandbox of transformers
// raises counts as its text without the sandbox.
void expect_outcome(const TemplateValue& row, const Outcome& outcome, const std::string& name) {
  const bool sandbox = text_of(row, "error") == "sandbox";
  const std::string error = sandbox ? "" : text_of(row, "error");
  EXPECT_EQ(outcome.error, error) << name << ": " << outcome.message;
  if (!error.empty() || !outcome.error.empty()) {
    const bool says = error != "raise" || outcome.message.ends_with(text_of(row, "message"));
    EXPECT_TRUE(says) << name << ": " << outcome.message;
    return;
  }
  EXPECT_EQ(outcome.text, text_of(row, sandbox ? "unsandboxed" : "expected")) << name;
}

// The golden spans were found by marks within the blanks around a text, where blanks are trimmed,
// so they may lack blanks that belong to the text as well; nothing else.
bool equal_marks(const TemplateValue& spans, const Outcome& outcome) {
  std::string expected(outcome.text.size(), '-');
  for (const TemplateValue& span : *spans.list()) {
    const auto begin = *std::get_if<int64_t>(&(*span.list())[0].state);
    const auto end = *std::get_if<int64_t>(&(*span.list())[1].state);
    std::fill(expected.begin() + begin, expected.begin() + end, 'd');
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const bool blank = std::string_view(" \t\n").find(outcome.text[i]) != std::string_view::npos;
    if (expected[i] != outcome.data[i] && !(blank && outcome.data[i] == 'd')) return false;
  }
  return true;
}

TEST(TemplateGolden, Snippets) {
  const TemplateValue file = read_values(kOwn / "snippets.json");
  TemplateInput input;
  input.now = kNow;
  input.arguments = *file.find("context")->map();
  size_t count = 0;
  for (const TemplateValue& row : *file.find("snippets")->list()) {
    const std::string source = text_of(row, "template");
    expect_outcome(row, outcome_of(source, input), source);
    ++count;
  }
  EXPECT_EQ(count, 233u);
}

TEST(TemplateGolden, Cases) {
  const TemplateValue file = read_values(kOwn / "conversations.json");
  const TemplateValue cases = read_values(kOwn / "cases.json");
  size_t with_spans = 0;
  for (const TemplateValue& row : *cases.list()) {
    const std::string name = text_of(row, "template") + " " + text_of(row, "conversation");
    const std::string source = read_text((kOwn / "templates" / text_of(row, "template")).string());
    const TemplateInput input =
        input_of(*file.find("conversations")->find(text_of(row, "conversation")));
    const Outcome outcome = outcome_of(source, input);
    expect_outcome(row, outcome, name);
    const TemplateValue* const spans = row.find("data_spans");
    if (spans == nullptr || outcome.text.empty()) continue;
    EXPECT_TRUE(equal_marks(*spans, outcome)) << name << "\n"
                                              << outcome.text << "\n"
                                              << outcome.data;
    ++with_spans;
  }
  EXPECT_EQ(cases.list()->size(), 508u);
  EXPECT_GT(with_spans, 440u);
}

// The source of a real template, or nothing if its package is not there.
std::string real_source(const fs::path& packages, const TemplateValue& entry) {
  std::string folder = text_of(entry, "package") + "-" + text_of(entry, "version");
  if (folder.starts_with('@')) folder.erase(0, 1);
  if (const size_t slash = folder.find('/'); slash != std::string::npos)
    folder.replace(slash, 1, "__");
  const fs::path path = packages / folder / text_of(entry, "file");
  if (!fs::exists(path)) return {};
  if (path.extension() == ".jinja") return read_text(path.string());
  const auto config = read_json(path.string());
  const auto& found = config["chat_template"];
  if (found.is_string()) return found.get<std::string>();
  for (const auto& choice : found)
    if (choice["name"] == text_of(entry, "key")) return choice["template"].get<std::string>();
  return {};
}

std::string digest(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.hex();
}

void expect_real(const TemplateValue& want, const Outcome& outcome, const std::string& name) {
  const TemplateValue* const free = want.find("sandbox");
  const TemplateValue& row = free != nullptr ? *free : want;
  if (row.text() != nullptr) {
    EXPECT_EQ(outcome.error, *row.text()) << name << ": " << outcome.message;
    return;
  }
  EXPECT_EQ(outcome.error, "") << name << ": " << outcome.message;
  EXPECT_EQ(digest(outcome.text), *(*row.list())[1].text()) << name;
}

TEST(TemplateGolden, RealTemplates) {
  const char* const packages = std::getenv("SLUICE_PACKAGES");
  const fs::path golden = shared_folder();
  if (packages == nullptr || !fs::exists(golden / "real.json"))
    GTEST_SKIP() << "SKIP: set SLUICE_PACKAGES to the folder of unpacked packages, and "
                 << "SLUICE_SHARED to that of the golden values (no " << golden << "/real.json)";
  const TemplateValue conversations = read_values(golden / "conversations.json");
  const TemplateValue real = read_values(golden / "real.json");
  size_t templates = 0;
  size_t renders = 0;
  for (const auto& [name, entry] : *real.find("templates")->map()) {
    const std::string source = real_source(packages, entry);
    if (digest(source) != text_of(entry, "template_sha256")) {
      std::printf("SKIP %s: not in %s\n", name.c_str(), packages);
      continue;
    }
    ++templates;
    for (const auto& [conversation, want] : *entry.find("cases")->map()) {
      const auto* const given = conversations.find("conversations")->find(conversation);
      ASSERT_NE(given, nullptr) << conversation;
      expect_real(want, outcome_of(source, input_of(*given)), name + " " + conversation);
      ++renders;
    }
  }
  std::printf("%zu renders of %zu real templates\n", renders, templates);
  EXPECT_GT(templates, 0u) << "no template in " << packages;
}

}  // namespace
}  // namespace sluice::test
