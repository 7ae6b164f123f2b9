#include "reports/crm_mon_plain.h"

#include <iterator>

#include <fmt/core.h>

namespace simcluster::reports {
namespace {

using scheduler::Node;
using scheduler::NodeId;
using scheduler::Resource;
using scheduler::ResourceId;

constexpr std::string_view kDeeper = "    ";

// Neither plainly online nor plainly offline.
bool has_line_of_its_own(const Node& node) {
  return node.unclean || node.pending || (node.fail_standby && node.online) || node.standby || node.maintenance;
}

std::string time_text(std::int64_t unix_seconds) { return ctime_text(Time{} + seconds(unix_seconds)); }

}  // namespace

std::string PlainLayout::write() {
  if (view_.options().simple) return simple_text();
  write_header();
  write_nodes();
  write_resources();
  if (view_.options().node_attributes) write_attributes();
  if (view_.options().fail_counts || view_.options().operations) write_fail_counts();
  const std::vector<ShownFailure> failures = view_.failures();
  if (!failures.empty()) write_failures(failures);
  return std::move(out_);
}

void PlainLayout::write_nodes() {
  const bool all = view_.options().group_by_node;
  for (const Node& node : view_.model().nodes) {
    if (!all && !has_line_of_its_own(node)) continue;
    fmt::format_to(std::back_inserter(out_), "Node {}: {}\n", node_text(node), node_mode(node));
    if (!all) continue;
    for (const ResourceId id : node.running) {
      fmt::format_to(std::back_inserter(out_), "\t{}\n", primitive_on_node_text(view_.model().resource(id)));
    }
  }
  if (!all) write_node_summaries();
}

void PlainLayout::write_node_summaries() {
  struct Summary {
    std::string_view label;
    std::string names;
  };
  Summary summaries[] = {
      {"Online", {}}, {"OFFLINE", {}}, {"RemoteOnline", {}}, {"RemoteOFFLINE", {}}, {"GuestOnline", {}}};
  for (const Node& node : view_.model().nodes) {
    if (has_line_of_its_own(node)) continue;
    const bool guest = scheduler::is_guest(view_.model(), node);
    if (guest && !node.online) continue;
    const std::size_t kind =
        guest ? 4 : (scheduler::is_remote(view_.model(), node) ? 2U : 0U) + (node.online ? 0U : 1U);
    summaries[kind].names.append(" ").append(node.name);
  }
  for (const Summary& summary : summaries) {
    if (!summary.names.empty()) {
      fmt::format_to(std::back_inserter(out_), "{}: [{} ]\n", summary.label, summary.names);
    }
  }
}

void PlainLayout::write_resources() {
  const CrmMonOptions& options = view_.options();
  if (options.inactive) out_ += options.group_by_node ? "\nInactive resources:\n" : "\nFull list of resources:\n";
  out_ += '\n';
  if (options.group_by_node && !options.inactive) return;
  for (const ResourceId id : view_.model().top_level) {
    const Resource& resource = view_.model().resource(id);
    if (!view_.shown_at_all(resource)) continue;
    if (options.group_by_node && scheduler::is_fully_active(view_.model(), resource)) continue;
    // The full screen of 1.0 and 1.1 begins top-level primitives in the first column.
    write_resource(resource, !options.one_shot && resource.is_primitive() ? "" : " ");
  }
}

void PlainLayout::write_resource(const Resource& resource, std::string_view prefix) {
  if (resource.is_primitive()) {
    fmt::format_to(std::back_inserter(out_), "{}{}\n", prefix, primitive_text(resource));
    return;
  }
  if (resource.is_clone()) {
    write_clone(resource, prefix);
    return;
  }
  fmt::format_to(std::back_inserter(out_), "{}{}: {}\n", prefix,
                 resource.is_group() ? "Resource Group" : "Container Set", resource.id);
  const std::string deeper = std::string(prefix).append(kDeeper);
  for (const ResourceId id : resource.children) write_resource(view_.model().resource(id), deeper);
}

void PlainLayout::write_clone(const Resource& clone, std::string_view prefix) {
  fmt::format_to(std::back_inserter(out_), "{}{}\n", prefix, clone_heading(clone));
  const std::string deeper = std::string(prefix).append(kDeeper);
  const CloneInstances instances = view_.instances(clone);
  for (const ResourceId id : instances.in_full) write_resource(view_.model().resource(id), deeper);
  write_clone_lists(clone, instances, deeper);
}

// AT-8.2.
void PlainLayout::write_attributes() {
  out_ += "\nNode Attributes:\n";
  for (const Node& node : view_.model().nodes) {
    if (!node.online) continue;
    fmt::format_to(std::back_inserter(out_), "* Node {}:\n", node.name);
    for (const ShownAttribute& attribute : view_.attributes(node)) {
      fmt::format_to(std::back_inserter(out_), "    + {:<32}\t: {:<10}", attribute.name, attribute.value);
      if (!attribute.connectivity.empty()) out_.append("\t: ").append(attribute.connectivity);
      out_ += '\n';
    }
  }
}

void PlainLayout::write_fail_counts() {
  out_.append("\n").append(view_.options().operations ? "Operations" : summary_heading()).append(":\n");
  for (const NodeId id : view_.online_in_status_order()) {
    const Node& node = view_.model().node(id);
    out_.append(summary_node(node)).append("\n");
    for (const ShownHistory& history : view_.history(node)) write_history(history);
  }
}

void PlainLayout::write_history(const ShownHistory& history) {
  const bool operations = view_.options().operations;
  if (!history.known) {
    fmt::format_to(std::back_inserter(out_), "   {}: orphan\n", history.resource);
  } else if (operations || history.fail_count > 0) {
    fmt::format_to(std::back_inserter(out_), "   {}: migration-threshold={}", history.resource,
                   history.migration_threshold);
    if (history.fail_count > 0) {
      fmt::format_to(std::back_inserter(out_), " fail-count={}", history.fail_count);
      if (history.last_failure > 0) {
        fmt::format_to(std::back_inserter(out_), " last-failure='{}'", time_text(history.last_failure));
      }
    }
    out_ += '\n';
  }
  if (!operations) return;
  for (const ShownOperation& operation : history.operations) write_operation(operation);
}

void PlainLayout::write_operation(const ShownOperation& operation) {
  fmt::format_to(std::back_inserter(out_), "    + ({}) {}:", operation.call,
                 operation.is_probe ? "probe" : operation.task);
  if (operation.interval > 0) fmt::format_to(std::back_inserter(out_), " interval={}ms", operation.interval);
  if (view_.options().timing && operation.last_change > 0) {
    const std::string when = time_text(operation.last_change);
    fmt::format_to(std::back_inserter(out_), " last-rc-change='{0}' last-run='{0}' exec-time={1}ms queue-time={2}ms",
                   when, operation.exec_time, operation.queue_time);
  }
  fmt::format_to(std::back_inserter(out_), " rc={} ({})\n", operation.rc, view_.rc_text(operation.rc));
}

}  // namespace simcluster::reports
