#include "engine/measurements.hpp"

#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "host/text_file.hpp"

namespace sluice {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDiskTitle = "sluice disk 1\n";
// Another number whenever kernels become much faster or slower: earlier rates are forgotten.
constexpr std::string_view kProcessorTitle = "sluice processor 3\n";
constexpr std::string_view kContentionTitle = "sluice contention 1\n";
constexpr std::string_view kCheck = "check ";
constexpr size_t kDigits = 16;

std::string hexadecimal(uint64_t value) {
  char text[kDigits + 1];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

std::string number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string seal(std::string text) {
  const uint64_t sum = XXH3_64bits(text.data(), text.size());
  return text.append(kCheck) + hexadecimal(sum) + "\n";
}

// The lines between title and checksum.
std::optional<std::string> unseal(std::string_view text, std::string_view title) {
  const size_t body = text.rfind(kCheck);
  if (body == std::string_view::npos || text.substr(0, title.size()) != title) return std::nullopt;
  if (seal(std::string(text.substr(0, body))) != text) return std::nullopt;
  return std::string(text.substr(title.size(), body - title.size()));
}

bool is_rate(double value) { return std::isfinite(value) && value > 0; }

std::string hash_of(const ProcessorKey& key) {
  const std::string text = key.name + "\n" + key.isa + "\n" + std::to_string(key.threads);
  return hexadecimal(XXH3_64bits(text.data(), text.size()));
}

}  // namespace

std::string format_disk(const std::vector<ProbePoint>& points) {
  std::string text(kDiskTitle);
  for (const ProbePoint& p : points) {
    text += "point " + p.reader + " " + std::to_string(p.read_bytes) + " " +
            std::to_string(p.in_flight) + " " + number(p.bytes_per_second) + " " +
            number(p.latency_seconds) + " " + number(p.latency_high_seconds) + "\n";
  }
  return seal(std::move(text));
}

std::optional<std::vector<ProbePoint>> parse_disk(std::string_view text) {
  const auto body = unseal(text, kDiskTitle);
  if (!body) return std::nullopt;
  std::vector<ProbePoint> points;
  std::istringstream lines(*body);
  for (std::string word; lines >> word;) {
    ProbePoint p;
    if (word != "point" || !(lines >> p.reader >> p.read_bytes >> p.in_flight >>
                             p.bytes_per_second >> p.latency_seconds >> p.latency_high_seconds)) {
      return std::nullopt;
    }
    if (!is_rate(p.bytes_per_second) || p.read_bytes == 0 || p.in_flight == 0) return std::nullopt;
    points.push_back(std::move(p));
  }
  return points;
}

std::string format_processor(const std::vector<KernelRate>& rates) {
  std::string text(kProcessorTitle);
  for (const KernelRate& rate : rates) {
    text += "rate " + rate.type + " " + number(rate.bytes_per_second) + "\n";
  }
  return seal(std::move(text));
}

std::optional<std::vector<KernelRate>> parse_processor(std::string_view text) {
  const auto body = unseal(text, kProcessorTitle);
  if (!body) return std::nullopt;
  std::vector<KernelRate> rates;
  std::istringstream lines(*body);
  for (std::string word; lines >> word;) {
    KernelRate rate;
    if (word != "rate" || !(lines >> rate.type >> rate.bytes_per_second)) return std::nullopt;
    if (!is_rate(rate.bytes_per_second)) return std::nullopt;
    rates.push_back(std::move(rate));
  }
  return rates;
}

std::string format_contention(const Contention& contention) {
  return seal(std::string(kContentionTitle) + "share " + number(contention.compute_share) +
              " rate " + number(contention.bytes_per_second) + "\n");
}

std::optional<Contention> parse_contention(std::string_view text) {
  const auto body = unseal(text, kContentionTitle);
  if (!body) return std::nullopt;
  std::istringstream line(*body);
  std::string share;
  std::string rate;
  Contention contention;
  line >> share >> contention.compute_share >> rate >> contention.bytes_per_second;
  if (!line || share != "share" || rate != "rate") return std::nullopt;
  if (!is_rate(contention.compute_share) || contention.compute_share > 1) return std::nullopt;
  if (!is_rate(contention.bytes_per_second)) return std::nullopt;
  return contention;
}

std::string Measurements::path(const StorageId& id) const {
  return folder_ + "/disk-" + id.text() + ".txt";
}

std::string Measurements::path(const ProcessorKey& key) const {
  return folder_ + "/processor-" + hash_of(key) + ".txt";
}

std::string Measurements::path(const StorageId& id, const ProcessorKey& key) const {
  return folder_ + "/contention-" + id.text() + "-" + hash_of(key) + ".txt";
}

std::optional<std::vector<ProbePoint>> Measurements::disk(const StorageId& id) const {
  const auto text = folder_.empty() ? std::nullopt : read_text(path(id));
  return text ? parse_disk(*text + "\n") : std::nullopt;
}

std::optional<std::vector<KernelRate>> Measurements::processor(const ProcessorKey& key) const {
  const auto text = folder_.empty() ? std::nullopt : read_text(path(key));
  return text ? parse_processor(*text + "\n") : std::nullopt;
}

std::optional<Contention> Measurements::contention(const StorageId& id,
                                                   const ProcessorKey& key) const {
  const auto text = folder_.empty() ? std::nullopt : read_text(path(id, key));
  return text ? parse_contention(*text + "\n") : std::nullopt;
}

Result<void> Measurements::remember(const StorageId& id,
                                    const std::vector<ProbePoint>& points) const {
  return write(path(id), format_disk(points));
}

Result<void> Measurements::remember(const ProcessorKey& key,
                                    const std::vector<KernelRate>& rates) const {
  return write(path(key), format_processor(rates));
}

Result<void> Measurements::remember(const StorageId& id, const ProcessorKey& key,
                                    const Contention& contention) const {
  return write(path(id, key), format_contention(contention));
}

Result<void> Measurements::write(const std::string& path, const std::string& text) const {
  if (folder_.empty()) return {};
  std::error_code error;
  fs::create_directories(folder_, error);
  const std::string temporary = path + "." + std::to_string(getpid());
  std::ofstream file(temporary, std::ios::binary);
  file << text;
  file.close();
  const std::string reason = std::strerror(errno);
  if (file) fs::rename(temporary, path, error);
  if (file && !error) return {};
  std::remove(temporary.c_str());
  return Error{Code::io, path + ": cannot write: " + (error ? error.message() : reason)};
}

}  // namespace sluice
