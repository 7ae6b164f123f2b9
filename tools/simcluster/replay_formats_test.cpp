// --output-as=xml and --output-as=json (S5 M-9, docs/json.md).
#include <nlohmann/json.hpp>

#include "tools/simcluster/replay_fixture.h"

namespace simcluster::tools {
namespace {

using nlohmann::ordered_json;

class ReplayFormats : public Replay {};

// S5 M-9.
TEST_F(ReplayFormats, XmlOfASimulation) {
  const Outcome outcome = run("-x a.xml -S -s -d node2 --output-as=xml");
  EXPECT_EQ(outcome.status, 0);
  const std::string node2_down =
      R"(      <node name="node2" id="2" online="false" standby="false" standby_onfail="false" maintenance="false" )"
      R"(pending="false" unclean="false" health="green" shutdown="false" expected_up="false" is_dc="false" )"
      R"(resources_running="0" type="member"/>)"
      "\n";
  const auto node = [](const std::string& name, const std::string& id, int running) {
    return R"(      <node name=")" + name + R"(" id=")" + id +
           R"(" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" )"
           R"(unclean="false" health="green" feature_set="&lt;3.15.1" shutdown="false" expected_up="true" )"
           R"(is_dc="false" resources_running=")" +
           std::to_string(running) + "\" type=\"member\"/>\n";
  };
  const std::string resource = R"(      <resource id="rsc1" resource_agent="ocf:heartbeat:Dummy" role=")";
  const std::string flags =
      R"(orphaned="false" blocked="false" maintenance="false" managed="true" failed="false" failure_ignored="false" )";
  EXPECT_EQ(outcome.output,
            "<pacemaker-result api-version=\"2.42\" request=\"crm_simulate -x a.xml -S -s -d node2 "
            "--output-as=xml\">\n"
            "  <cluster_status>\n    <nodes>\n" +
                node("node1", "1", 0) + node("node2", "2", 0) + "    </nodes>\n    <resources>\n" + resource +
                "Stopped\" active=\"false\" " + flags +
                "nodes_running_on=\"0\"/>\n    </resources>\n  </cluster_status>\n"
                "  <modifications>\n    <modify_node action=\"Offline\" node=\"node2\"/>\n  </modifications>\n"
                "  <allocations>\n"
                "    <node_weight function=\"pcmk__primitive_assign\" node=\"node1\" score=\"0\" id=\"rsc1\"/>\n"
                "    <node_weight function=\"pcmk__primitive_assign\" node=\"node2\" score=\"0\" id=\"rsc1\"/>\n"
                "  </allocations>\n"
                "  <actions>\n    <rsc_action action=\"start\" resource=\"rsc1\" node=\"node1\"/>\n  </actions>\n"
                "  <transition>\n"
                "    <rsc_action resource=\"rsc1\" op=\"monitor\" node=\"node1\"/>\n"
                "    <rsc_action resource=\"rsc1\" op=\"start\" node=\"node1\"/>\n"
                "  </transition>\n"
                "  <revised_cluster_status>\n    <nodes>\n" +
                node("node1", "1", 1) + node2_down + "    </nodes>\n    <resources>\n" + resource +
                "Started\" active=\"true\" " + flags +
                "nodes_running_on=\"1\">\n        <node name=\"node1\" id=\"1\" cached=\"true\"/>\n"
                "      </resource>\n    </resources>\n  </revised_cluster_status>\n"
                "  <status code=\"0\" message=\"OK\"/>\n</pacemaker-result>\n");
}

// Formats for programs do not obey --quiet, and keep the errors of a run that goes on.
TEST_F(ReplayFormats, XmlKeepsWhatTextLeavesOut) {
  const Outcome outcome = run("-x a.xml -Q -i nonsense --output-as=xml");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_NE(outcome.output.find("<cluster_status>"), std::string::npos);
  EXPECT_NE(outcome.output.find("  <modifications>\n    <inject_spec spec=\"nonsense\"/>\n  </modifications>\n"
                                "  <status code=\"0\" message=\"OK\">\n    <errors>\n"
                                "      <error>Invalid operation spec: nonsense.  Only found 1 fields</error>\n"),
            std::string::npos)
      << outcome.output;
}

// S5 L-8 in XML; arguments with blanks stand in quotes.
TEST_F(ReplayFormats, XmlOfInjections) {
  const std::string output =
      run("-x a.xml -S -q 1 -w 1 -g t -u node3 -t '2020-01-01 00:00:00' -F rsc1_start_0@node1=1 --output-as=xml")
          .output;
  EXPECT_NE(output.find("-t '2020-01-01 00:00:00' -F"), std::string::npos);
  EXPECT_NE(output.find("<modifications quorum=\"1\" watchdog=\"1\">\n"
                        "    <modify_node action=\"Online\" node=\"node3\"/>\n"
                        "    <modify_ticket action=\"Granting\" ticket=\"t\"/>\n"),
            std::string::npos);
  EXPECT_NE(output.find("<inject_attr name=\"fail-count-rsc1#start_0\" value=\"INFINITY\" node_path=\"/node_state\" "
                        "cib_node=\"1\"/>"),
            std::string::npos);
}

// S1 C-1.4: the message stands on standard error, the status in both places.
TEST_F(ReplayFormats, XmlOfAnInputThatCannotBeUsed) {
  const Outcome outcome = shell("", "-x missing.xml --output-as=xml 2>/dev/null");
  EXPECT_EQ(outcome.status, 65);
  EXPECT_EQ(outcome.output,
            "<pacemaker-result api-version=\"2.42\" request=\"crm_simulate -x missing.xml --output-as=xml\">\n"
            "  <status code=\"65\" message=\"Invalid data given\"/>\n</pacemaker-result>\n");
}

TEST_F(ReplayFormats, ToAFile) {
  EXPECT_EQ(run("-x a.xml --output-as=xml --output-to=o.xml").output, "");
  EXPECT_TRUE(read("o.xml").ends_with("</pacemaker-result>\n"));
  const Outcome nowhere = run("-x a.xml --output-as=xml --output-to=no/such/file");
  EXPECT_EQ(nowhere.status, 105);
  EXPECT_EQ(nowhere.output, "Error creating output format xml: No such file or directory\n");
  EXPECT_EQ(run("-x a.xml -S --output-as=none").output, "");
}

// S5 M-4.
TEST_F(ReplayFormats, AnUnknownFormat) {
  const Outcome outcome = run("-x a.xml --output-as=html");
  EXPECT_EQ(outcome.status, 105);
  EXPECT_EQ(outcome.output, "Error creating output format html: Unknown output format\n");
}

TEST_F(ReplayFormats, JsonOfASimulation) {
  const Outcome outcome = shell("", "-x a.xml -S -sU -A -c --output-as=json");
  EXPECT_EQ(outcome.status, 0);
  const ordered_json json = ordered_json::parse(outcome.output);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"simcluster", "command", "request", "messages", "effective_time", "cluster",
                                            "scores", "promotion_scores", "capacities", "utilization", "actions",
                                            "graph", "transition", "revised_cluster", "status"}));
  EXPECT_EQ(json["effective_time"], 1700000000);
  EXPECT_EQ(json["cluster"]["nodes"][0]["status"], "online");
  EXPECT_EQ(json["cluster"]["resources"][0]["role"], "Stopped");
  EXPECT_EQ(json["scores"].size(), 2U);
  EXPECT_EQ(json["scores"][0]["score"], 0);
  EXPECT_EQ(json["actions"]["resources"][0]["action"], "start");
  EXPECT_EQ(json["actions"]["resources"][0]["destination"], "node1");
  EXPECT_EQ(json["graph"]["synapses"].size(), 3U);
  EXPECT_EQ(json["graph"]["synapses"][0]["inputs"].size(), 2U);
  EXPECT_EQ(json["transition"][2]["operation"], "start");
  EXPECT_EQ(json["revised_cluster"]["resources"][0]["nodes"][0]["name"], "node1");
  EXPECT_EQ(json["status"]["code"], 0);
  EXPECT_EQ(outcome.output, shell("", "-x a.xml -S -sU -A -c --output-as=json").output);
}

}  // namespace
}  // namespace simcluster::tools
