// As stonith_admin of Pacemaker 2.1.5 printed it on a cluster of two nodes.
#include "reports/stonith_admin.h"

#include <gtest/gtest.h>

namespace simcluster::reports {
namespace {

Time at(int second) { return Time{} + seconds(1795293616 + second); }  // 2026-11-21 20:40:16

const std::vector<FencingRecord> kHistory = {
    {"node1", "reboot", "node2", "pacemaker-controld.57", "node2", "", at(0), true},
    {"node9", "reboot", "", "stonith_admin.539", "node2", "", at(43), false},
    {"node9", "off", "a human", "stonith_admin.543", "node2", "", at(45), true},
    {"node1", "reboot", "node2", "stonith_admin.545", "node2", "", at(55), true}};

std::string answer(std::string_view command) {
  const auto question = parse_fencing_question(command);
  return question && *question ? fencing_answer(**question, kHistory, false) : "?";
}

TEST(StonithAdmin, History) {
  const std::string oldest =
      "reboot of node1 successful: delegate=node2, client=pacemaker-controld.57, origin=node2, "
      "last-successful='2026-11-21 20:40:16Z'\n1 event found\n";
  EXPECT_EQ(answer("stonith_admin -H '*'"), oldest);
  EXPECT_EQ(answer("stonith_admin --history node1"), oldest);
  EXPECT_EQ(answer("stonith_admin -H node3"), "0 events found\n");
  EXPECT_EQ(answer("stonith_admin -H '*' -V"),
            "reboot of node1 successful: delegate=node2, client=stonith_admin.545, origin=node2, completed='2026-11-21 "
            "20:41:11Z'\n"
            "turning off of node9 successful: delegate=a human, client=stonith_admin.543, origin=node2, "
            "completed='2026-11-21 20:41:01Z'\n"
            "reboot of node9 failed: client=stonith_admin.539, origin=node2, completed='2026-11-21 20:40:59Z'\n"
            "reboot of node1 successful: delegate=node2, client=pacemaker-controld.57, origin=node2, "
            "completed='2026-11-21 20:40:16Z'\n"
            "4 events found\n");
}

TEST(StonithAdmin, Last) {
  EXPECT_EQ(answer("stonith_admin -h node9"), "Node node9 last fenced at: Sat Nov 21 20:41:01 2026\n");
  EXPECT_EQ(answer("stonith_admin --last=node2"), "Node node2 has never been fenced\n");
  EXPECT_EQ(answer("stonith_admin -H node9 -q"), "1795293661\n0 events found\n");
}

TEST(StonithAdmin, Xml) {
  EXPECT_EQ(answer("stonith_admin -H node9 --output-as=xml -V"),
            R"(<pacemaker-result api-version="2.25" request="stonith_admin -H node9 --output-as=xml -V">
  <list name="fencing history" count="2">
    <fence_event action="off" target="node9" client="stonith_admin.543" origin="node2" status="success" delegate="a human" completed="2026-11-21 20:41:01Z"/>
    <fence_event action="reboot" target="node9" client="stonith_admin.539" origin="node2" status="failed" completed="2026-11-21 20:40:59Z"/>
  </list>
  <status code="0" message="OK"/>
</pacemaker-result>
)");
}

std::string devices(std::string_view command, const FencingDevices& said) {
  const auto question = parse_fencing_question(command);
  return question && *question ? devices_answer(**question, said) : "?";
}

// AT-9.5
TEST(StonithAdmin, Devices) {
  const FencingDevices three{true, true, {"fence2", "fenceall", "scsi"}, {}};
  const FencingDevices none{false, false, {}, "No such device"};
  EXPECT_EQ(devices("stonith_admin -L", three), "fence2\nfenceall\nscsi\n3 fence devices found\n");
  EXPECT_EQ(devices("stonith_admin -l nodeX", {}), "0 fence devices found\n");
  EXPECT_EQ(devices("stonith_admin --list-targets=fenceall", {true, true, {"node1", "node2"}, {}}),
            "node1\nnode2\n2 fence targets found\n");
  EXPECT_EQ(devices("stonith_admin -s nothere", none), "Couldn't list targets: No such device\n(exit status 105)\n");
  EXPECT_EQ(devices("stonith_admin -Q fence2", {}), "");
  EXPECT_EQ(devices("stonith_admin -Q nothere", none), "(exit status 105)\n");
  EXPECT_EQ(devices("stonith_admin -l node2 --output-as=xml", {true, true, {"fence2"}, {}}),
            R"(<pacemaker-result api-version="2.25" request="stonith_admin -l node2 --output-as=xml">
  <list name="registered fence devices" count="1">
    <item name="device">fence2</item>
  </list>
  <status code="0" message="OK"/>
</pacemaker-result>
)");
  EXPECT_EQ(devices("stonith_admin -s nothere --output-as=xml", none),
            R"(<pacemaker-result api-version="2.25" request="stonith_admin -s nothere --output-as=xml">
  <status code="105" message="No such object">
    <errors>
      <error>Couldn't list targets: No such device</error>
    </errors>
  </status>
</pacemaker-result>
(exit status 105)
)");
}

TEST(StonithAdmin, OtherCommands) {
  EXPECT_EQ(answer("stonith_admin --reboot node1"), "?");
  EXPECT_FALSE(parse_fencing_question("stonith_admin -H node1 --dance"));
  EXPECT_FALSE(parse_fencing_question("stonith_admin -H"));
}

}  // namespace
}  // namespace simcluster::reports
