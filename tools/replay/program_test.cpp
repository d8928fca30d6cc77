// Goal: the program replays every format with every policy, prints tables and draws pictures; and
// on recorded routing the default policy never reads more than LRU, whatever the cache's size.
// Method: the program itself on three small files; the library on the recordings beside the
// repository, at sizes from a tenth of a token set to everything.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "replay/simulate.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::replay {
namespace {

// Standard output, and after it the exit status.
std::string run_program(const std::string& arguments) {
  std::string text;
  std::FILE* pipe = popen((REPLAY_PROGRAM " " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return "cannot be started";
  std::array<char, 4096> buffer;
  while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), got);
  }
  return text + "status " + std::to_string(pclose(pipe));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Forty tokens, two layers of eight experts, two chosen, in each format.
class ReplayProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream own(folder_ / "own.jsonl"), waste(folder_ / "waste.jsonl");
    std::ofstream edge(folder_ / "edge.csv");
    own << "{\"sluice_trace\":1,\"model\":\"a\",\"layers\":2,\"experts\":8,\"top_k\":2,"
           "\"unit_bytes\":64,\"slots\":4,\"policy\":\"lru\"}\n";
    edge << "# n_expert=8\nturn,phase,step,layer,slot,expert,weight,cached\n";
    for (int token = 0; token < 40; ++token) {
      const int a = token * token % 7, b = 7;
      const std::string list = "[" + std::to_string(a) + "," + std::to_string(b) + "]";
      waste << "{\"tok\":" << token << ",\"layers\":[" << list << "," << list << "]}\n";
      for (int layer = 0; layer < 2; ++layer) {
        own << "{\"token\":" << token << ",\"step\":" << token
            << ",\"phase\":\"decode\",\"layer\":" << layer << ",\"experts\":" << list
            << ",\"hits\":[0,0]}\n";
        for (int rank = 0; rank < 2; ++rank) {
          edge << "0,1," << token << "," << layer << "," << rank << "," << (rank == 0 ? a : b)
               << ",0.5,0\n";
        }
      }
    }
  }

  const test::TemporaryFolder folder_;
};

TEST_F(ReplayProgram, EveryFormatWithEveryPolicy) {
  const std::string picture = folder_ / "picture.svg";
  std::string first;
  for (const char* const name : {"own.jsonl", "waste.jsonl", "edge.csv"}) {
    const std::string answer =
        run_program((folder_ / name) +
                    " --policies lru,decayed,hazard,plain-lru,belady -x 0.5,1,2 --plot " + picture);
    EXPECT_NE(answer.find("status 0"), std::string::npos) << answer;
    EXPECT_NE(answer.find("40 tokens, 2 layers x 8 experts, 4 units a token"), std::string::npos)
        << answer;
    // The same routing, so the same table below the line with the file's name.
    const std::string table = answer.substr(answer.find('\n') + 1);
    EXPECT_GT(table.size(), 200u);
    if (first.empty()) first = table;
    EXPECT_EQ(table, first) << name;
    const std::string svg = read_file(picture);
    EXPECT_EQ(svg.find("<svg"), 0u) << svg.substr(0, 100);
    for (const char* const policy : {"lru", "decayed", "hazard", "plain-lru", "belady"}) {
      EXPECT_NE(svg.find(policy), std::string::npos) << policy;
    }
  }
}

TEST_F(ReplayProgram, SaysWhatIsWrong) {
  EXPECT_NE(run_program(folder_ / "absent").find("absent: cannot be read"), std::string::npos);
  const std::string unknown = run_program((folder_ / "own.jsonl") + " --policies clairvoyant");
  EXPECT_NE(unknown.find("clairvoyant not in {lru,"), std::string::npos) << unknown;
  EXPECT_NE(run_program("/tmp").find("/tmp: cannot be read"), std::string::npos);
  // Wrong usage is 2, as sluice has it; wait() tells it times 256.
  for (const char* const wrong : {"", " -x 0", " -x nan", " -x inf", " -x 1e30", " --percent 150",
                                  " --units 0", " --json --csv", " --no-such-option"}) {
    const std::string answer = run_program(*wrong == 0 ? "" : (folder_ / "own.jsonl") + wrong);
    EXPECT_NE(answer.find("status 512"), std::string::npos) << wrong << "\n" << answer;
  }
  const std::string full = run_program((folder_ / "own.jsonl") + " --csv > /dev/full");
  EXPECT_NE(full.find("status 256"), std::string::npos) << full;
}

TEST(Recordings, TheDefaultNeverReadsMoreThanLru) {
  const std::string folder = SLUICE_SOURCE_DIR "/../shared/routing-traces";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "SKIP: " << folder << " is not there";
  for (const char* const name : {"trace_olmoe_299.jsonl", "bmoe_qwen.route.csv"}) {
    const auto trace = load_trace(folder + "/" + name);
    ASSERT_TRUE(trace) << trace.error().message;
    for (double x = 0.1; x * trace->token_set < trace->units(); x *= 1.35) {
      const auto slots = static_cast<size_t>(x * trace->token_set);
      for (const bool prompt : {false, true}) {
        const auto lru = replay(*trace, "lru", slots, prompt);
        const auto hazard = replay(*trace, "hazard", slots, prompt);
        ASSERT_TRUE(lru && hazard);
        EXPECT_LE(hazard->whole.reads(), lru->whole.reads()) << name << " " << slots;
        EXPECT_LE(hazard->second_half.reads(), lru->second_half.reads()) << name << " " << slots;
      }
    }
  }
}

}  // namespace
}  // namespace sluice::replay
