// AT-9.3, AT-9.6; texts and ids as measured with 2.1.5 on a file and in a cluster.
#include "commands/testing_tool.h"

namespace simcluster::commands {
namespace {

class Attributes : public ToolTest {};

TEST_F(Attributes, Queries) {
  EXPECT_EQ(type("crm_attribute -n stonith-enabled -G").output, "scope=crm_config  name=stonith-enabled value=false\n");
  EXPECT_EQ(type("crm_attribute -n stonith-enabled -G -q").output, "false\n");
  EXPECT_EQ(type("crm_attribute -N node1 -n pingd -l reboot -G").output, "scope=status  name=pingd value=100\n");
  const Outcome missing = type("crm_attribute -n nope -G");
  EXPECT_EQ(missing.error, "crm_attribute: Error performing operation: No such device or address\n");
  EXPECT_EQ(missing.status, 105);
  EXPECT_EQ(type("crm_attribute -N node3 -n x -G").error, "crm_attribute: Could not map name=node3 to a UUID\n");
}

TEST_F(Attributes, Changes) {
  EXPECT_EQ(type("crm_attribute -n foo -v bar").status, 0);
  EXPECT_EQ(std::as_const(cib_).find_id("cib-bootstrap-options-foo").value("value"), "bar");
  EXPECT_EQ(type("crm_attribute -n foo -D").output,
            "Deleted crm_config option: id=cib-bootstrap-options-foo name=foo\n");
  EXPECT_EQ(type("crm_standby -v on -N node2").status, 0);
  EXPECT_EQ(std::as_const(cib_).find_id("nodes-2-standby").value("value"), "on");
  EXPECT_EQ(type("crm_standby -G -N node2").output, "scope=nodes  name=standby value=on\n");
  EXPECT_EQ(type("crm_standby -D -N node2").output, "Deleted nodes attribute: id=nodes-2-standby name=standby\n");
  EXPECT_EQ(type("crm_standby -G -N node2").output, "scope=status  name=standby value=off\n");
  EXPECT_EQ(type("crm_attribute -t rsc_defaults -N node1 -n a -v 1").status, 0);
  EXPECT_TRUE(std::as_const(cib_).find_id("rsc_defaults-options-a"));
}

TEST_F(Attributes, FailCounts) {
  EXPECT_EQ(type("crm_failcount -G -r test -N node1").output, "scope=status  name=fail-count-test value=0\n");
  EXPECT_EQ(type("crm_failcount").status, 64);
}

// Those of the status go through the attribute manager where there is one.
TEST_F(Attributes, OnARunningNode) {
  EXPECT_EQ(type("attrd_updater -n pingd -U 5").error,
            "attrd_updater: Could not update pingd=5: Connection refused (111)\n");
  LiveNode live;
  live.name = "node1";
  live.id = 1;
  live.dc = "node2";
  live.members = {"node1"};
  live.quorate = true;
  live.state_of = [](std::string_view name) { return name == "node2" ? "S_IDLE" : ""; };
  around_.live = &live;
  const Outcome set = type("crm_attribute -N node2 -n x -l reboot -v 3");
  ASSERT_EQ(set.attributes.size(), 1U);
  EXPECT_EQ(set.attributes[0].node, "node2");
  EXPECT_EQ(type("attrd_updater -n pingd -U 5 -d 5s").attributes.at(0).dampen_ms, 5000);
  EXPECT_EQ(type("attrd_updater -n pingd -Q").output, "name=\"pingd\" host=\"node1\" value=\"100\"\n");
  EXPECT_EQ(type("attrd_updater -n pingd -Q -N node2").output, "name=\"pingd\" host=\"node2\" value=\"\"\n");
  EXPECT_EQ(type("crm_node -l").output, "1 node1 member\n2 node2 lost\n");
  EXPECT_EQ(type("crm_node -p").output, "node1 \n");
  EXPECT_EQ(type("crm_node -q").output, "1\n");
  EXPECT_EQ(type("crmadmin -D").output, "Designated Controller is: node2\n");
  EXPECT_EQ(type("crmadmin -S node2").output, "Controller on node2 in state S_IDLE: ok\n");
  EXPECT_EQ(type("crmadmin -S node3").status, 124);
}

TEST_F(Attributes, WithoutACluster) {
  EXPECT_EQ(type("crm_node -n").error, "error: Could not connect to controller: Connection refused\n");
  EXPECT_EQ(type("crm_node -n").status, 102);
  EXPECT_EQ(type("crm_node -R node2").status, 64);
  EXPECT_EQ(type("crmadmin -N").output, "cluster node: node1 (1)\ncluster node: node2 (2)\n");
}

TEST_F(Attributes, ByPattern) {
  EXPECT_EQ(type("crm_attribute -P ^stonith -G").output, "scope=crm_config  name=stonith-enabled value=false\n");
  EXPECT_EQ(type("crm_attribute -P ping -G -N node1 -l reboot").output, "scope=status  name=pingd value=100\n");
  EXPECT_EQ(type("crm_attribute -P nope -G -N node1 -l reboot").status, 0);
  EXPECT_EQ(type("crm_attribute -P . -G -N node2 -l reboot").status, 105);
  const Outcome refused = type("crm_attribute -P ping -v 5");
  EXPECT_EQ(refused.error,
            "crm_attribute: Error: pattern can only be used with query, or with till-reboot update or delete\n");
  EXPECT_EQ(refused.status, 64);
  LiveNode live;
  live.name = "node1";
  around_.live = &live;
  const Outcome update = type("crm_attribute -P pi -v 5 -N node1 -l reboot");
  ASSERT_EQ(update.attributes.size(), 1);
  EXPECT_EQ(update.attributes.front().name, "pingd");
  EXPECT_EQ(update.attributes.front().value, "5");
}

TEST_F(Attributes, AsXml) {
  EXPECT_EQ(type("crm_attribute -n stonith-enabled -G --output-as=xml").output,
            "<pacemaker-result api-version=\"2.25\" request=\"crm_attribute -n stonith-enabled -G --output-as=xml\">\n"
            "  <attribute name=\"stonith-enabled\" value=\"false\" scope=\"crm_config\"/>\n"
            "  <status code=\"0\" message=\"OK\"/>\n</pacemaker-result>\n");
  const Outcome none = type("crm_attribute -n nope -G --output-as=xml");
  EXPECT_EQ(none.error, "");
  EXPECT_EQ(none.status, 105);
  EXPECT_EQ(none.output,
            "<pacemaker-result api-version=\"2.25\" request=\"crm_attribute -n nope -G --output-as=xml\">\n"
            "  <status code=\"105\" message=\"No such object\">\n    <errors>\n"
            "      <error>crm_attribute: Error performing operation: No such device or address</error>\n"
            "    </errors>\n  </status>\n</pacemaker-result>\n");
  EXPECT_EQ(type("crm_attribute -n nope -G --output-as=foo").error,
            "crm_attribute: Error creating output format foo: Unknown output format\n");
}

}  // namespace
}  // namespace simcluster::commands
