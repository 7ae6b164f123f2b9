// AT-7.8, word for word as crmsh 4.4 beside Pacemaker 2.1.5 (black-box runs).
#include "engine/node/operator_checks.h"

#include <gtest/gtest.h>

#include "engine/base/host.h"
#include "engine/cib/crm_shell.h"

namespace simcluster::node {
namespace {

class OperatorChecksTest : public ::testing::Test {
 protected:
  OperatorChecksTest() {
    StackVersions versions;
    versions.pacemaker = "2.1.5";
    versions.resource_agents = "4.12";
    profile = make_profile(versions).value();
    cib = cib::parse_crm_shell("node 1: node1\nnode 2: node2\nproperty stonith-enabled=false\n", "base.crm").value();
    cib.root().set_attribute("have-quorum", "1");
  }

  // What a commit of the statements says; it is carried out in any case.
  CheckReport commit(std::string_view text) {
    cib::Document wanted = cib;
    const auto applied = cib::apply_crm_shell(wanted, text, "test.crm");
    EXPECT_TRUE(applied) << applied.error().text();
    CheckReport report = check_commit(cib, wanted, profile, {}, 0);
    cib = std::move(wanted);
    return without_blind_faith(std::move(report));
  }
  // Its lines, for a commit that is not refused.
  std::string warnings(std::string_view text) {
    const CheckReport report = commit(text);
    EXPECT_FALSE(report.refused) << text;
    return report.text;
  }
  std::string errors(std::string_view text) {
    const CheckReport report = commit(text);
    EXPECT_TRUE(report.refused) << text;
    return report.text;
  }
  CheckReport without_blind_faith(CheckReport report) const {
    const std::string_view line = "WARNING: (unpack_config) \twarning: Blind faith: not fencing unseen nodes\n";
    if (report.text.starts_with(line)) report.text.erase(0, line.size());
    return report;
  }

  Profile profile;
  cib::Document cib;
};

TEST_F(OperatorChecksTest, TimeoutsBelowTheAdvice) {
  EXPECT_EQ(warnings("primitive a Dummy\n"), "");
  EXPECT_EQ(warnings("primitive b Dummy op monitor interval=10s timeout=5s op start timeout=10s interval=0 "
                     "op stop timeout=1\n"),
            "WARNING: b: specified timeout 5s for monitor is smaller than the advised 20s\n"
            "WARNING: b: specified timeout 10s for start is smaller than the advised 20s\n"
            "WARNING: b: specified timeout 1 for stop is smaller than the advised 20s\n");
  EXPECT_EQ(
      warnings("primitive c Dummy op monitor interval=10s timeout=20000ms op start timeout=1m op stop timeout=19\n"),
      "WARNING: c: specified timeout 19 for stop is smaller than the advised 20s\n");
  EXPECT_EQ(warnings("primitive d Dummy op promote timeout=1 op monitor interval=10s timeout=bogus\n"),
            "WARNING: d: specified timeout bogus for monitor is smaller than the advised 20s\n"
            "WARNING: d: action 'promote' not found in Resource Agent meta-data\n");
}

TEST_F(OperatorChecksTest, DefaultTimeoutOnlyWhereOneIsConfigured) {
  EXPECT_EQ(warnings("primitive a Filesystem device=1 directory=2 fstype=3\n"), "");
  EXPECT_EQ(warnings("op_defaults timeout=10\n"), "");
  EXPECT_EQ(warnings("primitive b Dummy op start timeout=20 interval=0\n"),
            "WARNING: b: default timeout 10 for stop is smaller than the advised 20s\n");
  EXPECT_EQ(warnings("primitive c IPaddr2 ip=10.0.0.1 op start interval=0 op monitor interval=10\n"),
            "WARNING: c: default timeout 10 for monitor is smaller than the advised 20s\n"
            "WARNING: c: default timeout 10 for start is smaller than the advised 20s\n"
            "WARNING: c: default timeout 10 for stop is smaller than the advised 20s\n");
}

TEST_F(OperatorChecksTest, IntervalsOfMonitors) {
  EXPECT_EQ(warnings("primitive a Dummy op monitor interval=10 op monitor interval=10s\n"),
            "WARNING: a: interval in monitor must be unique, advised is 10s\n");
  EXPECT_EQ(warnings("primitive b ocf:pacemaker:Stateful op monitor interval=10 op monitor interval=10 role=Master\n"),
            "WARNING: b: interval in monitor must be unique, advised is None\n");
  EXPECT_EQ(warnings("primitive c Dummy op monitor interval=0\n"),
            "WARNING: c: interval in monitor should be larger than 0, advised is 10s\n");
  EXPECT_EQ(warnings("primitive d Dummy op start interval=5\n"),
            "WARNING: d: Specified interval for start is 5, it must be 0\n");
}

TEST_F(OperatorChecksTest, ParametersAndNames) {
  EXPECT_EQ(errors("primitive a IPaddr2 op monitor interval=10s\n"),
            "ERROR: a: required parameter \"ip\" not defined\n");
  EXPECT_EQ(errors("primitive b IPaddr2 params ip=10.0.0.1 nosuch=1\n"),
            "ERROR: b: parameter \"nosuch\" is not known\n");
  EXPECT_EQ(warnings("primitive c Dummy meta nosuch=1 target-role=Started\n"),
            "WARNING: c: unknown attribute 'nosuch'\n");
  EXPECT_EQ(warnings("property nosuch=1\n"), "WARNING: cib-bootstrap-options: unknown attribute 'nosuch'\n");
  EXPECT_EQ(warnings("rsc_defaults foo=1 target-role=Started\n"), "WARNING: rsc-options: unknown attribute 'foo'\n");
  EXPECT_EQ(warnings("op_defaults target-role=1 record-pending=true\n"),
            "WARNING: op-options: unknown attribute 'target-role'\n");
  EXPECT_EQ(warnings("primitive d Dummy\n"), "");
  EXPECT_EQ(warnings("clone cc d meta clone-max=1 foo=2\n"), "WARNING: cc: unknown attribute 'foo'\n");
}

TEST_F(OperatorChecksTest, AgentThatIsNotThere) {
  const std::string missing = "ERROR: ocf:heartbeat:Nosuch: got no meta-data, does this RA exist?\n";
  const CheckReport report = check_commit(
      cib, cib::parse_crm_shell("property stonith-enabled=false\nprimitive q Nosuch\n", "t").value(), profile, {}, 0);
  EXPECT_TRUE(report.refused);
  EXPECT_TRUE(report.text.starts_with(missing)) << report.text;
  EXPECT_TRUE(report.text.ends_with(missing + missing + "ERROR: ocf:heartbeat:Nosuch: no such resource agent\n"))
      << report.text;
  // In the CIB all the same, it is told of, but hinders nobody.
  commit("primitive q Nosuch\n");
  EXPECT_EQ(warnings("primitive r Dummy\n"), missing);
  EXPECT_EQ(warnings("location l r 1: node1\n"), "");
  EXPECT_EQ(warnings("primitive f stonith:external/nosuch\n"), missing);
  const std::string xvm = "ERROR: stonith:fence_xvm: ";
  const std::string no_data = "got no meta-data, does this RA exist?\n";
  EXPECT_EQ(errors("primitive x stonith:fence_xvm\n"),
            xvm + no_data + "WARNING: (unpack_config) \twarning: Blind faith: not fencing unseen nodes\n" + missing +
                xvm + no_data + xvm + no_data + xvm + "no such resource agent\n");
}

// Of agents that are on the machine's disk alone nothing is asked but whether they are there.
TEST_F(OperatorChecksTest, AgentsOnTheDisk) {
  NodeAgents agents;
  agents.on_disk = [](const AgentRequest& agent) {
    return agent.standard == "ocf" && agent.provider == "acme" && agent.type == "app";
  };
  const auto told = [&](std::string_view text) {
    const CheckReport report = check_commit(cib, cib::parse_crm_shell(text, "t").value(), profile, agents, 0);
    return report.text.find("no such resource agent") != std::string::npos ? "missing"
           : report.text.find("parameter") != std::string::npos            ? "parameter"
                                                                           : "";
  };
  EXPECT_STREQ(told("primitive a ocf:acme:app params anything=1\n"), "");
  EXPECT_STREQ(told("primitive b ocf:acme:other\n"), "missing");
  EXPECT_STREQ(told("primitive i IPaddr2 params ip=10.0.0.1 anything=1\n"), "parameter");
  agents.native = false;
  EXPECT_STREQ(told("primitive i IPaddr2 params ip=10.0.0.1\n"), "missing");
  agents.on_disk = [](const AgentRequest&) { return true; };
  EXPECT_STREQ(told("primitive i IPaddr2 params ip=10.0.0.1 anything=1\n"), "");
}

TEST_F(OperatorChecksTest, Constraints) {
  warnings("primitive a Dummy\nprimitive b Dummy\nprimitive c Dummy\nprimitive d Dummy\ngroup g a b\nclone cl c\n");
  EXPECT_EQ(warnings("colocation c1 inf: ( a b ) d\n"),
            "WARNING: c1: resource a is grouped, constraints should apply to the group\n"
            "WARNING: c1: resource b is grouped, constraints should apply to the group\n");
  EXPECT_EQ(warnings("order o1 Mandatory: a d\n"), "");
  EXPECT_EQ(warnings("location l1 d 100: nosuch\n"), "WARNING: l1: referenced node nosuch does not exist\n");
  EXPECT_EQ(warnings("location l2 d rule 100: #uname eq node9\n"),
            "WARNING: l2: referenced node node9 does not exist\n");
  EXPECT_EQ(warnings("location l3 /a.*/ 100: node7\n"),
            "WARNING: l3: referenced node node7 does not exist\nWARNING: l3: resource None does not exist\n");
  EXPECT_EQ(errors("order o2 Mandatory: c d\n"),
            "ERROR: (find_constraint_tag) \twarning: No template or tag named 'c'\n"
            "ERROR: (unpack_order_tags) \terror: Ignoring constraint 'o2' because 'c' is not a valid resource or tag\n"
            "ERROR: crm_verify: Errors found during check: config not valid\n"
            "WARNING: o2: resource c ambiguous, apply constraints to container\n");
}

TEST_F(OperatorChecksTest, FencingTopology) {
  warnings("primitive d Dummy\n");
  EXPECT_EQ(warnings("fencing_topology nosuch: d\n"),
            "WARNING: fencing_topology: target nosuch not a node\n"
            "WARNING: fencing_topology: d not a stonith resource\n");
}

// Without a primitive a commit says nothing; `verify` does.
TEST_F(OperatorChecksTest, VerifyLooksAtAll) {
  EXPECT_EQ(warnings("property nosuch=1\n"), "");
  EXPECT_EQ(without_blind_faith(verify_configuration(cib, profile, {}, 0)).text,
            "WARNING: cib-bootstrap-options: unknown attribute 'nosuch'\n");
  warnings("primitive z Dummy op monitor interval=10 timeout=1\nprimitive a Dummy op monitor interval=10 timeout=1\n");
  EXPECT_EQ(without_blind_faith(verify_configuration(cib, profile, {}, 0)).text,
            "WARNING: a: specified timeout 1 for monitor is smaller than the advised 20s\n"
            "WARNING: cib-bootstrap-options: unknown attribute 'nosuch'\n"
            "WARNING: z: specified timeout 1 for monitor is smaller than the advised 20s\n");
}

// crm_verify's first line keeps its kind.
TEST_F(OperatorChecksTest, LinesOfCrmVerify) {
  cib::Document wanted = cib;
  ASSERT_TRUE(cib::apply_crm_shell(wanted, "primitive a Dummy\n", "t"));
  EXPECT_EQ(check_commit(cib, wanted, profile, {}, 0).text,
            "WARNING: (unpack_config) \twarning: Blind faith: not fencing unseen nodes\n");
  cib = cib::parse_crm_shell("node 1: node1\n", "t").value();
  cib.root().set_attribute("have-quorum", "1");
  EXPECT_EQ(errors("primitive a Dummy\n"),
            "ERROR: (unpack_resources) \terror: Resource start-up disabled since no STONITH resources have been "
            "defined\n"
            "ERROR: (unpack_resources) \terror: Either configure some or disable STONITH with the stonith-enabled "
            "option\n"
            "ERROR: (unpack_resources) \terror: NOTE: Clusters with shared data need STONITH to ensure data "
            "integrity\n"
            "ERROR: crm_verify: Errors found during check: config not valid\n");
}

}  // namespace
}  // namespace simcluster::node
