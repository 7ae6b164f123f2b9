// crm_mon of Pacemaker 2.0 and later: sections of nested lists (AT-8.5 to AT-8.8).
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "engine/scheduler/display.h"
#include "reports/crm_mon_fencing.h"
#include "reports/crm_mon_layouts.h"
#include "reports/crm_mon_list_history.h"
#include "reports/crm_mon_list_resources.h"
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

class ListLayout {
 public:
  explicit ListLayout(const ClusterView& view) : view_(view), resource_lists_(view) {}

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
                       view_.property("dc-version").value_or("unknown"),
                       view_.has_mixed_versions() ? "MIXED-VERSION " : "", view_.quorate() ? "with" : "WITHOUT");
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
        if (!resource.internal || view_.options().show_detail)
          list.item(resource_lists_.primitive_text(resource, false));
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
    if (options.brief && !rest)
      any = resource_lists_.write_primitives_in_brief(view_.model().top_level, options.inactive, list);
    for (const ResourceId id : view_.model().top_level) {
      const Resource& resource = view_.model().resource(id);
      if (!view_.shown_at_all(resource)) continue;
      if (options.brief && !rest && resource.variant == scheduler::Variant::kPrimitive) continue;
      if (rest && scheduler::is_fully_active(view_.model(), resource)) continue;
      resource_lists_.write(resource, list);
      any = true;
    }
    if (!any) list.item(rest ? "No inactive resources" : options.inactive ? "No resources" : "No active resources");
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

  void write_resource_history(const ShownHistory& history, TextList& list) {
    if (!view_.options().operations) {
      list.item(history_text(view_, history));
      return;
    }
    list.begin(history_text(view_, history));
    for (const ShownOperation& operation : history.operations) list.item(operation_text(view_, operation));
    list.end();
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
      list.item(failure_text(view_, failure));
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

  const ClusterView& view_;
  ResourceLists resource_lists_;
  std::string out_;
};

}  // namespace

std::string crm_mon_lists(const ClusterView& view) { return ListLayout(view).write(); }

}  // namespace simcluster::reports
