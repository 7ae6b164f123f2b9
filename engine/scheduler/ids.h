// Dense ids of everything the scheduler keeps in arrays (S0 GU-7.1). Names appear only at input and output.
#pragma once

#include "engine/base/ids.h"

namespace simcluster::scheduler {

// Index into Model::nodes: creation order, not name order (Model::node_order is the sorted list of S2 N-3.1).
using NodeId = Id<struct SchedulerNodeTag>;
// Index into Model::resources: creation order. Children, removed resources and instances included.
using ResourceId = Id<struct SchedulerResourceTag>;
using ActionId = Id<struct SchedulerActionTag>;      // the number printed in the graph minus 1
using RelationId = Id<struct SchedulerRelationTag>;  // direct relation between two actions
using OrderingId = Id<struct SchedulerOrderingTag>;  // ordering constraint, creation order
using LocationId = Id<struct SchedulerLocationTag>;
using ColocationId = Id<struct SchedulerColocationTag>;
using TicketId = Id<struct SchedulerTicketTag>;
// Index into Model::operations: the configured `op` elements.
using OperationId = Id<struct SchedulerOperationTag>;
// Index into Model::history: the history entries (`lrm_rsc_op`) of resources.
using HistoryId = Id<struct SchedulerHistoryTag>;

}  // namespace simcluster::scheduler
