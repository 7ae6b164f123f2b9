// The XML output of the cluster's tools (S5 M-9).
#include <initializer_list>
#include <optional>
#include <vector>

#include "engine/cib/document.h"
#include "engine/scheduler/status_report.h"
#include "engine/scheduler/summary.h"
#include "engine/scheduler/text.h"
#include "tools/simcluster/replay_output.h"

namespace simcluster::tools {

namespace {

using scheduler::ResourceReport;

constexpr std::string_view kApiVersion = "2.42";

std::string_view yes_no(bool value) { return value ? "true" : "false"; }

// Writes elements as they come; what is opened last closes first.
class XmlWriter {
 public:
  explicit XmlWriter(std::string& out) : out_(out) {}

  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // Call attribute() next, then open() or leaf() of another element, text() or close().
  void open(std::string_view name, Attributes attributes = {}) {
    finish_tag(false);
    out_.append(2 * names_.size(), ' ');
    out_ += '<';
    out_ += name;
    names_.emplace_back(name);
    in_tag_ = true;
    for (const auto& [key, value] : attributes) attribute(key, value);
  }
  void attribute(std::string_view name, std::string_view value) { cib::append_attribute(out_, name, value); }
  // Left out when empty.
  void optional_attribute(std::string_view name, std::string_view value) {
    if (!value.empty()) attribute(name, value);
  }
  void close() {
    const std::string name = std::move(names_.back());
    names_.pop_back();
    if (in_tag_) {
      finish_tag(true);
      return;
    }
    out_.append(2 * names_.size(), ' ');
    out_ += "</" + name + ">\n";
  }
  void leaf(std::string_view name, Attributes attributes) {
    open(name, attributes);
    close();
  }
  // An element with nothing but text.
  void text(std::string_view name, std::string_view value) {
    finish_tag(false);
    out_.append(2 * names_.size(), ' ');
    out_ += '<';
    out_ += name;
    out_ += '>';
    for (const char c : value) {
      if (c == '<') {
        out_ += "&lt;";
      } else if (c == '>') {
        out_ += "&gt;";
      } else if (c == '&') {
        out_ += "&amp;";
      } else {
        out_ += c;
      }
    }
    out_ += "</";
    out_ += name;
    out_ += ">\n";
  }

 private:
  void finish_tag(bool empty) {
    if (in_tag_) out_ += empty ? "/>\n" : ">\n";
    in_tag_ = false;
  }

  std::string& out_;
  std::vector<std::string> names_;
  bool in_tag_ = false;
};

class XmlOutput : public ReplayOutput {
 public:
  explicit XmlOutput(const std::string& request) : xml_(out_) {
    xml_.open("pacemaker-result", {{"api-version", kApiVersion}, {"request", request}});
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
    xml_.open("nodes");
    for (const scheduler::NodeReport& node : report.nodes) node_element(node);
    xml_.close();
    if (!report.resources.empty()) {
      xml_.open("resources");
      for (const ResourceReport& resource : report.resources) resource_element(resource);
      xml_.close();
    }
    if (!report.attributes.empty()) attributes(report.attributes);
    if (!report.failure_counts.empty()) failure_counts(report.failure_counts, model);
    if (!report.failures.empty()) failures(report.failures);
    xml_.close();
  }

  void node_element(const scheduler::NodeReport& node) {
    xml_.open("node", {{"name", node.name},
                       {"id", node.id},
                       {"online", yes_no(node.online)},
                       {"standby", yes_no(node.standby)},
                       {"standby_onfail", yes_no(node.fail_standby)},
                       {"maintenance", yes_no(node.maintenance)},
                       {"pending", yes_no(node.pending)},
                       {"unclean", yes_no(node.unclean)},
                       {"health", node.health < 0    ? "red"
                                  : node.health == 0 ? "yellow"
                                                     : "green"}});
    xml_.optional_attribute("feature_set", node.feature_set);
    xml_.attribute("shutdown", yes_no(node.shutdown));
    xml_.attribute("expected_up", yes_no(node.expected_up));
    xml_.attribute("is_dc", yes_no(node.dc));
    xml_.attribute("resources_running", std::to_string(node.running));
    xml_.attribute("type", node.remote ? "remote" : "member");
    xml_.optional_attribute("id_as_resource", node.launcher);
    xml_.close();
  }

  void resource_element(const ResourceReport& resource) {
    switch (resource.kind) {
      case ResourceReport::Kind::kPrimitive:
        open_primitive(resource);
        break;
      case ResourceReport::Kind::kGroup:
        open_group(resource);
        break;
      case ResourceReport::Kind::kClone:
        open_clone(resource);
        break;
      case ResourceReport::Kind::kBundle:
        open_bundle(resource);
        break;
      case ResourceReport::Kind::kReplica:
        xml_.open("replica", {{"id", resource.id}});
        break;
    }
    for (const ResourceReport& child : resource.children) resource_element(child);
    xml_.close();
  }

  void open_primitive(const ResourceReport& resource) {
    xml_.open("resource", {{"id", resource.id}, {"resource_agent", resource.agent}, {"role", resource.role}});
    xml_.optional_attribute("target_role", resource.target_role);
    xml_.attribute("active", yes_no(resource.active));
    xml_.attribute("orphaned", yes_no(resource.removed));
    xml_.attribute("blocked", yes_no(resource.blocked));
    xml_.attribute("maintenance", yes_no(resource.maintenance));
    xml_.attribute("managed", yes_no(resource.managed));
    xml_.attribute("failed", yes_no(resource.failed));
    xml_.attribute("failure_ignored", yes_no(resource.failure_ignored));
    xml_.attribute("nodes_running_on", std::to_string(resource.nodes.size()));
    xml_.optional_attribute("pending", resource.pending);
    xml_.optional_attribute("locked_to", resource.locked_to);
    for (const scheduler::ActiveNode& node : resource.nodes) {
      xml_.leaf("node", {{"name", node.name}, {"id", node.id}, {"cached", yes_no(node.online)}});
    }
  }
  void open_group(const ResourceReport& group) {
    xml_.open("group", {{"id", group.id},
                        {"number_resources", std::to_string(group.children.size())},
                        {"maintenance", yes_no(group.maintenance)},
                        {"managed", yes_no(group.managed)},
                        {"disabled", yes_no(group.disabled)}});
  }
  void open_clone(const ResourceReport& clone) {
    xml_.open("clone", {{"id", clone.id},
                        {"multi_state", yes_no(clone.promotable)},
                        {"unique", yes_no(clone.unique)},
                        {"maintenance", yes_no(clone.maintenance)},
                        {"managed", yes_no(clone.managed)},
                        {"disabled", yes_no(clone.disabled)},
                        {"failed", yes_no(clone.failed)},
                        {"failure_ignored", yes_no(clone.failure_ignored)}});
    xml_.optional_attribute("target_role", clone.target_role);
  }
  void open_bundle(const ResourceReport& bundle) {
    xml_.open("bundle", {{"id", bundle.id},
                         {"type", bundle.technology},
                         {"image", bundle.image},
                         {"unique", yes_no(bundle.unique)},
                         {"maintenance", yes_no(bundle.maintenance)},
                         {"managed", yes_no(bundle.managed)},
                         {"failed", yes_no(bundle.failed)}});
  }

  void attributes(const std::vector<scheduler::NodeAttributes>& nodes) {
    xml_.open("node_attributes");
    for (const scheduler::NodeAttributes& node : nodes) {
      xml_.open("node", {{"name", node.node}});
      for (const scheduler::AttributeReport& attribute : node.attributes) {
        xml_.open("attribute", {{"name", attribute.name}, {"value", attribute.value}});
        if (attribute.expected) xml_.attribute("expected", std::to_string(*attribute.expected));
        xml_.close();
      }
      xml_.close();
    }
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

  void failures(const std::vector<scheduler::FailureReport>& failures) {
    xml_.open("failures");
    for (const scheduler::FailureReport& failed : failures) {
      xml_.open("failure", {{failed.keyed ? "op_key" : "id", failed.key},
                            {"node", failed.node},
                            {"exitstatus", failed.exit_text},
                            {"exitreason", failed.exit_reason.value_or("none")},
                            {"exitcode", std::to_string(failed.rc)},
                            {"call", failed.call},
                            {"status", failed.status}});
      if (failed.last_change >= 0) {
        xml_.attribute("last-rc-change", scheduler::utc_text(failed.last_change));
        if (failed.queued) xml_.attribute("queued", *failed.queued);
        if (failed.took) xml_.attribute("exec", *failed.took);
        xml_.attribute("interval", std::to_string(failed.interval));
        xml_.attribute("task", failed.task);
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
