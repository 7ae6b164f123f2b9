// What triggers the actions of a resource.
#pragma once

#include <vector>

#include "engine/scheduler/explanation.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// Starts, stops, promotions, demotions, migrations and reloads that the transition holds or that cannot run, in the
// order of a resource's life, each with its causes.
std::vector<ExplainedAction> explain_actions(Model& model, const Resource& resource);

}  // namespace simcluster::scheduler
