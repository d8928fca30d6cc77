// Goal: the store fails closed. Whatever goes wrong in whichever read, the caller gets an error
// that names file, offset and unit, never wrong bytes, and the next request works. Method: spoil
// the k-th read of a fixed workload for every k until no fault fires any more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/store_rig.hpp"

namespace sluice {
namespace {

using ::testing::HasSubstr;

struct Step {
  std::vector<UnitIndex> list;
  Order order;
};

// Waves, re-reads and residents, in three slots.
std::vector<Step> workload() {
  return {{units({0, 1, 2, 3, 4}), Order::given},
          {units({4, 3, 10}), Order::ready},
          {units({15, 0, 9, 1, 10}), Order::ready},
          {units({1, 2}), Order::given},
          {units({2, 1, 0, 15}), Order::given}};
}

// Takes the list of one step, checking every byte. An empty string, or the error's message.
std::string take_all(StoreRig& rig, const Step& step, Code* code = nullptr) {
  auto wanted = rig.store().want(step.list, step.order);
  if (!wanted) {
    if (code != nullptr) *code = wanted.error().code;
    return wanted.error().message;
  }
  while (rig.store().remaining() > 0) {
    auto lease = rig.store().take();
    if (!lease) {
      if (code != nullptr) *code = lease.error().code;
      return lease.error().message;
    }
    EXPECT_TRUE(rig.right(*lease));
  }
  return "";
}

// Does the message name one of the files, an offset, and a unit of the list?
void expect_named(const StoreRig& rig, const Step& step, const std::string& message) {
  bool named = false;
  for (const UnitIndex unit : step.list) {
    for (size_t part = 0; part < rig.catalog().parts(unit); ++part) {
      const Extent extent = rig.catalog().extent(unit, part);
      const std::string& path = rig.files()[static_cast<size_t>(extent.file)].path();
      named |= message.find(path) == 0 &&
               message.find(rig.catalog().describe(unit)) != std::string::npos;
    }
  }
  EXPECT_TRUE(named) << message;
  EXPECT_THAT(message, HasSubstr("at offset "));
}

class StoreFaults : public ::testing::TestWithParam<std::tuple<std::string, FaultKind, bool>> {};

TEST_P(StoreFaults, EveryReadMayFailOnce) {
  const auto [reader, kind, shuffle] = GetParam();
  uint64_t request = 0;
  for (bool fired = true; fired; ++request) {
    StoreRig rig(
        {.slots = 3,
         .reader = reader,
         .depth = 5,  // of three parts each: some units are in flight only in part
         .policy = "decayed",
         .script = {
             .faults = {{.kind = kind, .request = request}}, .seed = request, .shuffle = shuffle}});
    if (!rig.usable()) GTEST_SKIP() << "SKIP: this system refuses the reader";
    size_t errors = 0;
    for (const Step& step : workload()) {
      Code code = Code::internal;
      const std::string message = take_all(rig, step, &code);
      if (message.empty()) continue;
      ++errors;
      EXPECT_EQ(code, Code::io);
      EXPECT_EQ(rig.store().remaining(), 0u);
      if (kind == FaultKind::refuse) {
        EXPECT_THAT(message, HasSubstr("submission refused"));
      } else {
        expect_named(rig, step, message);
      }
      EXPECT_EQ(take_all(rig, step), "") << "the next request must work";
    }
    fired = rig.reader().fired() > 0;
    const bool harmless = kind == FaultKind::delay;
    EXPECT_EQ(errors, fired && !harmless ? 1u : 0u) << "request " << request;
  }
  EXPECT_GT(request, 20u);
}

std::string describe(const ::testing::TestParamInfo<StoreFaults::ParamType>& info) {
  const char* const kinds[] = {"none", "error", "short", "corrupt", "delay", "refuse"};
  return std::get<0>(info.param) + "_" + kinds[static_cast<int>(std::get<1>(info.param))] +
         (std::get<2>(info.param) ? "_shuffled" : "");
}

INSTANTIATE_TEST_SUITE_P(All, StoreFaults,
                         ::testing::Combine(::testing::Values("uring", "pread"),
                                            ::testing::Values(FaultKind::error,
                                                              FaultKind::short_read,
                                                              FaultKind::delay, FaultKind::refuse),
                                            ::testing::Bool()),
                         describe);

TEST(StoreCorruption, AnyReadThatDiffersFromTheFirstIsRefused) {
  const Step all = {units({0, 1, 2, 3, 4, 9, 10, 15}), Order::given};
  bool fired = true;
  uint64_t request = 0;
  for (; fired; ++request) {
    StoreRig rig({.slots = 3, .depth = 5});
    ASSERT_EQ(take_all(rig, all), "");
    rig.reader().set_script(
        {.faults = {{.kind = FaultKind::corrupt, .request = rig.reader().requests() + request}}});
    size_t errors = 0;
    for (const Step& step : workload()) {
      Code code = Code::internal;
      const std::string message = take_all(rig, step, &code);
      if (message.empty()) continue;
      ++errors;
      EXPECT_EQ(code, Code::corrupt);
      expect_named(rig, step, message);
      EXPECT_THAT(message, HasSubstr("read differently than before (checksum)"));
      EXPECT_EQ(take_all(rig, step), "");
    }
    fired = rig.reader().fired() > 0;
    EXPECT_EQ(errors, fired ? 1u : 0u) << "request " << request;
  }
  EXPECT_GT(request, 20u);
}

TEST(StoreFaultsMore, AFailedHintIsForgotten) {
  StoreRig rig({.slots = 4, .script = {.faults = {{.kind = FaultKind::error, .count = 3}}}});
  rig.store().hint(units({0}));
  EXPECT_EQ(rig.store().stats().hint_reads, 1u);
  EXPECT_EQ(take_all(rig, {units({10, 11}), Order::given}), "");
  // Landed and failed, or adopted and failed: at most one error, then all is well.
  static_cast<void>(take_all(rig, {units({0}), Order::given}));
  EXPECT_EQ(take_all(rig, {units({0, 1}), Order::given}), "");
}

// What a hint, or a list that was abandoned, brought in wrong is read again when it is demanded.
TEST(StoreFaultsMore, ASpoiltUnitThatNobodyAskedForIsReadAgain) {
  for (const Order order : {Order::given, Order::ready}) {
    for (const bool hinted : {true, false}) {
      StoreRig rig({.slots = 3});
      EXPECT_EQ(take_all(rig, {units({1, 2}), order}), "");  // the first reading
      EXPECT_EQ(take_all(rig, {units({3, 4, 5}), order}), "");
      rig.reader().set_script({.random_kind = FaultKind::corrupt, .random_one_in = 1});
      if (hinted) {
        ASSERT_TRUE(rig.store().want(units({3}), order));
        rig.store().hint(units({1, 2}));
        EXPECT_TRUE(rig.store().take());
        for (int i = 0; i < 1000 && !rig.store().resident(UnitIndex{1}); ++i) {
          usleep(1000);
          rig.store().hint(units({1, 2}));
        }
      } else {
        ASSERT_TRUE(rig.store().want(units({1, 2}), order));
        EXPECT_FALSE(rig.store().take());
      }
      rig.reader().set_script({});
      EXPECT_EQ(take_all(rig, {units({1, 2, 3}), order}), "");
      rig.reader().set_script({.random_kind = FaultKind::corrupt, .random_one_in = 1});
      const std::string refused = take_all(rig, {units({4}), order});
      EXPECT_THAT(refused, HasSubstr("checksum"));
    }
  }
}

TEST(StoreFaultsMore, ARefusedHintIsForgotten) {
  StoreRig rig({.slots = 4, .script = {.faults = {{.kind = FaultKind::refuse}}}});
  rig.store().hint(units({0, 1}));
  EXPECT_EQ(rig.store().stats().reads, 0u);
  EXPECT_EQ(take_all(rig, {units({0, 1}), Order::given}), "");
}

TEST(StoreFaultsMore, ATruncatedFileIsNamed) {
  StoreRig rig({.slots = 4, .own_files = true});
  ASSERT_EQ(take_all(rig, {units({9}), Order::given}), "");
  ASSERT_EQ(truncate(rig.path(0).c_str(), 60000 + 8192), 0);
  const std::string message = take_all(rig, {units({7}), Order::ready});
  EXPECT_THAT(message, HasSubstr(rig.path(0)));
  EXPECT_THAT(message, HasSubstr("came back short"));
  EXPECT_THAT(message, HasSubstr("(blk.0.exps unit 7)"));
  EXPECT_EQ(take_all(rig, {units({0, 9}), Order::ready}), "");
}

TEST(StoreFaultsMore, RandomErrorsNeverBringWrongBytes) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    StoreRig rig(
        {.slots = 1 + seed % 5,
         .depth = 7,
         .script = {.seed = seed,
                    .random_kind = seed % 2 == 0 ? FaultKind::error : FaultKind::short_read,
                    .random_one_in = 12,
                    .shuffle = true}});
    size_t errors = 0;
    for (int round = 0; round < 20; ++round) {
      for (const Step& step : workload()) errors += take_all(rig, step).empty() ? 0 : 1;
    }
    EXPECT_GT(errors, 0u);
    rig.reader().set_script({});
    for (const Step& step : workload()) {
      const std::string message = take_all(rig, step);
      // A read that failed before the script changed may still be under way into an adopted slot.
      if (message.empty()) continue;
      EXPECT_EQ(take_all(rig, step), "");
    }
  }
}

}  // namespace
}  // namespace sluice
