// Graph text and simulated execution (S5 chapters I and L), and injections (S5 M-6).
#include "engine/scheduler/simulate.h"

#include <gtest/gtest.h>

#include "engine/cib/patch.h"
#include "engine/scheduler/inject.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/test_cib.h"

namespace simcluster::scheduler {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

cib::Document two_nodes() {
  return *cib::parse_document(
      "<cib validate-with=\"pacemaker-4.0\" admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\" have-quorum=\"1\">"
      "<configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"o1\" name=\"fencing-enabled\" "
      "value=\"false\"/></cluster_property_set></crm_config>"
      "<nodes><node id=\"1\" uname=\"node1\"/><node id=\"2\" uname=\"node2\"/></nodes><resources>"
      "<primitive id=\"rsc1\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations>"
      "<op id=\"mon\" name=\"monitor\" interval=\"10s\"/></operations></primitive>"
      "</resources><constraints/></configuration><status>"
      "<node_state id=\"1\" uname=\"node1\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"/>"
      "<node_state id=\"2\" uname=\"node2\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"/>"
      "</status></cib>",
      "test");
}

Schedule schedule_at_now(const cib::Document& document) {
  Options options;
  options.now = kNow;
  return schedule(document, options);
}

std::vector<std::string> texts(const SimulationResult& result) {
  std::vector<std::string> lines;
  for (const SimulatedStep& step : result.steps) lines.push_back(step.text);
  return lines;
}

// S5 X-1: synapses newest first; a pass fires in their order, so node2's probe comes first.
TEST(Simulate, FiresInPassesBySynapse) {
  const cib::Document document = two_nodes();
  const Schedule result = schedule_at_now(document);
  cib::Document working = document;
  SimulationOptions options;
  options.now = kNow;
  const SimulationResult simulated = simulate_transition(*result.model->graph, result.state(), working, options);
  EXPECT_TRUE(simulated.complete);
  EXPECT_EQ(texts(simulated), (std::vector<std::string>{
                                  "Resource action: rsc1            monitor on node2",
                                  "Resource action: rsc1            monitor on node1",
                                  "Resource action: rsc1            start on node1",
                                  "Resource action: rsc1            monitor=10000 on node1",
                              }));
}

// S5 L-6.
TEST(Simulate, RecordsResultsInTheHistory) {
  const cib::Document document = two_nodes();
  const Schedule result = schedule_at_now(document);
  cib::Document working = document;
  SimulationOptions options;
  options.now = kNow;
  simulate_transition(*result.model->graph, result.state(), working, options);
  const cib::Element state = working.find_path("status/node_state");
  const cib::Element history = state.first_child("lrm").first_child("lrm_resources").first_child("lrm_resource");
  EXPECT_EQ(history.id(), "rsc1");
  std::vector<std::string> entries;
  for (const cib::Element entry : history.children()) {
    entries.push_back(std::string(entry.id()) + " " + std::string(entry.value("call-id")) + " " +
                      std::string(entry.value("rc-code")));
  }
  EXPECT_EQ(entries, (std::vector<std::string>{"rsc1_last_0 2 0", "rsc1_monitor_10000 3 0"}));
  EXPECT_EQ(history.first_child().value("op-digest"), "f2317cad3d54cec5d7d7aa7d0bf35cf8");
  EXPECT_EQ(history.first_child().value("transition-magic"), "0:0;2:-1:0:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
}

// S5 L-6: the operation's key names the resource as it is configured, also where the graph numbers instances.
TEST(Simulate, KeysNameTheConfiguredResource) {
  const testing::TestCib cib{.options = "stonith-enabled=false",
                             .resources = "<clone id=\"c\">" + testing::TestCib::dummy("r") + "</clone>",
                             .states = testing::TestCib::online("n1") + testing::TestCib::online("n2")};
  const cib::Document document = cib.document();
  const Schedule result = schedule_at_now(document);
  cib::Document working = document;
  SimulationOptions options;
  options.now = kNow;
  simulate_transition(*result.model->graph, result.state(), working, options);
  EXPECT_EQ(working.find_id("r_last_0").value("operation_key"), "r_start_0");
}

// A cluster that was brought to where it should be needs nothing more.
TEST(Simulate, TheResultIsSteady) {
  const cib::Document document = two_nodes();
  const Schedule result = schedule_at_now(document);
  cib::Document working = document;
  SimulationOptions options;
  options.now = kNow;
  simulate_transition(*result.model->graph, result.state(), working, options);
  EXPECT_TRUE(schedule_at_now(working).model->graph->synapses.empty());
}

// S5 L-3, L-8, L-11.
TEST(Simulate, RequestedFailuresStopTheTransition) {
  const cib::Document document = two_nodes();
  const Schedule result = schedule_at_now(document);
  cib::Document working = document;
  SimulationOptions options;
  options.now = kNow;
  options.failures = {"rsc1_start_0@node1=1"};
  const SimulationResult simulated = simulate_transition(*result.model->graph, result.state(), working, options);
  EXPECT_TRUE(simulated.complete) << "an aborted transition is not an invalid one";
  EXPECT_EQ(texts(simulated), (std::vector<std::string>{
                                  "Resource action: rsc1            monitor on node2",
                                  "Resource action: rsc1            monitor on node1",
                                  "Resource action: rsc1            start on node1",
                                  "Pretending action 3 failed with rc=1",
                                  "Injecting attribute fail-count-rsc1#start_0=INFINITY into /node_state '1'",
                                  "Injecting attribute last-failure-rsc1#start_0=1700000000 into /node_state '1'",
                              }));
  const Schedule after = schedule_at_now(working);
  EXPECT_EQ(after.state().node(after.state().resource(find_resource(after.state(), "rsc1")).assigned).name, "node2");
}

// S5 L-8, L-11: an instance may be named with its number or without; the fail count goes by the name that was given,
// and only the one without a number counts for an anonymous clone.
TEST(Simulate, RequestedFailuresOfInstancesCountByTheGivenName) {
  const testing::TestCib cib{.options = "stonith-enabled=false",
                             .resources = "<clone id=\"c\">" + testing::TestCib::dummy("r") + "</clone>",
                             .states = testing::TestCib::online("n1") + testing::TestCib::online("n2")};
  const cib::Document document = cib.document();
  const auto counted_as = [&](std::string request) {
    const Schedule result = schedule_at_now(document);
    cib::Document working = document;
    SimulationOptions options;
    options.now = kNow;
    options.failures = {std::move(request)};
    for (const std::string& text : texts(simulate_transition(*result.model->graph, result.state(), working, options))) {
      const std::size_t at = text.find("fail-count-");
      if (at != std::string::npos) return text.substr(at, text.find('=') - at);
    }
    return std::string("nothing");
  };
  EXPECT_EQ(counted_as("r_start_0@n1=1"), "fail-count-r#start_0");
  EXPECT_EQ(counted_as("r:0_start_0@n1=1") + counted_as("r:1_start_0@n1=1"), "fail-count-r:0#start_0nothing");
}

// S5 I-12, I-1.
TEST(WriteGraph, EmptyGraph) {
  Graph graph;
  EXPECT_EQ(write_graph(graph),
            "<transition_graph cluster-delay=\"60s\" fencing-timeout=\"60s\" failed-stop-offset=\"INFINITY\" "
            "failed-start-offset=\"INFINITY\" batch-limit=\"0\" transition_id=\"1\"/>\n");
}

TEST(WriteGraph, IsTheSameTwiceInOneProcess) {
  const cib::Document document = two_nodes();
  EXPECT_EQ(write_graph(*schedule_at_now(document).model->graph), write_graph(*schedule_at_now(document).model->graph));
}

// S5 M-6: a state is made with the id of the configuration, or the name.
TEST(Inject, StatesOfUnseenNodes) {
  const cib::Document document = two_nodes();
  cib::Document working = document;
  for (cib::MutableElement state : working.root().first_child("status").children()) state.remove();
  const Schedule before = schedule_at_now(working);
  Injections injections;
  injections.nodes_down = {"node2"};
  injections.nodes_up = {"fresh"};
  inject(working, before.state(), injections, kNow);
  std::vector<std::string> ids;
  for (const cib::Element state : std::as_const(working).root().first_child("status").children()) {
    ids.emplace_back(state.id());
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"fresh", "2"}));
}

// S5 M-6.
TEST(Inject, NodesAndOperations) {
  const cib::Document document = two_nodes();
  const Schedule before = schedule_at_now(document);
  cib::Document working = document;
  Injections injections;
  injections.nodes_down = {"node1"};
  injections.operations = {"rsc1_monitor_10000@node2=1", "nothing_start_0@node2=0", "rsc1_start_0"};
  std::vector<std::string> lines;
  for (const InjectedItem& item : inject(working, before.state(), injections, kNow)) lines.push_back(item.text);
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "Taking node node1 offline",
                       "Injecting rsc1_monitor_10000@node2=1 into the configuration",
                       "Injecting attribute fail-count-rsc1#monitor_10000=1 into /node_state '2'",
                       "Injecting attribute last-failure-rsc1#monitor_10000=1700000000 into /node_state '2'",
                       "Injecting nothing_start_0@node2=0 into the configuration",
                       "Invalid resource name: nothing",
                       "Injecting rsc1_start_0 into the configuration",
                       "Invalid operation spec: rsc1_start_0.  Only found 1 fields",
                   }));
  const Schedule after = schedule_at_now(working);
  EXPECT_FALSE(after.state().node(find_node(after.state(), "node1")).online);
  EXPECT_EQ(after.state().resource(find_resource(after.state(), "rsc1")).failed, true);
}

// What one kind of injection makes of two_nodes() in version 0.3.5.
using Subjects = std::vector<std::string>;
cib::Document injected(Subjects Injections::*kind, const Subjects& subjects) {
  Injections injections;
  injections.*kind = subjects;
  cib::Document working = two_nodes();
  cib::set_version(working.root(), {.admin_epoch = 0, .epoch = 3, .num_updates = 5});
  inject(working, schedule_at_now(two_nodes()).state(), injections, kNow);
  return working;
}

TEST(Inject, EveryRequestCountsInTheVersion) {  // CM-6.3
  const auto version = [](Subjects Injections::*kind, const Subjects& subjects) {
    return cib::version_of(injected(kind, subjects).root()).text();
  };
  EXPECT_EQ(version(&Injections::nodes_up, {"node1", "node1"}), "0.3.6");  // the second one changes nothing
  EXPECT_EQ(version(&Injections::nodes_up, {"new"}), "0.4.2");             // configured, then its state made and set
  EXPECT_EQ(version(&Injections::nodes_up, {"new", "other"}), "0.5.2");
  EXPECT_EQ(version(&Injections::tickets_granted, {"t", "t"}), "0.3.6");
  EXPECT_EQ(version(&Injections::operations, {"rsc1_monitor_10000@node1=7"}), "0.3.6");
}

TEST(Inject, IdsOfFailCountsAreXmlNames) {  // S5 L-11
  const cib::Document working = injected(&Injections::operations, {"rsc1_start_0@node1=1", "rsc1_start_0@node1=1"});
  const cib::Element count = working.find_id("1-fail-count-rsc1.start_0");
  ASSERT_TRUE(count);
  EXPECT_EQ(count.value("name"), "fail-count-rsc1#start_0");
  EXPECT_EQ(count.value("value"), "INFINITY");  // and stays so
  EXPECT_EQ(count.parent().child_count(), 2U);
}

TEST(Inject, OptionsGoToTheirOwnSet) {
  Injections injections;
  injections.watchdog = "true";
  cib::Document working = two_nodes();
  inject(working, schedule_at_now(two_nodes()).state(), injections, kNow);
  EXPECT_EQ(working.find_id("cib-bootstrap-options-have-watchdog").value("value"), "true");
  EXPECT_EQ(cib::version_of(working.root()).text(), "0.1.0");
}

TEST(Inject, QuorumAloneIsNoReason) {
  Injections injections;
  injections.quorum = "false";
  EXPECT_TRUE(injections.empty());
  injections.watchdog = "true";
  EXPECT_FALSE(injections.empty());
}

}  // namespace
}  // namespace simcluster::scheduler
