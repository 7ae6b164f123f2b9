#include <array>

#include "engine/agents/ipaddr2.h"

namespace simcluster::agents {
namespace {

using P = ParameterMetadata;

// AT-3.2.
constexpr std::array kParameters = {
    P{"ip", "string", "", true, true, "IPv4 address",
      "The IPv4 address to be configured in dotted quad notation, for example\n\"192.168.1.1\"."},
    P{"nic", "string", "eth0", false, false, "Network interface",
      "The base network interface on which the IP address will be brought\nonline.\n\n"
      "If left empty, the script will try and determine this from the\nrouting table.\n\n"
      "Do NOT specify an alias interface in the form eth0:1 or anything here;\n"
      "rather, specify the base interface only.\n\nPrerequisite:\n\n"
      "There must be at least one static IP address, which is not managed by\n"
      "the cluster, assigned to the network interface.\n\n"
      "If you can not assign any static IP address on the interface,\nmodify this kernel parameter:\n"
      "sysctl -w net.ipv4.conf.all.promote_secondaries=1\n(or per device)"},
    P{"cidr_netmask", "string", "", false, false, "CIDR netmask",
      "The netmask for the interface in CIDR format\n(e.g., 24 and not 255.255.255.0)\n\n"
      "If unspecified, the script will also try to determine this from the\nrouting table."},
    P{"broadcast", "string", "", false, false, "Broadcast address", "Broadcast address of the address; computed."},
    P{"iflabel", "string", "", false, false, "Interface label",
      "Label of the address, appended to the interface name."},
    P{"lvs_support", "boolean", "false", false, false, "Enable support for LVS DR",
      "Moves the address from and to the loopback device."},
    P{"mac", "string", "", false, false, "Cluster IP MAC address", "MAC address of a cluster IP."},
    P{"clusterip_hash", "string", "sourceip-sourceport", false, false, "Cluster IP hashing function",
      "Hashing algorithm of a cluster IP."},
    P{"unique_clone_address", "boolean", "false", false, false, "Create a unique address for cloned instances",
      "Adds the clone number to the address."},
    P{"arp_interval", "integer", "200", false, false, "ARP packet interval in ms",
      "Time between gratuitous ARP packets."},
    P{"arp_count", "integer", "5", false, false, "ARP packet count", "Number of gratuitous ARP packets."},
    P{"arp_bg", "boolean", "true", false, false, "ARP from background", "Start does not wait for the ARP packets."},
    P{"arp_mac", "string", "ffffffffffff", false, false, "ARP MAC", "Target MAC address of the ARP packets."},
    P{"flush_routes", "boolean", "false", false, false, "Flush the routing table on start", "Flushes the route cache."},
    P{"run_arping", "boolean", "false", false, false, "Run arping", "Looks for another owner before the start."},
    P{"arp_count_refresh", "integer", "0", false, false, "ARP packet count at every monitor",
      "Number of gratuitous ARP packets that a successful monitor sends."},
    P{"arp_sender", "string", "", false, false, "ARP sender", "Program that sends gratuitous ARP packets."},
    P{"send_arp_opts", "string", "", false, false, "Options for the ARP sender", "More options for that program."},
    P{"lvs_ipv6_addrlabel", "boolean", "false", false, false, "Label for IPv6 addresses of LVS",
      "Keeps an IPv6 address from being a source address."},
    P{"lvs_ipv6_addrlabel_value", "integer", "99", false, false, "Value of that label", "Value of that label."},
    P{"nodad", "boolean", "false", false, false, "No duplicate address detection",
      "Adds an IPv6 address without looking for another owner."},
    P{"preferred_lft", "string", "forever", false, false, "Preferred lifetime", "Of an IPv6 address."},
    P{"network_namespace", "string", "", false, false, "Network namespace", "The namespace of the interface."},
    P{"noprefixroute", "boolean", "false", false, false, "No route for the prefix",
      "Adds the address without a connected route."},
    P{"check_link_status", "boolean", "true", false, false, "Check the link",
      "An address on a device that is down fails."},
    P{"metric", "string", "", false, false, "Metric of the route", "Metric of the route that comes with the address."},
};

constexpr std::size_t kNewestOnly = 2;  // the last ones
constexpr std::size_t kLaterOnly = 9;   // those before them: of releases that tell why they fail

// AT-3.2.
constexpr std::array kActions = {
    ActionMetadata{"start", 20},       ActionMetadata{"stop", 20},     ActionMetadata{"status", 20, 10},
    ActionMetadata{"monitor", 20, 10}, ActionMetadata{"meta-data", 5}, ActionMetadata{"validate-all", 20},
};

}  // namespace

AgentMetadata ipaddr2_metadata() {
  AgentMetadata metadata;
  metadata.standard = "ocf";
  metadata.provider = "heartbeat";
  metadata.type = "IPaddr2";
  metadata.short_text = "Manages virtual IPv4 addresses (Linux specific version)";
  metadata.long_text =
      "This Linux-specific resource manages IP alias IP addresses.\nIt can add an IP alias, or remove one.\n"
      "In addition, it can implement Cluster Alias IP functionality\nif invoked as a clone resource.";
  metadata.parameters = std::span(kParameters).first(kParameters.size() - kNewestOnly - kLaterOnly);
  metadata.actions = kActions;
  return metadata;
}

AgentMetadata ipaddr2_current_metadata() {
  AgentMetadata metadata = ipaddr2_metadata();
  metadata.parameters = std::span(kParameters).first(kParameters.size() - kNewestOnly);
  return metadata;
}

AgentMetadata ipaddr2_newest_metadata() {
  AgentMetadata metadata = ipaddr2_metadata();
  metadata.parameters = kParameters;
  return metadata;
}

}  // namespace simcluster::agents
