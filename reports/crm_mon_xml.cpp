#include "reports/crm_mon_xml.h"

#include <deque>

#include <fmt/core.h>

#include "engine/base/time_text.h"
#include "engine/cib/values.h"
#include "engine/scheduler/history.h"
#include "engine/scheduler/status_report.h"
#include "reports/crm_mon_sections.h"
#include "reports/status_xml.h"
#include "reports/text.h"

namespace simcluster::reports {

namespace {

// "2021-03-30 14:40:10Z"
std::string utc(Time time) { return date_text(time).substr(0, 19) + "Z"; }

class MonitorXml {
 public:
  MonitorXml(const ClusterView& view, std::string_view request)
      : view_(view),
        form_(view.context().profile.peer_times_in_status ? StatusXml::k3_0 : StatusXml::k2_1),
        xml_(out_) {
    xml_.open("pacemaker-result", {{"api-version", api_version(form_)}, {"request", request}});
  }

  std::string text() {
    const scheduler::ClusterReport report = view_.report();
    if (view_.context().profile.crm_mon_supervisor_line && !view_.context().local_node.empty())
      xml_.leaf("pacemakerd", {{"sys_from", "pacemakerd"}, {"state", "running"}, {"last_updated", utc(now())}});
    summary();
    write_nodes_xml(report.nodes, xml_);
    write_resources_xml(report.resources, form_, xml_);
    if (!report.attributes.empty()) write_attributes_xml(report.attributes, xml_);
    node_history();
    if (!report.failures.empty()) failures(report.failures);
    fence_history();
    tickets();
    ban_list();
    xml_.leaf("status", {{"code", "0"}, {"message", "OK"}});
    xml_.close();
    return std::move(out_);
  }

 private:
  // In the words of the release.
  void failures(std::vector<scheduler::FailureReport> failures) {
    constexpr int kLastStatus = 11;
    std::deque<std::string> reasons;
    for (scheduler::FailureReport& failure : failures) {
      // 2.1 escapes them twice.
      if (form_ == StatusXml::k2_1 && failure.exit_reason)
        failure.exit_reason = reasons.emplace_back(escaped_text(*failure.exit_reason));
      failure.exit_text = view_.rc_text(failure.rc);
      const std::string_view status = failure.status;
      for (int number = 0; number <= kLastStatus; ++number)
        if (scheduler::exec_status_text(number) == status) failure.status = view_.status_text(number);
    }
    write_failures_xml(failures, xml_);
  }

  Time now() const { return view_.context().now; }

  void summary() {
    xml_.open("summary");
    xml_.leaf("stack", {{"type", view_.property("cluster-infrastructure").value_or("unknown")}});
    current_dc();
    xml_.leaf("last_update", {{"time", ctime_text(now())}});
    const cib::Element root = view_.cib().root();
    xml_.leaf("last_change", {{"time", root.value("cib-last-written")},
                              {"user", root.value("update-user")},
                              {"client", root.value("update-client")},
                              {"origin", root.value("update-origin")}});
    const scheduler::Model& model = view_.model();
    xml_.leaf("nodes_configured", {{"number", std::to_string(model.nodes.size())}});
    xml_.leaf("resources_configured", {{"number", std::to_string(model.counts.total)},
                                       {"disabled", std::to_string(model.counts.disabled)},
                                       {"blocked", std::to_string(model.counts.blocked)}});
    cluster_options();
    xml_.close();
  }

  void current_dc() {
    const scheduler::Node* dc = view_.dc();
    if (dc == nullptr) return xml_.leaf("current_dc", {{"present", "false"}});
    xml_.leaf("current_dc", {{"present", "true"},
                             {"version", view_.property("dc-version").value_or("")},
                             {"name", dc->name},
                             {"id", dc->id},
                             {"with_quorum", yes_no(view_.quorate())},
                             {"mixed_version", yes_no(view_.has_mixed_versions())}});
  }

  void cluster_options() {
    const scheduler::ClusterOptions& options = view_.model().options;
    xml_.leaf("cluster_options", {{"stonith-enabled", yes_no(options.fencing_enabled)},
                                  {"symmetric-cluster", yes_no(options.symmetric)},
                                  {"no-quorum-policy", no_quorum_policy(options.no_quorum_policy)},
                                  {"maintenance-mode", yes_no(options.maintenance_mode)},
                                  {"stop-all-resources", yes_no(options.stop_all_resources)},
                                  {"stonith-timeout-ms",
                                   std::to_string(cib::parse_interval(options.fencing_timeout_text).value_or(60000))},
                                  {"priority-fencing-delay-ms", std::to_string(options.priority_fencing_delay_ms)}});
  }

  static std::string_view no_quorum_policy(scheduler::NoQuorumPolicy policy) {
    switch (policy) {
      case scheduler::NoQuorumPolicy::kFreeze:
        return "freeze";
      case scheduler::NoQuorumPolicy::kStop:
        return "stop";
      case scheduler::NoQuorumPolicy::kDemote:
        return "demote";
      case scheduler::NoQuorumPolicy::kIgnore:
        return "ignore";
      case scheduler::NoQuorumPolicy::kFence:
        return "suicide";
    }
    return {};
  }

  void node_history() {
    const std::vector<scheduler::NodeId> online = view_.online_in_status_order();
    if (online.empty()) return;
    xml_.open("node_history");
    for (const scheduler::NodeId id : online) {
      const scheduler::Node& node = view_.model().node(id);
      std::vector<ShownHistory> shown = view_.history(node);
      std::erase_if(shown, [](const ShownHistory& history) { return history.operations.empty(); });
      if (shown.empty()) continue;
      xml_.open("node", {{"name", node.name}});
      for (const ShownHistory& history : shown) resource_history(history);
      xml_.close();
    }
    xml_.close();
  }

  void resource_history(const ShownHistory& history) {
    xml_.open("resource_history", {{"id", history.shown_name}, {"orphan", yes_no(!history.known)}});
    if (history.known) {
      xml_.attribute("migration-threshold", std::to_string(history.migration_threshold));
      if (history.fail_count > 0) xml_.attribute("fail-count", std::to_string(history.fail_count));
      if (history.last_failure > 0) xml_.attribute("last-failure", ctime_text(Time{} + seconds(history.last_failure)));
    }
    for (const ShownOperation& operation : history.operations) {
      xml_.open("operation_history", {{"call", std::to_string(operation.call)},
                                      {"task", operation.is_probe ? "probe" : operation.task},
                                      {"rc", std::to_string(operation.rc)},
                                      {"rc_text", view_.rc_text(operation.rc)}});
      if (operation.interval > 0) xml_.attribute("interval", fmt::format("{}ms", operation.interval));
      if (operation.last_change > 0)
        xml_.attribute("last-rc-change", ctime_text(Time{} + seconds(operation.last_change)));
      if (!operation.exec_time.empty()) xml_.attribute("exec-time", fmt::format("{}ms", operation.exec_time));
      if (!operation.queue_time.empty()) xml_.attribute("queue-time", fmt::format("{}ms", operation.queue_time));
      xml_.close();
    }
    xml_.close();
  }

  void fence_history() {
    if (view_.context().fencing.empty()) return;
    xml_.open("fence_history");
    write_fence_events(view_.context().fencing, xml_);
    xml_.close();
  }

  void tickets() {
    if (view_.model().tickets.empty()) return;
    xml_.open("tickets");
    for (const scheduler::Ticket* ticket : tickets_in_order(view_)) {
      xml_.open("ticket", {{"id", ticket->id},
                           {"status", ticket->granted ? "granted" : "revoked"},
                           {"standby", yes_no(ticket->standby)}});
      if (ticket->last_granted > -1) xml_.attribute("last-granted", ctime_text(Time{} + seconds(ticket->last_granted)));
      xml_.close();
    }
    xml_.close();
  }

  void ban_list() {
    const std::vector<Ban> found = bans(view_);
    if (found.empty()) return;
    xml_.open("bans");
    for (const Ban& ban : found) {
      const std::string_view promoted = yes_no(ban.promoted_only);
      xml_.leaf("ban", {{"id", ban.constraint},
                        {"resource", ban.resource},
                        {"node", view_.model().node(ban.node).name},
                        {"weight", std::to_string(ban.score)},
                        {"promoted-only", promoted},
                        {"master_only", promoted}});
    }
    xml_.close();
  }

  const ClusterView& view_;
  StatusXml form_;
  std::string out_;
  XmlWriter xml_;
};

}  // namespace

void write_fence_events(std::span<const FencingRecord> oldest_first, XmlWriter& xml) {
  for (auto at = oldest_first.rbegin(); at != oldest_first.rend(); ++at) {
    const FencingRecord& record = *at;
    xml.open("fence_event", {{"action", record.action},
                             {"target", record.target},
                             {"client", record.client},
                             {"origin", record.origin},
                             {"status", record.pending     ? "pending"
                                        : record.succeeded ? "success"
                                                           : "failed"}});
    xml.optional_attribute("exit-reason", record.reason);
    xml.optional_attribute("delegate", record.delegate);
    if (!record.pending) xml.attribute("completed", utc(record.completed));
    xml.close();
  }
}

std::string crm_mon_xml(const ClusterView& view, std::string_view request) { return MonitorXml(view, request).text(); }

}  // namespace simcluster::reports
