// Orderings and colocations that follow from what clones and bundles are (S4 6.3 and 6.4).
#include "engine/scheduler/collective.h"
#include "engine/scheduler/internal_constraints.h"
#include "engine/scheduler/merge_sort.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/ordering.h"

namespace simcluster::scheduler {

namespace {

using namespace relation;

// S4 CR-6.3 step 7, the orderings of the collective with itself.
void order_restart(Model& model, ResourceId self) {
  order(model, self, Task::kStopped, self, Task::kStart, kOrdered);
  order(model, self, Task::kStopped, self, Task::kPromote, kOrdered);
  order(model, self, Task::kDemoted, self, Task::kStop, kOrdered);
  order(model, self, Task::kDemoted, self, Task::kStart, kOrdered);
  order(model, self, Task::kDemoted, self, Task::kPromote, kOrdered);
  order(model, self, Task::kStarted, self, Task::kPromote, kOrdered);
  order(model, self, Task::kDemote, self, Task::kDemoted, kOrdered);
}

void order_promotion_of_instances(Model& model, const Resource& clone) {
  const ResourceId self = clone.self;
  ResourceId previous;
  for (const ResourceId instance : clone.children) {
    order(model, instance, Task::kDemote, instance, Task::kPromote, kOrdered);
    order(model, self, Task::kPromote, instance, Task::kPromote, kOrdered);
    order(model, instance, Task::kPromote, self, Task::kPromoted, kOrdered);
    if (clone.clone->ordered && previous.valid()) {
      order(model, previous, Task::kPromote, instance, Task::kPromote, kOrdered);
    }
    order(model, self, Task::kDemote, instance, Task::kDemote, kThenImpliesFirstGraphed);
    order(model, instance, Task::kDemote, self, Task::kDemoted, kFirstImpliesThenGraphed);
    if (clone.clone->ordered && previous.valid()) {
      order(model, instance, Task::kDemote, previous, Task::kDemote, kOrdered);
    }
    previous = instance;
  }
}

void order_instance(Model& model, const Resource& clone, std::size_t at) {
  const ResourceId self = clone.self;
  const ResourceId instance = clone.children[at];
  create_internal_constraints(model, model.resource(instance));
  order(model, self, Task::kStart, instance, Task::kStart, kUnrunnableFirstBlocks | kThenImpliesFirstGraphed);
  order(model, instance, Task::kStart, self, Task::kStarted, kFirstImpliesThenGraphed);
  order(model, self, Task::kStop, instance, Task::kStop, kThenImpliesFirstGraphed);
  order(model, instance, Task::kStop, self, Task::kStopped, kFirstImpliesThenGraphed);
  if (!clone.clone->ordered) return;
  for (std::size_t later = at + 1; later < clone.children.size(); ++later) {
    order(model, instance, Task::kStart, clone.children[later], Task::kStart, kOrdered);
    order(model, clone.children[later], Task::kStop, instance, Task::kStop, kOrdered);
  }
}

void constrain_clone(Model& model, Resource& clone) {
  const ResourceId self = clone.self;
  order(model, self, Task::kStopped, self, Task::kStart, kOrdered);
  order(model, self, Task::kStart, self, Task::kStarted, kUnrunnableFirstBlocks);
  order(model, self, Task::kStop, self, Task::kStopped, kUnrunnableFirstBlocks);
  if (clone.promotable) {
    order(model, self, Task::kDemoted, self, Task::kStop, kOrdered);
    order(model, self, Task::kStarted, self, Task::kPromote, kUnrunnableFirstBlocks);
  }
  if (clone.clone->ordered) sort_by_number(model, clone);
  for (std::size_t i = 0; i < clone.children.size(); ++i) order_instance(model, clone, i);
  if (!clone.promotable) return;
  order_restart(model, self);
  order_promotion_of_instances(model, clone);
}

void colocate_with_container(Model& model, ResourceId address, ResourceId container) {
  Colocation colocation;
  colocation.id = "#ip-with-container";
  colocation.dependent = address;
  colocation.primary = container;
  colocation.score = kInfinity;
  colocation.influence = true;
  add_colocation(model, colocation);
}

void constrain_replica(Model& model, ResourceId self, const BundleReplica& replica) {
  const ResourceId container = replica.container;
  create_internal_constraints(model, model.resource(container));
  order(model, self, Task::kStart, container, Task::kStart, kUnrunnableFirstBlocks | kThenImpliesFirstGraphed);
  if (replica.child.valid()) order(model, self, Task::kStop, replica.child, Task::kStop, kThenImpliesFirstGraphed);
  order(model, self, Task::kStop, container, Task::kStop, kThenImpliesFirstGraphed);
  order(model, container, Task::kStart, self, Task::kStarted, kFirstImpliesThenGraphed);
  order(model, container, Task::kStop, self, Task::kStopped, kFirstImpliesThenGraphed);
  if (replica.ip_resource.valid()) {
    create_internal_constraints(model, model.resource(replica.ip_resource));
    order(model, replica.ip_resource, Task::kStart, container, Task::kStart, kUnrunnableFirstBlocks | kGuestAllowed);
    order(model, container, Task::kStop, replica.ip_resource, Task::kStop, kThenImpliesFirst | kGuestAllowed);
    colocate_with_container(model, replica.ip_resource, container);
  }
  if (replica.connection.valid()) create_internal_constraints(model, model.resource(replica.connection));
}

void constrain_bundle(Model& model, Resource& bundle) {
  const ResourceId self = bundle.self;
  for (const BundleReplica& replica : bundle.bundle->replicas) constrain_replica(model, self, replica);
  const ResourceId clone = bundle.bundle->clone;
  if (!clone.valid()) return;
  order(model, self, Task::kStart, clone, Task::kStart, kThenImpliesFirstGraphed);
  order(model, clone, Task::kStarted, self, Task::kStarted, kFirstImpliesThenGraphed);
  order(model, self, Task::kStop, clone, Task::kStop, kThenImpliesFirstGraphed);
  order(model, clone, Task::kStopped, self, Task::kStopped, kFirstImpliesThenGraphed);
  create_internal_constraints(model, model.resource(clone));
  if (!model.resource(clone).promotable) return;
  order_restart(model, self);
  order(model, self, Task::kDemote, clone, Task::kDemote, kThenImpliesFirstGraphed);
  order(model, clone, Task::kDemoted, self, Task::kDemoted, kFirstImpliesThenGraphed);
  order(model, self, Task::kPromote, clone, Task::kPromote, kThenImpliesFirstGraphed);
  order(model, clone, Task::kPromoted, self, Task::kPromoted, kFirstImpliesThenGraphed);
}

}  // namespace

void sort_by_number(Model& model, Resource& clone) {
  merge_sort(clone.children, [&](ResourceId a, ResourceId b) {
    return model.resource(a).instance_number - model.resource(b).instance_number;
  });
}

void create_internal_constraints_of_collective(Model& model, Resource& collective) {
  if (collective.is_clone()) {
    constrain_clone(model, collective);
  } else {
    constrain_bundle(model, collective);
  }
}

}  // namespace simcluster::scheduler
