// Speed of a disk through our own readers, one line for each combination.
//
//   bench_disk FILE [--reader NAME] [--bytes N,N] [--in-flight N,N] [--seconds S] [--rounds N]
//
// Direct reads at random places, as sluice doctor measures them; beside fio in the same minutes:
//   fio --name=x --filename=FILE --direct=1 --rw=randread --ioengine=io_uring --bs=N --iodepth=N
//       --time_based --runtime=S --output-format=json
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "io/probe.hpp"

namespace sluice {
namespace {

std::vector<uint64_t> numbers(const char* list) {
  std::vector<uint64_t> values;
  for (char* end = nullptr; *list != '\0'; list = *end == ',' ? end + 1 : end) {
    values.push_back(std::strtoull(list, &end, 10));
    if (end == list) break;
  }
  return values;
}

int run(const std::string& path, const ProbeOptions& options) {
  auto file = File::open(path);
  if (!file) {
    fmt::print(stderr, "{}\n", file.error().message);
    return 1;
  }
  const auto result = probe_disk({&*file, 1}, options);
  if (!result) {
    fmt::print(stderr, "{}\n", result.error().message);
    return 1;
  }
  for (const std::string& refused : result->refused) fmt::print(stderr, "{}\n", refused);
  for (const ProbePoint& point : result->points) {
    fmt::print("{:6} {:8} bytes {:3} in flight {:8.1f} MB/s {:8.3f} ms {:8.3f} ms\n", point.reader,
               point.read_bytes, point.in_flight, point.bytes_per_second / 1e6,
               point.latency_seconds * 1e3, point.latency_high_seconds * 1e3);
  }
  return 0;
}

}  // namespace
}  // namespace sluice

int main(int count, char** arguments) {
  if (count < 2) {
    fmt::print(stderr, "usage: bench_disk FILE [--reader NAME] [--bytes N,N] [--in-flight N,N] "
                       "[--seconds S] [--rounds N]\n");
    return 2;
  }
  sluice::ProbeOptions options;
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    const char* value = arguments[i + 1];
    if (name == "--reader") options.readers = {value};
    if (name == "--bytes") options.read_bytes = sluice::numbers(value);
    if (name == "--in-flight") options.in_flight = sluice::numbers(value);
    if (name == "--seconds") options.seconds = std::strtod(value, nullptr);
    if (name == "--rounds") options.rounds = std::strtoull(value, nullptr, 10);
  }
  return sluice::run(arguments[1], options);
}
