#include "engine/node/operator_shell.h"

#include <memory>
#include <string>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"
#include "engine/cib/crm_shell.h"
#include "engine/cib/patch.h"
#include "engine/membership/testing.h"

namespace simcluster::node {
namespace {

using ::testing::HasSubstr;

// One node that is its own DC, and an operator in front of it.
class OperatorShellTest : public ::testing::Test, public controller::ControllerClient {
 protected:
  OperatorShellTest() {
    StackVersions versions;
    profile = make_profile(versions).value();
    clock.after_each([this] { cluster.run(); });
    host.set_agents([this](const AgentRequest& request) {
      TestingHost::Answer answer;
      if (request.action == "start") running = true;
      if (request.action == "stop") running = false;
      if (request.action == "monitor") answer.result.exit_code = running ? 0 : 7;
      return answer;
    });
    controller = std::make_unique<controller::Controller>(host, profile, cluster.node(1),
                                                          controller::ControllerConfig{"node1", "", 4, {}, 0}, *this);
    shell = std::make_unique<OperatorShell>(host, *controller, profile, "node1", agents);
    cluster.start(1);
    EXPECT_TRUE(controller->start());
    clock.run_for(seconds(30));
    load(
        "property stonith-enabled=false no-quorum-policy=ignore\n"
        "primitive r ocf:heartbeat:Dummy op monitor interval=10s timeout=60s\n");
  }
  ~OperatorShellTest() override { controller.reset(); }
  void on_manager_ended(int, std::string_view) override {}

  void load(std::string_view text) {
    const auto result = shell->load(text, "test.crm", LoadMethod::kUpdate);
    EXPECT_TRUE(result) << result.error().text();
    clock.run_for(seconds(5));
  }
  void crm(std::string_view command) {
    const auto result = shell->crm(command);
    EXPECT_TRUE(result) << command << ": " << result.error().text();
    clock.run_for(seconds(5));
  }
  std::string output_of(std::string_view command) {
    const auto result = shell->crm(command);
    EXPECT_TRUE(result) << command << ": " << result.error().text();
    clock.run_for(seconds(5));
    return result.value_or("");
  }
  std::string error_of(std::string_view command) {
    const auto result = shell->crm(command);
    return result ? "" : result.error().text();
  }

  TestingClock clock;
  TestingHost host{clock, "node1"};
  membership::TestCluster cluster{1};
  Profile profile;
  NodeAgents agents;
  bool running = false;
  std::unique_ptr<controller::Controller> controller;
  std::unique_ptr<OperatorShell> shell;
};

// AT-7.6, S-23: a loaded configuration takes effect.
TEST_F(OperatorShellTest, LoadStartsTheResource) {
  EXPECT_TRUE(running);
  EXPECT_EQ(controller->cib().root().value("update-client"), "cibadmin");
}

// AT-11.2: target-role, with the ids of the tools (AT-9.2).
TEST_F(OperatorShellTest, StopAndStart) {
  crm("resource stop r");
  EXPECT_FALSE(running);
  EXPECT_TRUE(controller->cib().find_id("r-meta_attributes-target-role"));
  crm("resource start r");
  EXPECT_TRUE(running);
}

TEST_F(OperatorShellTest, StandbyAndOnline) {
  crm("node standby node1");
  EXPECT_FALSE(running);
  EXPECT_TRUE(controller->cib().find_id("nodes-node1-standby"));
  crm("node online");
  EXPECT_TRUE(running);
}

TEST_F(OperatorShellTest, BanAndClear) {
  crm("resource ban r");
  EXPECT_FALSE(running);
  EXPECT_TRUE(controller->cib().find_id("cli-ban-r-on-node1"));
  crm("resource clear r");
  EXPECT_TRUE(running);
  EXPECT_FALSE(controller->cib().find_id("cli-ban-r-on-node1"));
}

TEST_F(OperatorShellTest, UnmanagedIsLeftAlone) {
  crm("resource unmanage r");
  crm("resource stop r");
  EXPECT_TRUE(running);
}

// AT-10.4: remedy 3, monitor interval 0s: nothing is noticed any more; and back.
TEST_F(OperatorShellTest, MonitorIntervalZeroBlinds) {
  load("primitive r ocf:heartbeat:Dummy op monitor interval=0s timeout=60s\n");
  const std::size_t runs = host.count_runs("r monitor 10000");
  clock.run_for(minutes(1));
  EXPECT_LE(host.count_runs("r monitor 10000"), runs);
  running = false;
  clock.run_for(minutes(1));
  EXPECT_FALSE(running);
  running = true;
  load("primitive r ocf:heartbeat:Dummy op monitor interval=10s timeout=60s\n");
  running = false;
  clock.run_for(seconds(15));
  EXPECT_TRUE(running);
}

TEST_F(OperatorShellTest, DeleteStopsAndForgets) {
  crm("resource stop r");
  crm("configure delete r");
  EXPECT_FALSE(controller->cib().find_id("r"));
}

// AT-9.2, AT-9.3: options of resources, attributes of nodes.
TEST_F(OperatorShellTest, OptionsAndAttributes) {
  crm("resource meta r set migration-threshold 3");
  EXPECT_EQ(controller->cib().find_id("r-meta_attributes-migration-threshold").value("value"), "3");
  crm("resource meta r delete migration-threshold");
  EXPECT_FALSE(controller->cib().find_id("r-meta_attributes-migration-threshold"));
  crm("resource param r set fake one");
  EXPECT_EQ(controller->cib().find_id("r-instance_attributes-fake").value("value"), "one");
  EXPECT_TRUE(running);
  crm("node attribute node1 set rack 7");
  EXPECT_EQ(controller->cib().find_id("nodes-node1-rack").value("value"), "7");
  crm("node attribute node1 delete rack");
  EXPECT_FALSE(controller->cib().find_id("nodes-node1-rack"));
  EXPECT_THAT(error_of("node delete node1"), HasSubstr("node node1 is still active"));
  EXPECT_THAT(error_of("resource meta r set"), HasSubstr("expected: crm resource meta RESOURCE set NAME VALUE"));
}

// Runs of crmsh 4.4: ids of utilization, a standby until the node leaves, maintenance of all.
TEST_F(OperatorShellTest, AsCrmshDoes) {
  crm("resource utilization r set cpu 2");
  EXPECT_EQ(controller->cib().find_id("r-utilization-cpu").value("value"), "2");
  crm("resource utilization r delete cpu");
  EXPECT_FALSE(controller->cib().find_id("r-utilization-cpu"));
  crm("node utilization node1 set cpu 4");
  EXPECT_EQ(controller->cib().find_id("nodes-node1-utilization-cpu").value("value"), "4");
  crm("node maintenance node1");
  EXPECT_EQ(controller->cib().find_id("nodes-node1-maintenance").value("value"), "true");
  crm("node ready node1");
  EXPECT_EQ(controller->cib().find_id("nodes-node1-maintenance").value("value"), "off");
  crm("maintenance on");
  EXPECT_EQ(controller->cib().find_id("cib-bootstrap-options-maintenance-mode").value("value"), "true");
  crm("maintenance off");
  EXPECT_TRUE(running);
  EXPECT_THAT(error_of("resource move r node1"), HasSubstr("already active on node1"));
  EXPECT_THAT(error_of("configure delete r"), HasSubstr("resource r is running, can't delete it"));
  EXPECT_THAT(error_of("node standby node1 never"), HasSubstr("node never is not in the configuration"));
  crm("node standby node1 reboot");
  EXPECT_FALSE(controller->cib().find_id("nodes-node1-standby"));
  EXPECT_FALSE(running);
  crm("configure erase");
  EXPECT_FALSE(controller->cib().find_path("configuration/resources/primitive"));
  EXPECT_TRUE(controller->cib().find_path("configuration/nodes/node"));
}

// Runs of crmsh 4.4 and crm_resource 2.1.5.
TEST_F(OperatorShellTest, MovesForAWhile) {
  EXPECT_THAT(error_of("resource move r"), HasSubstr("Move requires either a target node or 'force'"));
  EXPECT_THAT(error_of("resource move r node2 10M"), HasSubstr("Invalid duration specified: 10M"));
  crm("resource move r node2 PT10M");
  EXPECT_EQ(controller->cib().find_id("cli-prefer-rule-r").value("score"), "INFINITY");
  EXPECT_EQ(controller->cib().find_id("cli-prefer-expr-r").value("value"), "node2");
  EXPECT_TRUE(controller->cib().find_id("cli-prefer-lifetime-end-r").has("end"));
  crm("resource clear r");
  crm("resource move r force");
  EXPECT_EQ(controller->cib().find_id("cli-ban-r-on-node1").value("score"), "-INFINITY");
  EXPECT_FALSE(running);
  crm("resource clear r");
  EXPECT_TRUE(running);
  crm("resource ban r node1 PT1M");
  EXPECT_TRUE(controller->cib().find_id("cli-ban-r-on-node1-lifetime").has("end"));
}

// Runs of crmsh 4.4: what is said of the part of a clone is said of the clone; start and stop take several.
TEST_F(OperatorShellTest, ClonesAndSeveral) {
  load("primitive p ocf:heartbeat:Dummy\nprimitive s ocf:heartbeat:Dummy\nclone c p\n");
  EXPECT_THAT(error_of("resource promote p"), HasSubstr("p is not a promotable resource"));
  EXPECT_THAT(error_of("resource stop s zz"), HasSubstr("resource zz is not configured"));
  crm("resource stop p s");
  EXPECT_EQ(controller->cib().find_id("c-meta_attributes-target-role").value("value"), "Stopped");
  EXPECT_FALSE(controller->cib().find_id("p-meta_attributes"));
  EXPECT_EQ(controller->cib().find_id("s-meta_attributes-target-role").value("value"), "Stopped");
}

TEST_F(OperatorShellTest, EditsObjects) {
  EXPECT_THAT(error_of("configure rename r q"), HasSubstr("cannot rename a running resource (r)"));
  load("primitive s ocf:heartbeat:Dummy\ngroup g r\n");
  crm("configure modgroup g add s before r");
  EXPECT_EQ(controller->cib().find_id("g").first_child().id(), "s");
  crm("configure rename g h");  // its members run
  EXPECT_TRUE(controller->cib().find_id("h"));
  crm("configure filter \"sed s/interval=10s/interval=0s/\" r");
  EXPECT_TRUE(controller->cib().find_id("r-monitor-0s"));
  crm("configure edit 'sed \"s/interval=0s/interval=20s/\"'");
  EXPECT_TRUE(controller->cib().find_id("r-monitor-20s"));
  EXPECT_THAT(error_of("configure filter \"awk 1\" r"), HasSubstr("no other program"));
}

// CM-6.12: what crm_diff made of two CIBs, with their versions or without.
TEST_F(OperatorShellTest, Patches) {
  const auto difference = [&](bool versions) {
    cib::Document wanted = controller->cib();
    wanted.find_path("configuration/resources").first_child().set_attribute("description", versions ? "two" : "one");
    if (versions)
      cib::set_version(wanted.root(),
                       cib::next_version(cib::version_of(wanted.root()), cib::ChangeExtent::kConfiguration));
    const auto patch = versions ? cib::create_patch(controller->cib(), wanted)
                                : cib::create_patch_without_version(controller->cib(), wanted);
    return cib::write_compact(patch->root());
  };
  for (const bool versions : {false, true}) {
    const std::string patch = difference(versions);
    const auto done = shell->change(CibChange::kPatch, "", patch);
    ASSERT_TRUE(done) << done.error().text();
    clock.run_for(seconds(5));
    EXPECT_EQ(controller->cib().find_id("r").value("description"), versions ? "two" : "one");
    if (versions) {
      EXPECT_FALSE(shell->change(CibChange::kPatch, "", patch)) << "it fits one version only";
    }
  }
  EXPECT_THAT(shell->change(CibChange::kPatch, "", "<primitive id=\"r\"/>").error().text(),
              HasSubstr("the difference does not fit the CIB"));
}

TEST_F(OperatorShellTest, MistakesAreNamed) {
  EXPECT_THAT(error_of("resource stop nobody"), HasSubstr("resource nobody is not configured"));
  EXPECT_THAT(error_of("resource dance r"), HasSubstr("expected start, stop"));
  EXPECT_THAT(error_of("node standby node9"), HasSubstr("node node9 is not in the configuration"));
  EXPECT_THAT(error_of("dance"), HasSubstr("expected resource, node, configure, ra or maintenance"));
  EXPECT_THAT(error_of("configure primitive"), HasSubstr("crm configure"));
  EXPECT_FALSE(shell->change(CibChange::kModify, "resurces", "<primitive id=\"r\"/>"));
  EXPECT_FALSE(shell->change(CibChange::kModify, "resources", "<primitive id="));
}

// AT-7.6, AT-9.2: what crm resource prints, as measured with crmsh 4.4 on Pacemaker 2.1.5.
TEST_F(OperatorShellTest, ResourceAttributesAnswer) {
  EXPECT_EQ(output_of("resource param r set fake b"),
            "Set 'r' option: id=r-instance_attributes-fake set=r-instance_attributes name=fake value=b\n");
  EXPECT_EQ(output_of("resource param r set fake 'c d'"),
            "Set 'r' option: id=r-instance_attributes-fake name=fake value=c d\n");
  EXPECT_EQ(output_of("resource param r show fake"), "c d\n");
  EXPECT_EQ(output_of("resource param r show nix"), "Attribute 'nix' not found for 'r'\n");
  EXPECT_EQ(output_of("resource param r delete fake"), "Deleted 'r' option: id=r-instance_attributes-fake name=fake\n");
  EXPECT_EQ(output_of("resource param r delete fake"), "");
  EXPECT_EQ(output_of("resource failcount r show node1"), "scope=status  name=fail-count-r value=0\n");
  EXPECT_EQ(output_of("resource stop r"), "");
  EXPECT_EQ(output_of("resource cleanup r"), "Cleaned up r on node1\n");
  EXPECT_EQ(output_of("resource cleanup"), "Cleaned up all resources on all nodes\n");
}

TEST_F(OperatorShellTest, RelocationsAnswer) {
  EXPECT_EQ(
      output_of("resource ban r node1"),
      "WARNING: Creating rsc_location constraint 'cli-ban-r-on-node1' with a score of -INFINITY for resource r on "
      "node1.\n"
      "\tThis will prevent r from running on node1 until the constraint is removed using the clear option or by "
      "editing the CIB with an appropriate tool\n"
      "\tThis will be the case even if node1 is the last node in the cluster\n"
      "INFO: Ban constraint created for r to node1\n"
      "INFO: Use `crm resource clear r` to remove this constraint\n");
  EXPECT_EQ(output_of("resource clear r"), "INFO: Removed migration constraints for r\n");
  crm("resource stop r");
  EXPECT_EQ(
      output_of("resource move r node1"),
      "INFO: Move constraint created for r to node1\nINFO: Use `crm resource clear r` to remove this constraint\n");
}

// AT-9.3, AT-11.2: what crm node prints, as measured.
TEST_F(OperatorShellTest, NodesAnswer) {
  EXPECT_EQ(output_of("node show"), "node1(node1): member\n");
  EXPECT_EQ(output_of("node attribute node1 set mem 4"), "");
  EXPECT_EQ(output_of("node attribute node1 show mem"), "scope=nodes  name=mem value=4\n");
  EXPECT_EQ(output_of("node show node1"), "node1(node1): member\n\tmem=4\n");
  EXPECT_EQ(output_of("node attribute node1 delete mem"), "Deleted nodes attribute: id=nodes-node1-mem name=mem\n");
  EXPECT_EQ(error_of("node attribute node1 show mem"),
            "crm_attribute: Error performing operation: No such device or address");
  EXPECT_EQ(output_of("node status-attr node1 set foo bar"), "");
  EXPECT_EQ(output_of("node status-attr node1 show foo"), "scope=status  name=foo value=bar\n");
  EXPECT_EQ(output_of("node server"), "node1\n");
  EXPECT_EQ(output_of("node standby"), "INFO: standby node node1\n");
  EXPECT_FALSE(running);
  EXPECT_EQ(output_of("node online --all"), "INFO: online node node1\n");
  EXPECT_TRUE(running);
}

// AT-7.6: trace and untrace; ids, places and words as measured with crmsh 4.4.
TEST_F(OperatorShellTest, TracesAgents) {
  EXPECT_EQ(output_of("resource trace r"),
            "INFO: Trace for r is written to /var/lib/heartbeat/trace_ra/Dummy\n"
            "INFO: Trace set, restart r to trace non-monitor operations\n");
  for (const char* id : {"r-start-0-instance_attributes-trace_ra", "r-stop-0-instance_attributes-trace_ra",
                         "r-monitor-10s-instance_attributes-trace_ra"})
    EXPECT_EQ(controller->cib().find_id(id).value("value"), "1") << id;
  std::string order;
  for (const cib::Element op : controller->cib().find_path("configuration/resources/primitive/operations").children())
    order += fmt::format("{} ", op.id());
  EXPECT_EQ(order, "r-start-0 r-stop-0 r-monitor-10s ");
  EXPECT_EQ(output_of("resource untrace r"), "INFO: Stop tracing r\n");
  EXPECT_FALSE(controller->cib().find_id("r-start-0"));
  EXPECT_FALSE(controller->cib().find_id("r-monitor-10s-instance_attributes"));
  EXPECT_TRUE(controller->cib().find_id("r-monitor-10s"));
  EXPECT_EQ(output_of("resource trace r probe"),
            "INFO: Trace for r:monitor is written to /var/lib/heartbeat/trace_ra/Dummy\n"
            "INFO: Trace set, restart r to trace non-monitor operations\n");
  EXPECT_TRUE(controller->cib().find_id("r-monitor-0"));
  EXPECT_EQ(output_of("resource trace r start"),
            "INFO: Trace for r:start is written to /var/lib/heartbeat/trace_ra/Dummy\n"
            "INFO: Trace set, restart r to trace the start operation\n");
  EXPECT_EQ(error_of("resource trace r monitor 7"), "Operation monitor with interval 7 not found in r");
}

// AT-7.6: crm configure show, set, get_property, schema, template list.
TEST_F(OperatorShellTest, ConfigurationAnswers) {
  const std::string r = "primitive r Dummy \\\n\top monitor interval=10s timeout=60s\n";
  EXPECT_EQ(output_of("configure show r"), r);
  EXPECT_EQ(output_of("configure show type:primitive"), r);
  EXPECT_EQ(output_of("configure show related:Dummy and type:group"), "");
  EXPECT_EQ(output_of("configure show changed"), "");
  EXPECT_EQ(error_of("configure show nix"), "object nix does not exist");
  EXPECT_EQ(output_of("configure set r.monitor.timeout 33s"), "");
  EXPECT_EQ(controller->cib().find_id("r-monitor-10s").value("timeout"), "33s");
  EXPECT_EQ(error_of("configure set r.nix b"), "Attribute not found: r.nix");
  EXPECT_EQ(error_of("configure set nix.a b"), "Object nix not found");
  EXPECT_EQ(output_of("configure get_property stonith-enabled"), "false\n");
  EXPECT_EQ(output_of("configure get_property -t maintenance-mode"), "false\n");
  EXPECT_EQ(error_of("configure get_property nix"), "nix: Property not set");
  EXPECT_EQ(output_of("configure get_property cluster-delay"), "60s\n");  // the default
  EXPECT_THAT(output_of("configure get_property"),
              ::testing::StartsWith("dc-version                              cluster-infrastructure\n"));
  EXPECT_EQ(output_of("configure template list"),
            "Templates:\napache       clvm         filesystem   gfs2         gfs2-base    ocfs2\n"
            "sbd          virtual-ip   \n\nConfigurations:\n");
}

// AT-7.8: what is wrong is not committed, unless it is forced.
TEST_F(OperatorShellTest, ChecksBeforeItCommits) {
  const std::string unknown = "ERROR: s: parameter nix does not exist\n";
  EXPECT_EQ(output_of("configure primitive s Dummy params nix=1"), unknown + "(exit status 1)\n");
  EXPECT_FALSE(controller->cib().find_id("s"));
  EXPECT_EQ(output_of("-F configure primitive s Dummy params nix=1"), unknown + "INFO: commit forced\n");
  EXPECT_TRUE(controller->cib().find_id("s"));
  EXPECT_EQ(output_of("configure verify"), unknown + "(exit status 1)\n");
  EXPECT_EQ(output_of("configure primitive t Dummy op monitor interval=3 timeout=1"),
            "WARNING: t: specified timeout 1 for monitor is smaller than the advised 20\n");
  EXPECT_TRUE(controller->cib().find_id("t"));
}

TEST_F(OperatorShellTest, DefaultTimeouts) {
  EXPECT_EQ(output_of("configure default-timeouts r"), "");
  EXPECT_EQ(controller->cib().find_id("r-monitor-10s").value("timeout"), "20");
  EXPECT_TRUE(controller->cib().find_id("r-start-0"));
  EXPECT_EQ(output_of("configure default-timeouts nix"), "ERROR: object nix does not exist\n(exit status 1)\n");
}

// AT-1.8, AT-7.6: what agents there are.
TEST_F(OperatorShellTest, AgentsAnswer) {
  EXPECT_THAT(output_of("ra classes"), HasSubstr("ocf / heartbeat pacemaker\n"));
  EXPECT_EQ(output_of("ra providers Dummy"), "heartbeat pacemaker\n");
  EXPECT_THAT(output_of("ra list ocf pacemaker"), HasSubstr("Stateful"));
  EXPECT_THAT(output_of("ra info Dummy"), HasSubstr("(ocf:heartbeat:Dummy)\n"));
  EXPECT_EQ(error_of("ra info nix"), "ocf:heartbeat:nix: got no meta-data, does this RA exist?");
}

}  // namespace
}  // namespace simcluster::node
