// Clones and bundles in the transition graph (S4 chapter 11).
#include "engine/scheduler/collective.h"
#include "engine/scheduler/graph_build.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/propagation.h"

namespace simcluster::scheduler {

namespace {

// S4 CR-11.1.
void add_clone(GraphBuilder& builder, Model& model, Resource& clone) {
  Propagator propagator(model);
  for (auto it = clone.actions.rbegin(); it != clone.actions.rend(); ++it) propagator.flags_of(*it, NodeId());
  fill_notifications(model, clone);
  for (const ResourceId child : clone.children) builder.add_resource(model.resource(child));
  builder.add_own_actions(clone);
}

}  // namespace

void add_collective_to_graph(GraphBuilder& builder, Model& model, Resource& collective) {
  if (collective.is_clone()) {
    add_clone(builder, model, collective);
    return;
  }
  const BundleData& data = *collective.bundle;
  if (data.clone.valid()) builder.add_resource(model.resource(data.clone));
  for (const BundleReplica& replica : data.replicas) {
    for (const ResourceId part : {replica.ip_resource, replica.container, replica.connection}) {
      if (part.valid()) builder.add_resource(model.resource(part));
    }
  }
}

}  // namespace simcluster::scheduler
