// What --output-as=json prints is as "simcluster schema --results" says (docs/json.md).
#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include "tools/simcluster/replay_fixture.h"

namespace simcluster::tools {
namespace {

using Json = nlohmann::json;

// The keywords of JSON Schema that the schema uses; any other one is an error, so that none goes unchecked.
class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& schema) : schema_(schema) {}

  // What is wrong, empty when nothing is.
  std::string run(const Json& value) const { return check(schema_, value, ""); }

 private:
  static bool is_a(const std::string& type, const Json& value) {
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    return type == "array" ? value.is_array() : type == "object" && value.is_object();
  }

  std::string check(const Json& schema, const Json& value, const std::string& where) const {
    for (const auto& [keyword, rule] : schema.items()) {
      if (std::string wrong = check_keyword(schema, keyword, rule, value, where); !wrong.empty()) return wrong;
    }
    return {};
  }

  std::string check_keyword(const Json& schema, const std::string& keyword, const Json& rule, const Json& value,
                            const std::string& where) const {
    if (keyword == "$schema" || keyword == "title" || keyword == "$defs" || keyword == "properties") return {};
    if (keyword == "type") return is_a(rule, value) ? "" : where + " is no " + rule.get<std::string>() + "\n";
    if (keyword == "const") return value == rule ? "" : where + " is not " + rule.dump() + "\n";
    if (keyword == "enum") {
      return std::find(rule.begin(), rule.end(), value) != rule.end() ? ""
                                                                      : where + " is none of " + rule.dump() + "\n";
    }
    if (keyword == "$ref") return check(schema_.at("$defs").at(rule.get<std::string>().substr(8)), value, where);
    if (keyword == "oneOf") return check_alternatives(rule, value, where);
    if (keyword == "required") {
      for (const auto& name : rule) {
        if (!value.contains(name.get<std::string>())) return where + " has no " + name.get<std::string>() + "\n";
      }
      return {};
    }
    if (keyword == "items") {
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (std::string wrong = check(rule, value[i], where + "/" + std::to_string(i)); !wrong.empty()) return wrong;
      }
      return {};
    }
    if (keyword == "additionalProperties") return check_members(schema, rule, value, where);
    return "the keyword " + keyword + " is not known\n";
  }

  std::string check_members(const Json& schema, const Json& others, const Json& value, const std::string& where) const {
    for (const auto& [name, member] : value.items()) {
      const std::string at = where + "/" + name;
      const bool known = schema.contains("properties") && schema["properties"].contains(name);
      if (!known && others == false) return at + " is not known\n";
      if (std::string wrong = check(known ? schema["properties"][name] : others, member, at); !wrong.empty())
        return wrong;
    }
    return {};
  }

  std::string check_alternatives(const Json& alternatives, const Json& value, const std::string& where) const {
    std::string all;
    int fitting = 0;
    for (const Json& alternative : alternatives) {
      const std::string wrong = check(alternative, value, where);
      fitting += wrong.empty() ? 1 : 0;
      all += wrong;
    }
    return fitting == 1 ? "" : where + " fits " + std::to_string(fitting) + " alternatives:\n" + all;
  }

  const Json& schema_;
};

class ResultsSchema : public Replay {
 protected:
  std::string check(const Outcome& outcome) const {
    const Json result = Json::parse(outcome.output, nullptr, false);
    return result.is_discarded() ? "no JSON: " + outcome.output : SchemaCheck(schema_).run(result);
  }
  std::string replay(const std::string& arguments) const {
    return check(shell("", arguments + " --output-as=json 2>/dev/null"));
  }
  std::string other(const std::string& arguments) const {
    return check(simcluster(arguments + " --output-as=json 2>/dev/null"));
  }

  Json schema_ = Json::parse(simcluster("schema --results").output);
};

// Every kind of resource, failures, attributes, utilization.
constexpr const char* kRich =
    R"(<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1">
<configuration>
<crm_config><cluster_property_set id="o"><nvpair id="o1" name="stonith-enabled" value="false"/>
<nvpair id="o2" name="placement-strategy" value="balanced"/></cluster_property_set></crm_config>
<nodes><node id="1" uname="n1"><utilization id="u1"><nvpair id="u1c" name="cpu" value="4"/></utilization></node>
<node id="2" uname="n2"><utilization id="u2"><nvpair id="u2c" name="cpu" value="4"/></utilization></node></nodes>
<resources>
<primitive id="a" class="ocf" provider="pacemaker" type="Dummy"><utilization id="ua"><nvpair id="uac" name="cpu" value="1"/>
</utilization><operations><op id="am" name="monitor" interval="10s"/></operations></primitive>
<primitive id="ping" class="ocf" provider="pacemaker" type="ping"><instance_attributes id="pi">
<nvpair id="pi1" name="host_list" value="h1 h2"/></instance_attributes></primitive>
<group id="g"><primitive id="g1" class="ocf" provider="pacemaker" type="Dummy"/></group>
<clone id="c"><meta_attributes id="cm"><nvpair id="cm1" name="promotable" value="true"/></meta_attributes>
<primitive id="s" class="ocf" provider="pacemaker" type="Stateful"/></clone>
<bundle id="b"><docker image="i" replicas="1"/><network ip-range-start="10.0.0.9"/>
<primitive id="bp" class="ocf" provider="pacemaker" type="Dummy"/></bundle>
</resources>
<constraints><rsc_order id="q" first="a" then="g"/><rsc_ticket id="t" ticket="k" rsc="c" rsc-role="Promoted"/></constraints>
</configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member">
<transient_attributes id="1"><instance_attributes id="t1"><nvpair id="t1p" name="pingd" value="1"/>
<nvpair id="t1f" name="fail-count-a#monitor_10000" value="2"/><nvpair id="t1l" name="last-failure-a#monitor_10000" value="1600000000"/>
<nvpair id="t1m" name="master-s" value="5"/></instance_attributes></transient_attributes>
<lrm id="1"><lrm_resources><lrm_resource id="a" class="ocf" provider="pacemaker" type="Dummy">
<lrm_rsc_op id="a_last_0" operation_key="a_start_0" operation="start" crm_feature_set="3.6.1" call-id="5" rc-code="0" op-status="0"
 interval="0" transition-key="1:1:0:x" transition-magic="0:0;1:1:0:x"/>
<lrm_rsc_op id="a_last_failure_0" operation_key="a_monitor_10000" operation="monitor" crm_feature_set="3.6.1" call-id="6" rc-code="1"
 op-status="0" interval="10000" transition-key="2:1:0:x" transition-magic="0:1;2:1:0:x" exit-reason="broken" last-rc-change="1600000000"
 exec-time="3" queue-time="0"/></lrm_resource>
<lrm_resource id="ping" class="ocf" provider="pacemaker" type="ping">
<lrm_rsc_op id="ping_last_0" operation_key="ping_start_0" operation="start" crm_feature_set="3.6.1" call-id="7" rc-code="0" op-status="0"
 interval="0" transition-key="3:1:0:x" transition-magic="0:0;3:1:0:x"/></lrm_resource></lrm_resources></lrm></node_state>
<node_state id="2" uname="n2" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>
)";

TEST_F(ResultsSchema, ReplayPrintsWhatItSays) {
  write("rich.xml", kRich);
  for (const char* file : {"a.xml", "rich.xml"}) {
    const std::string x = std::string("-x ") + file + " ";
    EXPECT_EQ(replay(x), "");
    EXPECT_EQ(replay(x + "-S -sU -A -c -R"), "");
    EXPECT_EQ(replay(x + "-S --quorum=false --watchdog=true -t '2024-01-01 00:00:00'"), "");
    EXPECT_EQ(replay(x + "-S -g k -e k -b k -r k"), "");
  }
  EXPECT_EQ(replay("-x rich.xml -S -d n2"), "");
  EXPECT_EQ(replay("-x rich.xml -S -f n2 -i a_monitor_10000@n1=1 -F a_start_0@n2=1"), "");
  EXPECT_EQ(replay("-x rich.xml -S --why a --why c --why g --why b"), "");
  EXPECT_EQ(replay("-P ."), "");
  EXPECT_EQ(replay("-x nothing.xml"), "");
  EXPECT_EQ(replay("--version"), "");
}

TEST_F(ResultsSchema, ScenariosPrintWhatItSays) {
  fs::create_directories(folder_ / "scenarios");
  write("scenarios/idle.yaml", R"(title: a node stops
until: 60s
networks: {lan: {}}
nodes:
  node1: {interfaces: {eth0: {network: lan, address: 10.0.0.1/24}}}
  node2: {interfaces: {eth0: {network: lan, address: 10.0.0.2/24}}}
configuration:
  crm: |
    primitive vip IPaddr2 params ip=10.0.0.9 cidr_netmask=24 nic=eth0
    property stonith-enabled=false no-quorum-policy=ignore
expect:
  - {event: node.crash}
variants:
  a: {title: the first}
  b: {title: the second, seed: 2}
)");
  EXPECT_EQ(other("list"), "");
  EXPECT_EQ(other("run --history h.sqlite scenarios/idle.yaml"), "");
  EXPECT_EQ(other("run --history h.sqlite scenarios/idle.yaml"), "");
  EXPECT_EQ(other("check scenarios"), "");
  EXPECT_EQ(other("history h.sqlite"), "");
  EXPECT_EQ(other("history --compare h.sqlite"), "");
}

TEST_F(ResultsSchema, TheOtherCommandsPrintWhatItSays) {
  write("rich.xml", kRich);
  EXPECT_EQ(other("soak --seeds 2 --nodes 2-3"), "");
  EXPECT_EQ(other("soak --seed 3 --nodes 2"), "");
  EXPECT_EQ(other("crm_mon -rfA --now 1600000100 rich.xml"), "");
  EXPECT_EQ(other("completion bash"), "");
  EXPECT_EQ(simcluster("schema --output-as=json").output, simcluster("schema").output);
  EXPECT_NE(simcluster("soak --output-as=xml").status, 0);
  const std::string repository = SIMCLUSTER_SOURCE_DIR;
  EXPECT_EQ(
      other("twin --recordings " + repository + "/recordings " + repository + "/scenarios/reality/clean_leave.yaml"),
      "");
  EXPECT_EQ(other("twin --commands " + repository + "/scenarios/reality/clean_leave.yaml"), "");
}

TEST_F(ResultsSchema, WhatItDoesNotSayIsSeen) {
  const SchemaCheck check(schema_);
  Json result = Json::parse(shell("", "-x a.xml --output-as=json").output);
  EXPECT_EQ(check.run(result), "");
  Json odd = result;
  odd["cluster"]["nodes"][0]["colour"] = "red";
  EXPECT_NE(check.run(odd).find("/cluster/nodes/0/colour is not known"), std::string::npos);
  odd = result;
  odd["cluster"]["nodes"][0]["online"] = "yes";
  EXPECT_NE(check.run(odd).find("/cluster/nodes/0/online is no boolean"), std::string::npos);
  odd = result;
  odd.erase("status");
  EXPECT_NE(check.run(odd).find(" has no status"), std::string::npos);
}

}  // namespace
}  // namespace simcluster::tools
