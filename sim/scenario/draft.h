// A scenario as the file says it: names and texts, checked one by one but not yet against each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/agents/agent_model.h"
#include "sim/faults/fields.h"
#include "sim/kernel/agent_fault.h"
#include "sim/scenario/model.h"

namespace simcluster::sim {

struct NetworkDraft {
  SegmentSpec segment;
};

struct TrunkDraft {
  TrunkSpec trunk;
  SourcePlace place;
};

struct InterfaceDraft {
  InterfaceSpec spec;
  SourcePlace place;
};

struct MachineDraft {
  std::string name;
  SourcePlace place;
  std::vector<InterfaceDraft> interfaces;
  std::vector<RouteSpec> routes;
  MachineSpec spec;  // what needs no translation
  std::uint32_t id = 0;
  bool id_given = false;
  TextBlock corosync;                                   // its own corosync.conf
  StackVersions stack{"", "", "", "", "", "", "", ""};  // what is another one than the scenario's
  SourcePlace stack_place;
};

struct ProcessDraft {
  std::string name;
  std::string on;
  std::string reads;
  IpAddress pings;
  std::string holds;
  std::size_t ignores = 0;
  Duration every = seconds(1);
  Duration offset;
  bool print = true;
};

struct StorageDraft {
  StorageSpec spec;
  SourcePlace place;
};

// An agent's name, and the script that is run for it.
struct ScriptDraft {
  std::string agent;
  TextBlock script;
  SourcePlace place;
};

// Calls of a described agent that go wrong.
struct AgentFailureDraft {
  std::string node;  // empty: on every node
  AgentFault fault;
};

struct AgentDraft {
  agents::AgentModel model;
  std::vector<AgentFailureDraft> failures;
};

struct ConfigurationDraft {
  std::vector<TextBlock> crm;  // pieces, in order
  TextBlock crm_file;
  TextBlock cib;
  TextBlock cib_file;
  TextBlock corosync;
  TextBlock corosync_file;
  std::vector<std::string> rings;  // networks that carry the membership protocol
  SourcePlace rings_place;
  SourcePlace place;
};

// The versions of what a scenario does not name: Debian 12's, which anybody can set beside it.
inline StackVersions usual_versions() {
  StackVersions versions;
  versions.kernel = "6.1";
  versions.resource_agents = "4.12.0";
  versions.corosync = "3.1.7";
  versions.pacemaker = "2.1.5";
  return versions;
}

struct Draft {
  std::string title;
  std::int64_t seed = 1;
  std::optional<Time> start;
  Duration until = minutes(10);
  StackVersions stack = usual_versions();
  SourcePlace stack_place;
  KernelKnobs knobs;
  std::vector<NetworkDraft> networks;
  std::vector<TrunkDraft> trunks;
  std::vector<MachineDraft> nodes;
  std::vector<MachineDraft> hosts;
  ConfigurationDraft configuration;
  std::vector<ScriptDraft> scripts;
  std::vector<ProcessDraft> processes;
  std::vector<StorageDraft> storage;
  std::vector<AgentDraft> agents;
  std::vector<TimelineItem> timeline;
  std::vector<Expectation> expectations;
  reports::StorySettings story;
};

// Declares every key of a scenario: the one table of the format.
void declare_scenario(Fields& fields, Draft& draft);

}  // namespace simcluster::sim
