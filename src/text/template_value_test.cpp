// Goal: JSON as Python reads it, and nothing that is not JSON.
// Method: values of every kind, order and duplicates of keys, escapes; broken texts; nesting.
#include "text/template_value.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

template <typename T>
T get(const std::string& json) {
  const auto value = TemplateValue::parse(json);
  EXPECT_TRUE(value) << json;
  if (!value || std::get_if<T>(&value->state) == nullptr) {
    ADD_FAILURE() << json << " is of another kind";
    return T();
  }
  return *std::get_if<T>(&value->state);
}

TEST(TemplateValue, ReadsEveryKind) {
  EXPECT_TRUE(TemplateValue::parse(" null ")->is_null());
  EXPECT_EQ(get<bool>("true"), true);
  EXPECT_EQ(get<int64_t>("-12"), -12);
  EXPECT_EQ(get<TemplateValue::BigInteger>("12345678901234567890").digits, "12345678901234567890");
  EXPECT_EQ(get<double>("1.5e-2"), 0.015);
  EXPECT_EQ(get<double>("1e999"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(get<std::string>(R"("a\n\"\\\/\u00e9\ud83d\ude00")"), "a\n\"\\/é😀");
  EXPECT_EQ(get<std::string>(R"("\ud83d!")"), "\uFFFD!");
  EXPECT_EQ(get<TemplateValue::List>("[1, [], {}]").size(), 3u);
}

TEST(TemplateValue, KeepsTheOrderOfKeys) {
  const auto value = TemplateValue::parse(R"({"b": 1, "a": 2, "b": 3})");
  ASSERT_TRUE(value);
  const TemplateValue::Map& map = *value->map();
  ASSERT_EQ(map.size(), 2u);
  EXPECT_EQ(map[0].first, "b");
  EXPECT_EQ(*std::get_if<int64_t>(&map[0].second.state), 3);
  EXPECT_EQ(value->find("c"), nullptr);
  TemplateValue made;
  made.set("x", 1);
  made.set("x", "y");
  EXPECT_EQ(*made.find("x")->text(), "y");
}

TEST(TemplateValue, RefusesWhatIsNotJson) {
  for (const char* json :
       {"", "[1,]", "{\"a\" 1}", "{a: 1}", "01", "1 2", "\"a", "\"\n\"", "\"\\x\"", "\"\\u12\"",
        "nul", "[", "{\"a\":", "-", "+1", ".5", "{\"a\":1,}"}) {
    const auto value = TemplateValue::parse(json);
    ASSERT_FALSE(value) << json;
    EXPECT_EQ(value.error().code, Code::invalid);
  }
  EXPECT_TRUE(TemplateValue::parse(std::string(200, '[') + std::string(200, ']')));
  EXPECT_FALSE(TemplateValue::parse(std::string(100000, '[')));
}

}  // namespace
}  // namespace sluice
