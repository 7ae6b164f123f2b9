#include <algorithm>
#include <optional>

#include <fmt/core.h>

#include "sim/scenario/assembly.h"

namespace simcluster::sim {

namespace {

// The network and the switches that trunks join to it.
std::vector<std::string> joined_to(const Draft& draft, const std::string& network) {
  std::vector<std::string> joined = {network};
  const auto has = [&](const std::string& name) {
    return std::find(joined.begin(), joined.end(), name) != joined.end();
  };
  for (std::size_t before = 0; before != joined.size();) {
    before = joined.size();
    for (const auto& item : draft.trunks) {
      const auto& between = item.trunk.between;
      if (has(between[0]) != has(between[1])) joined.push_back(has(between[0]) ? between[1] : between[0]);
    }
  }
  return joined;
}

// The node's own address in a network: on the interface that is plugged in there, or on its bond.
std::optional<AddressSpec> address_in(const Draft& draft, const MachineDraft& node, const std::string& network) {
  const auto switches = joined_to(draft, network);
  const auto there = [&](const InterfaceSpec& spec) {
    return std::find(switches.begin(), switches.end(), spec.segment) != switches.end();
  };
  const auto plugged = [&](const InterfaceSpec& spec) {
    return there(spec) || std::any_of(node.interfaces.begin(), node.interfaces.end(), [&](const InterfaceDraft& other) {
             return there(other.spec) &&
                    std::find(spec.slaves.begin(), spec.slaves.end(), other.spec.name) != spec.slaves.end();
           });
  };
  for (const auto& interface : node.interfaces)
    if (!interface.spec.addresses.empty() && plugged(interface.spec)) return interface.spec.addresses.front();
  return std::nullopt;
}

bool all_have_address(const Draft& draft, const std::string& network) {
  return std::all_of(draft.nodes.begin(), draft.nodes.end(),
                     [&](const MachineDraft& node) { return address_in(draft, node, network).has_value(); });
}

// Corosync 1: multicast rings, the node's id in totem{} (M 14.4).
std::string ring_conf(const Draft& draft, const MachineDraft& node, const std::vector<std::string>& rings) {
  std::string text = fmt::format("totem {{\n  version: 2\n  secauth: off\n  nodeid: {}\n  rrp_mode: {}\n", node.id,
                                 rings.size() > 1 ? "passive" : "none");
  for (std::size_t i = 0; i < rings.size(); ++i) {
    const auto address = *address_in(draft, node, rings[i]);
    text += fmt::format(
        "  interface {{\n    ringnumber: {}\n    bindnetaddr: {}\n    mcastaddr: 239.255.{}.1\n    mcastport: {}\n  "
        "}}\n",
        i, address.address.network(address.prefix_length).text(), i + 1, 5405 + 2 * i);
  }
  return text + "}\n";
}

// From Corosync 2 on: a list of nodes, and votequorum.
std::string nodelist_conf(const Draft& draft, const std::vector<std::string>& rings, const Profile& profile) {
  std::string text = fmt::format("totem {{\n  version: 2\n  cluster_name: simcluster\n  transport: {}\n{}}}\n",
                                 profile.knet_transport ? "knet" : "udpu",
                                 rings.size() > 1 && !profile.knet_transport ? "  rrp_mode: passive\n" : "");
  text += "nodelist {\n";
  for (const auto& node : draft.nodes) {
    text += "  node {\n";
    for (std::size_t i = 0; i < rings.size(); ++i)
      text += fmt::format("    ring{}_addr: {}\n", i, address_in(draft, node, rings[i])->address.text());
    text += fmt::format("    name: {}\n    nodeid: {}\n  }}\n", node.name, node.id);
  }
  text += "}\nquorum {\n  provider: corosync_votequorum\n";
  if (draft.nodes.size() == 2) text += "  two_node: 1\n";
  return text + "}\n";
}

}  // namespace

Result<std::vector<std::string>> ring_networks(const Draft& draft) {
  for (const auto& network : draft.configuration.rings)
    for (const auto& node : draft.nodes)
      if (!address_in(draft, node, network))
        return fail(fmt::format("the node \"{}\" has no address in the ring's network \"{}\"", node.name, network),
                    draft.configuration.rings_place);
  if (!draft.configuration.rings.empty()) return draft.configuration.rings;
  for (auto network = draft.networks.rbegin(); network != draft.networks.rend(); ++network)
    if (all_have_address(draft, network->segment.name)) return std::vector<std::string>{network->segment.name};
  return fail("there is no network in which every node has an address, so no corosync.conf can be derived",
              draft.nodes.front().place);
}

std::string corosync_conf_for(const MachineDraft& node, const Draft& draft, const std::vector<std::string>& rings,
                              const Profile& profile) {
  const ConfigurationDraft& given = draft.configuration;
  if (!node.corosync.text.empty()) return node.corosync.text;
  if (!given.corosync.text.empty()) return given.corosync.text;
  if (!given.corosync_file.text.empty()) return given.corosync_file.text;
  const bool old = has_pacemaker(profile) ? profile.plugin_membership : !profile.corosync_nodelist;
  return old ? ring_conf(draft, node, rings) : nodelist_conf(draft, rings, profile);
}

}  // namespace simcluster::sim
