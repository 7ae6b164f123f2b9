// Status lines of resources (S2 D-20.9 to D-20.18).
#pragma once

#include "engine/scheduler/display.h"

namespace simcluster::scheduler {

// S2 D-20.18; without nodes: not where its replicas run.
bool write_bundle(const Model& model, const Resource& bundle, bool show_pending, bool with_nodes, TextList& list);
// Writes a resource of any variant. False when it prints nothing.
bool write_resource(const Model& model, const Resource& resource, bool show_pending, TextList& list);

}  // namespace simcluster::scheduler
