// Configuration: options, nodes, resources and their meta-attributes, operations, constraints.
#include <gtest/gtest.h>

#include "engine/scheduler/stages.h"
#include "engine/scheduler/test_cib.h"

namespace simcluster::scheduler {
namespace {

using testing::TestCib;
using testing::Unpacked;

TEST(Options, LegacyNamesAndInvalidValues) {  // S1 C-5.2
  Unpacked legacy({.options = "stonith-enabled=false stop-orphan-resources=no"});
  EXPECT_FALSE(legacy.model().options.fencing_enabled);
  EXPECT_FALSE(legacy.model().options.startup_fencing);  // C-5.4
  EXPECT_FALSE(legacy.model().options.stop_removed_resources);
  Unpacked both({.options = "stonith-enabled=false fencing-enabled=true"});
  EXPECT_TRUE(both.model().options.fencing_enabled);
  Unpacked invalid({.options = "stonith-enabled=false fencing-enabled=maybe"});
  EXPECT_TRUE(invalid.model().options.fencing_enabled);  // the default, not the legacy value
}

TEST(Options, FencePolicyNeedsQuorumOrPanic) {  // S1 C-5.5
  Unpacked with_quorum({.options = "no-quorum-policy=fence"});
  EXPECT_EQ(with_quorum.model().options.no_quorum_policy, NoQuorumPolicy::kFence);
  Unpacked without({.attributes = R"(have-quorum="0")", .options = "no-quorum-policy=suicide"});
  EXPECT_EQ(without.model().options.no_quorum_policy, NoQuorumPolicy::kStop);
  Unpacked panic({.attributes = R"(have-quorum="0" no-quorum-panic="1")", .options = "no-quorum-policy=suicide"});
  EXPECT_EQ(panic.model().options.no_quorum_policy, NoQuorumPolicy::kFence);
}

TEST(Options, HealthWords) {  // S1 C-5.7
  Unpacked red({.options = "node-health-strategy=migrate-on-red"});
  EXPECT_EQ(red.model().options.health.red, -kInfinity);
  EXPECT_EQ(red.model().options.health.yellow, 0);
  Unpacked custom({.options = "node-health-strategy=custom node-health-yellow=-7 node-health-base=3"});
  EXPECT_EQ(custom.model().options.health.yellow, -7);
  EXPECT_EQ(custom.model().options.health_base, 0);  // progressive only
}

TEST(Nodes, ListOrder) {  // S1 C-8.1: "n1", "N2", "n10"
  Unpacked u({.nodes = "n10 N2 n1"});
  std::string names;
  for (const NodeId id : u.model().node_order) names += std::string(u.model().node(id).name) + " ";
  EXPECT_EQ(names, "n1 N2 n10 ");
}

TEST(Nodes, StartupFencing) {  // S2 N-3.4
  Unpacked fencing({.nodes = "n1"});
  EXPECT_TRUE(fencing.node("n1").unclean);
  Unpacked off({.options = "startup-fencing=false", .nodes = "n1"});
  EXPECT_FALSE(off.node("n1").unclean);
}

TEST(Nodes, TransientAttributesReplacePermanentOnes) {  // S2 A-4.1
  TestCib cib{.nodes = ""};
  cib.states = TestCib::online("n1", "", "color=blue #uname=x");
  std::string text = cib.text();
  text.replace(text.find("<nodes>"), 7,
               R"(<nodes><node id="n1" uname="n1"><instance_attributes id="a">)" + TestCib::pair("a", "color", "red") +
                   TestCib::pair("a", "#id", "y") + TestCib::pair("a", "site-name", "s") +
                   "</instance_attributes></node>");
  auto document = cib::parse_document(text, "test");
  ASSERT_TRUE(document) << document.error().text();
  Schedule schedule = unpack(*document, {});
  const Node& node = schedule.model->node(find_node(*schedule.model, "N1"));
  EXPECT_EQ(node_attribute(node, "color"), "blue");
  EXPECT_EQ(node_attribute(node, "#uname"), "x");  // transient ones override even these
  EXPECT_EQ(node_attribute(node, "#id"), "n1");    // permanent ones do not
  EXPECT_EQ(node_attribute(node, "#site-name"), "s");
}

TEST(Resources, LastBlockOfEqualScoreWins) {  // S1 C-6.2
  Unpacked u({.resources = TestCib::dummy("r", TestCib::meta("a", "priority=1") + TestCib::meta("b", "priority=2"))});
  EXPECT_EQ(u.resource("r").priority, 2);
}

TEST(Resources, PrioritySortIsStable) {  // S1 C-9.5
  Unpacked u({.resources = TestCib::dummy("a") + TestCib::dummy("b", TestCib::meta("b", "priority=5")) +
                           TestCib::dummy("c") + TestCib::dummy("d", TestCib::meta("d", "priority=5"))});
  std::string ids;
  for (const ResourceId id : u.model().top_level) ids += u.model().resource(id).id;
  EXPECT_EQ(ids, "bdac");
}

TEST(Resources, MetaInheritance) {  // S1 C-9.9
  const std::string group = R"(<group id="g">)" + TestCib::meta("g", "is-managed=false priority=3") +
                            TestCib::dummy("r1", TestCib::meta("r1", "priority=7")) + TestCib::dummy("r2") + "</group>";
  Unpacked u(
      {.resources = group,
       .defaults = "<rsc_defaults>" + TestCib::meta("d", "resource-stickiness=100 priority=9") + "</rsc_defaults>"});
  EXPECT_EQ(u.resource("r1").priority, 7);
  EXPECT_EQ(u.resource("r2").priority, 3);
  EXPECT_FALSE(u.resource("r2").managed);
  EXPECT_EQ(u.resource("r2").stickiness, 100);
}

TEST(Resources, MaintenanceModeBeatsIsManaged) {  // S1 C-9.14
  Unpacked u(
      {.options = "maintenance-mode=true", .resources = TestCib::dummy("r", TestCib::meta("r", "is-managed=true"))});
  EXPECT_FALSE(u.resource("r").managed);
  EXPECT_TRUE(u.resource("r").maintenance);
}

TEST(Resources, TemplateBlocksYieldToOwnOnes) {  // S1 C-9.6
  const std::string resources =
      R"(<template id="t" class="ocf" provider="heartbeat" type="Filesystem">)" +
      TestCib::meta("t", "priority=1 migration-threshold=3") +
      R"(<operations><op id="t-m" name="monitor" interval="20s"/><op id="t-s" name="start" interval="0"/></operations>)"
      R"(</template><primitive id="r" template="t">)" +
      TestCib::meta("r", "priority=2") + R"(<operations><op id="r-m" name="monitor" interval="10s"/></operations>)" +
      "</primitive>";
  Unpacked u({.resources = resources});
  const Resource& r = u.resource("r");
  EXPECT_EQ(r.type, "Filesystem");
  EXPECT_EQ(r.priority, 2);
  EXPECT_EQ(r.migration_threshold, 3);
  ASSERT_EQ(r.operation_count, 2U);  // the template's monitor is replaced whatever its interval
  EXPECT_EQ(u.model().operations[r.first_operation].id, "r-m");
  EXPECT_EQ(u.model().operations[r.first_operation + 1].id, "t-s");
}

TEST(Resources, CloneNumbersAndStickiness) {  // S1 C-10.3, C-10.6
  Unpacked u({.nodes = "n1 n2 n3", .resources = R"(<clone id="c">)" + TestCib::dummy("r") + "</clone>"});
  const Resource& clone = u.resource("c");
  EXPECT_EQ(clone.clone->clone_max, 3);
  EXPECT_EQ(clone.children.size(), 3U);
  EXPECT_EQ(clone.stickiness, 0);
  EXPECT_EQ(u.resource("r:2").stickiness, 1);
  EXPECT_FALSE(u.resource("r:2").unique);
  EXPECT_EQ(u.resource("r:2").top, clone.self);
}

TEST(Resources, CloneMaxZeroHasOneRemovedInstance) {  // S4 CR-1.11
  Unpacked u({.resources = R"(<clone id="c">)" + TestCib::meta("c", "clone-max=0") + TestCib::dummy("r") + "</clone>"});
  ASSERT_EQ(u.resource("c").children.size(), 1U);
  EXPECT_TRUE(u.resource("r:0").removed);
}

TEST(Resources, AbsurdNumbersOfInstancesAreRefused) {
  Unpacked u({.resources = R"(<clone id="c">)" + TestCib::meta("c", "clone-max=99999999999") + TestCib::dummy("r") +
                           R"(</clone><bundle id="b"><docker image="i" replicas="2000000000"/></bundle>)"});
  EXPECT_TRUE(u.model().top_level.empty());
}

TEST(Resources, GuestNodes) {  // S2 N-3.6, N-3.8, N-3.9
  Unpacked u({.resources = TestCib::dummy("vm", TestCib::meta("vm", "remote-node=guest1 remote-addr=10.0.0.9"))});
  const Node& guest = u.node("guest1");
  EXPECT_TRUE(is_guest(u.model(), guest));
  EXPECT_EQ(node_attribute(guest, "#kind"), "container");
  EXPECT_TRUE(u.resource("guest1").internal);
  EXPECT_EQ(u.resource("guest1").launcher, u.resource("vm").self);
  EXPECT_EQ(resource_parameters(u.model(), u.resource("guest1"), NodeId()).get("addr"), "10.0.0.9");
}

TEST(Operations, MetaAttributes) {  // S1 C-11.5, the verified example
  const std::string op = R"(<operations><op id="s" name="start" interval="0" description="dd">)" +
                         TestCib::meta("s", "timeout=33 record-pending=true") + "</op></operations>";
  Unpacked u({.resources = TestCib::dummy("r", op),
              .defaults = "<op_defaults>" + TestCib::meta("od", "timeout=44s on-fail=block xyz=1") + "</op_defaults>"});
  const Resource& r = u.resource("r");
  const Pairs start =
      operation_meta(u.model(), r, NodeId(), "start", 0, find_operation(u.model(), r, "start", 0, true));
  EXPECT_EQ(start.get("timeout"), "33000");
  EXPECT_EQ(start.get("on-fail"), "block");
  EXPECT_EQ(start.get("description"), "dd");
  EXPECT_EQ(start.get("name"), "start");
  EXPECT_FALSE(start.contains("id"));
  EXPECT_FALSE(start.contains("interval"));
  const Pairs probe = operation_meta(u.model(), r, NodeId(), "monitor", 0, OperationId());
  EXPECT_EQ(probe.get("timeout"), "44000");
  EXPECT_EQ(probe.get("xyz"), "1");
}

TEST(Operations, TimeoutsAreNotIsoDurations) {  // S1 C-11.8
  const std::string ops =
      R"(<operations><op id="s" name="start" interval="0" timeout="PT1M"/><op id="t" name="stop" interval="0" )"
      R"(timeout="1.9s"/></operations>)";
  Unpacked u({.resources = TestCib::dummy("r", ops)});
  const Resource& r = u.resource("r");
  const auto timeout = [&](std::string_view task) {
    return operation_meta(u.model(), r, NodeId(), task, 0, find_operation(u.model(), r, task, 0, true)).get("timeout");
  };
  EXPECT_EQ(timeout("start"), "20000");
  EXPECT_EQ(timeout("stop"), "1000");
}

TEST(Operations, FailurePolicyDefaults) {  // S2 L-13.5
  Unpacked u({.options = "fencing-enabled=false", .resources = TestCib::dummy("r")});
  const Resource& r = u.resource("r");
  EXPECT_EQ(failure_policy(u.model(), r, "stop", 0, ""), OnFail::kBlock);
  EXPECT_EQ(failure_policy(u.model(), r, "monitor", 10000, ""), OnFail::kRestart);
  EXPECT_EQ(failure_policy(u.model(), r, "monitor", 10000, "fence"), OnFail::kStop);
  EXPECT_EQ(failure_policy(u.model(), r, "monitor", 10000, "restart-container"), OnFail::kRestart);
}

TEST(Constraints, LocationRolesThatFilterNothing) {  // S1 C-13.6
  Unpacked u({.resources = TestCib::dummy("r"),
              .constraints = R"(<rsc_location id="a" rsc="r" node="N1" score="5" role="Started"/>)"
                             R"(<rsc_location id="b" rsc="r" node="n2" score="5" role="Promoted"/>)"
                             R"(<rsc_location id="c" rsc="r" node="n9" score="5"/>)"});
  unpack_constraints(u.model());
  ASSERT_EQ(u.model().locations.size(), 2U);
  EXPECT_EQ(u.model().locations[0].role, Role::kUnknown);
  EXPECT_EQ(u.model().locations[1].role, Role::kPromoted);
}

TEST(Constraints, RuleLocationsHoldNodesInReverse) {  // S3 A-4.9
  Unpacked u({.nodes = "n1 n2 n3",
              .resources = TestCib::dummy("r"),
              .constraints = R"(<rsc_location id="a" rsc="r"><rule id="ru" score="7"><expression id="e" )"
                             R"(attribute="#uname" operation="ne" value="n2"/></rule></rsc_location>)"});
  unpack_constraints(u.model());
  ASSERT_EQ(u.model().locations.size(), 1U);
  const Location& location = u.model().locations[0];
  EXPECT_EQ(location.id, "ru");
  ASSERT_EQ(location.nodes.size(), 2U);
  EXPECT_EQ(u.model().node(location.nodes[0].first).name, "n3");
  EXPECT_EQ(location.nodes[1].second, 7);
}

TEST(Constraints, ColocationSets) {  // S1 C-15.7 to C-15.9
  Unpacked u({.resources = TestCib::dummy("a") + TestCib::dummy("b") + TestCib::dummy("c"),
              .constraints = R"(<rsc_colocation id="x" score="10"><resource_set id="s1"><resource_ref id="a"/>)"
                             R"(<resource_ref id="b"/></resource_set><resource_set id="s2"><resource_ref id="c"/>)"
                             R"(</resource_set></rsc_colocation>)"});
  unpack_constraints(u.model());
  ASSERT_EQ(u.model().colocations.size(), 2U);
  const Colocation& inside = u.model().colocations[0];
  EXPECT_EQ(u.model().resource(inside.dependent).id, "b");
  EXPECT_EQ(u.model().resource(inside.primary).id, "a");
  EXPECT_EQ(inside.id, "s1");
  const Colocation& between = u.model().colocations[1];
  EXPECT_EQ(u.model().resource(between.dependent).id, "a");
  EXPECT_EQ(u.model().resource(between.primary).id, "c");
}

TEST(Constraints, TagsBecomeSetsThatAreNotSequential) {  // S1 C-12.5, C-14.6
  Unpacked u({.resources = TestCib::dummy("a") + TestCib::dummy("b") + TestCib::dummy("c"),
              .constraints = R"(<rsc_order id="o" first="t" then="c"/>)",
              .defaults = R"(<tags><tag id="t"><obj_ref id="a"/><obj_ref id="b"/><obj_ref id="a"/></tag></tags>)"});
  unpack_constraints(u.model());
  // a before c, b before c, and the inverse of both; nothing between a and b.
  EXPECT_EQ(u.model().orderings.size(), 4U);
}

TEST(Constraints, LostTicketForbidsEverywhere) {  // S1 C-16.4
  Unpacked u({.resources = TestCib::dummy("r"), .constraints = R"(<rsc_ticket id="t" rsc="r" ticket="T"/>)"});
  unpack_constraints(u.model());
  for (const NodeId node : u.model().node_order) {
    ASSERT_NE(u.resource("r").allowed.find(node), nullptr);
    EXPECT_EQ(u.resource("r").allowed.find(node)->score, -kInfinity);
  }
}

// S1 C-9.17: what needs unfencing by default needs it as little as what says so when fencing is disabled.
TEST(Unpack, UnfencingNeedsFencing) {
  TestCib cib;
  cib.resources = R"(<primitive id="f" class="stonith" type="fence_x">)" + TestCib::meta("f", "provides=unfencing") +
                  "</primitive>" + TestCib::dummy("a") + TestCib::dummy("b", TestCib::meta("b", "requires=unfencing"));
  cib.options = "stonith-enabled=true";
  Unpacked enabled(cib);
  EXPECT_TRUE(enabled.resource("a").needs_unfencing());
  EXPECT_TRUE(enabled.resource("b").needs_unfencing());
  EXPECT_FALSE(enabled.resource("f").needs_unfencing());
  cib.options = "stonith-enabled=false";
  Unpacked disabled(cib);
  EXPECT_FALSE(disabled.resource("a").needs_unfencing());
  EXPECT_FALSE(disabled.resource("b").needs_unfencing());
}

}  // namespace
}  // namespace simcluster::scheduler
