// Goal: when the limit of its control group falls in the middle of an answer, the program gives
// slots back, lives, and says the same words. Method: the program itself on the demo model in a
// memory control group with room to spare, whose limit is cut to a little above what is in use as
// soon as the answer begins, again and again.
#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sstream>
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
// The governor looks 50 times a second, and when slots fill.
constexpr useconds_t kBetweenLooks = 100'000;

// Stops a process while this lives.
class StandStill {
 public:
  explicit StandStill(pid_t process) : process_(process) {
    kill(process_, SIGSTOP);
    while (!stopped() && kill(process_, 0) == 0) usleep(100);
  }
  StandStill(const StandStill&) = delete;
  StandStill& operator=(const StandStill&) = delete;
  ~StandStill() { kill(process_, SIGCONT); }

 private:
  // Every thread is in state T (or Z: it has ended).
  bool stopped() const {
    std::error_code error;
    const std::string tasks = "/proc/" + std::to_string(process_) + "/task";
    for (const auto& task : std::filesystem::directory_iterator(tasks, error)) {
      const std::string text = read_text(task.path() / "stat");
      const size_t name_end = text.rfind(") ");
      if (name_end == std::string::npos) continue;
      if (text[name_end + 2] != 'T' && text[name_end + 2] != 'Z') return false;
    }
    return true;
  }

  const pid_t process_;
};

// Page faults of a process that needed a read: field 12 of its stat.
uint64_t major_faults(pid_t process) {
  const std::string text = read_text("/proc/" + std::to_string(process) + "/stat");
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(") ") + 2)));
  std::string skipped;
  for (int field = 3; field < 12; ++field) fields >> skipped;
  uint64_t faults = 0;
  fields >> faults;
  return faults;
}

Command answer(const std::string& statistics, const char* memory) {
  Command command;
  command.arguments = {"run",
                       demo_model_path(),
                       "-p",
                       "Once upon a time",
                       "--raw",
                       "--seed",
                       "5",
                       "-n",
                       "900",
                       "--ctx",
                       "1024",
                       "--cold",
                       "--memory",
                       memory,
                       "--stats-json",
                       statistics};
  return command;
}

TEST(GovernorTest, AFallingLimitTakesSlotsAndNotTheAnswer) {
  if (built_with_sanitizer()) GTEST_SKIP() << "SKIP: a sanitizer's memory is not the program's";
  std::string reason;
  const auto group = MemoryGroup::create(96 * kMiB, reason);
  if (group == nullptr) GTEST_SKIP() << "SKIP: " << reason;

  const TemporaryFolder folder;
  const CommandResult free = run_sluice(answer(folder / "free.json", "40MiB"));
  ASSERT_EQ(free.status, 0) << free.err;

  Command command = answer(folder / "cut.json", "40MiB");
  command.group_file = group->processes_file();
  uint64_t lowest = 96 * kMiB;
  bool refused = false;
  command.on_output = [&](pid_t process, std::string_view) {
    // Standing still, the program cannot outgrow the new limit between our reading of what it uses
    // and our writing; a limit below what is in use would be the kernel's to enforce.
    const StandStill still(process);
    // The program may fill half of its cushion before it looks again: of 25 MiB at first, and of
    // 2 MiB when the limit has come near the budget.
    const uint64_t room = lowest == 96 * kMiB ? 16 * kMiB : 4 * kMiB;
    const uint64_t limit = group->used_bytes() + room;
    if (limit + kMiB / 4 > lowest) return;
    refused |= !group->set_limit(limit);
    lowest = limit;
    usleep(kBetweenLooks);
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

// The classic failure of caches is one that grows until its hits are page faults. Slots are
// anonymous memory below the ceiling, and reads leave no page cache: with no more memory than the
// budget, filling and using the cache costs no fault that reads.
TEST(GovernorTest, AFullCacheCausesNoPageFaults) {
  if (built_with_sanitizer()) GTEST_SKIP() << "SKIP: a sanitizer's memory is not the program's";
  std::string reason;
  const auto group = MemoryGroup::create(28 * kMiB, reason);
  if (group == nullptr) GTEST_SKIP() << "SKIP: " << reason;

  const TemporaryFolder folder;
  Command command = answer(folder / "full.json", "28MiB");
  command.group_file = group->processes_file();
  uint64_t first = 0, last = 0, pieces = 0;
  command.on_output = [&](pid_t process, std::string_view) {
    const uint64_t now = major_faults(process);
    if (pieces++ == 0) first = now;
    if (now > 0) last = now;  // 0 when it has ended
  };
  const CommandResult full = run_sluice(command);
  ASSERT_EQ(full.status, 0) << full.err << " signal " << full.signal;
  const auto counted = read_json(folder / "full.json");
  const uint64_t hits = counted.value("unit_hits", uint64_t{0});
  std::printf("%llu hits, %llu misses, %llu major faults in %llu pieces of answer\n",
              static_cast<unsigned long long>(hits),
              static_cast<unsigned long long>(counted.value("unit_misses", uint64_t{0})),
              static_cast<unsigned long long>(last - std::min(first, last)),
              static_cast<unsigned long long>(pieces));
  EXPECT_EQ(group->killed(), 0u);
  EXPECT_GT(pieces, 10u);
  EXPECT_GT(hits, 1000u);
  // The program's own text may come back from its file; a slot never does.
  EXPECT_LT(last - std::min(first, last), hits / 50);
}

}  // namespace
}  // namespace sluice::test
