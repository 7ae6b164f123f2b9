// Tools on a CIB of a test's own.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "commands/tool.h"

namespace simcluster::commands {

inline constexpr std::string_view kTestCib =
    R"(<cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="7" num_updates="3" admin_epoch="0">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="false"/>
      </cluster_property_set>
    </crm_config>
    <nodes>
      <node id="1" uname="node1"/>
      <node id="2" uname="node2"/>
    </nodes>
    <resources>
      <primitive id="test" class="ocf" provider="pacemaker" type="Dummy">
        <operations>
          <op id="test-monitor-10s" name="monitor" interval="10s" timeout="20s"/>
        </operations>
      </primitive>
      <group id="grp">
        <primitive id="g1" class="ocf" provider="pacemaker" type="Dummy"/>
        <primitive id="g2" class="ocf" provider="pacemaker" type="Dummy"/>
      </group>
      <clone id="cl">
        <primitive id="png" class="ocf" provider="pacemaker" type="ping">
          <instance_attributes id="png-ia">
            <nvpair id="png-ia-host_list" name="host_list" value="10.0.0.1"/>
          </instance_attributes>
        </primitive>
      </clone>
      <clone id="ms">
        <meta_attributes id="ms-meta_attributes">
          <nvpair id="ms-meta_attributes-promotable" name="promotable" value="true"/>
        </meta_attributes>
        <primitive id="st" class="ocf" provider="pacemaker" type="Stateful"/>
      </clone>
    </resources>
    <constraints>
      <rsc_location id="lo1" rsc="test" node="node1" score="100"/>
      <rsc_colocation id="co1" rsc="test" with-rsc="grp" score="INFINITY"/>
    </constraints>
  </configuration>
  <status>
    <node_state id="1" uname="node1" in_ccm="true" crmd="online" join="member" expected="member">
      <lrm id="1">
        <lrm_resources>
          <lrm_resource id="test" type="Dummy" class="ocf" provider="pacemaker">
            <lrm_rsc_op id="test_last_0" operation_key="test_start_0" operation="start" crm_feature_set="3.16.1" transition-key="1:1:0:01234567-89ab-cdef-0123-456789abcdef" transition-magic="0:0;1:1:0:01234567-89ab-cdef-0123-456789abcdef" on_node="node1" call-id="5" rc-code="0" op-status="0" interval="0" last-rc-change="1388016000" exec-time="12" queue-time="0"/>
            <lrm_rsc_op id="test_monitor_10000" operation_key="test_monitor_10000" operation="monitor" crm_feature_set="3.16.1" transition-key="2:1:0:01234567-89ab-cdef-0123-456789abcdef" transition-magic="0:0;2:1:0:01234567-89ab-cdef-0123-456789abcdef" on_node="node1" call-id="6" rc-code="0" op-status="0" interval="10000" last-rc-change="1388016100" exec-time="11" queue-time="0"/>
          </lrm_resource>
        </lrm_resources>
      </lrm>
      <transient_attributes id="1">
        <instance_attributes id="status-1">
          <nvpair id="status-1-pingd" name="pingd" value="100"/>
        </instance_attributes>
      </transient_attributes>
    </node_state>
    <node_state id="2" uname="node2" in_ccm="true" crmd="online" join="member" expected="member"/>
  </status>
</cib>
)";

// The CIB as a file; what a tool writes into it stays.
class ToolTest : public testing::Test {
 protected:
  ToolTest() {
    StackVersions versions;
    versions.pacemaker = "2.1.5";
    around_.profile = make_profile(versions).value();
    around_.now = 1388016200;  // Thu Dec 26 00:03:20 2013
    around_.read = [](const std::string& name) -> Result<std::string> {
      if (name == "there.xml" || name.empty()) return std::string(kTestCib);
      return fail("cannot be opened", {name, 0, 0});
    };
    load(kTestCib);
  }

  void load(std::string_view text) {
    cib_ = cib::parse_document(text, "test.xml").value();
    around_.connection = Connection::kOpen;
    around_.cib = &cib_;
  }
  // The first word is the tool; "'...'" is one word.
  Outcome type(std::string_view line) {
    Arguments words;
    while (!line.empty()) {
      const bool quoted = line.front() == '\'';
      const auto end = quoted ? line.find('\'', 1) : line.find(' ');
      words.emplace_back(line.substr(quoted ? 1 : 0, end == std::string_view::npos ? end : end - (quoted ? 1 : 0)));
      line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
      while (line.starts_with(' ')) line.remove_prefix(1);
    }
    const Tool* tool = find_tool(words.front());
    words.erase(words.begin());
    Outcome outcome = tool->run(words, around_);
    if (outcome.write != Outcome::Write::kNothing) cib_ = outcome.cib;
    return outcome;
  }
  // "epoch.num_updates.admin_epoch" and so on of the CIB as it is now.
  std::string version() const {
    return std::string(cib_.root().value("admin_epoch")) + "." + std::string(cib_.root().value("epoch")) + "." +
           std::string(cib_.root().value("num_updates"));
  }
  std::string section(std::string_view path) const { return cib::write_element(cib_.find_path(path)); }

  cib::Document cib_;
  Surroundings around_;
};

}  // namespace simcluster::commands
