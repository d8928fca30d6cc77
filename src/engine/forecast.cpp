#include "engine/forecast.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "engine/prediction.hpp"
#include "engine/token_work.hpp"
#include "host/storage.hpp"

namespace sluice {

namespace {

// Types that make up less than this share of a token's bytes may be unmeasured: they are taken to
// be as fast as the slowest that is known.
constexpr double kNegligible = 0.05;

struct UnitReadShape {
  double bytes = 0;   // of a unit, as read
  double parts = 0;
};

UnitReadShape mean_unit(const Source& source) {
  const Catalog& catalog = source.binder->catalog();
  UnitReadShape shape;
  if (catalog.units() == 0) return shape;
  const auto alignment = std::max<uint64_t>(source.alignment, 1);
  for (const UnitGroup& group : catalog.groups()) {
    for (const UnitPart& part : group.parts) {
      // The first unit stands for its group: later ones lie at other offsets, but cover at most one
      // block more or less.
      const uint64_t begin = align_down(part.offset, alignment);
      const uint64_t end = align_up(part.offset + part.bytes, alignment);
      shape.bytes += static_cast<double>((end - begin) * group.count);
      shape.parts += group.count;
    }
  }
  shape.bytes /= catalog.units();
  shape.parts /= catalog.units();
  return shape;
}

}  // namespace

uint64_t mean_read_bytes(const Source& source) {
  const UnitReadShape unit = mean_unit(source);
  return unit.parts == 0 ? 0 : static_cast<uint64_t>(unit.bytes / unit.parts);
}

ReadChoice choose_model_reads(const Source& source, const std::vector<ProbePoint>& points,
                              const std::string& reader) {
  const uint64_t bytes = mean_read_bytes(source);
  if (bytes == 0) return {};
  if (reader != "auto") return choose_reads(points, reader, bytes);
  const ReadChoice choice = choose_reads(points, "uring", bytes);
  return choice.in_flight != 0 ? choice : choose_reads(points, "pread", bytes);
}

std::optional<double> compute_seconds(const Source& source, const std::vector<KernelRate>& rates) {
  double total = 0;
  double unknown = 0;
  double slowest = 0;
  double needed = 0;
  for (const TokenWork& work : token_work(source)) {
    const auto rate = std::find_if(rates.begin(), rates.end(), [&](const KernelRate& known) {
      return known.type == dtype_info(work.type).name;
    });
    total += work.bytes_per_token;
    if (rate == rates.end()) {
      unknown += work.bytes_per_token;
      continue;
    }
    needed += work.bytes_per_token / rate->bytes_per_second;
    slowest = slowest == 0 ? rate->bytes_per_second : std::min(slowest, rate->bytes_per_second);
  }
  if (slowest == 0 || unknown > kNegligible * total) return std::nullopt;
  return needed + unknown / slowest;
}

void forecast(const Source& source, const EngineOptions& options, const ProcessorKey& processor,
              MemoryPlan& plan) {
  const Measurements measurements(options.measurements_folder);
  const auto storage = describe_storage(source.file.files.front().path());
  const auto points = storage ? measurements.disk(storage->id) : std::nullopt;
  const ReadChoice reads =
      choose_model_reads(source, points.value_or(std::vector<ProbePoint>()), options.reader);
  plan.reads_in_flight = reads.in_flight;
  const auto rates = measurements.processor(processor);
  const auto compute = rates ? compute_seconds(source, *rates) : std::nullopt;
  if (!compute || !plan.fits) return;
  const UnitReadShape unit = mean_unit(source);
  const Catalog& catalog = source.binder->catalog();
  const bool streams = plan.slots < plan.units;
  if (streams && reads.in_flight == 0) return;
  PredictionInput input;
  input.units = plan.units;
  input.slots = (plan.slots + plan.slots_most) / 2;  // in a context half full
  if (catalog.units() > 0) {
    input.units_per_token = static_cast<double>(source.routed_bytes_per_token) * catalog.units() /
                            static_cast<double>(catalog.total_bytes());
  }
  input.unit_read_bytes = unit.bytes;
  input.read_bytes_per_second = reads.bytes_per_second;
  input.compute_seconds = *compute;
  const auto contention = storage ? measurements.contention(storage->id, processor) : std::nullopt;
  if (contention) {
    input.compute_share = contention->compute_share;
    input.shared_bytes_per_second = contention->bytes_per_second;
  }
  plan.prediction = predict_decode(input);
  plan.predicted_decode_tokens_per_second = plan.prediction->tokens_per_second;
}

}  // namespace sluice
