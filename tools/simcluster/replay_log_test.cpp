// The log of -V on standard error, and times in the time zone of the user.
#include "tools/simcluster/replay_fixture.h"

namespace simcluster::tools {
namespace {

class ReplayLog : public Replay {
 protected:
  // Standard error alone.
  std::string log(const std::string& arguments) const { return shell("", arguments + " 2>&1 >/dev/null").output; }
};

constexpr const char* kFaulty =
    R"(<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1" execution-date="1700000000">
  <configuration>
    <crm_config><cluster_property_set id="o">
      <nvpair id="o1" name="fencing-enabled" value="false"/>
      <nvpair id="o2" name="no-quorum-policy" value="ignore"/>
      <nvpair id="o3" name="placement-strategy" value="nonsense"/>
    </cluster_property_set></crm_config>
    <nodes><node id="1" uname="node1"/><node id="2" uname="node2"/></nodes>
    <resources><primitive id="rsc1" class="ocf" provider="heartbeat" type="Dummy"/></resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="node1" in_ccm="true" crmd="online" join="member" expected="member">
      <lrm id="1"><lrm_resources><lrm_resource id="rsc1" class="ocf" provider="heartbeat" type="Dummy">
        <lrm_rsc_op id="rsc1_last_failure_0" operation_key="rsc1_start_0" operation="start" interval="0" call-id="3" rc-code="5" op-status="0" exit-reason="no binary" last-rc-change="1699999000" transition-key="1:1:0:u"/>
      </lrm_resource></lrm_resources></lrm>
    </node_state>
    <node_state id="2" uname="node2" in_ccm="true" crmd="online" join="member" expected="member"/>
  </status>
</cib>
)";

// S1 C-5.2, C-5.9; S2 E-11.11: errors, then warnings, then notices; nothing without -V.
TEST_F(ReplayLog, MoreWithEveryV) {
  write("faulty.xml", kFaulty);
  EXPECT_EQ(log("-x faulty.xml -R"), "");
  const std::string errors = log("-x faulty.xml -R -V");
  EXPECT_EQ(errors,
            "(cluster_option_value) \terror: Using default value for cluster option 'placement-strategy' because "
            "'nonsense' is invalid\n");
  const std::string warnings = shell("TZ=UTC", "-x faulty.xml -R -VV 2>&1 >/dev/null").output;
  EXPECT_EQ(warnings,
            "(cluster_option_value) \terror: Using default value for cluster option 'placement-strategy' because "
            "'nonsense' is invalid\n"
            "(unpack_config) \twarning: Blind faith: not fencing unseen nodes\n"
            "(unpack_rsc_op_failure) \twarning: Unexpected result (Not installed: no binary) was recorded for start of "
            "rsc1 on node1 at Nov 14 21:56:40 2023 | rc=5 id=rsc1_last_failure_0\n");
  const std::string notices = log("-x faulty.xml -S -VVV");
  // AT-10.2, and 2.1.5: what is not installed is nothing to worry about.
  EXPECT_NE(
      notices.find("(unpack_rsc_op) \tnotice: Preventing rsc1 from restarting on node1 because of hard failure (Not "
                   "installed: no binary)| rc=5 id=rsc1_last_failure_0\n"),
      std::string::npos);
  EXPECT_NE(notices.find("(unpack_config) \tnotice: On loss of quorum: Ignore\n"), std::string::npos);
  EXPECT_NE(notices.find("(log_list_item) \tnotice: Actions: Recover    rsc1    ( node1 -> node2 )\n"),
            std::string::npos)
      << notices;
  EXPECT_NE(notices.find("Incomplete=0, Source=crm_simulate): Complete\n"), std::string::npos);
  EXPECT_EQ(notices.find("\tinfo: "), std::string::npos);
  // What is said once is said once, though the state is unpacked twice.
  EXPECT_EQ(notices.find("Blind faith"), notices.rfind("Blind faith"));
}

// Told in this order by crm_simulate 2.1.5: states of nodes, assignment, changes, execution, the end.
TEST_F(ReplayLog, Information) {
  write("faulty.xml", kFaulty);
  const std::string told = log("-x faulty.xml -S -VVVV");
  std::size_t at = 0;
  for (const char* line :
       {"(determine_online_status) \tinfo: node1 is online\n", "(determine_online_status) \tinfo: node2 is online\n",
        "(log_list_item) \tnotice: Actions: Recover    rsc1    ( node1 -> node2 )\n",
        "(pcmk__inject_resource_history) \tinfo: Injecting new resource rsc1 into node state '2'\n",
        "(crm_exit) \tinfo: Exiting crm_simulate | with status 0\n"}) {
    const std::size_t found = told.find(line, at);
    ASSERT_NE(found, std::string::npos) << line << " is missing in\n" << told;
    at = found;
  }
  EXPECT_EQ(told.find("\tdebug: "), std::string::npos);
  EXPECT_NE(log("-x faulty.xml -S -VVVVV").find("(pcmk__finalize_assignment) \tdebug: Assigning rsc1 to node2\n"),
            std::string::npos);
}

// S1 C-17.5, C-18.8, C-18.8a, C-18.10: while scheduling runs, lines about digests stand among the scores; without them
// they are information for the log.
TEST_F(ReplayLog, DigestLines) {
  write("digests.xml", R"(<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0">
  <configuration>
    <crm_config/>
    <nodes><node id="1" uname="node1"><instance_attributes id="a">
      <nvpair id="a1" name="#digests-all" value="dev:fence_scsi:old,"/>
      <nvpair id="a2" name="#node-unfenced" value="1700000000"/>
    </instance_attributes></node></nodes>
    <resources>
      <primitive id="dev" class="stonith" type="fence_scsi"><meta_attributes id="m">
        <nvpair id="m1" name="provides" value="unfencing"/>
      </meta_attributes></primitive>
      <primitive id="rsc1" class="ocf" provider="heartbeat" type="Dummy"><instance_attributes id="i">
        <nvpair id="i1" name="passwd" value="secret"/>
      </instance_attributes></primitive>
    </resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="node1" in_ccm="true" crmd="online" join="member" expected="member">
      <lrm id="1"><lrm_resources><lrm_resource id="rsc1" class="ocf" provider="heartbeat" type="Dummy">
        <lrm_rsc_op id="rsc1_last_0" operation_key="rsc1_start_0" operation="start" crm_feature_set="3.16.1" interval="0" call-id="3" rc-code="0" op-status="0" transition-key="1:1:0:u" transition-magic="0:0;1:1:0:u" op-digest="00000000000000000000000000000000" op-secure-params=" passwd " op-secure-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
      </lrm_resource></lrm_resources></lrm>
    </node_state>
  </status>
</cib>
)");
  constexpr const char* kLines[] = {
      "Parameters to dev for unfencing node1 changed, try 'dev:fence_scsi:f2317cad3d54cec5d7d7aa7d0bf35cf8'\n",
      "notice: Unfencing node node1 because the definition of dev changed\n",
      "Only 'private' parameters to 0s-interval start for rsc1 on node1 changed: 0:0;1:1:0:u\n"};
  const auto printed = [&](const std::string& arguments) { return shell("", arguments + " 2>/dev/null").output; };
  for (const char* line : kLines) {
    const std::string entry = std::string("\n") + line;
    EXPECT_NE(printed("-x digests.xml -sS").find(entry), std::string::npos) << line;
    for (const char* without : {"-x digests.xml -S", "-x digests.xml -sSQ"}) {
      EXPECT_EQ(printed(without).find(line), std::string::npos) << without << ' ' << line;
    }
    const std::string told = std::string("(log_info) \tinfo: ") + line;
    EXPECT_NE(log("-x digests.xml -S -VVVV").find(told), std::string::npos) << line;
    EXPECT_EQ(log("-x digests.xml -sS -VVVV").find(told), std::string::npos) << line;
  }
  EXPECT_NE(log("-x digests.xml -S -VVV").find("(pe_fence_op) \tnotice: Unfencing node node1 because"),
            std::string::npos);
}

// S1 C-13.1, C-14.2, C-9.3.
TEST_F(ReplayLog, ConstraintsThatNameNothing) {
  std::string cib = kCib;
  cib.replace(cib.find("<constraints/>"), 14,
              R"(<constraints><rsc_location id="l" rsc="none" node="node1" score="5"/>)"
              R"(<rsc_order id="o" first="rsc1" then="none"/></constraints>)");
  cib.replace(cib.find("pacemaker-4.0"), 13, "none");
  write("constraints.xml", cib);
  const std::string output = log("-x constraints.xml -R -V");
  EXPECT_NE(
      output.find("(unpack_location_tags) \terror: Ignoring constraint 'l' because 'none' is not a valid resource "
                  "or tag\n"),
      std::string::npos);
  EXPECT_NE(output.find(
                "(unpack_order_tags) \terror: Ignoring constraint 'o' because 'none' is not a valid resource or tag\n"),
            std::string::npos);
}

// S2 D-20.25.
TEST_F(ReplayLog, LocalTime) {
  write("faulty.xml", kFaulty);
  const auto failure = [&](const std::string& zone) {
    const std::string output = shell("TZ=" + zone, "-x faulty.xml -c").output;
    const std::size_t at = output.find("last-rc-change=");
    return output.substr(at, output.find('\n', at) - at);
  };
  EXPECT_EQ(failure("UTC"), "last-rc-change='Tue Nov 14 21:56:40 2023'");
  EXPECT_EQ(failure("XYZ-9"), "last-rc-change='Wed Nov 15 06:56:40 2023'");
}

// Messages about odd configurations are told where they matter, as often as they matter.
TEST_F(ReplayLog, OddConfigurations) {
  write(
      "odd.xml",
      R"(<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1" execution-date="1700000000">
  <configuration>
    <crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
    <nodes><node id="1" uname="node1"/></nodes>
    <resources><primitive id="r" class="ocf" provider="heartbeat" type="Dummy">
      <meta_attributes id="m"><nvpair id="m1" name="priority" value="1.5"/><nvpair id="m2" name="target-role" value="Promoted"/></meta_attributes>
      <operations><op id="a" name="monitor" interval="10s"/><op id="b" name="monitor" interval="10s"/></operations>
    </primitive></resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="node1" in_ccm="true" crmd="online" join="member" expected="member"/>
    <node_state id="2" uname="gone" in_ccm="true" crmd="online" join="member" expected="member"/>
  </status>
</cib>
)");
  const std::string all = log("-x odd.xml -R -VV");
  const auto count = [&](const std::string& text) {
    int found = 0;
    for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("Operation b is duplicate of a"), 2) << all;  // each of the two is passed over
  EXPECT_EQ(count("Characters left over after parsing '1.5': '.5'"), 1) << all;
  EXPECT_EQ(count("Ignoring 'target-role' for r because 'Promoted' only makes sense for promotable clones"), 1) << all;
  EXPECT_EQ(count("Ignoring recorded node state for 'gone'"), 1) << all;
}

// What cannot be as the configuration says (S1 C-9.17, C-9.19, C-11.4, C-16.3; S4 CR-1.7, CR-1.10, CR-4.10, CR-10.6).
TEST_F(ReplayLog, WhatCannotBe) {
  write("odd.xml",
        R"(<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1"><configuration>
<crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/></cluster_property_set>
</crm_config><nodes><node id="1" uname="node1"/></nodes><resources>
<clone id="c"><meta_attributes id="cm"><nvpair id="cm1" name="clone-node-max" value="2"/>
<nvpair id="cm2" name="globally-unique" value="false"/></meta_attributes>
<primitive id="cp" class="ocf" provider="pacemaker" type="Dummy"/></clone>
<clone id="l"><meta_attributes id="lm"><nvpair id="lm1" name="promotable" value="true"/></meta_attributes>
<primitive id="lp" class="lsb" type="x"/></clone>
<clone id="u"><meta_attributes id="um"><nvpair id="um1" name="clone-node-max" value="2"/>
<nvpair id="um2" name="interleave" value="true"/></meta_attributes>
<primitive id="up" class="ocf" provider="pacemaker" type="Dummy"/></clone>
<primitive id="k" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id="km">
<nvpair id="km1" name="container" value="nowhere"/><nvpair id="km2" name="requires" value="fencing"/></meta_attributes>
<operations><op id="ks" name="start" interval="10s"/></operations></primitive>
<primitive id="r" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id="rm">
<nvpair id="rm1" name="requires" value="luck"/><nvpair id="rm2" name="multiple-active" value="fine"/></meta_attributes>
</primitive>
<bundle id="b"><docker image="i"/><network/><primitive id="bp" class="ocf" provider="pacemaker" type="Dummy"/></bundle>
<bundle id="d"><docker image="i" replicas-per-host="2"/><network control-port="3121"/>
<primitive id="dp" class="ocf" provider="pacemaker" type="Dummy"/></bundle>
<group id="g"><meta_attributes id="gm"><nvpair id="gm1" name="collocated" value="false"/></meta_attributes>
<primitive id="gp" class="ocf" provider="pacemaker" type="Dummy"/></group>
<template id="t" class="ocf" provider="pacemaker" type="Dummy"/></resources><constraints>
<rsc_ticket id="x" rsc="r" ticket="T" loss-policy="fence"/><rsc_colocation id="y" rsc="u" with-rsc="c" score="INFINITY"/>
<rsc_colocation id="z" rsc="r" with-rsc="g" score="INFINITY"/><rsc_location id="w" rsc="t" node="node1" score="1"/>
</constraints></configuration><status>
<node_state id="1" uname="node1" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>)");
  const std::string text = log("-x odd.xml -R -VVV");
  for (const char* line : {
           "(clone_unpack) \terror: Ignoring clone-node-max of 2 for c because anonymous clones support only one "
           "instance per node\n",
           "(native_unpack) \terror: Resource lp:0 is of type lsb and therefore cannot be used as a promotable clone "
           "resource\n",
           "(unpack_requires) \twarning: k requires fencing but fencing is disabled\n",
           "(unpack_requires) \terror: Resetting 'requires' for r to 'quorum' because 'luck' is not valid\n",
           "(pe__unpack_resource) \twarning: fine is not a valid value for multiple-active, using default of "
           "\"stop_start\"\n",
           "(pe__unpack_bundle) \terror: Cannot control b inside bp without either ip-range-start or control-port\n",
           "(valid_network) \terror: Specifying the 'control-port' for d requires 'replicas-per-host=1'\n",
           "(setup_container) \terror: Resource k: Unknown container nowhere\n",
           "(rsc_ticket_new) \terror: Resetting 'loss-policy' for ticket 'T' to 'stop' because fencing is not "
           "configured\n",
           "(find_constraint_tag) \tnotice: No resource is derived from template 't'\n",
           "(pcmk__clone_apply_coloc_score) \terror: Cannot interleave u and c because they do not support the same "
           "number of instances per node\n",
           "(colocate_with_group) \terror: r: Cannot perform mandatory colocation with non-colocated group g\n",
           "(is_recurring_history) \terror: Ignoring ks because start action cannot be recurring\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

// What no schema lets through is told, too: S1 C-10.5; S4 CR-10.4, CR-10.5; and roles that do not exist (C-2.13).
TEST_F(ReplayLog, WhatNoSchemaLetsThrough) {
  write("unchecked.xml",
        R"(<cib validate-with="none" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1"><configuration>
<crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/></cluster_property_set>
</crm_config><nodes><node id="1" uname="node1"/></nodes><resources><clone id="c"/>
<bundle id="b"><docker image="i"/><network ip-range-start="10.0.0.1"><port-mapping id="pm"/><port-mapping id="good" port="80"/>
</network><storage><storage-mapping id="sm" source-dir="/a"/><storage-mapping id="tm" target-dir="/a"/></storage>
<primitive id="p" class="ocf" provider="pacemaker" type="Dummy"/></bundle>
<primitive id="r" class="ocf" provider="pacemaker" type="Dummy"><meta_attributes id="rm">
<nvpair id="rm1" name="target-role" value="Resting"/></meta_attributes></primitive></resources><constraints/>
</configuration><status><node_state id="1" uname="node1" in_ccm="true" crmd="online" join="member" expected="member"/>
</status></cib>)");
  const std::string text = log("-x unchecked.xml -R -V");
  for (const char* line : {
           "(clone_unpack) \terror: c has nothing to clone\n",
           "(pe__unpack_bundle) \terror: Invalid port directive pm\n",
           "(pe__unpack_bundle) \terror: Invalid mount directive sm\n",
           "(pe__unpack_bundle) \terror: Invalid mount directive tm\n",
           "(get_target_role) \terror: Ignoring 'target-role' for r because 'Resting' is not valid\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  EXPECT_EQ(text.find("directive good"), std::string::npos) << text;
}

// S1 C-2.8: dates without an offset are local ones, at the offset of this moment; the hours of a date_spec are those of
// the place where the time was told.
TEST_F(ReplayLog, DatesOfRulesAreLocal) {
  write("rules.xml",
        R"(<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1">
  <configuration>
    <crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
    <nodes><node id="1" uname="node1"/></nodes>
    <resources><primitive id="r" class="ocf" provider="heartbeat" type="Dummy"/></resources>
    <constraints>
      <rsc_location id="a" rsc="r"><rule id="ar" score="100"><date_expression id="ae" operation="gt" start="2026-07-01 12:00:00"/></rule></rsc_location>
      <rsc_location id="b" rsc="r"><rule id="br" score="7"><date_expression id="be" operation="date_spec"><date_spec id="bs" hours="12-15"/></date_expression></rule></rsc_location>
    </constraints>
  </configuration>
  <status><node_state id="1" uname="node1" in_ccm="true" crmd="online" join="member" expected="member"/></status>
</cib>
)");
  const auto score = [&](const std::string& zone, const std::string& date) {
    const std::string output = shell("TZ=" + zone, "-x rules.xml -sRQ -t '" + date + "'").output;
    const std::size_t colon = output.rfind(": ");
    return colon == std::string::npos ? output : output.substr(colon + 2);
  };
  EXPECT_EQ(score("UTC", "2026-07-01 12:30:00"), "107\n");
  EXPECT_EQ(score("Asia/Tokyo", "2026-07-01 12:30:00"), "107\n");
  EXPECT_EQ(score("Asia/Tokyo", "2026-07-01 03:30:00Z"), "100\n");
  EXPECT_EQ(score("Asia/Tokyo", "2026-07-01 02:30:00Z"), "0\n");
}

}  // namespace
}  // namespace simcluster::tools
