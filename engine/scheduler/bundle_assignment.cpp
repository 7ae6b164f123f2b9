// Placing bundles (S4 10.4).
#include "engine/scheduler/assignment.h"
#include "engine/scheduler/collective.h"
#include "engine/scheduler/failcount.h"
#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"

namespace simcluster::scheduler {

namespace {

// S4 CR-10.41: a connection may itself run on a remote node, then it follows that node's connection.
void follow_remote_host(Model& model, const BundleReplica& replica) {
  const NodeId host = model.resource(replica.container).assigned;
  if (!host.valid() || !model.node(host).is_remote_variant()) return;
  Colocation colocation;
  colocation.id = "#replica-remote-with-host-remote";
  colocation.dependent = replica.connection;
  colocation.primary = model.node(host).connection;
  colocation.score = kInfinity;
  colocation.influence = true;
  add_colocation(model, colocation);
}

// The migration threshold of the child is reached on its own node.
bool is_threshold_reached(Model& model, Resource& child, const Node& node) {
  if (child.migration_threshold == 0 || child.ignore_failure) return false;
  FailCountOptions options;
  options.effective = true;
  options.launched = true;
  const Score failures = fail_count(model, child, node, options).count;
  return failures > 0 && child.migration_threshold - failures <= 0;
}

void assign_child(Model& model, Resource& clone, const BundleReplica& replica, bool final) {
  Resource& child = model.resource(replica.child);
  const Because because(model.recorder.get(), {ScoreReason::kBundleNode, {}, replica.container});
  for (NodeEntry& entry : child.allowed.entries()) {
    if (!entry.present) continue;
    if (entry.node != replica.node) {
      set_score(model.recorder.get(), child.self, entry.node, entry, -kInfinity);
    } else if (!is_threshold_reached(model, child, model.node(replica.node))) {
      set_score(model.recorder.get(), child.self, entry.node, entry, kInfinity);
    }
  }
  const bool assigning = clone.assigning;
  clone.assigning = true;
  assign(model, child, replica.node, final);
  clone.assigning = assigning;
}

// S4 CR-10.41.
void assign_replica(Model& model, Resource& bundle, const BundleReplica& replica, NodeId prefer, bool final) {
  if (replica.ip_resource.valid()) assign(model, model.resource(replica.ip_resource), prefer, final);
  if (replica.connection.valid()) {
    follow_remote_host(model, replica);
    assign(model, model.resource(replica.connection), prefer, final);
  }
  if (replica.child.valid()) assign_child(model, model.resource(bundle.bundle->clone), replica, final);
}

bool is_replica_node(const BundleData& data, NodeId node) {
  for (const BundleReplica& replica : data.replicas) {
    if (replica.node == node) return true;
  }
  return false;
}

}  // namespace

void assign_bundle(Model& model, Resource& bundle, NodeId prefer, bool final) {
  BundleData& data = *bundle.bundle;
  bundle.assigning = true;
  print_scores(model, bundle, "pcmk__bundle_assign");
  std::vector<ResourceId> containers = instances_of(model, bundle);
  merge_sort(containers, [&](ResourceId a, ResourceId b) { return compare_instances(model, a, b); });
  assign_instances(model, bundle, containers, data.replica_count, data.replicas_per_host);
  for (const BundleReplica& replica : data.replicas) assign_replica(model, bundle, replica, prefer, final);
  if (data.clone.valid()) {
    Resource& clone = model.resource(data.clone);
    const Because because(model.recorder.get(), {ScoreReason::kBundleNode, {}, bundle.self});
    for (NodeEntry& entry : clone.allowed.entries()) {
      if (!entry.present) continue;
      const Score score = is_replica_node(data, entry.node) ? 0 : -kInfinity;
      set_score(model.recorder.get(), clone.self, entry.node, entry, score);
    }
    assign(model, clone, prefer, final);
  }
  bundle.assigning = false;
  bundle.unassigned = false;
}

}  // namespace simcluster::scheduler
