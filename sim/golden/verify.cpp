#include "sim/golden/verify.h"

#include <vector>

#include "engine/base/hash.h"
#include "reports/trace_json.h"
#include "sim/golden/transcript.h"

namespace simcluster::sim {

namespace {

// Keeps the hash of every event, and the text of one of them.
class EventHashes final : public TraceSink {
 public:
  EventHashes(const Scenario& scenario, std::uint64_t wanted)
      : start_(scenario.world.start), names_(machine_names(scenario)), wanted_(wanted) {}
  void on_trace(const TraceEvent& event) override {
    const std::string line = reports::trace_json_line(event, start_, names_);
    hashes_.push_back(hash_text(line));
    if (hashes_.size() == wanted_) text_ = line;
  }
  const std::vector<std::uint64_t>& hashes() const { return hashes_; }
  const std::string& text() const { return text_; }

 private:
  Time start_;
  std::vector<std::string> names_;
  std::uint64_t wanted_;
  std::vector<std::uint64_t> hashes_;
  std::string text_;
};

Result<EventHashes> trace_of(const Scenario& scenario, RunOptions options, std::uint64_t wanted) {
  EventHashes events(scenario, wanted);
  options.listeners.push_back({&events, kHashLevel});
  auto result = run_scenario(scenario, options);
  if (!result) return tl::unexpected(result.error());
  return events;
}

// Number of the first event that differs, counted from 1; 0: none.
std::uint64_t first_difference(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  for (std::size_t i = 0; i < a.size() || i < b.size(); ++i)
    if (i >= a.size() || i >= b.size() || a[i] != b[i]) return i + 1;
  return 0;
}

}  // namespace

Result<std::optional<Divergence>> verify(const Scenario& scenario, const std::function<RunOptions(int)>& options) {
  auto first = run_scenario(scenario, options(0));
  if (!first) return tl::unexpected(first.error());
  auto second = run_scenario(scenario, options(1));
  if (!second) return tl::unexpected(second.error());
  if (first->hash == second->hash || first->interrupted || second->interrupted) return std::optional<Divergence>();
  Divergence divergence{first->hash, second->hash, 0, {}, {}};
  const auto a = trace_of(scenario, options(0), 0);
  const auto b = trace_of(scenario, options(1), 0);
  if (!a || !b) return std::optional<Divergence>(divergence);
  divergence.event = first_difference(a->hashes(), b->hashes());
  if (const auto again = trace_of(scenario, options(0), divergence.event)) divergence.first_event = again->text();
  if (const auto again = trace_of(scenario, options(1), divergence.event)) divergence.second_event = again->text();
  return std::optional<Divergence>(divergence);
}

}  // namespace simcluster::sim
