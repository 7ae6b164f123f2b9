// `crm ra info` and the metadata behind it (AT-1.7, AT-1.8).
#include "engine/agents/ra_info.h"

#include <array>

#include <gtest/gtest.h>

#include "engine/agents/ipaddr2.h"

namespace simcluster::agents {
namespace {

// As the shell of Pacemaker 1.0.11 printed it.
constexpr std::string_view kIpaddr2 = R"(Manages virtual IPv4 addresses (Linux specific version) (ocf:heartbeat:IPaddr2)

This Linux-specific resource manages IP alias IP addresses.
It can add an IP alias, or remove one.
In addition, it can implement Cluster Alias IP functionality
if invoked as a clone resource.

Parameters (* denotes required, [] the default):

ip* (string): IPv4 address
    The IPv4 address to be configured in dotted quad notation, for example
    "192.168.1.1".

nic (string, [eth0]): Network interface
    The base network interface on which the IP address will be brought
    online.
    
    If left empty, the script will try and determine this from the
    routing table.
    
    Do NOT specify an alias interface in the form eth0:1 or anything here;
    rather, specify the base interface only.
    
    Prerequisite:
    
    There must be at least one static IP address, which is not managed by
    the cluster, assigned to the network interface.
    
    If you can not assign any static IP address on the interface,
    modify this kernel parameter:
    sysctl -w net.ipv4.conf.all.promote_secondaries=1
    (or per device)

cidr_netmask (string): CIDR netmask
    The netmask for the interface in CIDR format
    (e.g., 24 and not 255.255.255.0)
    
    If unspecified, the script will also try to determine this from the
    routing table.

)";

TEST(RaInfo, OfIpaddr2AsOldShellsPrintIt) {  // AT-1.8
  const std::string text = ra_info(ipaddr2_metadata(), RaInfoWords::kOld);
  EXPECT_EQ(text.substr(0, kIpaddr2.size()), kIpaddr2);
  EXPECT_TRUE(
      text.ends_with("\n\nOperations' defaults (advisory minimum):\n\n"
                     "    start         timeout=20s\n    stop          timeout=20s\n"
                     "    status        timeout=20s interval=10s depth=0\n"
                     "    monitor       timeout=20s interval=10s depth=0\n"))
      << text;
}

TEST(RaInfo, CurrentShellsUseOtherWords) {  // AT-1.8
  static constexpr std::array kParameters = {
      ParameterMetadata{"state", "string", "", true, true, "State file", "Where."}};
  static constexpr std::array kActions = {ActionMetadata{"monitor", 30, 9, 0, "Promoted"},
                                          ActionMetadata{"meta-data", 5}, ActionMetadata{"validate-all", 5}};
  AgentMetadata metadata;
  metadata.standard = "stonith";
  metadata.type = "fence_thing";
  metadata.short_text = "A thing";
  metadata.long_text = "  Stripped  \nlines";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  EXPECT_EQ(ra_info(metadata, RaInfoWords::kCurrent),
            "A thing (stonith:fence_thing)\n\nStripped\nlines\n\nParameters (*: required, []: default):\n\n"
            "state* (string): State file\n    Where.\n\nOperations' defaults (advisory minimum):\n\n"
            "    monitor       timeout=30s interval=9s depth=0 role=Promoted\n");
}

TEST(RaInfo, MetadataInXml) {  // AT-1.7
  const std::string xml = metadata_xml(ipaddr2_metadata());
  for (const char* part : {
           "<resource-agent name=\"IPaddr2\" version=\"1.0\">",
           "<version>",
           "<longdesc lang=\"en\">",
           "<shortdesc lang=\"en\">",
           "<parameter name=\"ip\" unique=\"1\" required=\"1\">",
           "<content type=\"integer\" default=\"200\" />",
           "<action name=\"monitor\" timeout=\"20s\" interval=\"10s\" depth=\"0\" />",
           "<action name=\"meta-data\" timeout=\"5s\" />",
       })
    EXPECT_NE(xml.find(part), std::string::npos) << part;
}

TEST(RaInfo, NamesInParts) {  // AT-7.2
  const auto parts = [](std::string_view name) {
    const AgentName read = agent_name(name);
    return std::string(read.standard) + " " + std::string(read.provider) + " " + std::string(read.type);
  };
  EXPECT_EQ(parts("IPaddr2"), "ocf heartbeat IPaddr2");
  EXPECT_EQ(parts("ocf:pacemaker:ping"), "ocf pacemaker ping");
  EXPECT_EQ(parts("stonith:fence_vbox"), "stonith  fence_vbox");
  EXPECT_EQ(parts("stonith:external/ipmi"), "stonith  external/ipmi");
}

}  // namespace
}  // namespace simcluster::agents
