// Goal: facts lead to the right sentences, broken ones first, and a healthy machine is left alone.
// Method: made-up diagnoses.
#include "engine/findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.hpp"

namespace sluice {
namespace {

using ::testing::HasSubstr;

Diagnosis healthy() {
  Diagnosis d;
  DiskReport& disk = d.disk.emplace();
  disk.filesystem = "ext4";
  disk.direct = disk.proven = true;
  disk.bytes_asked = kGiB;
  disk.bytes_fetched = kGiB;
  disk.points = {{"uring", 128 * kKiB, 1, 1e9, 1e-4, 2e-4}};
  disk.reads_in_flight = 1;
  disk.bytes_per_second = 1e9;
  disk.unit_read_bytes = kMiB;
  d.memory.machine_bytes = 16 * kGiB;
  d.memory.machine_available = 12 * kGiB;
  d.memory.budget_bytes = 8 * kGiB;
  d.processor.isa = "avx2";
  d.processor.features = {"scalar", "avx2"};
  d.processor.threads = 4;
  d.limits.uring = true;
  return d;
}

// The texts with their remedies, in order.
std::vector<std::string> found(Diagnosis& d) {
  add_findings(d);
  std::vector<std::string> texts;
  for (const Finding& finding : d.findings) texts.push_back(finding.text + " | " + finding.remedy);
  return texts;
}

TEST(Findings, NothingToSay) {
  Diagnosis d = healthy();
  EXPECT_TRUE(found(d).empty());
  EXPECT_TRUE(d.can_run());
}

TEST(Findings, ReadingThatTakesProcessorTime) {
  Diagnosis d = healthy();
  d.disk->compute_share = 0.97;
  EXPECT_TRUE(found(d).empty());
  d.disk->compute_share = 0.6;
  EXPECT_THAT(found(d), testing::ElementsAre(HasSubstr("keeps 60 % of its speed")));
}

TEST(Findings, EverythingIsSlow) {
  Diagnosis d = healthy();
  d.disk->direct = false;
  d.disk->filesystem = "nfs4";
  d.disk->bytes_per_second = 90e6;
  d.disk->points[0].latency_seconds = 0.012;
  d.limits.uring = false;
  d.limits.uring_refusal = "Operation not permitted";
  d.processor.quota = 1.5;
  d.processor.governor = "powersave";
  d.processor.celsius = 97;
  d.processor.features.push_back("avx512");
  const auto texts = found(d);
  EXPECT_THAT(texts, ::testing::ElementsAre(
                         HasSubstr("refuses direct reads"), HasSubstr("85.8 MiB/s"),
                         HasSubstr("12.0 ms"), HasSubstr("network file system"),
                         HasSubstr("Operation not permitted"), HasSubstr("--threads 1"),
                         HasSubstr("97 degrees"), HasSubstr("avx512"), HasSubstr("powersave")));
  EXPECT_TRUE(d.can_run());
}

TEST(Findings, ReadsThatNoDeviceHasSeen) {
  Diagnosis d = healthy();
  d.disk->proven = false;
  d.disk->bytes_fetched = 0;
  EXPECT_THAT(found(d), ::testing::ElementsAre(HasSubstr("could not be proven")));
}

TEST(Findings, MemoryThatIsNotThere) {
  Diagnosis d = healthy();
  d.memory.budget_bytes = 14 * kGiB;
  EXPECT_THAT(found(d), ::testing::ElementsAre(HasSubstr("swap")));
  EXPECT_TRUE(d.can_run());
  d = healthy();
  d.memory.group_limit = 4 * kGiB;
  EXPECT_THAT(found(d), ::testing::ElementsAre(HasSubstr("--memory 4294967296")));
  EXPECT_FALSE(d.can_run());
}

TEST(Findings, BrokenComesFirst) {
  Diagnosis d = healthy();
  d.limits.uring = false;
  MemoryPlan& plan = d.plan.emplace();
  plan.floor_bytes = 9 * kGiB;
  plan.fits = false;
  const auto texts = found(d);
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_THAT(texts[0], HasSubstr("at least 9.00 GiB"));
  EXPECT_FALSE(d.can_run());
}

TEST(Findings, WhatDecodingWaitsFor) {
  Diagnosis d = healthy();
  MemoryPlan& plan = d.plan.emplace();
  plan.fits = true;
  plan.routed_bytes_per_token = 100 * kMiB;
  plan.resident_budget_bytes = 5 * kGiB;
  plan.prediction = DecodePrediction{4, 0.5, 0.2, 0.1};
  EXPECT_THAT(found(d), ::testing::ElementsAre(
                            ::testing::AllOf(HasSubstr("50.0 MiB"), HasSubstr("5.00 GiB"))));
  d.findings.clear();
  plan.prediction = DecodePrediction{9, 0.9, 0.05, 0.1};
  EXPECT_THAT(found(d), ::testing::ElementsAre(HasSubstr("limited by the processor")));
}

}  // namespace
}  // namespace sluice
