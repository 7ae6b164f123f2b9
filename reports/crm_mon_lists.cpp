// crm_mon of Pacemaker 2.0 and later: sections of nested lists (AT-8.5 to AT-8.8).
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/scheduler/display.h"
#include "engine/scheduler/display_collective.h"
#include "engine/scheduler/text.h"
#include "reports/crm_mon_fencing.h"
#include "reports/crm_mon_layouts.h"
#include "reports/crm_mon_sections.h"
#include "reports/text.h"

namespace simcluster::reports {
namespace {

using scheduler::Node;
using scheduler::NodeId;
using scheduler::Resource;
using scheduler::ResourceId;
using scheduler::TextList;

constexpr std::size_t kDateAndTime = 19;  // "2011-12-01 17:16:45"

std::string unix_ctime(std::int64_t unix_seconds) { return ctime_text(Time{} + seconds(unix_seconds)); }

// "2021-03-30 14:38:38 +00:00"
std::string iso_text(std::int64_t unix_seconds) {
  std::string text = date_text(Time{} + seconds(unix_seconds));
  return text.replace(text.size() - 3, 3, "+00:00");
}

// "999ms", "1000ms", "1.500s", "60s", "1m30s", "60m", "2h": a unit is used for what is longer than it.
std::string readable_time(std::int64_t ms) {
  struct Unit {
    std::int64_t ms;
    char letter;
  };
  static constexpr Unit kUnits[] = {{86'400'000, 'd'}, {3'600'000, 'h'}, {60'000, 'm'}};
  std::string text;
  for (const Unit unit : kUnits) {
    if (ms <= unit.ms) continue;
    text += fmt::format("{}{}", ms / unit.ms, unit.letter);
    ms %= unit.ms;
  }
  if (ms > 1000) {
    text += std::to_string(ms / 1000);
    if (ms % 1000 != 0) text += fmt::format(".{:03}", ms % 1000);
    return text + "s";
  }
  if (ms > 0 || text.empty()) text += fmt::format("{}ms", ms);
  return text;
}

std::int64_t milliseconds_of(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Flags of a heading or an item: " (a, b)", or " (a) (b)" before 2.1.
class Flags {
 public:
  explicit Flags(bool one_by_one) : one_by_one_(one_by_one) {}
  void add(std::string_view flag) {
    if (one_by_one_) {
      text_.append(" (").append(flag).append(")");
    } else {
      text_.append(text_.empty() ? " (" : ", ").append(flag);
    }
  }
  std::string text() const { return one_by_one_ || text_.empty() ? text_ : text_ + ")"; }

 private:
  bool one_by_one_;
  std::string text_;
};

class ListLayout {
 public:
  explicit ListLayout(const ClusterView& view) : view_(view) {}

  std::string write() {
    const CrmMonOptions& options = view_.options();
    if (options.simple) return view_.simple_cluster_text();
    const bool hidden = options.hide_headers && !view_.context().profile.crm_mon_ignores_hide_headers;
    if (!hidden) {
      const std::string supervisor =
          has_supervisor_line() ? fmt::format("Status of pacemakerd: 'Pacemaker is running' (last updated {}Z)\n",
                                              log_time_text(view_.context().now).substr(0, kDateAndTime))
                                : std::string();
      section([this](TextList& list) { write_summary(list); });
      out_.insert(0, supervisor);
    } else if (view_.dc() == nullptr) {
      section([this](TextList& list) { write_missing_dc(list); });
    }
    if (!view_.model().node_order.empty()) section([this](TextList& list) { write_nodes(list); });
    if (!options.group_by_node || options.inactive) section([this](TextList& list) { write_resources(list); });
    if (options.node_attributes && any_attributes()) section([this](TextList& list) { write_attributes(list); });
    if ((options.fail_counts || options.operations) && !view_.online_in_status_order().empty()) {
      section([this](TextList& list) { write_history(list); });
    }
    if (any_failures()) section([this](TextList& list) { write_failures(list); });
    write_fencing();
    if (options.tickets && !view_.model().tickets.empty())
      section([this](TextList& list) { write_tickets(view_, list); });
    if (options.bans) write_bans();
    return std::move(out_);
  }

 private:
  // Sections after the first are set apart by an empty line.
  template <class Write>
  void section(Write write) {
    if (!out_.empty()) out_ += '\n';
    TextList list(out_);
    write(list);
  }

  // AT-8.8: a living cluster of the newer releases.
  bool names_supervisor() const {
    return !view_.old_words() && !view_.context().local_node.empty() && !has_supervisor_line();
  }
  bool has_supervisor_line() const {
    return view_.context().profile.crm_mon_supervisor_line && !view_.context().local_node.empty();
  }

  // All that -D leaves of the summary.
  void write_missing_dc(TextList& list) const {
    list.begin("Cluster Summary");
    list.item(dc_text());
    list.end();
  }

  void write_summary(TextList& list) {
    list.begin("Cluster Summary");
    list.item(fmt::format("Stack: {}{}", view_.property("cluster-infrastructure").value_or("unknown"),
                          names_supervisor() ? " (Pacemaker is running)" : ""));
    list.item(dc_text());
    const std::string_view node = names_supervisor() ? view_.context().local_node : std::string_view();
    list.item(fmt::format("Last updated: {}{}{}", ctime_text(view_.context().now), node.empty() ? "" : " on ", node));
    list.item("Last change:  " + last_change());
    list.item(counted(static_cast<int>(view_.model().nodes.size()), "node", "nodes") + " configured");
    list.item(instances_text());
    list.end();
    if (view_.model().options.maintenance_mode) {
      out_ +=
          "\n              *** Resource management is DISABLED ***\n"
          "  The cluster will not attempt to start, stop or recover services\n";
    } else if (view_.model().options.stop_all_resources) {
      out_ +=
          "\n    *** Resource management is DISABLED ***\n"
          "  The cluster will keep all resources stopped\n";
    }
  }

  std::string dc_text() const {
    const Node* dc = view_.dc();
    if (dc == nullptr) return "Current DC: NONE";
    return fmt::format("Current DC: {} (version {}) - {}partition {} quorum", node_name(*dc),
                       view_.property("dc-version").value_or("unknown"), has_mixed_versions() ? "MIXED-VERSION " : "",
                       view_.quorate() ? "with" : "WITHOUT");
  }

  // AT-8.8: online nodes of different feature sets.
  bool has_mixed_versions() const {
    if (view_.old_words()) return false;
    std::optional<std::string_view> first;
    for (const Node& node : view_.model().nodes) {
      if (!node.online || node.is_remote_variant()) continue;
      if (first && *first != node.feature_set) return true;
      first = node.feature_set;
    }
    return false;
  }

  std::string last_change() const {
    const cib::Element root = view_.cib().root();
    std::string text(root.value("cib-last-written"));
    if (const auto user = root.attribute("update-user")) text.append(" by ").append(*user);
    if (const auto client = root.attribute("update-client")) text.append(" via ").append(*client);
    if (const auto origin = root.attribute("update-origin")) text.append(" on ").append(*origin);
    return text;
  }

  std::string instances_text() const {
    const scheduler::InstanceCounts& counts = view_.model().counts;
    std::string text = counted(counts.total, "resource instance", "resource instances") + " configured";
    const std::string blocked = fmt::format("{} BLOCKED from further action due to failure", counts.blocked);
    if (counts.disabled > 0) {
      text += fmt::format(" ({} DISABLED{}{})", counts.disabled, counts.blocked > 0 ? ", " : "",
                          counts.blocked > 0 ? blocked : "");
    } else if (counts.blocked > 0) {
      text += fmt::format(" ({})", blocked);
    }
    return text;
  }

  // With -R: the id, or where a guest's container runs (AT-8.4).
  std::string node_name(const Node& node) const {
    if (!view_.options().show_detail) return std::string(node.name);
    if (scheduler::is_guest(view_.model(), node) && node.connection.valid()) {
      const Resource& connection = view_.model().resource(node.connection);
      const Node* host = view_.shown_node(view_.model().resource(connection.launcher));
      return fmt::format("{}@{}", node.name, host == nullptr ? std::string_view() : host->name);
    }
    if (node.id == node.name) return std::string(node.name);
    return fmt::format("{} ({})", node.name, node.id);
  }

  static std::string_view node_mode(const Node& node) {
    if (node.unclean && node.online) return "UNCLEAN (online)";
    if (node.unclean && node.pending) return "UNCLEAN (pending)";
    if (node.unclean) return "UNCLEAN (offline)";
    if (node.pending) return "pending";
    if (node.fail_standby && node.online) return "standby (on-fail)";
    if (node.standby && !node.online) return "OFFLINE (standby)";
    if (node.standby) return node.running.empty() ? "standby" : "standby (with active resources)";
    if (node.maintenance) return node.online ? "maintenance" : "OFFLINE (maintenance)";
    return node.online ? "online" : "OFFLINE";
  }

  std::string node_line(const Node& node) const {
    const bool guest = scheduler::is_guest(view_.model(), node);
    const bool remote = scheduler::is_remote(view_.model(), node);
    std::string text = fmt::format("{} {}: {}",
                                   guest    ? "GuestNode"
                                   : remote ? "RemoteNode"
                                            : "Node",
                                   node_name(node), node_mode(node));
    text += view_.health_text(node);
    if (!view_.old_words() && view_.options().show_detail && node.online && !node.is_remote_variant()) {
      text += fmt::format(", feature set {}", node.feature_set.empty() ? "<3.15.1" : node.feature_set);
    }
    return text;
  }

  bool has_line_of_its_own(const Node& node) const {
    return node.unclean || node.pending || (node.fail_standby && node.online) || node.standby || node.maintenance ||
           !view_.health_text(node).empty();
  }

  void write_nodes(TextList& list) {
    list.begin("Node List");
    if (view_.options().group_by_node) {
      for (const NodeId id : view_.model().node_order) write_node_with_resources(view_.model().node(id), list);
      list.end();
      return;
    }
    std::map<int, std::string> names;
    for (const NodeId id : view_.model().node_order) {
      const Node& node = view_.model().node(id);
      if (has_line_of_its_own(node) || view_.options().show_detail) {
        list.item(node_line(node));
        continue;
      }
      const bool guest = scheduler::is_guest(view_.model(), node);
      if (guest && !node.online) continue;
      const int kind = guest ? 4 : (scheduler::is_remote(view_.model(), node) ? 2 : 0) + (node.online ? 0 : 1);
      names[kind].append(" ").append(node.name);
    }
    static constexpr std::string_view kLabels[] = {"Online", "OFFLINE", "RemoteOnline", "RemoteOFFLINE", "GuestOnline"};
    for (const auto& [kind, members] : names) list.item(fmt::format("{}: [{} ]", kLabels[kind], members));
    list.end();
  }

  void write_node_with_resources(const Node& node, TextList& list) {
    if (view_.options().brief && node.running.empty()) return;
    list.begin(node_line(node));
    list.begin("Resources");
    if (view_.options().brief) {
      write_brief(view_, node.running, false, false, list);
    } else {
      for (const ResourceId id : node.running) {
        const Resource& resource = view_.model().resource(id);
        if (!resource.internal || view_.options().show_detail) list.item(primitive_text(resource, false));
      }
    }
    list.end();
    list.end();
  }

  void write_bans() {
    const std::vector<Ban> found = bans(view_);
    if (found.empty()) return;
    section([&](TextList& list) {
      list.begin("Negative Location Constraints");
      for (const Ban& ban : found)
        list.item(fmt::format("{}\tprevents {} from running {}on {}", ban.constraint, ban.resource,
                              ban.promoted_only ? view_.old_words() ? "as Master " : "in Promoted role " : "",
                              node_name(view_.model().node(ban.node))));
      list.end();
    });
  }

  void write_resources(TextList& list) {
    const CrmMonOptions& options = view_.options();
    const bool rest = options.group_by_node;
    list.begin(rest ? "Inactive Resources" : options.inactive ? "Full List of Resources" : "Active Resources");
    bool any = false;
    if (options.brief && !rest) any = write_primitives_in_brief(view_.model().top_level, options.inactive, list);
    for (const ResourceId id : view_.model().top_level) {
      const Resource& resource = view_.model().resource(id);
      if (!view_.shown_at_all(resource)) continue;
      if (options.brief && !rest && resource.variant == scheduler::Variant::kPrimitive) continue;
      if (rest && scheduler::is_fully_active(view_.model(), resource)) continue;
      write_resource(resource, list);
      any = true;
    }
    if (!any) list.item(rest ? "No inactive resources" : options.inactive ? "No resources" : "No active resources");
    list.end();
  }

  bool write_primitives_in_brief(const std::vector<ResourceId>& resources, bool with_total, TextList& list) const {
    std::vector<ResourceId> primitives;
    for (const ResourceId id : resources) {
      const Resource& resource = view_.model().resource(id);
      if (resource.variant == scheduler::Variant::kPrimitive) primitives.push_back(id);
    }
    const std::size_t before = out_.size();
    write_brief(view_, primitives, with_total, true, list);
    return out_.size() > before;
  }

  void write_resource(const Resource& resource, TextList& list) {
    switch (resource.variant) {
      case scheduler::Variant::kPrimitive:
        list.item(primitive_text(resource, true));
        break;
      case scheduler::Variant::kGroup:
        write_group(resource, list);
        break;
      case scheduler::Variant::kClone:
        write_clone(resource, list);
        break;
      case scheduler::Variant::kBundle:
        write_bundle(resource, list);
        break;
    }
  }

  static std::string_view pending_state(std::string_view action) {
    if (action == "start") return "Starting";
    if (action == "stop") return "Stopping";
    if (action == "migrate_to" || action == "migrate_from") return "Migrating";
    if (action == "promote") return "Promoting";
    if (action == "demote") return "Demoting";
    return {};
  }

  std::string primitive_flags(const Resource& resource, const Node* node) const {
    Flags flags(false);
    if (node != nullptr && !node->online && node->unclean) flags.add("UNCLEAN");
    if (node != nullptr && node->self == resource.lock_node) flags.add("LOCKED");
    if (resource.pending_action == "monitor") flags.add("Monitoring");
    const std::string_view target = view_.limiting_target_role(resource);
    if (!target.empty()) {
      const bool stopped = scheduler::parse_role(target) == scheduler::Role::kStopped;
      flags.add(stopped ? "disabled" : fmt::format("target-role:{}", target));
    }
    if (resource.blocked) {
      flags.add("blocked");
    } else if (!resource.managed) {
      flags.add(view_.care_word(resource));
    }
    if (resource.ignore_failure) flags.add("failure ignored");
    return flags.text();
  }

  // S2 D-20.9 4: why a probe could not tell; with a trailing blank.
  std::string failed_probe_text(const Resource& resource) const {
    if (view_.old_words() || resource.original_role != scheduler::Role::kStopped) return {};
    const scheduler::FailedAction* probe = scheduler::failed_probe(view_.model(), resource, NodeId::none());
    if (probe == nullptr) return {};
    return fmt::format(" ({}) ", view_.rc_text(view_.model().history_entry(probe->entry).rc));
  }

  // Only below a node's heading.
  static std::string description_text(const Resource& resource) {
    const std::string_view description = resource.xml.value("description");
    return description.empty() ? std::string() : fmt::format(" {}", description);
  }

  std::string primitive_text(const Resource& resource, bool with_node) const {
    const bool several = resource.active.size() > 1;
    const Node* node = several || !with_node ? nullptr : list_node(resource);
    const std::string_view role = view_.role_text(resource);
    std::string text = fmt::format("{}\t({}):\t", view_.name_of(resource), view_.agent_text(resource));
    if (resource.removed) text += " ORPHANED";
    if (resource.failed) {
      text += " FAILED";
      if (resource.original_role == scheduler::Role::kPromoted) text.append(" ").append(role);
    } else {
      const std::string_view pending = pending_state(resource.pending_action);
      text.append(" ").append(pending.empty() ? role : pending);
    }
    if (node != nullptr) text.append(" ").append(node->name);
    if (with_node) text += failed_probe_text(resource);
    text += primitive_flags(resource, node);
    if (!with_node) text += description_text(resource);
    if (several && with_node) text.append(" ").append(view_.node_list(resource.active, false));
    return text;
  }

  // S2 D-20.9: the active node, else the one where something is pending, else the one it is locked to.
  const Node* list_node(const Resource& resource) const {
    if (const Node* node = view_.shown_node(resource)) return node;
    if (resource.pending_node.valid()) return &view_.model().node(resource.pending_node);
    return resource.lock_node.valid() ? &view_.model().node(resource.lock_node) : nullptr;
  }

  // The order changed together with the word "maintenance".
  void add_care_and_disabled(const Resource& resource, Flags& flags) const {
    const bool disabled = !view_.limiting_target_role(resource).empty();
    const bool disabled_first = view_.context().profile.crm_mon_maintenance_flag;
    if (disabled && disabled_first) flags.add("disabled");
    if (!resource.managed) flags.add(view_.care_word(resource));
    if (disabled && !disabled_first) flags.add("disabled");
  }

  void add_inactive_members(const Resource& group, Flags& flags) const {
    int inactive = 0;
    for (const ResourceId id : group.children) {
      if (!view_.shown_at_all(view_.model().resource(id))) ++inactive;
    }
    if (inactive > 0) flags.add(counted(inactive, "member", "members") + " inactive");
  }

  void write_group(const Resource& group, TextList& list) {
    Flags flags(view_.old_words());
    if (!view_.old_words() && !view_.options().inactive) add_inactive_members(group, flags);
    add_care_and_disabled(group, flags);
    list.begin(fmt::format("Resource Group: {}{}", group.id, flags.text()));
    if (view_.options().brief) write_primitives_in_brief(group.children, true, list);
    for (const ResourceId id : group.children) {
      const Resource& member = view_.model().resource(id);
      if (view_.options().brief) break;
      if (view_.shown_inside(member)) write_resource(member, list);
    }
    list.end();
  }

  std::string clone_heading(const Resource& clone) const {
    Flags flags(view_.old_words());
    if (clone.promotable) flags.add("promotable");
    if (clone.unique) flags.add("unique");
    add_care_and_disabled(clone, flags);
    return fmt::format("Clone Set: {} [{}]{}", clone.id, clone.clone->child_xml.id(), flags.text());
  }

  // S2 D-20.17.
  std::map<std::string, std::vector<NodeId>> stopped_by_status(const Resource& clone,
                                                               const CloneInstances& instances) const {
    const bool disabled = scheduler::equal_ignoring_case(view_.limiting_target_role(clone), "Stopped");
    std::map<std::string, std::vector<NodeId>> by_status;
    for (const NodeId id : view_.stopped_nodes(clone, instances)) {
      const scheduler::FailedAction* probe =
          view_.old_words() ? nullptr : scheduler::failed_probe(view_.model(), clone, id);
      std::string status = disabled ? "Stopped (disabled)" : "Stopped";
      if (probe != nullptr) {
        status = fmt::format("Stopped ({})", view_.rc_text(view_.model().history_entry(probe->entry).rc));
      }
      by_status[status].push_back(id);
    }
    return by_status;
  }

  void write_clone(const Resource& clone, TextList& list) {
    list.begin(clone_heading(clone));
    const CloneInstances instances = view_.instances(clone);
    for (const ResourceId id : instances.in_full) {
      const Resource& instance = view_.model().resource(id);
      const bool always =
          instance.variant != scheduler::Variant::kGroup && (clone.unique || view_.options().show_detail);
      if (always || view_.shown_inside(instance)) write_resource(instance, list);
    }
    const bool old = view_.old_words();
    const auto names = [&](std::string_view label, const std::vector<NodeId>& nodes) {
      if (!nodes.empty()) list.item(fmt::format("{}: {}", label, view_.node_list(nodes, true)));
    };
    names(old ? "Masters" : "Promoted", instances.promoted);
    names(!clone.promotable ? "Started" : old ? "Slaves" : "Unpromoted", instances.started);
    if (view_.options().inactive && !view_.options().show_detail) {
      for (const auto& [status, nodes] : stopped_by_status(clone, instances)) names(status, nodes);
    }
    list.end();
  }

  // Every replica as one line; with -R as all that it consists of.
  void write_bundle(const Resource& bundle, TextList& list) {
    if (!view_.options().show_detail) {
      scheduler::write_resource(view_.model(), bundle, true, list);
      return;
    }
    Flags flags(false);
    if (bundle.unique) flags.add("unique");
    if (!bundle.managed) flags.add(view_.care_word(bundle));
    const scheduler::BundleData& data = *bundle.bundle;
    list.begin(fmt::format("Container bundle{}: {} [{}]{}", data.replicas.size() > 1 ? " set" : "", bundle.id,
                           data.image, flags.text()));
    for (const scheduler::BundleReplica& replica : data.replicas) {
      list.item(fmt::format("Replica[{}]", replica.offset));
      list.begin_without_heading();
      for (const ResourceId part : {replica.ip_resource, replica.child, replica.container, replica.connection})
        if (part.valid()) write_resource(view_.model().resource(part), list);
      list.end();
    }
    list.end();
  }

  bool any_attributes() const {
    for (const NodeId id : view_.model().node_order) {
      if (view_.model().node(id).online && !view_.attributes(view_.model().node(id)).empty()) return true;
    }
    return false;
  }

  void write_attributes(TextList& list) {
    list.begin("Node Attributes");
    for (const NodeId id : view_.model().node_order) {
      const Node& node = view_.model().node(id);
      const std::vector<ShownAttribute> attributes = view_.attributes(node);
      if (!node.online || attributes.empty()) continue;
      list.begin(fmt::format("Node: {}", node_name(node)));
      for (const ShownAttribute& attribute : attributes) {
        list.item(fmt::format("{:<32}\t: {:<10}{}{}", attribute.name, attribute.value,
                              attribute.connectivity.empty() ? "" : "\t: ", attribute.connectivity));
      }
      list.end();
    }
    list.end();
  }

  void write_history(TextList& list) {
    list.begin(view_.options().operations ? "Operations" : "Migration Summary");
    for (const NodeId id : view_.online_in_status_order()) {
      const Node& node = view_.model().node(id);
      std::vector<ShownHistory> shown = view_.history(node);
      std::erase_if(shown, [this](const ShownHistory& history) {
        return view_.options().operations ? history.operations.empty() : !history.known || history.fail_count <= 0;
      });
      if (shown.empty()) continue;
      list.begin(fmt::format("Node: {}", node_name(node)));
      for (const ShownHistory& history : shown) write_resource_history(history, list);
      list.end();
    }
    list.end();
  }

  std::string history_text(const ShownHistory& history) const {
    if (!history.known) return fmt::format("{}: orphan", history.resource);
    std::string text =
        fmt::format("{}: migration-threshold={}", view_.options().operations ? history.shown_name : history.resource,
                    history.migration_threshold);
    if (history.fail_count > 0) text += fmt::format(" fail-count={}", history.fail_count);
    if (history.last_failure > 0) text += fmt::format(" last-failure='{}'", unix_ctime(history.last_failure));
    return text;
  }

  void write_resource_history(const ShownHistory& history, TextList& list) {
    if (!view_.options().operations) {
      list.item(history_text(history));
      return;
    }
    list.begin(history_text(history));
    for (const ShownOperation& operation : history.operations) list.item(operation_text(operation));
    list.end();
  }

  std::string operation_text(const ShownOperation& operation) const {
    std::string details;
    if (operation.interval > 0) details += fmt::format(" interval=\"{}ms\"", operation.interval);
    if (view_.options().timing) {
      if (operation.last_change > 0)
        details += fmt::format(" last-rc-change=\"{}\"", unix_ctime(operation.last_change));
      if (!operation.exec_time.empty()) details += fmt::format(" exec-time=\"{}ms\"", operation.exec_time);
      if (!operation.queue_time.empty()) details += fmt::format(" queue-time=\"{}ms\"", operation.queue_time);
      details += fmt::format(" rc={} ({})", operation.rc, view_.rc_text(operation.rc));
    }
    return fmt::format("({}) {}{}{}", operation.call, operation.is_probe ? "probe" : operation.task,
                       details.empty() ? "" : ":", details);
  }

  static bool is_listed(const ShownFailure& failure) { return !failure.masked_probe && !failure.resource.empty(); }

  bool any_failures() const {
    for (const ShownFailure& failure : view_.failures()) {
      if (is_listed(failure)) return true;
    }
    return false;
  }

  void write_failures(TextList& list) {
    list.begin("Failed Resource Actions");
    for (const ShownFailure& failure : view_.failures()) {
      if (!is_listed(failure)) continue;
      list.item(view_.old_words() || view_.options().show_detail ? technical_text(failure) : friendly_text(failure));
    }
    list.end();
  }

  void write_fencing_section(std::string_view title, std::initializer_list<FencingKind> kinds) {
    const FencingWords words{view_.options().fencing, view_.old_words(), view_.options().show_detail};
    std::vector<std::string> items;
    for (const FencingKind kind : kinds)
      for (std::string& item : fencing_items(view_.context().fencing, kind, words)) items.push_back(std::move(item));
    if (items.empty()) return;
    section([&](TextList& list) {
      list.begin(std::string(title));
      for (const std::string& item : items) list.item(item);
      list.end();
    });
  }

  // AT-8.5, AT-8.8: black-box runs of 2.1.5.
  void write_fencing() {
    const FencingLevel level = view_.options().fencing;
    if (level == FencingLevel::kNothing) return;
    write_fencing_section("Failed Fencing Actions", {FencingKind::kFailed});
    if (level == FencingLevel::kFailures)
      write_fencing_section("Pending Fencing Actions", {FencingKind::kPending});
    else
      write_fencing_section("Fencing History", {FencingKind::kPending, FencingKind::kSucceeded});
  }

  std::string technical_text(const ShownFailure& failure) const {
    std::string text =
        fmt::format("{} on {} '{}' ({}): call={}, status='{}'", failure.key, failure.node, view_.rc_text(failure.rc),
                    failure.rc, failure.call, view_.status_text(failure.status));
    if (!failure.reason.empty() || view_.old_words()) {
      text += fmt::format(", exitreason='{}'", failure.reason.empty() ? "none" : failure.reason);
    }
    if (failure.last_change) {
      text += fmt::format(", last-rc-change='{}'",
                          view_.old_words() ? iso_text(*failure.last_change) : unix_ctime(*failure.last_change));
    }
    if (!failure.queue_time.empty()) text += fmt::format(", queued={}ms", failure.queue_time);
    if (!failure.exec_time.empty()) text += fmt::format(", exec={}ms", failure.exec_time);
    return text;
  }

  std::string friendly_text(const ShownFailure& failure) const {
    std::string text(failure.resource);
    if (failure.interval > 0) text += fmt::format(" {}-interval", readable_time(failure.interval));
    const bool probe = failure.task == "monitor" && failure.interval == 0;
    text += fmt::format(" {} on {} ", probe ? "probe" : failure.task, failure.node);
    if (failure.status == 0) {
      text += fmt::format("returned '{}'", view_.rc_text(failure.rc));
      if (!failure.reason.empty()) text += fmt::format(" ({})", failure.reason);
    } else {
      text += fmt::format("could not be executed ({}{}{})", view_.status_text(failure.status),
                          failure.reason.empty() ? "" : ": ", failure.reason);
    }
    if (failure.last_change) text += fmt::format(" at {}", unix_ctime(*failure.last_change));
    const std::int64_t took = milliseconds_of(failure.exec_time);
    if (took > 0) text += fmt::format(" after {}", readable_time(took));
    return text;
  }

  const ClusterView& view_;
  std::string out_;
};

}  // namespace

std::string crm_mon_lists(const ClusterView& view) { return ListLayout(view).write(); }

}  // namespace simcluster::reports
