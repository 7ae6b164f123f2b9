// From the draft of one variant to a scenario that can be run: checks names against each other and builds the world's
// description.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "sim/scenario/draft.h"
#include "sim/scenario/model.h"
#include "sim/scenario/reader.h"

namespace simcluster::sim {

Result<Scenario> assemble(Draft draft, const std::vector<Reader::NameUse>& names_used);

// An agent that the configuration asks for.
struct AgentUse {
  std::string standard;
  std::string provider;
  std::string type;
  std::string resource;  // the first that has it
  SourcePlace place;
};

// The cluster's configuration, translated.
struct BuiltConfiguration {
  std::string cib;                     // XML
  std::vector<std::string> resources;  // ids of primitives, groups, clones ...
  WatchedCluster watched;
  std::string watched_text;
  std::vector<AgentUse> agents;
};
Result<BuiltConfiguration> build_configuration(const ConfigurationDraft& draft);

// The corosync.conf of one node: the given one, or one derived from the networks.
std::string corosync_conf_for(const MachineDraft& node, const Draft& draft, const std::vector<std::string>& rings,
                              const Profile& profile);
// The networks of the rings: those asked for, or the last network that all nodes have an address in.
Result<std::vector<std::string>> ring_networks(const Draft& draft);

}  // namespace simcluster::sim
