#include "reports/history.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <tuple>

#include <fmt/core.h>
#include <sqlite3.h>

namespace simcluster::reports {

namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr int kSchemaVersion = 1;

constexpr const char* kSchema = R"(
create table if not exists runs (
  id integer primary key,
  recorded_at text not null default (strftime('%Y-%m-%d %H:%M:%S', 'now')),
  scenario text not null,
  variant text not null,
  seed text not null,
  engine_version text not null,
  trace_hash text not null,
  verdict text not null,
  virtual_ms integer not null,
  wall_ms integer not null,
  downtime_ms integer not null,
  first_false_failure_ms integer
);
create index if not exists runs_by_variant on runs (scenario, variant, id);
)";

constexpr const char* kColumns =
    "id, recorded_at, scenario, variant, seed, engine_version, trace_hash, verdict, virtual_ms, wall_ms, downtime_ms, "
    "first_false_failure_ms";

}  // namespace

struct History::Impl {
  std::string path;
  sqlite3* database = nullptr;

  ~Impl() { sqlite3_close(database); }

  tl::unexpected<Error> error(const char* what) const {
    return fail(fmt::format("the history \"{}\" {}: {}", path, what, sqlite3_errmsg(database)));
  }
  Result<void> run(const char* sql) const {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error("cannot be used");
    return {};
  }
};

namespace {

class Statement {
 public:
  Statement(sqlite3* database, const std::string& sql) {
    sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  bool good() const { return statement_ != nullptr; }
  void bind(int index, const std::string& text) {
    sqlite3_bind_text(statement_, index, text.c_str(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
  }
  void bind(int index, std::int64_t number) { sqlite3_bind_int64(statement_, index, number); }
  void bind_null(int index) { sqlite3_bind_null(statement_, index); }
  int step() { return sqlite3_step(statement_); }
  void reset() { sqlite3_reset(statement_); }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr ? std::string() : std::string(bytes);
  }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  bool null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

RunRecord record_of(const Statement& row) {
  RunRecord run;
  run.id = row.number(0);
  run.recorded_at = row.text(1);
  run.scenario = row.text(2);
  run.variant = row.text(3);
  run.seed = std::strtoull(row.text(4).c_str(), nullptr, 10);
  run.engine_version = row.text(5);
  run.trace_hash = row.text(6);
  run.verdict = row.text(7);
  run.virtual_ms = row.number(8);
  run.wall_ms = row.number(9);
  run.downtime_ms = row.number(10);
  if (!row.null(11)) run.first_false_failure_ms = row.number(11);
  return run;
}

void bind_record(Statement& insert, const RunRecord& run) {
  insert.bind(1, run.scenario);
  insert.bind(2, run.variant);
  insert.bind(3, std::to_string(run.seed));
  insert.bind(4, run.engine_version);
  insert.bind(5, run.trace_hash);
  insert.bind(6, run.verdict);
  insert.bind(7, run.virtual_ms);
  insert.bind(8, run.wall_ms);
  insert.bind(9, run.downtime_ms);
  run.first_false_failure_ms ? insert.bind(10, *run.first_false_failure_ms) : insert.bind_null(10);
}

bool same_subject(const RunRecord& a, const RunRecord& b) {
  return a.scenario == b.scenario && a.variant == b.variant && a.seed == b.seed;
}

}  // namespace

History::History(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
History::~History() = default;
History::History(History&&) noexcept = default;

Result<History> History::open(const std::string& path, bool create) {
  if (!create && !std::filesystem::exists(path)) return fail(fmt::format("the history \"{}\" does not exist", path));
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  const int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
  if (sqlite3_open_v2(path.c_str(), &impl->database, flags, nullptr) != SQLITE_OK)
    return impl->error("cannot be opened");
  sqlite3_busy_timeout(impl->database, kBusyTimeoutMs);
  for (const char* sql : {"pragma journal_mode = wal", "pragma synchronous = normal", kSchema})
    if (auto done = impl->run(sql); !done) return tl::unexpected(done.error());
  Statement version(impl->database, "pragma user_version");
  version.step();
  if (version.number(0) > kSchemaVersion)
    return fail(fmt::format("the history \"{}\" was written by a newer version", path));
  version.reset();
  if (auto done = impl->run("pragma user_version = 1"); !done) return tl::unexpected(done.error());
  return History(std::move(impl));
}

Result<void> History::add(const std::vector<RunRecord>& runs) {
  if (auto begun = impl_->run("begin immediate"); !begun) return begun;
  Statement insert(
      impl_->database,
      "insert into runs (scenario, variant, seed, engine_version, trace_hash, verdict, virtual_ms, wall_ms, "
      "downtime_ms, first_false_failure_ms) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const auto& run : runs) {
    if (insert.good()) bind_record(insert, run);
    if (!insert.good() || insert.step() != SQLITE_DONE) {
      const auto error = impl_->error("cannot be written");
      static_cast<void>(impl_->run("rollback"));
      return error;
    }
    insert.reset();
  }
  return impl_->run("commit");
}

Result<std::vector<RunRecord>> History::list(const HistoryFilter& filter) const {
  Statement query(impl_->database,
                  fmt::format("select {} from runs where (?1 = '' or scenario = ?1) and (?2 = '' or variant = ?2) "
                              "order by id desc limit ?3",
                              kColumns));
  if (!query.good()) return impl_->error("cannot be read");
  query.bind(1, filter.scenario);
  query.bind(2, filter.variant);
  query.bind(3, static_cast<std::int64_t>(filter.limit));
  std::vector<RunRecord> runs;
  int state = query.step();
  for (; state == SQLITE_ROW; state = query.step()) runs.push_back(record_of(query));
  if (state != SQLITE_DONE) return impl_->error("cannot be read");
  return runs;
}

Result<std::vector<History::Pair>> History::compare(const HistoryFilter& filter) const {
  HistoryFilter all = filter;
  all.limit = 1'000'000;
  const auto runs = list(all);
  if (!runs) return tl::unexpected(runs.error());
  std::vector<Pair> pairs;
  for (const auto& run : *runs) {
    const auto known =
        std::find_if(pairs.begin(), pairs.end(), [&](const Pair& pair) { return same_subject(pair.now, run); });
    if (known == pairs.end())
      pairs.push_back({run, std::nullopt});
    else if (!known->before)
      known->before = run;
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tie(a.now.scenario, a.now.variant, a.now.seed) < std::tie(b.now.scenario, b.now.variant, b.now.seed);
  });
  if (pairs.size() > filter.limit) pairs.resize(filter.limit);
  return pairs;
}

}  // namespace simcluster::reports
