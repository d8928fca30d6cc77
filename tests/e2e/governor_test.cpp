// Goal: when the limit of its control group falls in the middle of an answer, the program gives
// slots back, lives, and says the same words. Method: the program itself on the demo model in a
// memory control group with room to spare, whose limit is cut to a little above what is in use as
// soon as the answer begins, again and again.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/command.hpp"
#include "support/engine_runs.hpp"
#include "support/json_file.hpp"
#include "support/memory_group.hpp"
#include "support/temporary_folder.hpp"

namespace sluice::test {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

Command answer(const std::string& statistics) {
  Command command;
  command.arguments = {"run",    demo_model_path(), "-p",   "Once upon a time", "--raw",
                       "--seed", "5",               "-n",   "900",              "--ctx",
                       "1024",   "--memory",        "40MiB", "--stats-json",    statistics};
  return command;
}

TEST(GovernorTest, AFallingLimitTakesSlotsAndNotTheAnswer) {
  if (built_with_sanitizer()) GTEST_SKIP() << "SKIP: a sanitizer's memory is not the program's";
  std::string reason;
  const auto group = MemoryGroup::create(96 * kMiB, reason);
  if (group == nullptr) GTEST_SKIP() << "SKIP: " << reason;

  const TemporaryFolder folder;
  const CommandResult free = run_sluice(answer(folder / "free.json"));
  ASSERT_EQ(free.status, 0) << free.err;

  Command command = answer(folder / "cut.json");
  command.group_file = group->processes_file();
  uint64_t lowest = 96 * kMiB;
  bool refused = false;
  command.on_output = [&](pid_t, std::string_view) {
    // More than half of the cushion of 25 MiB: the program may fill that before it looks again.
    const uint64_t limit = group->used_bytes() + 16 * kMiB;
    if (limit + kMiB > lowest) return;
    refused |= !group->set_limit(limit);
    lowest = limit;
  };
  const CommandResult cut = run_sluice(command);
  EXPECT_EQ(cut.status, 0) << cut.err << " signal " << cut.signal;
  EXPECT_EQ(group->killed(), 0u);
  EXPECT_EQ(cut.out, free.out);
  const auto counted = read_json(folder / "cut.json");
  const uint64_t planned = counted.value("slots", uint64_t{0});
  std::printf("limit cut to %llu KiB%s; %llu of %llu slots left, %llu given back\n",
              static_cast<unsigned long long>(lowest / 1024), refused ? " (once refused)" : "",
              static_cast<unsigned long long>(counted.value("slots_now", uint64_t{0})),
              static_cast<unsigned long long>(planned),
              static_cast<unsigned long long>(counted.value("slots_given_back", uint64_t{0})));
  EXPECT_LT(lowest, 64 * kMiB);
  EXPECT_GT(counted.value("slots_given_back", uint64_t{0}), planned / 4);
  EXPECT_LT(counted.value("slots_now", planned), planned);
}

}  // namespace
}  // namespace sluice::test
