// The run history: one row per run, in an SQLite file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"

namespace simcluster::reports {

struct RunRecord {
  std::int64_t id = 0;
  std::string recorded_at;  // UTC, "2013-12-26 20:00:00"; filled in by the file
  std::string scenario;
  std::string variant;
  std::uint64_t seed = 0;
  std::string engine_version;
  std::string trace_hash;  // 16 hexadecimal digits
  std::string verdict;
  std::int64_t virtual_ms = 0;
  std::int64_t wall_ms = 0;
  std::int64_t downtime_ms = 0;
  std::optional<std::int64_t> first_false_failure_ms;
};

struct HistoryFilter {
  std::string scenario;  // empty: all
  std::string variant;   // empty: all
  std::size_t limit = 50;
};

class History {
 public:
  // Opens or makes the file. `create` false: a missing file is an error.
  static Result<History> open(const std::string& path, bool create);
  ~History();
  History(History&&) noexcept;
  History& operator=(History&&) = delete;

  // All or none: one transaction. Several processes may add at the same time.
  Result<void> add(const std::vector<RunRecord>& runs);
  // The newest first.
  Result<std::vector<RunRecord>> list(const HistoryFilter& filter) const;
  // The newest run of every scenario and variant, with the newest one before it under the same seed.
  struct Pair {
    RunRecord now;
    std::optional<RunRecord> before;
  };
  Result<std::vector<Pair>> compare(const HistoryFilter& filter) const;

 private:
  struct Impl;
  explicit History(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace simcluster::reports
