// crm ra: what agents there are and what they say of themselves (AT-1.8).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/profile.h"

namespace simcluster::agents {
class AgentModels;
}

namespace simcluster::node {

// `words`: what follows "crm ra": info TYPE, classes, list CLASS [PROVIDER], providers TYPE [CLASS].
Result<std::string> describe_agents(const std::vector<std::string_view>& words, const Profile& profile,
                                    const agents::AgentModels* models);

// Names in columns on 80, as crmsh prints lists.
std::string in_columns(const std::vector<std::string>& names);

}  // namespace simcluster::node
