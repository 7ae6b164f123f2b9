// crm ra: what agents there are and what they say of themselves (AT-1.8).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/agents/metadata.h"
#include "engine/base/error.h"
#include "engine/base/profile.h"
#include "engine/cib/document.h"
#include "engine/node/node_agents.h"

namespace simcluster::agents {
class AgentModels;
}

namespace simcluster::node {

// `words`: what follows "crm ra": info TYPE, classes, list CLASS [PROVIDER], providers TYPE [CLASS].
Result<std::string> describe_agents(const std::vector<std::string_view>& words, const Profile& profile,
                                    const agents::AgentModels* models);

// `typed`: a primitive or template with a type of its own. None when that agent is not installed.
std::shared_ptr<const agents::AgentMetadata> installed_metadata(const cib::Element& typed, const Profile& profile,
                                                                const NodeAgents& agents);
// ocf:heartbeat:Dummy
std::string agent_name(const cib::Element& typed);

// What the agent advises for an operation; none when it does not know that one. An empty role: any.
const agents::ActionMetadata* advised_action(const agents::AgentMetadata& metadata, std::string_view name,
                                             std::string_view role, const Profile& profile);

// Names in columns on 80, as crmsh prints lists.
std::string in_columns(const std::vector<std::string>& names);

}  // namespace simcluster::node
