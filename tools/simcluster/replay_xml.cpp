// The XML output of the cluster's tools (S5 M-9).
#include <optional>
#include <vector>

#include "engine/scheduler/status_report.h"
#include "engine/scheduler/summary.h"
#include "engine/scheduler/text.h"
#include "reports/status_xml.h"
#include "tools/simcluster/replay_output.h"

namespace simcluster::tools {

namespace {

using reports::StatusXml;
using reports::XmlWriter;

class XmlOutput : public ReplayOutput {
 public:
  explicit XmlOutput(const std::string& request) : xml_(out_) {
    xml_.open("pacemaker-result", {{"api-version", reports::api_version(StatusXml::k3_0)}, {"request", request}});
  }

  void plain(std::string_view) override {}
  bool keep_error(const std::string& text) override {
    errors_.push_back(text);
    return true;
  }

  void current_status(scheduler::Model& model, const scheduler::DisplayOptions& options) override {
    status("cluster_status", model, options);
  }
  void revised_status(scheduler::Model& model, const scheduler::DisplayOptions& options) override {
    status("revised_cluster_status", model, options);
  }

  void begin_modifications(const scheduler::Injections& injections) override {
    xml_.open("modifications");
    if (injections.quorum) xml_.attribute("quorum", *injections.quorum);
    if (injections.watchdog) xml_.attribute("watchdog", *injections.watchdog);
  }
  void modification(const scheduler::InjectedItem& item) override {
    using Kind = scheduler::InjectedItem::Kind;
    if (item.kind == Kind::kNode) {
      xml_.leaf("modify_node", {{"action", item.action}, {"node", item.subject}});
    } else if (item.kind == Kind::kTicket) {
      xml_.leaf("modify_ticket", {{"action", item.action}, {"ticket", item.subject}});
    } else if (item.kind == Kind::kOperation) {
      xml_.leaf("inject_spec", {{"spec", item.subject}});
    } else if (item.kind == Kind::kAttribute) {
      injected_attribute(*item.attribute);
    }
  }
  void end_modifications() override { xml_.close(); }

  void scores(const scheduler::Model& model, bool scores, bool utilization) override {
    xml_.open(scores && utilization ? "allocations_utilizations" : scores ? "allocations" : "utilizations");
    for (const scheduler::ScoreLine& line : model.score_lines) score(line);
    xml_.close();
  }

  void summary(const scheduler::Schedule& schedule) override {
    const scheduler::TransitionChanges changes = scheduler::transition_changes(*schedule.model);
    xml_.open("actions");
    for (const scheduler::NodeChange& change : changes.nodes) {
      if (change.reason.empty()) continue;
      xml_.leaf("node_action", {{"task", change.task}, {"node", change.node}, {"reason", change.reason}});
    }
    for (const scheduler::ResourceChange& change : changes.resources) resource_change(schedule.state(), change);
    xml_.close();
  }

  void begin_transition() override { xml_.open("transition"); }
  void step(const scheduler::SimulatedStep& step) override {
    using Kind = scheduler::SimulatedStep::Kind;
    switch (step.kind) {
      case Kind::kPseudo:
        xml_.open("pseudo_action", {{"task", step.task}});
        xml_.optional_attribute("node", step.node);
        return xml_.close();
      case Kind::kResource:
        xml_.open("rsc_action", {{"resource", step.resource}, {"op", step.task}, {"node", step.node}});
        if (step.interval > 0) xml_.attribute("interval", std::to_string(step.interval));
        return xml_.close();
      case Kind::kFencing:
        return xml_.leaf("fencing_action", {{"target", step.node}, {"op", step.task}});
      case Kind::kCluster:
        xml_.open("cluster_action", {{"task", step.task}, {"node", step.node}});
        xml_.optional_attribute("id", step.resource);
        return xml_.close();
      case Kind::kInjectedAttribute:
        return injected_attribute(*step.attribute);
      case Kind::kPlain:
      case Kind::kError:
        return;
    }
  }
  void end_transition() override { xml_.close(); }

  void begin_timings() override { xml_.open("timings"); }
  void timing(const std::string& file, double seconds) override {
    xml_.leaf("timing", {{"file", file}, {"duration", std::to_string(seconds)}});
  }
  void end_timings() override { xml_.close(); }

  void version() override {
    xml_.leaf("version", {{"program", "Pacemaker"},
                          {"version", "3.0.2"},
                          {"author", "Andrew Beekhof and the Pacemaker project contributors"},
                          {"build", "simcluster-" SIMCLUSTER_VERSION},
                          {"features", ""}});
  }

  void finish(int status) override {
    xml_.open("status", {{"code", std::to_string(status)}, {"message", scheduler::exit_status_text(status)}});
    if (!errors_.empty()) {
      xml_.open("errors");
      for (const std::string& error : errors_) xml_.text("error", error);
      xml_.close();
    }
    xml_.close();
    xml_.close();
  }

 private:
  void status(std::string_view name, scheduler::Model& model, const scheduler::DisplayOptions& options) {
    const scheduler::ClusterReport report = scheduler::report_cluster(model, options);
    xml_.open(name);
    reports::write_nodes_xml(report.nodes, xml_);
    reports::write_resources_xml(report.resources, StatusXml::k3_0, xml_);
    if (!report.attributes.empty()) reports::write_attributes_xml(report.attributes, xml_);
    if (!report.failure_counts.empty()) failure_counts(report.failure_counts, model);
    if (!report.failures.empty()) reports::write_failures_xml(report.failures, xml_);
    xml_.close();
  }

  void failure_counts(const std::vector<scheduler::NodeFailures>& nodes, const scheduler::Model& model) {
    xml_.open("node_history");
    for (const scheduler::NodeFailures& node : nodes) {
      if (node.resources.empty()) continue;
      xml_.open("node", {{"name", node.node}});
      for (const scheduler::FailureCount& failures : node.resources) {
        xml_.open("resource_history", {{"id", failures.resource},
                                       {"orphan", "false"},
                                       {"migration-threshold", std::to_string(failures.migration_threshold)},
                                       {"fail-count", std::to_string(failures.count)}});
        if (failures.last_failure > 0) {
          xml_.attribute("last-failure", scheduler::local_time_text(model, failures.last_failure));
        }
        xml_.close();
      }
      xml_.close();
    }
    xml_.close();
  }

  void injected_attribute(const scheduler::InjectedAttribute& attribute) {
    xml_.leaf("inject_attr", {{"name", attribute.name},
                              {"value", attribute.value},
                              {"node_path", "/node_state"},
                              {"cib_node", attribute.node_id}});
  }

  // S3.
  void score(const scheduler::ScoreLine& line) {
    using Kind = scheduler::ScoreLine::Kind;
    const std::string value = scheduler::readable_score(line.score);
    if (line.kind == Kind::kNode) {
      xml_.leaf("node_weight",
                {{"function", line.label}, {"node", line.node}, {"score", value}, {"id", line.resource}});
      return;
    }
    if (line.kind == Kind::kPromotion) {
      xml_.open("promotion_score", {{"id", line.resource}, {"score", value}});
      xml_.optional_attribute("node", line.node);
      xml_.close();
      return;
    }
    if (line.kind == Kind::kCapacity || line.kind == Kind::kBundleCapacity) {
      xml_.open("capacity", {{"node", line.node}, {"comment", line.label}});
    } else if (line.kind == Kind::kUtilization) {
      xml_.open("utilization", {{"resource", line.resource}, {"node", line.node}, {"function", line.label}});
    } else {
      return;
    }
    for (const auto& [name, amount] : line.values) xml_.text(name, amount);
    xml_.close();
  }

  // S5 M-9: the attributes follow the cases of K-4.
  void resource_change(const scheduler::Model& model, const scheduler::ResourceChange& change) {
    const std::string_view origin = change.origin.valid() ? model.node(change.origin).name : std::string_view();
    const std::string_view destination =
        change.destination.valid() ? model.node(change.destination).name : std::string_view();
    const bool same_role = change.role == change.next_role;
    const std::string_view role = scheduler::needs_role(change) ? scheduler::role_name(change.role) : "";
    const std::string_view next_role = scheduler::role_name(change.next_role);
    xml_.open("rsc_action", {{"action", scheduler::lower_case(change.change)}, {"resource", change.resource}});
    if (!change.origin.valid()) {
      if (role.empty()) {
        xml_.attribute("node", destination);
      } else {
        add({{"role", role}, {"next-role", next_role}, {"dest", destination}});
      }
    } else if (!change.destination.valid()) {
      xml_.optional_attribute("role", role);
      xml_.attribute("node", origin);
    } else if (same_role && change.origin == change.destination) {
      xml_.optional_attribute("role", role);
      xml_.attribute("source", origin);
    } else if (same_role) {
      add({{"source", origin}, {"dest", destination}});
      xml_.optional_attribute("role", role);
    } else if (change.origin == change.destination) {
      add({{"role", scheduler::role_name(change.role)}, {"next-role", next_role}, {"source", origin}});
    } else {
      add({{"role", scheduler::role_name(change.role)},
           {"source", origin},
           {"next-role", next_role},
           {"dest", destination}});
    }
    xml_.optional_attribute("reason", change.reason);
    if (!change.runnable) xml_.attribute("blocked", "true");
    xml_.close();
  }
  void add(XmlWriter::Attributes attributes) {
    for (const auto& [name, value] : attributes) xml_.attribute(name, value);
  }

  XmlWriter xml_;
  std::vector<std::string> errors_;
};

}  // namespace

std::unique_ptr<ReplayOutput> make_xml_output(const std::string& request) {
  return std::make_unique<XmlOutput>(request);
}

}  // namespace simcluster::tools
