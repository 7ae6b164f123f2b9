// crm_mon of Pacemaker 1.0 (AT-8.2, AT-8.3).
#include <iterator>

#include <fmt/core.h>

#include "reports/crm_mon_layouts.h"
#include "reports/crm_mon_plain.h"

namespace simcluster::reports {
namespace {

using scheduler::Node;
using scheduler::Resource;
using scheduler::ResourceId;

constexpr std::string_view kRuler = "============\n";

class RulerLayout final : public PlainLayout {
 public:
  using PlainLayout::PlainLayout;

 private:
  void write_header() override {
    const auto to = std::back_inserter(out_);
    out_ += kRuler;
    fmt::format_to(to, "Last updated: {}\n", ctime_text(view_.context().now));
    if (const auto stack = view_.property("cluster-infrastructure")) fmt::format_to(to, "Stack: {}\n", *stack);
    write_dc();
    fmt::format_to(to, "{} Nodes configured, {} expected votes\n", view_.model().nodes.size(),
                   view_.property("expected-quorum-votes").value_or("unknown"));
    fmt::format_to(to, "{} Resources configured.\n", configured_resources());
    out_.append(kRuler).append("\n");
  }

  void write_dc() {
    const Node* dc = view_.dc();
    if (dc == nullptr) {
      out_ += "Current DC: NONE\n";
      return;
    }
    fmt::format_to(std::back_inserter(out_), "Current DC: {} - partition {} quorum\n", node_text(*dc),
                   view_.quorate() ? "with" : "WITHOUT");
    if (const auto version = view_.property("dc-version")) {
      fmt::format_to(std::back_inserter(out_), "Version: {}\n", *version);
    }
  }

  int configured_resources() const {
    int count = 0;
    for (const ResourceId id : view_.model().top_level) {
      if (!view_.model().resource(id).removed) ++count;
    }
    return count;
  }

  std::string node_text(const Node& node) const override {
    if (node.id == node.name) return std::string(node.name);
    return fmt::format("{} ({})", node.name, node.id);
  }

  std::string_view node_mode(const Node& node) const override {
    if (node.unclean && node.online) return "UNCLEAN (online)";
    if (node.unclean && node.pending) return "UNCLEAN (pending)";
    if (node.unclean) return "UNCLEAN (offline)";
    if (node.pending) return "pending";
    if (node.fail_standby && node.online) return "standby (on-fail)";
    if (node.standby) return node.online ? "standby" : "OFFLINE (standby)";
    return node.online ? "online" : "OFFLINE";
  }

  static bool is_left_alone(const Resource& resource) { return !resource.managed || resource.blocked; }

  std::string primitive_text(const Resource& resource) const override {
    if (resource.active.size() > 1) return text_with_node_list(resource);
    std::string text = fmt::format("{}\t({}):\t", name_of(resource), view_.agent_text(resource));
    if (resource.removed) text += " ORPHANED ";
    text.append(view_.role_text(resource)).append(" ");
    if (const Node* node = view_.shown_node(resource)) text += node->name;
    if (is_left_alone(resource)) text += " (unmanaged)";
    if (resource.failed) text += " FAILED";
    return text;
  }

  std::string primitive_on_node_text(const Resource& resource) const override {
    std::string text = fmt::format("{}\t({}{}) {} ", name_of(resource), view_.agent_text(resource),
                                   resource.removed ? " ORPHANED" : "", view_.role_text(resource));
    if (is_left_alone(resource)) text += " (unmanaged)";
    if (resource.failed) text += " FAILED";
    if (const auto description = resource.own_xml().attribute("description")) text.append(": ").append(*description);
    return text;
  }

  std::string text_with_node_list(const Resource& resource) const {
    std::string text = primitive_on_node_text(resource);
    text += '[';
    for (const scheduler::NodeId id : resource.active) text.append("\t").append(view_.model().node(id).name);
    return text + " ]";
  }

  // Instances always carry their number in 1.0.
  static std::string_view name_of(const Resource& resource) { return resource.id; }

  std::string clone_heading(const Resource& clone) const override {
    return fmt::format("{}: {}{}{}", clone.promotable ? "Master/Slave Set" : "Clone Set", clone.id,
                       clone.unique ? " (unique)" : "", clone.managed ? "" : " (unmanaged)");
  }

  void write_clone_lists(const Resource& clone, const CloneInstances& instances, std::string_view prefix) override {
    const auto to = std::back_inserter(out_);
    if (!instances.promoted.empty()) {
      fmt::format_to(to, "{}Masters: {}\n", prefix, view_.node_list(instances.promoted, false));
    }
    if (!instances.started.empty()) {
      fmt::format_to(to, "{}{}: {}\n", prefix, clone.promotable ? "Slaves" : "Started",
                     view_.node_list(instances.started, false));
    }
    if (instances.inactive.empty()) return;
    fmt::format_to(to, "{}Stopped: [", prefix);
    for (const ResourceId id : instances.inactive) out_.append(" ").append(view_.model().resource(id).id);
    out_ += " ]\n";
  }

  std::string_view summary_heading() const override { return "Migration summary"; }

  std::string summary_node(const Node& node) const override {
    std::string text = fmt::format("* Node {}: ", node.name);
    if (view_.options().node_attributes) return text;
    for (const ShownAttribute& attribute : view_.attributes(node)) {
      if (attribute.name == "pingd") text.append(" pingd=").append(attribute.value);
    }
    return text;
  }

  void write_failures(const std::vector<ShownFailure>& failures) override {
    out_ += "\nFailed actions:\n";
    for (const ShownFailure& failure : failures) {
      fmt::format_to(std::back_inserter(out_), "    {} (node={}, call={}, rc={}, status={}): {}\n", failure.key,
                     failure.node, failure.call, failure.rc, view_.status_text(failure.status),
                     view_.rc_text(failure.rc));
    }
  }

  std::string simple_text() const override {
    std::string warnings;
    int online = 0;
    int standby = 0;
    const auto warn = [&](const std::string& text) { warnings.append(warnings.empty() ? "" : ",").append(text); };
    if (view_.dc() == nullptr) warn("No DC ");
    for (const Node& node : view_.model().nodes) {
      if (!node.online) warn(fmt::format("offline node: {}", node.name));
      if (node.online) ++(node.standby ? standby : online);
    }
    if (!warnings.empty()) return "Warning:" + warnings + "\n";
    return fmt::format("Ok: {} nodes online{}, {} resources configured\n", online,
                       standby > 0 ? fmt::format(", {} standby nodes", standby) : std::string(),
                       configured_resources());
  }
};

}  // namespace

std::string crm_mon_with_rulers(const ClusterView& view) { return RulerLayout(view).write(); }

}  // namespace simcluster::reports
