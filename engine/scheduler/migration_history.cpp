#include "engine/scheduler/migration_history.h"

#include <optional>

#include "engine/scheduler/history_sort.h"
#include "engine/scheduler/resource_state.h"
#include "engine/scheduler/status_index.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

// The questions of S2 G-14.1 about one resource.
class MigrationQueries {
 public:
  MigrationQueries(Model& model, const Resource& resource) : index_(status_index(model)), id_(resource.id) {}

  // entry(migrate_to or migrate_from, node, other): the unique one.
  std::optional<HistoryEntry> entry(HistoryTask task, std::string_view node, std::string_view other) const {
    const std::string_view attribute = task == HistoryTask::kMigrateTo ? "migrate_target" : "migrate_source";
    std::optional<HistoryEntry> found;
    for (const cib::Element& element : index_.resource_entries(node, id_)) {
      HistoryEntry candidate = read_history_entry(element);
      if (candidate.task != task || element.attribute(attribute) != std::optional<std::string_view>(other)) continue;
      if (found) return std::nullopt;
      found = std::move(candidate);
    }
    return found;
  }

  std::optional<HistoryEntry> successful_entry(HistoryTask task, std::string_view node, std::string_view other) const {
    std::optional<HistoryEntry> found = entry(task, node, other);
    if (found && (value_or(found->rc, -1, 1) != 0 || value_or(found->status, -2, 4) != 0)) found.reset();
    return found;
  }

  bool unknown_on(std::string_view node) const {
    for (const cib::Element& element : index_.resource_entries(node, id_)) {
      const auto rc = element.attribute("rc-code");
      if (rc && *rc != "193") return false;
    }
    return true;
  }

  bool acted_after(std::string_view node, const HistoryEntry& than) const {
    const cib::Element resource = index_.unique_resource(node, id_);
    if (!resource) return false;
    for (const cib::Element& element : resource.children()) {
      if (element.name() != "lrm_rsc_op" || element == than.xml) continue;
      const HistoryEntry other = read_history_entry(element);
      const bool counts = other.task == HistoryTask::kStart || other.task == HistoryTask::kStop ||
                          other.task == HistoryTask::kMigrateTo || other.task == HistoryTask::kMigrateFrom;
      if (counts && compare_history(other, than) > 0) return true;
    }
    return false;
  }

  bool stopped_after(std::string_view node, const HistoryEntry& than) const {
    std::optional<HistoryEntry> monitor;
    for (const cib::Element& element : index_.resource_entries(node, id_)) {
      HistoryEntry candidate = read_history_entry(element);
      if (candidate.task != HistoryTask::kMonitor) continue;
      if (monitor) return false;
      monitor = std::move(candidate);
    }
    return monitor && monitor->rc == kOcfNotRunning && compare_history(*monitor, than) > 0;
  }

  bool newer_state(std::string_view node, const HistoryEntry* to, const HistoryEntry* from) const {
    const HistoryEntry* than = from != nullptr ? from : to;
    if (than == nullptr) return false;
    if (than == from && to != nullptr &&
        equal_ignoring_case(node, from->xml.attribute("migrate_source").value_or(""))) {
      than = to;
    }
    return acted_after(node, *than) || stopped_after(node, *than);
  }

 private:
  static int value_or(int value, int missing, int fallback) { return value == missing ? fallback : value; }

  const StatusIndex& index_;
  std::string_view id_;
};

struct Names {
  std::string_view source;
  std::string_view target;
};

// S2 G-14.2.
std::optional<Names> migration_names(const HistoryEntry& entry, const Node& node, bool node_is_source) {
  const auto source = entry.xml.attribute("migrate_source");
  const auto target = entry.xml.attribute("migrate_target");
  if (!source || !target) return std::nullopt;
  if (!equal_ignoring_case(node_is_source ? *source : *target, node.name)) return std::nullopt;
  return Names{*source, *target};
}

bool is_online(const Model& model, NodeId node) { return node.valid() && model.node(node).online; }

void fail_without_migration(Resource& resource) {
  resource.failed = true;
  resource.stop_if_failed = true;
  resource.allow_migrate = false;
}

}  // namespace

void migrated_to(HistoryProcessor& processor, const HistoryEntry& entry) {
  Model& model = processor.model();
  Resource& resource = processor.resource();
  Node& source = processor.node();
  const auto names = migration_names(entry, source, true);
  if (!names) return;
  const MigrationQueries queries(model, resource);
  const bool source_newer = queries.acted_after(names->source, entry);
  const std::optional<HistoryEntry> from = queries.entry(HistoryTask::kMigrateFrom, names->target, names->source);
  if (from && source_newer) return;
  const int from_rc = from && from->rc >= 0 ? from->rc : 0;
  const int from_status = from && from->status != -2 ? from->status : static_cast<int>(ExecStatus::kPending);
  const bool target_newer = queries.newer_state(names->target, &entry, from ? &*from : nullptr);
  if (source_newer && target_newer) return;
  if (from && from_rc == 0 && from_status == static_cast<int>(ExecStatus::kDone)) {
    resource.original_role = Role::kStopped;
    resource.dangling_migrations.push_back(source.self);
    return;
  }
  resource.original_role = Role::kStarted;
  const NodeId target = find_node(model, names->target);
  const bool target_up = !target_newer && is_online(model, target);
  if (from_status != static_cast<int>(ExecStatus::kPending)) {
    if (target_up) {
      add_active_node(model, resource, target, true);
    } else {
      fail_without_migration(resource);
    }
    return;
  }
  if (is_online(model, target) && queries.unknown_on(names->target)) return;
  if (target_up) {
    add_active_node(model, resource, target, false);
    if (source.online) {
      resource.partial_migration_target = target;
      resource.partial_migration_source = source.self;
    }
  } else if (!source_newer) {
    fail_without_migration(resource);
  }
}

void failed_to_migrate_to(HistoryProcessor& processor, const HistoryEntry& entry) {
  Model& model = processor.model();
  Resource& resource = processor.resource();
  const auto names = migration_names(entry, processor.node(), true);
  if (!names) return;
  resource.original_role = Role::kStarted;
  const MigrationQueries queries(model, resource);
  const std::optional<HistoryEntry> from =
      queries.successful_entry(HistoryTask::kMigrateFrom, names->target, names->source);
  if (!queries.unknown_on(names->target) && !queries.newer_state(names->target, &entry, from ? &*from : nullptr)) {
    const NodeId target = find_node(model, names->target);
    if (is_online(model, target)) add_active_node(model, resource, target, false);
  } else if (!queries.acted_after(names->source, entry)) {
    resource.dangling_migrations.push_back(processor.node().self);
  }
}

void failed_to_migrate_from(HistoryProcessor& processor, const HistoryEntry& entry) {
  Model& model = processor.model();
  Resource& resource = processor.resource();
  const auto names = migration_names(entry, processor.node(), false);
  if (!names) return;
  resource.original_role = Role::kStarted;
  const MigrationQueries queries(model, resource);
  const std::optional<HistoryEntry> to =
      queries.successful_entry(HistoryTask::kMigrateTo, names->source, names->target);
  if (!queries.unknown_on(names->source) && !queries.newer_state(names->source, to ? &*to : nullptr, &entry)) {
    const NodeId source = find_node(model, names->source);
    if (is_online(model, source)) add_active_node(model, resource, source, true);
  }
}

}  // namespace simcluster::scheduler
