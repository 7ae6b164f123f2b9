// AT-9.2; texts, statuses and ids as measured with crm_resource 2.1.5 on a file and in a cluster.
#include <fmt/core.h>

#include "commands/testing_tool.h"

namespace simcluster::commands {
namespace {

class CrmResource : public ToolTest {};

TEST_F(CrmResource, Lists) {
  EXPECT_EQ(type("crm_resource -L").output,
            "Full List of Resources:\n"
            "  * test\t(ocf:pacemaker:Dummy):\t Started\n"
            "  * Resource Group: grp:\n"
            "    * g1\t(ocf:pacemaker:Dummy):\t Stopped\n"
            "    * g2\t(ocf:pacemaker:Dummy):\t Stopped\n"
            "  * Clone Set: cl [png]:\n"
            "    * Stopped: [ node1 node2 ]\n"
            "  * Clone Set: ms [st] (promotable):\n"
            "    * Stopped: [ node1 node2 ]\n");
  EXPECT_EQ(type("crm_resource -l").output, "test\ng1\ng2\npng:0\npng:1\nst:0\nst:1\n");
  EXPECT_EQ(
      type("crm_resource -O").output,
      "test\t(ocf:pacemaker:Dummy):\t Started: test_start_0 (node=node1, call=5, rc=0, last-rc-change='Thu Dec 26 "
      "00:00:00 2013', exec=12ms): complete\n"
      "test\t(ocf:pacemaker:Dummy):\t Started: test_monitor_10000 (node=node1, call=6, rc=0, last-rc-change='Thu "
      "Dec 26 00:01:40 2013', exec=11ms): complete\n");
  EXPECT_EQ(type("crm_resource -Y").output,
            "Resource test is running\nResource grp is not running\nResource cl is not running\n"
            "Resource ms is not running\n");
}

TEST_F(CrmResource, OneResource) {
  EXPECT_EQ(type("crm_resource -W -r test").output, "resource test is running on: node1\n");
  EXPECT_EQ(type("crm_resource -W -Q -r test").output, "node1\n");
  EXPECT_EQ(type("crm_resource -W -r grp").error, "resource grp is NOT running\n");
  EXPECT_EQ(type("crm_resource -q -r grp").output,
            "Resource XML:\n<group id=\"grp\">\n"
            "  <primitive id=\"g1\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>\n"
            "  <primitive id=\"g2\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>\n</group>\n");
  EXPECT_EQ(type("crm_resource -a -r test").output,
            "Locations:\n  * Node node1 (score=100, id=lo1, rsc=test)\n"
            "Resources test is colocated with:\n  * grp (score=INFINITY, id=co1)\n");
  EXPECT_EQ(type("crm_resource -a -r grp").output,
            "Resources colocated with grp:\n  * test (score=INFINITY, id=co1)\n    * Locations:\n"
            "      * Node node1 (score=100, id=lo1, rsc=test)\n");
  const Outcome nobody = type("crm_resource -W -r nope");
  EXPECT_EQ(nobody.error, "crm_resource: Resource 'nope' not found\nError performing operation: No such object\n");
  EXPECT_EQ(nobody.status, 105);
}

// The test CIB with `text` for every `old`.
std::string edited(std::string_view old, std::string_view text) {
  std::string cib(kTestCib);
  for (std::size_t at = cib.find(old); at != std::string::npos; at = cib.find(old, at + text.size()))
    cib.replace(at, old.size(), text);
  return cib;
}

TEST_F(CrmResource, OperationsAreListedAsRecorded) {
  load(edited("</lrm_resource>",
              "<lrm_rsc_op id=\"test_monitor_0\" operation=\"monitor\" rc-code=\"7\" call-id=\"3\" op-status=\"0\" "
              "transition-magic=\"0:7;2:1:7:01234567-89ab-cdef-0123-456789abcdef\" interval=\"0\" last-rc-change=\"0\" "
              "exec-time=\"9\"/></lrm_resource>"));
  EXPECT_TRUE(
      type("crm_resource -o")
          .output.starts_with("test\t(ocf:pacemaker:Dummy):\t Started: test_monitor_0 (node=node1, call=3, rc=7, "
                              "last-rc-change='Thu Jan  1 00:00:00 1970', exec=9ms): complete\n"));
  EXPECT_TRUE(type("crm_resource -O").output.starts_with("test\t(ocf:pacemaker:Dummy):\t Started: test_start_0"));
}

TEST_F(CrmResource, ConstraintsAreThoseThatCount) {
  load(edited("<rsc_location id=\"lo1\" rsc=\"test\" node=\"node1\" score=\"100\"/>",
              "<rsc_location id=\"lo1\" rsc-pattern=\"te.*\" node=\"node1\" score=\"100\"/>"
              "<rsc_location id=\"lo2\" rsc=\"test\"><rule id=\"r2\" score=\"-INFINITY\"><expression id=\"e2\" "
              "attribute=\"#uname\" operation=\"eq\" value=\"node2\"/></rule></rsc_location>"
              "<rsc_colocation id=\"co2\" rsc=\"ms\" with-rsc=\"test\" score=\"7\"/>"
              "<rsc_colocation id=\"co3\" rsc=\"cl\" with-rsc=\"ms\" with-rsc-role=\"Promoted\" score=\"-INFINITY\"/>"
              "<rsc_colocation id=\"co4\" rsc=\"test\" with-rsc=\"cl\" score=\"9\"/>"));
  EXPECT_EQ(type("crm_resource -A -r test").output,
            "Locations:\n"
            "  * Node node2 (score=-INFINITY, id=r2, rsc=test)\n"
            "  * Node node1 (score=100, id=lo1, rsc=test)\n"
            "Resources colocated with test:\n"
            "  * ms (score=7, id=co2)\n"
            "    * Resources colocated with ms:\n"
            "      * cl (score=-INFINITY, needs role=Promoted, id=co3)\n"
            "        * Resources colocated with cl:\n"
            "          * test (id=co4 - loop)\n"
            "Resources test is colocated with:\n"
            "  * cl (score=9, id=co4)\n"
            "    * Resources cl is colocated with:\n"
            "      * ms (score=-INFINITY, with role=Promoted, id=co3)\n"
            "        * Resources ms is colocated with:\n"
            "          * test (id=co2 - loop)\n"
            "  * grp (score=INFINITY, id=co1)\n");
}

TEST_F(CrmResource, WhyTellsWhatTheConfigurationWants) {
  load(edited("<group id=\"grp\">",
              "<group id=\"grp\"><meta_attributes id=\"m\"><nvpair id=\"m1\" name=\"is-managed\" value=\"false\"/>"
              "<nvpair id=\"m2\" name=\"target-role\" value=\"Stopped\"/></meta_attributes>"));
  EXPECT_EQ(type("crm_resource -Y -r g1").output,
            "Resource g1 is not running\n"
            "Configuration specifies 'grp' should remain stopped\n"
            "Configuration prevents cluster from stopping or starting unmanaged 'grp'\n");
  EXPECT_EQ(type("crm_resource -Y -N node1").output, "Resource test is running on host node1\n");
}

TEST_F(CrmResource, TemplatesAreFilledIn) {
  load(edited("<group id=\"grp\">",
              "<template id=\"t\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"><operations><op id=\"t1\" "
              "name=\"monitor\" interval=\"30s\"/></operations></template><primitive id=\"made\" "
              "template=\"t\"/><group id=\"grp\">"));
  EXPECT_EQ(type("crm_resource -q -r made").output,
            "made\t(ocf:pacemaker:Dummy):\t Stopped\nResource XML:\n"
            "<primitive id=\"made\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\">\n  <operations>\n"
            "    <op id=\"t1\" name=\"monitor\" interval=\"30s\"/>\n  </operations>\n</primitive>\n");
  EXPECT_EQ(type("crm_resource -w -r made").output,
            "made\t(ocf:pacemaker:Dummy):\t Stopped\nResource XML:\n<primitive id=\"made\" template=\"t\"/>\n");
  EXPECT_EQ(type("crm_resource -G type -r made").output, "Dummy\n");
}

TEST_F(CrmResource, AsXml) {
  const auto result = [&](std::string_view line) {
    const std::string text = type(line).output;
    return text.substr(text.find('\n') + 1);
  };
  constexpr std::string_view kOk = "  <status code=\"0\" message=\"OK\"/>\n</pacemaker-result>\n";
  EXPECT_EQ(result("crm_resource -W -r test --output-as=xml"),
            fmt::format("  <nodes resource=\"test\">\n    <node>node1</node>\n  </nodes>\n{}", kOk));
  EXPECT_EQ(result("crm_resource -O -r test --output-as=xml"),
            fmt::format("  <operations>\n"
                        "    <operation op=\"test_start_0\" node=\"node1\" call=\"5\" rc=\"0\" status=\"complete\" "
                        "rsc=\"test\" agent=\"ocf:pacemaker:Dummy\" last-rc-change=\"Thu Dec 26 00:00:00 2013\" "
                        "exec-time=\"12\"/>\n"
                        "    <operation op=\"test_monitor_10000\" node=\"node1\" call=\"6\" rc=\"0\" "
                        "status=\"complete\" rsc=\"test\" agent=\"ocf:pacemaker:Dummy\" last-rc-change=\"Thu Dec 26 "
                        "00:01:40 2013\" exec-time=\"11\"/>\n  </operations>\n{}",
                        kOk));
  EXPECT_EQ(result("crm_resource -Y -N node1 --output-as=xml"),
            fmt::format("  <reason>\n    <resources>\n      <resource id=\"test\" running=\"true\" host=\"node1\">\n"
                        "        <check id=\"test\"/>\n      </resource>\n    </resources>\n  </reason>\n{}",
                        kOk));
  EXPECT_EQ(result("crm_resource -W -r nope --output-as=xml"),
            "  <status code=\"105\" message=\"No such object\">\n    <errors>\n"
            "      <error>crm_resource: Resource 'nope' not found\nError performing operation: No such object</error>\n"
            "    </errors>\n  </status>\n</pacemaker-result>\n");
  EXPECT_EQ(type("crm_resource -a -r test --output-as=xml").error,
            "crm_resource: --output-as=xml is not available here for --constraints\n");
}

class CrmResourceInSteps : public CrmResource {
 protected:
  CrmResourceInSteps() { around_.can_wait = true; }
  // What the tool says after its pause.
  Outcome next(const Outcome& before) {
    Outcome outcome = before.pause->go_on(around_);
    if (outcome.write != Outcome::Write::kNothing) cib_ = outcome.cib;
    return outcome;
  }
  void history(std::string_view operation, int rc) {
    load(edited("<lrm_resource id=\"test\" type=\"Dummy\" class=\"ocf\" provider=\"pacemaker\">",
                fmt::format("<lrm_resource id=\"test\" type=\"Dummy\" class=\"ocf\" provider=\"pacemaker\">"
                            "<lrm_rsc_op id=\"test_last_9\" operation_key=\"test_{0}_0\" operation=\"{0}\" "
                            "transition-key=\"9:9:0:01234567-89ab-cdef-0123-456789abcdef\" "
                            "transition-magic=\"0:{1};9:9:0:01234567-89ab-cdef-0123-456789abcdef\" call-id=\"90\" "
                            "rc-code=\"{1}\" op-status=\"0\" interval=\"0\"/>",
                            operation, rc)));
  }
};

TEST_F(CrmResourceInSteps, RestartStopsAndStarts) {
  const Outcome begun = type("crm_resource --restart -r test");
  EXPECT_EQ(begun.output,
            "Set 'test' option: id=test-meta_attributes-target-role set=test-meta_attributes name=target-role "
            "value=stopped\nWaiting for 1 resources to stop:\n * test\n");
  ASSERT_TRUE(begun.pause);
  EXPECT_EQ(begun.pause->ms, 2'000);
  const Outcome still_there = next(begun);
  EXPECT_EQ(still_there.output, "");
  history("stop", 0);
  const Outcome stopped = next(still_there);
  EXPECT_EQ(stopped.output, "Waiting for 1 resources to start again:\n * test\n");
  load(kTestCib);
  const Outcome over = next(stopped);
  EXPECT_FALSE(over.pause);
  EXPECT_EQ(over.output + over.error, "");
}

TEST_F(CrmResourceInSteps, RestartGivesUpAndUndoes) {
  const Outcome late = next(type("crm_resource --restart -r test -T 1s"));
  EXPECT_EQ(late.error,
            "Could not complete shutdown of test, 1 resources remaining\n"
            "crm_resource: Error performing operation: Timeout occurred\n");
  EXPECT_EQ(late.output, " * test\nDeleted 'test' option: id=test-meta_attributes-target-role name=target-role\n");
  EXPECT_EQ(late.status, 124);
  const Outcome nowhere = type("crm_resource --restart -r g1 -N node2");
  EXPECT_EQ(nowhere.error,
            "g1 is not running on node2 and so cannot be restarted\n"
            "crm_resource: Error performing operation: No such object\n");
  EXPECT_EQ(nowhere.status, 105);
}

TEST_F(CrmResourceInSteps, AgentsAreRunHere) {
  const Outcome check = type("crm_resource --force-check -r png");
  ASSERT_TRUE(check.agent);
  EXPECT_EQ(check.agent->request.action, "monitor");
  EXPECT_EQ(check.agent->request.parameters.front().second, "10.0.0.1");
  const Outcome stopped = check.agent->after(7, "not running", "");
  EXPECT_EQ(stopped.output, "Operation force-check for png (ocf:pacemaker:ping) returned 7 (not running)\n");
  EXPECT_EQ(stopped.error, "crm_resource: Error performing operation: Not running\n");
  EXPECT_EQ(stopped.status, 7);
  EXPECT_EQ(type("crm_resource --force-stop -r grp").error,
            "Sorry, the force-stop option doesn't support group resources\n"
            "crm_resource: Error performing operation: Unimplemented\n");
}

TEST_F(CrmResource, WithoutCibTheStatusTellsWhy) {
  around_.cib = nullptr;
  around_.connection = Connection::kInvalid;
  EXPECT_EQ(type("crm_resource -L").status, 78);
  EXPECT_EQ(type("crm_attribute -n a -G").status, 78);
  around_.connection = Connection::kNoFile;
  EXPECT_EQ(type("crm_resource -L").error,
            "crm_resource: Could not connect to the CIB: No such device or address\n"
            "Error performing operation: No such object\n");
}

TEST_F(CrmResource, Parameters) {
  EXPECT_EQ(type("crm_resource -g host_list -r png").output, "10.0.0.1\n");
  EXPECT_EQ(type("crm_resource -g nope -r test").error, "Attribute 'nope' not found for 'test'\n");
  EXPECT_EQ(type("crm_resource -p target-role -v Stopped --meta -r test").output,
            "Set 'test' option: id=test-meta_attributes-target-role set=test-meta_attributes name=target-role "
            "value=Stopped\n");
  EXPECT_EQ(version(), "0.8.0");
  EXPECT_EQ(
      type("crm_resource -p target-role -v Stopped -m -r png").output,
      "Performing update of 'target-role' on 'cl', the parent of 'png'\n"
      "Set 'cl' option: id=cl-meta_attributes-target-role set=cl-meta_attributes name=target-role value=Stopped\n");
  EXPECT_EQ(type("crm_resource -p host_list -v 10.0.0.2 -r png").output,
            "Set 'png' option: id=png-ia-host_list name=host_list value=10.0.0.2\n");
  EXPECT_EQ(type("crm_resource -d host_list -r png").output,
            "Deleted 'png' option: id=png-ia-host_list name=host_list\n");
  EXPECT_EQ(type("crm_resource -p foo -r test").error, "crm_resource: You need to supply a value with the -v option\n");
}

TEST_F(CrmResource, Placement) {
  EXPECT_EQ(type("crm_resource -M -r test").output,
            "WARNING: Creating rsc_location constraint 'cli-ban-test-on-node1' with a score of -INFINITY for resource "
            "test on node1.\n"
            "\tThis will prevent test from running on node1 until the constraint is removed using the clear option or "
            "by editing the CIB with an appropriate tool\n"
            "\tThis will be the case even if node1 is the last node in the cluster\n");
  EXPECT_EQ(type("crm_resource -M -r grp -N node2").output, "");
  EXPECT_EQ(type("crm_resource -B -r ms -N node2 --promoted").status, 0);
  EXPECT_EQ(section("configuration/constraints"),
            "<constraints>\n"
            "  <rsc_location id=\"lo1\" rsc=\"test\" node=\"node1\" score=\"100\"/>\n"
            "  <rsc_colocation id=\"co1\" rsc=\"test\" with-rsc=\"grp\" score=\"INFINITY\"/>\n"
            "  <rsc_location id=\"cli-ban-test-on-node1\" rsc=\"test\" role=\"Started\" node=\"node1\" "
            "score=\"-INFINITY\"/>\n"
            "  <rsc_location id=\"cli-prefer-grp\" rsc=\"grp\" role=\"Started\" node=\"node2\" score=\"INFINITY\"/>\n"
            "  <rsc_location id=\"cli-ban-ms-on-node2\" rsc=\"ms\" role=\"Promoted\" node=\"node2\" "
            "score=\"-INFINITY\"/>\n"
            "</constraints>\n");
  EXPECT_EQ(type("crm_resource -U -r test").output, "Removing constraint: cli-ban-test-on-node1\n");
  EXPECT_EQ(type("crm_resource -U -r test").output, "");
  EXPECT_EQ(type("crm_resource -B -r grp").error,
            "crm_resource: Resource 'grp' not moved: active in 0 locations.\n"
            "To prevent 'grp' from running on a specific location, specify a node.\n");
  EXPECT_EQ(type("crm_resource -M -r test -N node3").error,
            "crm_resource: Node 'node3' not found\nError performing operation: No such object\n");
}

TEST_F(CrmResource, PlacementForAWhile) {
  EXPECT_EQ(type("crm_resource -M -r test -N node2 -u PT10M").output,
            "Migration will take effect until: 2013-12-26 00:13:20Z\n");
  EXPECT_EQ(std::as_const(cib_).find_id("cli-prefer-lifetime-end-test").value("end"), "2013-12-26 00:13:20Z");
  EXPECT_EQ(std::as_const(cib_).find_id("cli-prefer-expr-test").value("value"), "node2");
}

// In a cluster; on a file there is nothing to be cleaned up.
TEST_F(CrmResource, CleansUp) {
  EXPECT_EQ(type("crm_resource -C -r g1 -N node1 -f").error,
            "Dry run: skipping clean-up of g1 on node1 due to CIB_file\n");
  LiveNode live;
  around_.live = &live;
  const Outcome healthy = type("crm_resource -C -r grp");
  EXPECT_EQ(healthy.output,
            "Cleaned up g1 on node2\nCleaned up g1 on node1\nCleaned up g2 on node2\nCleaned up g2 on node1\n");
  EXPECT_TRUE(healthy.forget.empty());
  const Outcome refreshed = type("crm_resource -R -r test");
  EXPECT_EQ(refreshed.output,
            "Cleaned up test on node2\nCleaned up test on node1\nWaiting for 2 replies from the controller\n"
            "... got reply\n... got reply (done)\n");
  ASSERT_EQ(refreshed.forget.size(), 2U);
  EXPECT_EQ(refreshed.forget[1].node, "node1");
  EXPECT_EQ(type("crm_resource -C").output, "Cleaned up all resources on all nodes\n");
}

TEST_F(CrmResource, Mistakes) {
  EXPECT_EQ(type("crm_resource -W").error, "crm_resource: Must supply a resource id with -r\n");
  EXPECT_EQ(type("crm_resource -W").status, 64);
  EXPECT_EQ(type("crm_resource more").error, "crm_resource: non-option ARGV-elements:\n[1 of 1] more\n\n");
  EXPECT_EQ(type("crm_resource -Z").error, "crm_resource: Unknown option -Z\n");
  EXPECT_EQ(type("crm_resource --force-start -r test").status, 69);
}

}  // namespace
}  // namespace simcluster::commands
