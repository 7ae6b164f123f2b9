// The key `agents`: what runs for agents that this project does not have (AT-4.12).
#pragma once

#include "sim/faults/fields.h"
#include "sim/scenario/draft.h"

namespace simcluster::sim {

void declare_agents(Fields& fields, std::vector<AgentDraft>& agents);

}  // namespace simcluster::sim
