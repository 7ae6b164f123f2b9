// crm_mon of Pacemaker 1.1.14 (AT-8.4).
#include <iterator>

#include <fmt/core.h>

#include "reports/crm_mon_layouts.h"
#include "reports/crm_mon_plain.h"

namespace simcluster::reports {
namespace {

using scheduler::Node;
using scheduler::NodeId;
using scheduler::Resource;

class PlainLines final : public PlainLayout {
 public:
  using PlainLayout::PlainLayout;

 private:
  void write_header() override {
    const auto to = std::back_inserter(out_);
    const Node* dc = view_.dc();
    if (view_.options().hide_headers) {
      if (dc == nullptr) out_ += "Current DC: NONE\n";
      return;
    }
    fmt::format_to(to, "Last updated: {}{}\n", ctime_text(view_.context().now), last_change());
    if (const auto stack = view_.property("cluster-infrastructure")) fmt::format_to(to, "Stack: {}\n", *stack);
    if (dc == nullptr) {
      out_ += "Current DC: NONE\n";
    } else {
      fmt::format_to(to, "Current DC: {} (version {}) - partition {} quorum\n", node_text(*dc),
                     view_.property("dc-version").value_or("unknown"), view_.quorate() ? "with" : "WITHOUT");
    }
    fmt::format_to(to, "{} and {} configured\n\n",
                   counted(static_cast<int>(view_.model().nodes.size()), "node", "nodes"),
                   counted(view_.model().counts.total, "resource", "resources"));
  }

  std::string last_change() const {
    const cib::Element root = view_.cib().root();
    const auto written = root.attribute("cib-last-written");
    if (!written) return {};
    std::string text = fmt::format("\t\tLast change: {}", *written);
    if (const auto user = root.attribute("update-user")) text.append(" by ").append(*user);
    if (const auto client = root.attribute("update-client")) text.append(" via ").append(*client);
    if (const auto origin = root.attribute("update-origin")) text.append(" on ").append(*origin);
    return text;
  }

  std::string node_text(const Node& node) const override {
    if (!view_.options().show_detail || node.id == node.name) return std::string(node.name);
    return fmt::format("{} ({})", node.name, node.id);
  }

  std::string_view node_mode(const Node& node) const override {
    if (node.unclean && node.online) return "UNCLEAN (online)";
    if (node.unclean && node.pending) return "UNCLEAN (pending)";
    if (node.unclean) return "UNCLEAN (offline)";
    if (node.pending) return "pending";
    if (node.fail_standby && node.online) return "standby (on-fail)";
    if (node.standby) return node.online ? "standby" : "OFFLINE (standby)";
    if (node.maintenance) return node.online ? "maintenance" : "OFFLINE (maintenance)";
    return node.online ? "online" : "OFFLINE";
  }

  std::string state_text(const Resource& resource) const {
    std::string text = fmt::format("{}\t({}):\t", view_.name_of(resource), view_.agent_text(resource));
    if (resource.removed) text += " ORPHANED ";
    const std::string_view role = view_.role_text(resource);
    if (resource.failed) return text + (role == "Master" ? "FAILED Master" : "FAILED");
    const std::string_view target = view_.limiting_target_role(resource);
    if (!target.empty()) text += fmt::format("(target-role:{}) ", target);
    return text.append(role);
  }

  static std::string_view care_text(const Resource& resource) {
    if (resource.blocked) return " (blocked)";
    return resource.managed ? "" : " (unmanaged)";
  }

  std::string primitive_text(const Resource& resource) const override {
    std::string text = state_text(resource);
    const bool several = resource.active.size() > 1;
    const Node* node = several ? nullptr : view_.shown_node(resource);
    if (node != nullptr) text.append(" ").append(node->name);
    if (node != nullptr && !node->online && node->unclean) text += " (UNCLEAN)";
    text += care_text(resource);
    if (resource.ignore_failure) text += " (failure ignored)";
    if (several) text += view_.node_list(resource.active, false);
    return text;
  }

  std::string primitive_on_node_text(const Resource& resource) const override {
    return state_text(resource).append(care_text(resource));
  }

  std::string clone_heading(const Resource& clone) const override {
    return fmt::format("{}: {} [{}]{}{}", clone.promotable ? "Master/Slave Set" : "Clone Set", clone.id,
                       clone.clone->child_xml.id(), clone.unique ? " (unique)" : "",
                       clone.managed ? "" : " (unmanaged)");
  }

  void write_clone_lists(const Resource& clone, const CloneInstances& instances, std::string_view prefix) override {
    const auto to = std::back_inserter(out_);
    if (!instances.promoted.empty()) {
      fmt::format_to(to, "{}Masters: {}\n", prefix, view_.node_list(instances.promoted, true));
    }
    if (!instances.started.empty()) {
      fmt::format_to(to, "{}{}: {}\n", prefix, clone.promotable ? "Slaves" : "Started",
                     view_.node_list(instances.started, true));
    }
    const std::vector<NodeId> stopped = view_.stopped_nodes(clone, instances);
    if (view_.options().inactive && !stopped.empty()) {
      fmt::format_to(to, "{}Stopped: {}\n", prefix, view_.node_list(stopped, true));
    }
  }

  std::string_view summary_heading() const override { return "Migration Summary"; }
  std::string summary_node(const Node& node) const override { return fmt::format("* Node {}:", node.name); }

  void write_failures(const std::vector<ShownFailure>& failures) override {
    out_ += "\nFailed Actions:\n";
    for (const ShownFailure& failure : failures) {
      const std::string when =
          failure.last_change ? ctime_text(Time{} + seconds(*failure.last_change)) : std::string("unknown");
      fmt::format_to(std::back_inserter(out_),
                     "* {} on {} '{}' ({}): call={}, status={}, exitreason='{}',\n"
                     "    last-rc-change='{}', queued={}ms, exec={}ms\n",
                     failure.key, failure.node, view_.rc_text(failure.rc), failure.rc, failure.call,
                     view_.status_text(failure.status), failure.reason.empty() ? "none" : failure.reason, when,
                     failure.queue_time.empty() ? "0" : failure.queue_time,
                     failure.exec_time.empty() ? "0" : failure.exec_time);
    }
    out_ += '\n';
  }

  std::string simple_text() const override { return view_.simple_cluster_text(); }
};

}  // namespace

std::string crm_mon_plain(const ClusterView& view) { return PlainLines(view).write(); }

}  // namespace simcluster::reports
