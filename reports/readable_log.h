// The readable event log that operators get from the cluster's log by a filter, as pm_logconv makes it (AT-10.3).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "engine/base/trace.h"

namespace simcluster::reports {

// What must run somewhere for a fail-over to have succeeded, and is told of at its end: a name and its primitives.
struct WatchedResource {
  std::string id;
  std::vector<std::string> primitives;
};

using WatchList = std::vector<WatchedResource>;

// The filter's own settings, /etc/pm_logconv.conf: `act_rsc` names the resources to watch, separated by commas. What
// else the file sets is left alone. An error tells the line that is no setting.
Result<WatchList> read_watch_list(std::string_view settings, const std::string& file);

class ReadableLog final : public TraceSink {
 public:
  // Severity ("info", "warning", "error") and text of a line in the log of the machine `node`.
  using Write = std::function<void(const TraceEvent& event, std::string_view severity, std::string_view text)>;

  // `watch` by machine; empty or missing: every primitive that has ever run.
  ReadableLog(std::vector<std::string> node_names, std::vector<WatchList> watch, Write write);
  ~ReadableLog() override;

  void on_trace(const TraceEvent& event) override;

  // The highest trace level that it needs.
  static int level();

 private:
  // What one machine's log has told so far.
  struct Machine {
    bool failed = false;  // a node was lost or a resource has failed, and the scheduler was not asked since
    bool open = false;    // within a fail-over block
    std::string dc;
    std::set<std::string, std::less<>> leaving;              // nodes that were asked to stop
    std::set<std::string, std::less<>> stopping;             // daemons that were
    std::map<std::string, std::string, std::less<>> before;  // where resources ran when the block was opened
  };

  void on_log(const TraceEvent& event);
  void on_operation_failed(const TraceEvent& event);
  bool on_start_or_stop(const TraceEvent& event, std::string_view text);
  bool on_process(const TraceEvent& event, std::string_view text);
  bool on_membership(const TraceEvent& event, std::string_view text);
  bool on_action(const TraceEvent& event, std::string_view text);
  bool on_result(const TraceEvent& event, std::string_view text);
  bool on_network(const TraceEvent& event, std::string_view daemon, std::string_view text);
  bool on_attribute(const TraceEvent& event, std::string_view text);
  bool on_fencing(const TraceEvent& event, std::string_view text);
  bool on_fail_over(const TraceEvent& event, std::string_view text);
  bool unmanaged_exists() const;
  void close_block(const TraceEvent& event, Machine& machine);
  void tell(const TraceEvent& event, std::string_view severity, std::string_view text) const;

  Machine& machine(const TraceEvent& event) { return machines_[event.node.index()]; }
  // "node1", "node1 node2", or nothing.
  std::string place_of(const WatchedResource& resource) const;
  WatchList watched(NodeIndex machine) const;
  void all_stopped_on(NodeIndex node);

  std::vector<std::string> node_names_;
  std::vector<WatchList> watch_;
  Write write_;
  std::vector<Machine> machines_;
  std::map<std::string, std::set<std::size_t>, std::less<>> runs_on_;  // primitives, and the machines they run on
  std::map<std::string, std::set<std::size_t>, std::less<>> stuck_;    // where they could not be stopped
};

}  // namespace simcluster::reports
