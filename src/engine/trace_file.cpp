#include "engine/trace_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>

namespace sluice {

namespace {

constexpr uint8_t kUnknown = 2;  // demanded, and not yet known whether it was there

// As a JSON string. A path may hold any byte; those that JSON or its readers mind become '?'.
std::string quoted(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E ? '?' : c;
  }
  return json + '"';
}

}  // namespace

Result<std::unique_ptr<TraceFile>> TraceFile::create(const std::string& path,
                                                     const TraceHeader& header,
                                                     const Catalog& catalog) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return Error{Code::io, path + ": the trace cannot be written: " + std::strerror(errno)};
  }
  auto trace = std::unique_ptr<TraceFile>(new TraceFile(path, file, catalog));
  uint32_t experts = 0;
  uint64_t unit_bytes = 0;
  for (const UnitGroup& group : catalog.groups()) {
    experts = std::max(experts, group.count);
    unit_bytes = std::max(unit_bytes, catalog.bytes(group.first));
  }
  trace->hit_.assign(experts, kUnknown);
  const std::string name = header.model.substr(header.model.rfind('/') + 1);
  const std::string line = fmt::format(
      "{{\"sluice_trace\":1,\"model\":{},\"layers\":{},\"experts\":{},\"top_k\":{},"
      "\"unit_bytes\":{},\"slots\":{},\"policy\":{}}}\n",
      quoted(name), catalog.groups().size(), experts, header.top_k, unit_bytes, header.slots,
      quoted(header.policy));
  std::fwrite(line.data(), 1, line.size(), file);
  SLUICE_TRY(trace->end_step());
  return trace;
}

TraceFile::~TraceFile() {
  std::fclose(file_);
}

void TraceFile::attach(Store& store) {
  StoreLog log;
  log.on_route = [this](const Demand& demand) { route(demand); };
  log.on_access = [this](UnitIndex unit, bool hit) { access(unit, hit); };
  store.set_log(std::move(log));
}

void TraceFile::begin_step(size_t position, bool prefill) {
  choices_.clear();
  ++step_;
  position_ = position;
  prefill_ = prefill;
}

Result<void> TraceFile::end_step() {
  write_pending();
  if (std::fflush(file_) != 0 || std::ferror(file_) != 0) return failed();
  return {};
}

void TraceFile::route(const Demand& demand) {
  write_pending();
  const UnitGroup& group = catalog_.group_of(demand.unit(0));
  layer_ = static_cast<size_t>(&group - catalog_.groups().data());
  per_row_ = demand.per_row;
  weights_.assign(demand.weights.begin(), demand.weights.end());
  std::fill(hit_.begin(), hit_.end(), kUnknown);
  distinct_ = accesses_ = 0;
  choices_.clear();
  for (size_t i = 0; i < demand.choices.size(); ++i) {
    const uint32_t unit = to_number(demand.unit(i)) - to_number(group.first);
    if (unit >= group.count) return choices_.clear();  // nobody's layer
    choices_.push_back(unit);
    if (hit_[unit] == kUnknown) ++distinct_;
    hit_[unit] = 0;
  }
}

void TraceFile::access(UnitIndex unit, bool hit) {
  const UnitGroup& group = catalog_.groups()[layer_];
  const uint32_t index = to_number(unit) - to_number(group.first);
  if (to_number(unit) < to_number(group.first) || index >= group.count) return;
  hit_[index] = hit ? 1 : 0;
  ++accesses_;
}

void TraceFile::write_pending() {
  if (accesses_ == distinct_) {
    for (size_t row = 0; row * per_row_ < choices_.size(); ++row) write_row(row);
  }
  choices_.clear();
}

void TraceFile::write_row(size_t row) {
  const auto out = std::back_inserter(line_);
  const auto list = [&](const char* key, auto&& value) {
    fmt::format_to(out, ",\"{}\":[", key);
    for (size_t i = 0; i < per_row_; ++i) {
      fmt::format_to(out, "{}{}", i == 0 ? "" : ",", value(row * per_row_ + i));
    }
    line_ += ']';
  };
  line_.clear();
  fmt::format_to(out, "{{\"token\":{},\"step\":{},\"phase\":\"{}\",\"layer\":{}", position_ + row,
                 step_, prefill_ ? "prefill" : "decode", layer_);
  list("experts", [&](size_t i) { return choices_[i]; });
  if (!weights_.empty())
    list("weights", [&](size_t i) { return fmt::format("{:.6g}", weights_[i]); });
  list("hits", [&](size_t i) { return static_cast<unsigned>(hit_[choices_[i]]); });
  line_ += "}\n";
  std::fwrite(line_.data(), 1, line_.size(), file_);
}

Error TraceFile::failed() const {
  return {Code::io, path_ + ": the trace cannot be written; the disk may be full"};
}

}  // namespace sluice
