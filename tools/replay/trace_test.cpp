// Goal: the three formats are read as they are written, and damage is an error with its line.
// Method: short texts; every prefix of them.
#include "replay/trace.hpp"

#include <gtest/gtest.h>

namespace sluice::replay {
namespace {

constexpr const char* kOwn =
    "{\"sluice_trace\":1,\"model\":\"a.gguf\",\"layers\":2,\"experts\":6,\"top_k\":2,"
    "\"unit_bytes\":64,\"slots\":4,\"policy\":\"lru\"}\n"
    "{\"token\":0,\"step\":1,\"phase\":\"prefill\",\"layer\":0,\"experts\":[3,1],\"hits\":[0,0]}\n"
    "{\"token\":1,\"step\":1,\"phase\":\"prefill\",\"layer\":0,\"experts\":[5,3],\"hits\":[0,0]}\n"
    "{\"token\":0,\"step\":1,\"phase\":\"prefill\",\"layer\":1,\"experts\":[0,1],\"hits\":[0,0]}\n"
    "{\"token\":1,\"step\":1,\"phase\":\"prefill\",\"layer\":1,\"experts\":[2,3],\"hits\":[0,0]}\n"
    "{\"token\":2,\"step\":2,\"phase\":\"decode\",\"layer\":0,\"experts\":[4,2],\"hits\":[1,0]}\n"
    "{\"token\":2,\"step\":2,\"phase\":\"decode\",\"layer\":1,\"experts\":[0,5],\"hits\":[1,0]}\n";

constexpr const char* kTokens =
    "{\"tok\": 1, \"layers\": [[1, 2], [0, 6]]}\n\n{\"tok\": 2, \"layers\": [[3, 2], [0, 1]]}\n";

constexpr const char* kRows =
    "# route_trace v1\n# model=x n_layer=2 n_expert=128 n_expert_used=2\n"
    "turn,phase,step,layer,slot,expert,weight,cached\n"
    "0,0,0,0,0,7,0.5,1\n0,0,0,0,1,9,0.4,1\n0,0,1,0,0,7,0.5,1\n0,0,1,1,0,8,0.5,1\n"
    "0,1,2,0,0,70,0.5,1\n0,1,2,1,0,8,0.5,1\n0,1,3,1,0,90,0.5,1\ntoken,ms\n1,2\n";

TEST(Trace, Own) {
  const auto trace = parse_trace("own", kOwn);
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_EQ(trace->layers, 2u);
  EXPECT_EQ(trace->experts, 6u);
  EXPECT_EQ(trace->token_set, 4u);
  EXPECT_EQ(trace->unit_bytes, 64u);
  ASSERT_EQ(trace->tokens.size(), 3u);
  EXPECT_TRUE(trace->tokens[1].prefill);
  EXPECT_EQ(trace->tokens[1].step, trace->tokens[0].step);
  EXPECT_FALSE(trace->tokens[2].prefill);
  EXPECT_EQ(trace->tokens[1].layers[0], (std::vector<uint32_t>{5, 3}));
  EXPECT_EQ(trace->tokens[2].layers[1], (std::vector<uint32_t>{0, 5}));
}

TEST(Trace, Waste) {
  const auto trace = parse_trace("waste", kTokens);
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_EQ(trace->layers, 2u);
  EXPECT_EQ(trace->experts, 8u);
  ASSERT_EQ(trace->tokens.size(), 2u);
  EXPECT_EQ(trace->tokens[0].layers[1], (std::vector<uint32_t>{0, 6}));
}

TEST(Trace, BigMoeOnEdge) {
  const auto trace = parse_trace("rows", kRows);
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_EQ(trace->layers, 2u);
  EXPECT_EQ(trace->experts, 128u);
  ASSERT_EQ(trace->tokens.size(), 4u);
  EXPECT_TRUE(trace->tokens[0].prefill && trace->tokens[1].prefill);
  EXPECT_EQ(trace->tokens[0].step, trace->tokens[1].step);
  EXPECT_NE(trace->tokens[2].step, trace->tokens[3].step);
  EXPECT_EQ(trace->tokens[0].layers[0], (std::vector<uint32_t>{7, 9}));
  EXPECT_TRUE(trace->tokens[3].layers[0].empty());
}

TEST(Trace, AByteOrderMarkIsNoText) {
  const auto trace = parse_trace("waste", std::string("\xef\xbb\xbf") + kTokens);
  ASSERT_TRUE(trace) << trace.error().message;
  EXPECT_EQ(trace->tokens.size(), 2u);
}

TEST(Trace, NothingToCountIsAnError) {
  for (const char* text : {"", "\n\n", "{\"layers\":[[]]}\n", "turn,phase,step\n",
                           "turn,phase,step,layer,slot,expert\n0,0,0,0,0,9\n"}) {
    const auto trace = parse_trace("x", text);
    ASSERT_FALSE(trace) << text;
    EXPECT_EQ(trace.error().message.find("x: holds"), 0u) << trace.error().message;
  }
}

TEST(Trace, ARowThatIsCutIsAnErrorWithItsLine) {
  const std::string rows = kRows;
  for (const char* cut : {"0,0,1,1,0,8", "0,1,2,1"}) {
    std::string damaged = rows;
    damaged.erase(damaged.find(cut) + 6, 4);
    const auto trace = parse_trace("rows", damaged);
    ASSERT_FALSE(trace) << cut;
    EXPECT_NE(trace.error().message.find("is not a row of the table"), std::string::npos);
  }
  const auto beyond = parse_trace("own", std::string(kOwn).replace(
                                             std::string(kOwn).find("[3,1]"), 5, "[6,1]"));
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().message.find("own, line 2: "), 0u) << beyond.error().message;
}

TEST(Trace, DamageIsAnErrorWithItsLine) {
  for (const char* text :
       {"hello\n", "{\"tok\":1}\n", "{\"layers\":[[1,1]]}\n", "{\"layers\":[[-1]]}\n",
        "{\"layers\":[[1],\n",
        "{\"sluice_trace\":2,\"layers\":2,\"experts\":6}\n",
        "{\"sluice_trace\":1,\"layers\":2,\"experts\":99999999}\n",
        "turn,phase,step,layer,slot,expert\n0,0,0,0,0,99999999\n",
        "turn,phase,step,layer,slot,expert\n0,7,0,0,0,9\n",
        "turn,phase,step,layer,slot,expert\n0,1,0,0,0,9\n0,1,0,0,1,9\n"}) {
    const auto trace = parse_trace("x", text);
    ASSERT_FALSE(trace) << text;
    EXPECT_EQ(trace.error().code, Code::corrupt);
    EXPECT_NE(trace.error().message.find("x, line "), std::string::npos) << text;
  }
  for (const std::string whole : {kOwn, kTokens, kRows}) {
    for (size_t length = 0; length < whole.size(); ++length) {
      (void)parse_trace("prefix", whole.substr(0, length)).has_value();  // whatever: no harm
    }
  }
  EXPECT_EQ(load_trace("/nowhere/x").error().code, Code::io);
}

}  // namespace
}  // namespace sluice::replay
