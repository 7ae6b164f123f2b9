#include "sim/scenario/assembly.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/core.h>

#include "engine/agents/agent_models.h"
#include "engine/agents/ra_info.h"
#include "engine/base/profile.h"
#include "engine/membership/corosync_conf.h"
#include "sim/scenario/values.h"

namespace simcluster::sim {

namespace {

std::string_view what_is(Reference kind) {
  switch (kind) {
    case Reference::kMachine:
      return "node or host";
    case Reference::kClusterNode:
      return "node";
    case Reference::kNetwork:
      return "network";
    case Reference::kTrunk:
      return "trunk";
    case Reference::kInterface:
      return "interface";
    case Reference::kDevice:
      return "block device";
    case Reference::kResource:
      return "resource";
  }
  return {};
}

// Who is there, for every kind of name.
class Names {
 public:
  Names(const Draft& draft, const std::vector<std::string>& resources) : draft_(draft), resources_(resources) {}

  Result<void> check(const Reader::NameUse& use) const {
    const auto names = known(use);
    if (std::find(names.begin(), names.end(), use.name) != names.end()) return {};
    const std::string where = use.kind == Reference::kInterface || use.kind == Reference::kDevice
                                  ? fmt::format(" on \"{}\"", use.machine)
                                  : "";
    return fail(
        fmt::format("there is no {} \"{}\"{}{}", what_is(use.kind), use.name, where, did_you_mean(use.name, names)),
        use.place);
  }

 private:
  std::vector<std::string_view> known(const Reader::NameUse& use) const {
    std::vector<std::string_view> names;
    switch (use.kind) {
      case Reference::kMachine:
        for (const auto& host : draft_.hosts) names.emplace_back(host.name);
        [[fallthrough]];
      case Reference::kClusterNode:
        for (const auto& node : draft_.nodes) names.emplace_back(node.name);
        break;
      case Reference::kNetwork:
        for (const auto& network : draft_.networks) names.emplace_back(network.segment.name);
        break;
      case Reference::kTrunk:
        for (const auto& trunk : draft_.trunks) names.emplace_back(trunk.trunk.name);
        break;
      case Reference::kInterface:
        for (const auto* machines : {&draft_.nodes, &draft_.hosts})
          for (const auto& machine : *machines)
            if (machine.name == use.machine)
              for (const auto& interface : machine.interfaces) names.emplace_back(interface.spec.name);
        break;
      case Reference::kDevice:
        for (const auto& storage : draft_.storage)
          if (std::ranges::find(storage.spec.machines, use.machine) != storage.spec.machines.end())
            names.emplace_back(storage.spec.device);
        break;
      case Reference::kResource:
        names.assign(resources_.begin(), resources_.end());
        break;
    }
    return names;
  }

  const Draft& draft_;
  const std::vector<std::string>& resources_;
};

Result<void> check_machine(const MachineDraft& machine) {
  std::set<std::string> enslaved;
  for (const auto& interface : machine.interfaces) {
    if (interface.spec.name == "lo") return fail("every machine has \"lo\" by itself", interface.place);
    if (!interface.spec.slaves.empty() && !interface.spec.segment.empty())
      return fail("a bond has no cable of its own: give the network to its slaves", interface.place);
    for (const auto& slave : interface.spec.slaves) {
      const auto found = std::find_if(machine.interfaces.begin(), machine.interfaces.end(),
                                      [&](const auto& other) { return other.spec.name == slave; });
      if (found == machine.interfaces.end() || !found->spec.slaves.empty())
        return fail(fmt::format("the bond \"{}\" needs an interface \"{}\" on \"{}\"", interface.spec.name, slave,
                                machine.name),
                    interface.place);
      if (!enslaved.insert(slave).second) return fail(fmt::format("\"{}\" is in two bonds", slave), interface.place);
    }
  }
  return {};
}

Result<void> check_machines(const Draft& draft) {
  std::set<std::string> names;
  std::set<std::uint32_t> ids;
  for (const auto* machines : {&draft.nodes, &draft.hosts})
    for (const auto& machine : *machines) {
      if (!names.insert(machine.name).second)
        return fail(fmt::format("\"{}\" is a node and a host", machine.name), machine.place);
      if (machine.id != 0 && !ids.insert(machine.id).second)
        return fail(fmt::format("the node id {} is given twice", machine.id), machine.place);
      if (auto checked = check_machine(machine); !checked) return checked;
    }
  if (draft.nodes.empty()) return fail("a cluster has at least one node", draft.configuration.place);
  return {};
}

// A path names one device on a machine.
Result<void> check_storage(const Draft& draft) {
  std::set<std::pair<std::string, std::string>> taken;
  for (const auto& storage : draft.storage)
    for (const auto& machine : storage.spec.machines)
      if (!taken.insert({machine, storage.spec.device}).second)
        return fail(fmt::format("\"{}\" has another device {} already", machine, storage.spec.device), storage.place);
  return {};
}

// The network itself knows what it refuses: it is tried out.
Result<void> check_trunks(const Draft& draft) {
  EventQueue queue;
  Tracer tracer(queue);
  Network network(queue, tracer, 0);
  for (const auto& item : draft.networks)
    network.add_segment(item.segment.name, item.segment.kind, item.segment.quality);
  for (const auto& [trunk, place] : draft.trunks) {
    if (trunk.between.size() != 2)
      return fail(fmt::format("the trunk \"{}\" must join two switches, not {}", trunk.name, trunk.between.size()),
                  place);
    const auto added = network.add_trunk(trunk.name, network.find_segment(trunk.between[0]),
                                         network.find_segment(trunk.between[1]), trunk.quality);
    if (!added) return fail(added.error().message, place);
  }
  return {};
}

// Ids that were not given are counted from 1, past those that were.
void number_nodes(Draft& draft) {
  std::set<std::uint32_t> used;
  for (const auto& node : draft.nodes) used.insert(node.id);
  std::uint32_t next = 1;
  for (auto& node : draft.nodes) {
    node.id_given = node.id != 0;
    if (node.id_given) continue;
    while (used.contains(next)) ++next;
    node.id = next++;
  }
}

// Where neither scenario nor corosync.conf names an id, Corosync makes it from the address (M CF-22).
bool ids_from_addresses(const MachineDraft& node, const std::string& conf_text, const Profile& profile) {
  if (node.id_given) return false;
  const auto conf = membership::parse_corosync_conf(conf_text, "corosync.conf", profile);
  return conf && conf->nodes.empty() && !conf->totem.node_id;
}

void add_processes(const Draft& draft, MachineSpec& spec) {
  for (const auto& process : draft.processes) {
    if (process.on != spec.name) continue;
    if (!process.holds.empty())
      spec.holders.push_back({process.name, process.holds, static_cast<HolderSpec::Ignores>(process.ignores)});
    else if (process.reads.empty())
      spec.pings.push_back({process.pings, process.every, process.offset, process.print});
    else
      spec.pollers.push_back({process.name, process.every, process.offset});
  }
}

// What this node has of its own, and the scenario's versions otherwise.
Result<Profile> profile_of(const Draft& draft, const MachineDraft& node) {
  StackVersions versions = draft.stack;
  for (std::size_t i = 0; i < kStackComponentCount; ++i) {
    const auto component = static_cast<StackComponent>(i);
    if (!node.stack.of(component).empty()) versions.of(component) = node.stack.of(component);
  }
  auto profile = make_profile(std::move(versions));
  if (!profile) return fail(profile.error().message, node.stack_place);
  return profile;
}

MachineSpec machine_spec(const Draft& draft, const MachineDraft& machine, const Profile& profile) {
  MachineSpec spec = machine.spec;
  spec.name = machine.name;
  spec.profile = profile;
  spec.knobs = draft.knobs;
  spec.routes = machine.routes;
  for (const auto& interface : machine.interfaces) spec.interfaces.push_back(interface.spec);
  add_processes(draft, spec);
  spec.cluster = false;
  return spec;
}

// CM-1.3, AT-8.3: on the Heartbeat stack nodes are known by UUIDs.
Result<void> check_uuids(const Draft& draft, const Profile& profile) {
  std::set<std::string> used;
  for (const auto& node : draft.nodes) {
    const std::string& uuid = node.spec.uuid;
    if (!profile.heartbeat_stack) {
      if (!uuid.empty()) return fail("only nodes of the Heartbeat stack have a uuid", node.place);
      continue;
    }
    bool good = uuid.size() == 36;
    for (std::size_t i = 0; good && i < uuid.size(); ++i) {
      const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      good = dash ? uuid[i] == '-' : std::isxdigit(static_cast<unsigned char>(uuid[i])) != 0;
    }
    if (!good)
      return fail(fmt::format("\"{}\" is no UUID (a node of the Heartbeat stack needs one, such as "
                              "22222222-2222-2222-2222-222222222222)",
                              uuid),
                  node.place);
    if (!used.insert(uuid).second) return fail(fmt::format("the uuid {} is given twice", uuid), node.place);
  }
  return {};
}

std::vector<std::string> interfaces_in(const MachineDraft& node, const std::vector<std::string>& networks) {
  std::vector<std::string> names;
  for (const auto& interface : node.interfaces)
    if (std::ranges::find(networks, interface.spec.segment) != networks.end()) names.push_back(interface.spec.name);
  return names;
}

// What is described of agents, as this node has it, and how they fail there.
void add_agents(const Draft& draft, MachineSpec& spec) {
  if (draft.agents.empty()) return;
  auto models = std::make_shared<agents::AgentModels>(spec.name);
  for (const AgentDraft& agent : draft.agents) {
    models->add(agent.model);
    for (const AgentFailureDraft& failure : agent.failures)
      if (failure.node.empty() || failure.node == spec.name) spec.agent_faults.push_back(failure.fault);
  }
  spec.models = std::move(models);
}

Result<void> build_world(const Draft& draft, const Profile& profile, const BuiltConfiguration& configuration,
                         WorldSpec& world) {
  world.seed = static_cast<std::uint64_t>(draft.seed);
  if (draft.start) world.start = *draft.start;
  for (const auto& network : draft.networks) world.segments.push_back(network.segment);
  for (const auto& trunk : draft.trunks) world.trunks.push_back(trunk.trunk);
  std::vector<std::string> rings;
  if (draft.configuration.corosync.text.empty() && draft.configuration.corosync_file.text.empty()) {
    auto chosen = ring_networks(draft);
    if (!chosen) return tl::unexpected(chosen.error());
    rings = std::move(*chosen);
  }
  const bool talking = std::any_of(draft.nodes.begin(), draft.nodes.end(),
                                   [](const MachineDraft& node) { return node.spec.traffic.has_value(); });
  for (const auto& node : draft.nodes) {
    const auto own = profile_of(draft, node);
    if (!own) return tl::unexpected(own.error());
    MachineSpec spec = machine_spec(draft, node, *own);
    spec.cluster = true;
    spec.corosync_conf = corosync_conf_for(node, draft, rings, *own);
    spec.cluster_id = ids_from_addresses(node, spec.corosync_conf, *own) ? ClusterNodeId() : ClusterNodeId(node.id);
    add_agents(draft, spec);
    if (talking && !spec.traffic) spec.traffic = TrafficSpec{};
    spec.initial_cib = configuration.cib;
    if (profile.heartbeat_stack) spec.heartbeat_interfaces = interfaces_in(node, rings);
    world.machines.push_back(std::move(spec));
  }
  for (const auto& host : draft.hosts) world.machines.push_back(machine_spec(draft, host, profile));
  for (const auto& storage : draft.storage) world.storage.push_back(storage.spec);
  return {};
}

// What each machine's filter of logs watches (AT-10.3).
Result<std::vector<reports::WatchList>> watch_lists(const WorldSpec& world) {
  constexpr std::string_view kSettings = "/etc/pm_logconv.conf";
  std::vector<reports::WatchList> lists;
  for (const MachineSpec& machine : world.machines) {
    lists.emplace_back();
    for (const auto& [path, text] : machine.files) {
      if (path != kSettings) continue;
      auto read = reports::read_watch_list(text, fmt::format("{} of {}", path, machine.name));
      if (!read) return tl::unexpected(read.error());
      lists.back() = std::move(*read);
    }
  }
  return lists;
}

Result<std::vector<AgentScript>> agent_scripts(const Draft& draft) {
  std::vector<AgentScript> scripts;
  for (const ScriptDraft& item : draft.scripts) {
    const agents::AgentName name = agents::agent_name(item.agent);
    const bool whole = std::ranges::count(item.agent, ':') == 2 && !name.provider.empty() && !name.type.empty();
    if (name.standard != "ocf" || !whole || item.agent.find('/') != std::string::npos)
      return fail(fmt::format("\"{}\" is no name of a resource agent (expected ocf:PROVIDER:TYPE)", item.agent),
                  item.place);
    if (!item.script.text.starts_with("#!"))
      return fail(fmt::format("{} is no script: its first line must begin with #!", item.script.place.file),
                  item.place);
    scripts.push_back({std::string(name.standard), std::string(name.provider), std::string(name.type),
                       item.script.place.file, item.script.text});
  }
  return scripts;
}

// Nobody could tell how an agent behaves that this project does not have: a run would show a cluster on which it is
// not installed. Whoever wants that says so.
Result<void> check_agents(const Draft& draft, const Profile& profile, const std::vector<AgentUse>& used,
                          const std::vector<AgentScript>& scripts) {
  agents::AgentModels models("");
  for (const AgentDraft& agent : draft.agents) models.add(agent.model);
  for (const AgentUse& use : used) {
    const auto known = [&](bool patterns) {
      return models.find(use.standard, use.provider, use.type, patterns) != nullptr;
    };
    const bool scripted = std::ranges::any_of(scripts, [&](const AgentScript& script) {
      return script.standard == use.standard && script.provider == use.provider && script.type == use.type;
    });
    if (scripted || agents::find_agent(use.standard, use.provider, use.type, profile) != nullptr || known(false) ||
        known(true))
      continue;
    const std::string name = use.provider.empty() ? fmt::format("{}:{}", use.standard, use.type)
                                                  : fmt::format("{}:{}:{}", use.standard, use.provider, use.type);
    return fail(
        fmt::format("the agent {0} of \"{1}\" is not one of those that are simulated: describe it under "
                    "\"agents\", such as agents: {{\"{0}\": {{actions: {{start: {{takes: 5s}}}}}}}}, or say that "
                    "no node has it: agents: {{\"{0}\": {{on: []}}}}; the script of an agent of OCF can be run, too "
                    "(\"agent-scripts\")",
                    name, use.resource),
        use.place);
  }
  return {};
}

}  // namespace

Result<Scenario> assemble(Draft draft, const std::vector<Reader::NameUse>& names_used) {
  if (auto checked = check_machines(draft); !checked) return tl::unexpected(checked.error());
  if (auto checked = check_storage(draft); !checked) return tl::unexpected(checked.error());
  auto configuration = build_configuration(draft.configuration);
  if (!configuration) return tl::unexpected(configuration.error());
  const Names names(draft, configuration->resources);
  for (const auto& use : names_used)
    if (auto checked = names.check(use); !checked) return tl::unexpected(checked.error());
  if (auto checked = check_trunks(draft); !checked) return tl::unexpected(checked.error());
  number_nodes(draft);
  auto profile = make_profile(draft.stack);
  if (!profile) return fail(profile.error().message, draft.stack_place);

  auto scripts = agent_scripts(draft);
  if (!scripts) return tl::unexpected(scripts.error());
  if (auto checked = check_agents(draft, *profile, configuration->agents, *scripts); !checked)
    return tl::unexpected(checked.error());
  if (auto checked = check_uuids(draft, *profile); !checked) return tl::unexpected(checked.error());
  Scenario scenario;
  scenario.title = draft.title;
  scenario.stack = draft.stack;
  scenario.until = draft.until;
  if (auto built = build_world(draft, *profile, *configuration, scenario.world); !built)
    return tl::unexpected(built.error());
  scenario.scripts = std::move(*scripts);
  scenario.timeline = std::move(draft.timeline);
  scenario.expectations = std::move(draft.expectations);
  scenario.story = std::move(draft.story);
  auto watch = watch_lists(scenario.world);
  if (!watch) return tl::unexpected(watch.error());
  scenario.story.watch = std::move(*watch);
  scenario.watched = std::move(configuration->watched);
  scenario.watched_text = std::move(configuration->watched_text);
  return scenario;
}

}  // namespace simcluster::sim
