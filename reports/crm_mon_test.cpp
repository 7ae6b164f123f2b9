// crm_mon against the published screens, byte for byte (AT-8.2 to AT-8.8).
#include "reports/crm_mon.h"

#include <string>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace simcluster::reports {
namespace {

// 2011-12-01 17:16:45 UTC.
constexpr Time kDecember2011 = Time{} + seconds(1322759805);
// 2021-03-30 14:39:00 UTC.
constexpr Time kMarch2021 = Time{} + seconds(1617115140);

CrmMonContext context_of(std::string pacemaker, Time now) {
  StackVersions versions;
  versions.pacemaker = std::move(pacemaker);
  CrmMonContext context;
  context.now = now;
  context.profile = *make_profile(versions);
  return context;
}

std::string screen(const std::string& cib, std::string_view command, const CrmMonContext& context) {
  const auto document = cib::parse_document(cib, "test.xml");
  if (!document) return document.error().text();
  const auto options = parse_crm_mon_command(command);
  if (!options) return options.error().text();
  return crm_mon_text(*document, *options, context);
}

std::string history(std::string_view resource, std::string_view agent, std::string_view operations) {
  return fmt::format("<lrm_resource id=\"{}\" {}>{}</lrm_resource>", resource, agent, operations);
}

std::string operation(std::string_view resource, std::string_view task, int interval, int call, int rc,
                      std::string_view more = {}) {
  const int expected = task == "monitor" && interval == 0 ? 7 : 0;
  return fmt::format(
      "<lrm_rsc_op id=\"{0}_{1}_{2}\" operation_key=\"{0}_{1}_{2}\" operation=\"{1}\" interval=\"{2}\" call-id=\"{3}\" "
      "rc-code=\"{4}\" op-status=\"0\" crm_feature_set=\"3.0.1\" "
      "transition-key=\"1:1:{5}:11111111-1111-1111-1111-111111111111\" "
      "transition-magic=\"0:{4};1:1:{5}:11111111-1111-1111-1111-111111111111\" "
      "last-rc-change=\"1322758521\" exec-time=\"5\" queue-time=\"0\" op-digest=\"x\" {6}/>",
      resource, task, interval, call, rc, expected, more);
}

std::string node_state(std::string_view id, std::string_view name, bool online, std::string_view attributes,
                       std::string_view histories) {
  return fmt::format(
      "<node_state id=\"{0}\" uname=\"{1}\" ha=\"active\" in_ccm=\"{2}\" crmd=\"{3}\" join=\"{4}\" expected=\"{4}\" "
      "crm-debug-origin=\"test\"><transient_attributes id=\"{0}\"><instance_attributes id=\"status-{0}\">{5}"
      "</instance_attributes></transient_attributes><lrm id=\"{0}\"><lrm_resources>{6}</lrm_resources></lrm>"
      "</node_state>",
      id, name, online, online ? "online" : "offline", online ? "member" : "down", attributes, histories);
}

std::string attribute(std::string_view node, std::string_view name, std::string_view value) {
  return fmt::format("<nvpair id=\"status-{}-{}\" name=\"{}\" value=\"{}\"/>", node, name, name, value);
}

std::string property(std::string_view name, std::string_view value) {
  return fmt::format("<nvpair id=\"cib-bootstrap-options-{0}\" name=\"{0}\" value=\"{1}\"/>", name, value);
}

constexpr std::string_view kNode1 = "11111111-1111-1111-1111-111111111111";
constexpr std::string_view kNode2 = "22222222-2222-2222-2222-222222222222";
constexpr std::string_view kIpaddr2 = "class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"";

// The cluster of the article of December 2011.
std::string heartbeat_cib(std::string_view resources, std::string_view status) {
  return fmt::format(
      "<cib validate-with=\"pacemaker-3.9\" crm_feature_set=\"3.0.1\" have-quorum=\"1\" dc-uuid=\"{0}\" "
      "admin_epoch=\"0\" epoch=\"8\" num_updates=\"30\"><configuration><crm_config>"
      "<cluster_property_set id=\"cib-bootstrap-options\">{1}{2}{3}</cluster_property_set></crm_config><nodes>"
      "<node id=\"{4}\" uname=\"node01\"/><node id=\"{0}\" uname=\"node02\"/></nodes>"
      "<resources>{5}</resources><constraints/></configuration><status>{6}</status></cib>",
      kNode2, property("stonith-enabled", "false"), property("cluster-infrastructure", "Heartbeat"),
      property("dc-version", "1.0.11-1554a83db0d3c3e546cfd3aaff6af1184f79ee87"), kNode1, resources, status);
}

const std::string kVip = "<primitive id=\"p_ip\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"/>";

// AT-8.3.
TEST(CrmMon, December2011) {
  const std::string running = operation("p_ip", "start", 0, 3, 0) + operation("p_ip", "monitor", 10000, 4, 0);
  const std::string cib =
      heartbeat_cib(kVip, node_state(kNode2, "node02", true, attribute(kNode2, "node01-eth0", "up"),
                                     history("p_ip", kIpaddr2, operation("p_ip", "monitor", 0, 2, 7))) +
                              node_state(kNode1, "node01", true, attribute(kNode1, "node02-eth0", "up"),
                                         history("p_ip", kIpaddr2, operation("p_ip", "monitor", 0, 2, 7) + running)));
  EXPECT_EQ(screen(cib, "crm_mon -1 -Af", context_of("1.0.11", kDecember2011)),
            "============\n"
            "Last updated: Thu Dec  1 17:16:45 2011\n"
            "Stack: Heartbeat\n"
            "Current DC: node02 (22222222-2222-2222-2222-222222222222) - partition with quorum\n"
            "Version: 1.0.11-1554a83db0d3c3e546cfd3aaff6af1184f79ee87\n"
            "2 Nodes configured, unknown expected votes\n"
            "1 Resources configured.\n"
            "============\n"
            "\n"
            "Online: [ node01 node02 ]\n"
            "\n"
            " p_ip\t(ocf::heartbeat:IPaddr2):\tStarted node01\n"
            "\n"
            "Node Attributes:\n"
            "* Node node01:\n"
            "    + node02-eth0                     \t: up        \n"
            "* Node node02:\n"
            "    + node01-eth0                     \t: up        \n"
            "\n"
            "Migration summary:\n"
            "* Node node02: \n"
            "* Node node01: \n");
}

// AT-8.3, after the clean stop of node01.
TEST(CrmMon, December2011AfterStop) {
  const std::string running = operation("p_ip", "start", 0, 3, 0) + operation("p_ip", "monitor", 10000, 4, 0);
  const std::string cib =
      heartbeat_cib(kVip, node_state(kNode2, "node02", true, attribute(kNode2, "node01-eth0", "up"),
                                     history("p_ip", kIpaddr2, operation("p_ip", "monitor", 0, 2, 7) + running)) +
                              node_state(kNode1, "node01", false, "", ""));
  EXPECT_EQ(screen(cib, "crm_mon -1 -Af", context_of("1.0.11", kDecember2011 + seconds(117))),
            "============\n"
            "Last updated: Thu Dec  1 17:18:42 2011\n"
            "Stack: Heartbeat\n"
            "Current DC: node02 (22222222-2222-2222-2222-222222222222) - partition with quorum\n"
            "Version: 1.0.11-1554a83db0d3c3e546cfd3aaff6af1184f79ee87\n"
            "2 Nodes configured, unknown expected votes\n"
            "1 Resources configured.\n"
            "============\n"
            "\n"
            "Online: [ node02 ]\n"
            "OFFLINE: [ node01 ]\n"
            "\n"
            " p_ip\t(ocf::heartbeat:IPaddr2):\tStarted node02\n"
            "\n"
            "Node Attributes:\n"
            "* Node node02:\n"
            "    + node01-eth0                     \t: up        \n"
            "\n"
            "Migration summary:\n"
            "* Node node02: \n");
}

// AT-8.2: the full screen begins top-level primitives in the first column.
TEST(CrmMon, FullScreenHasNoLeadingBlank) {
  const std::string cib = heartbeat_cib(
      kVip, node_state(kNode2, "node02", true, "", history("p_ip", kIpaddr2, operation("p_ip", "start", 0, 3, 0))));
  EXPECT_NE(screen(cib, "crm_mon", context_of("1.0.11", kDecember2011)).find("\n\np_ip\t(ocf"), std::string::npos);
}

// AT-8.2 failed actions and fail counts; AT-10.4 (a): rc 6 stops the resource everywhere.
TEST(CrmMon, FailedMonitorOfTheRace) {
  const std::string failed = operation("p_ip", "monitor", 10000, 4, 6);
  const std::string stopped = operation("p_ip", "start", 0, 3, 0) + failed;
  const std::string cib = heartbeat_cib(
      kVip, node_state(kNode1, "node01", true,
                       attribute(kNode1, "fail-count-p_ip", "1") + attribute(kNode1, "last-failure-p_ip", "1322759000"),
                       history("p_ip", kIpaddr2, stopped)));
  const std::string text = screen(cib, "crm_mon -1 -f", context_of("1.0.13", kDecember2011));
  EXPECT_NE(text.find("Migration summary:\n"
                      "* Node node01: \n"
                      "   p_ip: migration-threshold=1000000 fail-count=1 last-failure='Thu Dec  1 17:03:20 2011'\n"
                      "\n"
                      "Failed actions:\n"
                      "    p_ip_monitor_10000 (node=node01, call=4, rc=6, status=complete): not configured\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(" p_ip\t(ocf::heartbeat:IPaddr2):\tStarted node01 FAILED\n"), std::string::npos) << text;
}

// AT-8.2: stopped resources only with -r, and their trailing blank.
TEST(CrmMon, InactiveResources) {
  const std::string cib = heartbeat_cib(kVip, node_state(kNode1, "node01", true, "", ""));
  const CrmMonContext context = context_of("1.0.13", kDecember2011);
  EXPECT_EQ(screen(cib, "crm_mon -1", context).find("p_ip"), std::string::npos);
  const std::string text = screen(cib, "crm_mon -1r", context);
  EXPECT_NE(text.find("\nFull list of resources:\n\n p_ip\t(ocf::heartbeat:IPaddr2):\tStopped \n"), std::string::npos)
      << text;
}

// AT-8.2 connectivity of ping resources.
TEST(CrmMon, Connectivity) {
  const std::string ping =
      "<primitive id=\"prmPing\" class=\"ocf\" provider=\"pacemaker\" type=\"pingd\">"
      "<instance_attributes id=\"prmPing-instance_attributes\">"
      "<nvpair id=\"prmPing-multiplier\" name=\"multiplier\" value=\"100\"/>"
      "<nvpair id=\"prmPing-hosts\" name=\"host_list\" value=\"192.168.4.1 192.168.4.2\"/>"
      "</instance_attributes></primitive>";
  const std::string agent = "class=\"ocf\" provider=\"pacemaker\" type=\"pingd\"";
  const auto text_for = [&](std::string_view value) {
    const std::string cib =
        heartbeat_cib(ping, node_state(kNode1, "node01", true, attribute(kNode1, "pingd", value),
                                       history("prmPing", agent, operation("prmPing", "start", 0, 3, 0))));
    return screen(cib, "crm_mon -1A", context_of("1.0.13", kDecember2011));
  };
  const std::string name = "    + pingd                           \t: ";
  EXPECT_NE(text_for("200").find(name + "200       \n"), std::string::npos) << text_for("200");
  EXPECT_NE(text_for("100").find(name + "100       \t: Connectivity is degraded (Expected=200)\n"), std::string::npos);
  EXPECT_NE(text_for("0").find(name + "0         \t: Connectivity is lost\n"), std::string::npos);
}

// AT-8.2: without -A the summary's node line shows pingd.
TEST(CrmMon, PingdInTheSummaryLine) {
  const std::string cib =
      heartbeat_cib(kVip, node_state(kNode1, "node01", true, attribute(kNode1, "pingd", "100"), ""));
  const std::string text = screen(cib, "crm_mon -1f", context_of("1.0.13", kDecember2011));
  EXPECT_NE(text.find("* Node node01:  pingd=100\n"), std::string::npos) << text;
}

// AT-8.2: operations.
TEST(CrmMon, Operations) {
  const std::string operations = operation("p_ip", "monitor", 10000, 4, 0) + operation("p_ip", "start", 0, 3, 0) +
                                 operation("p_ip", "monitor", 0, 2, 7);
  const std::string cib =
      heartbeat_cib(kVip, node_state(kNode1, "node01", true, "", history("p_ip", kIpaddr2, operations)));
  const std::string text = screen(cib, "crm_mon -1o", context_of("1.0.13", kDecember2011));
  EXPECT_NE(text.find("Operations:\n"
                      "* Node node01: \n"
                      "   p_ip: migration-threshold=1000000\n"
                      "    + (3) start: rc=0 (ok)\n"
                      "    + (4) monitor: interval=10000ms rc=0 (ok)\n"),
            std::string::npos)
      << text;
}

// AT-8.2: groups and master/slave sets.
TEST(CrmMon, Sets) {
  const std::string resources =
      "<group id=\"grp\">" + kVip +
      "</group><clone id=\"ms\"><meta_attributes id=\"ms-m\"><nvpair id=\"ms-max\" name=\"clone-max\" value=\"2\"/>"
      "<nvpair id=\"ms-pro\" name=\"promotable\" value=\"true\"/></meta_attributes><primitive id=\"db\" class=\"ocf\" "
      "provider=\"pacemaker\" type=\"Stateful\"/></clone>";
  const std::string agent = "class=\"ocf\" provider=\"pacemaker\" type=\"Stateful\"";
  const std::string cib = heartbeat_cib(
      resources,
      node_state(
          kNode1, "node01", true, "",
          history("p_ip", kIpaddr2, operation("p_ip", "start", 0, 3, 0)) +
              history("db:0", agent, operation("db:0", "start", 0, 5, 0) + operation("db:0", "promote", 0, 6, 0))) +
          node_state(kNode2, "node02", true, "", history("db:1", agent, operation("db:1", "start", 0, 5, 0))));
  const std::string text = screen(cib, "crm_mon -1", context_of("1.0.13", kDecember2011));
  EXPECT_NE(text.find("\n Resource Group: grp\n"
                      "     p_ip\t(ocf::heartbeat:IPaddr2):\tStarted node01\n"
                      " Master/Slave Set: ms\n"
                      "     Masters: [ node01 ]\n"
                      "     Slaves: [ node02 ]\n"),
            std::string::npos)
      << text;
}

// AT-8.2: a failed start; a resource that is active twice.
TEST(CrmMon, FailedStartAndTwoNodes) {
  const std::string ran = history("p_ip", kIpaddr2, operation("p_ip", "start", 0, 3, 0));
  const std::string failed = history("res_IPaddr2_1", kIpaddr2, operation("res_IPaddr2_1", "start", 0, 93, 1));
  const std::string cib =
      heartbeat_cib(kVip + "<primitive id=\"res_IPaddr2_1\" class=\"ocf\" provider=\"heartbeat\" type=\"IPaddr2\"/>",
                    node_state(kNode1, "node01", true, "", ran + failed) + node_state(kNode2, "node02", true, "", ran));
  const std::string text = screen(cib, "crm_mon -1", context_of("1.0.11", kDecember2011));
  EXPECT_NE(text.find("\n p_ip\t(ocf::heartbeat:IPaddr2) Started [\tnode01\tnode02 ]\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nFailed actions:\n"
                      "    res_IPaddr2_1_start_0 (node=node01, call=93, rc=1, status=complete): unknown error\n"),
            std::string::npos)
      << text;
}

TEST(CrmMon, NoDcAndNoQuorum) {
  std::string cib = heartbeat_cib(kVip, node_state(kNode1, "node01", true, "", ""));
  cib.replace(cib.find("have-quorum=\"1\""), 15, "have-quorum=\"0\"");
  const CrmMonContext context = context_of("1.0.13", kDecember2011);
  EXPECT_NE(screen(cib, "crm_mon -1", context).find(" - partition WITHOUT quorum\n"), std::string::npos);
  cib.replace(cib.find("dc-uuid="), 8, "no-uuid=");
  const std::string text = screen(cib, "crm_mon -1", context);
  EXPECT_NE(text.find("Current DC: NONE\n2 Nodes configured"), std::string::npos) << text;
  EXPECT_EQ(screen(cib, "crm_mon -s", context), "Warning:No DC ,offline node: node02\n");
}

// The cluster of 2021 (founding document 4) and of 2016 (document 3).
std::string corosync_cib(std::string_view version, std::string_view resources, std::string_view dc,
                         std::string_view status) {
  return fmt::format(
      "<cib validate-with=\"pacemaker-3.9\" crm_feature_set=\"3.1.0\" have-quorum=\"1\" dc-uuid=\"{}\" "
      "admin_epoch=\"0\" "
      "epoch=\"8\" num_updates=\"30\" cib-last-written=\"Tue Mar 30 14:38:38 2021\" update-user=\"root\" "
      "update-client=\"cibadmin\" update-origin=\"node1\"><configuration><crm_config>"
      "<cluster_property_set id=\"cib-bootstrap-options\">{}{}{}</cluster_property_set></crm_config><nodes>"
      "<node id=\"1\" uname=\"node1\"/><node id=\"2\" uname=\"node2\"/></nodes>"
      "<resources>{}</resources><constraints/></configuration><status>{}</status></cib>",
      dc, property("cluster-infrastructure", "corosync"), property("dc-version", version),
      property("stonith-enabled", resources.find("stonith") == std::string_view::npos ? "false" : "true"), resources,
      status);
}

const std::string kTest = "<primitive id=\"test\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"/>";
const std::string kFencing =
    "<primitive id=\"fence_node1\" class=\"stonith\" type=\"fence_vbox\"/>"
    "<primitive id=\"fence_node2\" class=\"stonith\" type=\"fence_vbox\"/>";
constexpr std::string_view kDummy = "class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"";
constexpr std::string_view kVbox = "class=\"stonith\" type=\"fence_vbox\"";
constexpr std::string_view k205 = "2.0.5.linbit-1.0.el8-ba59be712";

std::string started(std::string_view resource, std::string_view agent) {
  return history(resource, agent, operation(resource, "start", 0, 3, 0));
}

// AT-8.7 (a): before fencing is configured.
TEST(CrmMon, March2021WithoutFencing) {
  const std::string cib = corosync_cib(
      k205, kTest, "1",
      node_state("1", "node1", true, "", started("test", kDummy)) + node_state("2", "node2", true, "", ""));
  EXPECT_EQ(screen(cib, "crm_mon -frAD", context_of("2.0.5", kMarch2021 - seconds(755))),
            "Cluster Summary:\n"
            "  * Stack: corosync\n"
            "  * Current DC: node1 (version 2.0.5.linbit-1.0.el8-ba59be712) - partition with quorum\n"
            "  * Last updated: Tue Mar 30 14:26:25 2021\n"
            "  * Last change:  Tue Mar 30 14:38:38 2021 by root via cibadmin on node1\n"
            "  * 2 nodes configured\n"
            "  * 1 resource instance configured\n"
            "\n"
            "Node List:\n"
            "  * Online: [ node1 node2 ]\n"
            "\n"
            "Full List of Resources:\n"
            "  * test\t(ocf::heartbeat:Dummy):\t Started node1\n"
            "\n"
            "Migration Summary:\n");
}

// AT-8.5, AT-8.6 (-D without effect), AT-8.7 (b).
TEST(CrmMon, March2021) {
  const std::string cib =
      corosync_cib(k205, kTest + kFencing, "1",
                   node_state("1", "node1", true, "", started("test", kDummy) + started("fence_node2", kVbox)) +
                       node_state("2", "node2", true, "", started("fence_node1", kVbox)));
  const std::string body =
      "Node List:\n"
      "  * Online: [ node1 node2 ]\n"
      "\n"
      "Full List of Resources:\n"
      "  * test\t(ocf::heartbeat:Dummy):\t Started node1\n"
      "  * fence_node1\t(stonith:fence_vbox):\t Started node2\n"
      "  * fence_node2\t(stonith:fence_vbox):\t Started node1\n"
      "\n"
      "Migration Summary:\n";
  EXPECT_EQ(screen(cib, "crm_mon -frAD1", context_of("2.0.5", kMarch2021)),
            "Cluster Summary:\n"
            "  * Stack: corosync\n"
            "  * Current DC: node1 (version 2.0.5.linbit-1.0.el8-ba59be712) - partition with quorum\n"
            "  * Last updated: Tue Mar 30 14:39:00 2021\n"
            "  * Last change:  Tue Mar 30 14:38:38 2021 by root via cibadmin on node1\n"
            "  * 2 nodes configured\n"
            "  * 3 resource instances configured\n"
            "\n" +
                body);
}

// AT-8.6: from 2.1.2 on -D hides the summary; AT-8.8: one colon.
TEST(CrmMon, HiddenHeader) {
  const std::string cib =
      corosync_cib("2.1.5", kTest, "1", node_state("1", "node1", true, "", started("test", kDummy)));
  EXPECT_EQ(screen(cib, "crm_mon -rD1", context_of("2.1.5", kMarch2021)),
            "Node List:\n"
            "  * Online: [ node1 ]\n"
            "  * OFFLINE: [ node2 ]\n"
            "\n"
            "Full List of Resources:\n"
            "  * test\t(ocf:heartbeat:Dummy):\t Started node1\n");
}

// AT-8.7 (c): node1 fenced and off.
TEST(CrmMon, March2021AfterFencing) {
  const std::string cib =
      corosync_cib(k205, kTest + kFencing, "2",
                   node_state("1", "node1", false, "", "") +
                       node_state("2", "node2", true, "", started("test", kDummy) + started("fence_node1", kVbox)));
  EXPECT_EQ(screen(cib, "crm_mon -frAD", context_of("2.0.5", kMarch2021 + seconds(1158))),
            "Cluster Summary:\n"
            "  * Stack: corosync\n"
            "  * Current DC: node2 (version 2.0.5.linbit-1.0.el8-ba59be712) - partition with quorum\n"
            "  * Last updated: Tue Mar 30 14:58:18 2021\n"
            "  * Last change:  Tue Mar 30 14:38:38 2021 by root via cibadmin on node1\n"
            "  * 2 nodes configured\n"
            "  * 3 resource instances configured\n"
            "\n"
            "Node List:\n"
            "  * Online: [ node2 ]\n"
            "  * OFFLINE: [ node1 ]\n"
            "\n"
            "Full List of Resources:\n"
            "  * test\t(ocf::heartbeat:Dummy):\t Started node2\n"
            "  * fence_node1\t(stonith:fence_vbox):\t Started node2\n"
            "  * fence_node2\t(stonith:fence_vbox):\t Stopped\n"
            "\n"
            "Migration Summary:\n");
}

// AT-8.4, S-24.
TEST(CrmMon, FreshClusterOf2016) {
  const std::string cib = corosync_cib("1.1.14-1.el7-70404b0", "", "1",
                                       node_state("1", "node1", true, "", "") + node_state("2", "node2", true, "", ""));
  EXPECT_EQ(screen(cib, "crm_mon -D1", context_of("1.1.14", kMarch2021)), "Online: [ node1 node2 ]\n\n");
  EXPECT_EQ(screen(cib, "crm_mon -1", context_of("1.1.14", kMarch2021)),
            "Last updated: Tue Mar 30 14:39:00 2021\t\t"
            "Last change: Tue Mar 30 14:38:38 2021 by root via cibadmin on node1\n"
            "Stack: corosync\n"
            "Current DC: node1 (version 1.1.14-1.el7-70404b0) - partition with quorum\n"
            "2 nodes and 0 resources configured\n"
            "\n"
            "Online: [ node1 node2 ]\n"
            "\n");
}

// AT-8.4 and AT-8.8: the same failed monitor in three words.
TEST(CrmMon, FailedActionsByRelease) {
  const std::string failed = operation("test", "monitor", 10000, 11, 7, "exit-reason=\"No process state file found\"");
  const std::string cib = corosync_cib(
      "x", kTest, "1",
      node_state("1", "node1", true, "", history("test", kDummy, operation("test", "start", 0, 3, 0) + failed)));
  const auto tail = [&](std::string version, std::string_view command) {
    const std::string text = screen(cib, command, context_of(std::move(version), kMarch2021));
    return text.substr(text.find("Failed"));
  };
  EXPECT_EQ(tail("1.1.14", "crm_mon -1"),
            "Failed Actions:\n"
            "* test_monitor_10000 on node1 'not running' (7): call=11, status=complete, "
            "exitreason='No process state file found',\n"
            "    last-rc-change='Thu Dec  1 16:55:21 2011', queued=0ms, exec=5ms\n\n");
  EXPECT_EQ(tail("2.0.5", "crm_mon -1"),
            "Failed Resource Actions:\n"
            "  * test_monitor_10000 on node1 'not running' (7): call=11, status='complete', "
            "exitreason='No process state file found', last-rc-change='2011-12-01 16:55:21 +00:00', queued=0ms, "
            "exec=5ms\n");
  EXPECT_EQ(tail("2.1.5", "crm_mon -1"),
            "Failed Resource Actions:\n"
            "  * test 10s-interval monitor on node1 returned 'not running' (No process state file found) at "
            "Thu Dec  1 16:55:21 2011 after 5ms\n");
}

// Printed so by crm_mon 2.1.5 for the same CIB: flags of sets, members left out, the list by node.
TEST(CrmMon, FlagsOfSetsAsMeasured) {
  const auto meta = [](std::string_view id, std::string_view name, std::string_view value) {
    return fmt::format(
        "<meta_attributes id=\"{0}-m-{1}\"><nvpair id=\"{0}-{1}\" name=\"{1}\" value=\"{2}\"/></meta_attributes>", id,
        name, value);
  };
  const std::string dummy = "class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"";
  const std::string resources = "<clone id=\"d\">" + meta("d", "promotable", "true") +
                                meta("d", "target-role", "Slave") + meta("d", "is-managed", "false") +
                                "<primitive id=\"q\" class=\"ocf\" provider=\"pacemaker\" type=\"Stateful\"/></clone>" +
                                "<group id=\"h\"><primitive id=\"h1\" " + dummy + "/><primitive id=\"h2\" " + dummy +
                                "/></group>";
  const std::string stateful = "class=\"ocf\" provider=\"pacemaker\" type=\"Stateful\"";
  const std::string cib =
      corosync_cib("2.1.5", resources, "1",
                   node_state("1", "node1", true, "", started("q", stateful) + started("h1", kDummy)) +
                       node_state("2", "node2", true, "", ""));
  const CrmMonContext context = context_of("2.1.5", kMarch2021);
  EXPECT_EQ(screen(cib, "crm_mon -1D", context),
            "Node List:\n"
            "  * Online: [ node1 node2 ]\n"
            "\n"
            "Active Resources:\n"
            "  * Clone Set: d [q] (promotable, unmanaged, disabled):\n"
            "    * q\t(ocf:pacemaker:Stateful):\t Unpromoted node1 (target-role:Slave, unmanaged)\n"
            "  * Resource Group: h (1 member inactive):\n"
            "    * h1\t(ocf:heartbeat:Dummy):\t Started node1\n");
  EXPECT_EQ(screen(cib, "crm_mon -1Dn", context),
            "Node List:\n"
            "  * Node node1: online:\n"
            "    * Resources:\n"
            "      * q\t(ocf:pacemaker:Stateful):\t Unpromoted (target-role:Slave, unmanaged)\n"
            "      * h1\t(ocf:heartbeat:Dummy):\t Started\n"
            "  * Node node2: online:\n"
            "    * Resources:\n");
}

TEST(CrmMon, SimpleStatus) {
  const std::string cib = corosync_cib("2.1.5", kTest, "1",
                                       node_state("1", "node1", true, "", "") + node_state("2", "node2", true, "", ""));
  EXPECT_EQ(screen(cib, "crm_mon -s", context_of("2.1.5", kMarch2021)),
            "CLUSTER OK: 2 nodes online, 1 resource instance configured\n");
  EXPECT_EQ(screen(cib, "crm_mon -s", context_of("1.0.13", kMarch2021)),
            "Ok: 2 nodes online, 1 resources configured\n");
}

// AT-8.1: each letter is one wish; what belongs to a terminal or a web server is refused.
TEST(CrmMonOptionLetters, EachSetsItsFlag) {
  const std::pair<const char*, bool CrmMonOptions::*> letters[] = {
      {"-1", &CrmMonOptions::one_shot},      {"-A", &CrmMonOptions::node_attributes},
      {"-f", &CrmMonOptions::fail_counts},   {"-o", &CrmMonOptions::operations},
      {"-t", &CrmMonOptions::timing},        {"-r", &CrmMonOptions::inactive},
      {"-n", &CrmMonOptions::group_by_node}, {"-s", &CrmMonOptions::simple}};
  for (const auto& [letter, flag] : letters) {
    const auto options = parse_crm_mon_command(std::string("crm_mon ") + letter);
    ASSERT_TRUE(options) << letter;
    for (const auto& [other, other_flag] : letters)
      EXPECT_EQ((*options).*other_flag, other_flag == flag) << letter << other;
  }
  for (const char* refused : {"crm_mon -d", "crm_mon -h /tmp/x", "crm_mon -w"})
    EXPECT_FALSE(parse_crm_mon_command(refused)) << refused;
}

TEST(CrmMonCommand, Options) {
  const auto options = parse_crm_mon_command("crm_mon -1 -Af --inactive");
  ASSERT_TRUE(options.has_value());
  EXPECT_TRUE(options->one_shot && options->node_attributes && options->fail_counts && options->inactive);
  EXPECT_FALSE(options->operations);
  EXPECT_EQ(parse_crm_mon_command("crm_mon -1Z").error().message, "crm_mon has no option -Z here");
  EXPECT_EQ(parse_crm_mon_command("crm_mon now").error().message, "crm_mon takes no argument \"now\"");
  EXPECT_FALSE(parse_crm_mon_command("crm_verify -L").has_value());
  EXPECT_FALSE(parse_crm_mon_command("").has_value());
}

TEST(CtimeText, Dates) {
  EXPECT_EQ(ctime_text(Time{}), "Thu Jan  1 00:00:00 1970");
  EXPECT_EQ(ctime_text(kDecember2011), "Thu Dec  1 17:16:45 2011");
  EXPECT_EQ(ctime_text(Time{} + seconds(951782400)), "Tue Feb 29 00:00:00 2000");
  EXPECT_EQ(ctime_text(Time{} - seconds(1)), "Wed Dec 31 23:59:59 1969");
  EXPECT_EQ(ctime_text(Time{} + seconds(1356998399)), "Mon Dec 31 23:59:59 2012");
}

// AT-8.5, AT-8.8, and runs of 2.1.5: what is alike but for its time is told once, newest first.
TEST(CrmMon, FencingHistory) {
  const auto at = [](int s) { return kMarch2021 + seconds(s); };
  const std::vector<FencingRecord> history = {
      {"node1", "reboot", "", "pacemaker-controld", "node2", "No such device", at(0), false},
      {"node1", "reboot", "", "pacemaker-controld", "node2", "No such device", at(60), false},
      {"node3", "off", "node2", "stonith_admin", "node1", "", at(70), false},
      {"node1", "reboot", "node2", "pacemaker-controld", "node2", "", at(90), true},
      {"node3", "on", "", "stonith_admin", "node1", "", {}, false, true}};
  using testing::ElementsAre;
  const FencingWords old{FencingLevel::kFailures, true, false};
  EXPECT_THAT(fencing_items(history, FencingKind::kFailed, old),
              ElementsAre("off of node3 failed: delegate=node2, client=stonith_admin, origin=node1, "
                          "last-failed='2021-03-30 14:40:10 +00:00'",
                          "reboot of node1 failed: delegate=, client=pacemaker-controld, origin=node2, "
                          "last-failed='2021-03-30 14:40:00 +00:00'"));
  const FencingWords usual{};
  EXPECT_THAT(fencing_items(history, FencingKind::kFailed, usual),
              ElementsAre("turning off of node3 by node2 for stonith_admin@node1 last failed at 2021-03-30 14:40:10Z",
                          "reboot of node1 for pacemaker-controld@node2 last failed (No such device) at 2021-03-30 "
                          "14:40:00Z (a later attempt from node2 succeeded)"));
  EXPECT_THAT(fencing_items(history, FencingKind::kPending, usual),
              ElementsAre("unfencing of node3 for stonith_admin@node1 last pending"));
  const FencingWords detail{FencingLevel::kFailures, false, true};
  EXPECT_EQ(fencing_items(history, FencingKind::kFailed, detail).at(1),
            "reboot of node1 failed: client=pacemaker-controld, origin=node2, last-failed='2021-03-30 14:40:00Z'");
  const FencingWords more{FencingLevel::kSuccesses, false, false};
  EXPECT_EQ(fencing_items(history, FencingKind::kFailed, more).size(), 2U);
  EXPECT_THAT(fencing_items(history, FencingKind::kSucceeded, more),
              ElementsAre("reboot of node1 by node2 for pacemaker-controld@node2 successful at 2021-03-30 14:40:30Z"));
  EXPECT_THAT(fencing_items(history, FencingKind::kPending, more),
              ElementsAre("unfencing of node3 for stonith_admin@node1 pending"));
  const FencingWords all{FencingLevel::kEverything, false, true};
  EXPECT_EQ(fencing_items(history, FencingKind::kFailed, all).size(), 3U);
  EXPECT_THAT(fencing_items(history, FencingKind::kSucceeded, all),
              ElementsAre("reboot of node1 successful: delegate=node2, client=pacemaker-controld, origin=node2, "
                          "completed='2021-03-30 14:40:30Z'"));
}

TEST(CrmMon, FencingLevels) {
  const auto level = [](std::string_view command) { return parse_crm_mon_command(command)->fencing; };
  EXPECT_EQ(level("crm_mon -1"), FencingLevel::kFailures);
  EXPECT_EQ(level("crm_mon -1m"), FencingLevel::kSuccesses);
  EXPECT_EQ(level("crm_mon -1rm3"), FencingLevel::kEverything);
  EXPECT_EQ(level("crm_mon -m0 -r"), FencingLevel::kNothing);
  EXPECT_EQ(level("crm_mon --fence-history=1"), FencingLevel::kFailures);
  EXPECT_EQ(level("crm_mon --fence-history"), FencingLevel::kSuccesses);
  EXPECT_FALSE(parse_crm_mon_command("crm_mon -m4").has_value());
  EXPECT_FALSE(parse_crm_mon_command("crm_mon -m1r").has_value());
}

}  // namespace
}  // namespace simcluster::reports
