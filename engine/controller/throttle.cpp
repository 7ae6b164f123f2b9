#include "engine/controller/throttle.h"

#include <algorithm>
#include <array>

namespace simcluster::controller {

namespace {

constexpr int kMostCibShare = 95;  // percent of a core
constexpr int kMostCibShareOfOneCore = 40;
constexpr std::int64_t kOneCore = 60;  // hundredths that one core alone counts for

constexpr std::array<std::string_view, kThrottleModes> kNames = {"negligible", "low", "medium", "high", "extreme"};

ThrottleMode mode_of_load(std::int64_t average, std::int64_t threshold, int cores) {
  const std::int64_t capacity = cores == 1 ? kOneCore : std::int64_t{100} * cores;
  const auto above = [&](std::int64_t percent) { return average * 10'000 > percent * threshold * capacity; };
  if (above(200)) return ThrottleMode::kHigh;
  if (above(160)) return ThrottleMode::kMedium;
  return above(120) ? ThrottleMode::kLow : ThrottleMode::kNone;
}

ThrottleMode mode_of_cib(std::int64_t share, int threshold, int cores) {
  const std::int64_t most = std::min(threshold, cores == 1 ? kMostCibShareOfOneCore : kMostCibShare);
  const auto above = [&](std::int64_t percent) { return share * 100 > percent * most; };
  if (above(150)) return ThrottleMode::kExtreme;
  if (above(100)) return ThrottleMode::kHigh;
  if (above(90)) return ThrottleMode::kMedium;
  return above(80) ? ThrottleMode::kLow : ThrottleMode::kNone;
}

}  // namespace

std::string_view throttle_mode_name(ThrottleMode mode) { return kNames[static_cast<std::size_t>(mode)]; }

ThrottleMode throttle_mode(const HostLoad& load, int threshold, int cores) {
  return std::max(mode_of_load(load.load_average, threshold, cores), mode_of_cib(load.cib_cpu, threshold, cores));
}

void ThrottleRecords::update(std::string_view node, ThrottleMode mode, int most_jobs) {
  records_[std::string(node)] = {mode, most_jobs};
}

int ThrottleRecords::job_limit(std::string_view node, int local_most) const {
  const auto found = records_.find(node);
  const Record record = found != records_.end() ? found->second : Record{ThrottleMode::kLow, local_most};
  switch (record.mode) {
    case ThrottleMode::kNone:
      return std::max(1, record.most_jobs);
    case ThrottleMode::kLow:
      return std::max(1, record.most_jobs / 2);
    case ThrottleMode::kMedium:
      return std::max(1, record.most_jobs / 4);
    case ThrottleMode::kHigh:
    case ThrottleMode::kExtreme:
      break;
  }
  return 1;
}

int ThrottleRecords::batch_limit(int configured, std::size_t peers) const {
  int limit = configured;
  for (const auto& [node, record] : records_) {
    if (record.mode < ThrottleMode::kHigh) continue;
    const auto share = static_cast<int>(peers) / (record.mode == ThrottleMode::kHigh ? 2 : 4);
    const int most = std::max(1, share);
    if (limit <= 0 || limit > most) limit = most;
  }
  return limit;
}

}  // namespace simcluster::controller
