// Operations, their history and node attributes in a whole cluster (CM parts H and I).
#include <algorithm>
#include <string>

#include <gmock/gmock.h>

#include "engine/controller/testing_cluster.h"

namespace simcluster::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class OperationsTest : public ClusterTest {
 protected:
  static cib::Element history(const Controller& controller, std::string_view node, std::string_view entry) {
    for (const cib::Element found : controller.cib().find_all_id(entry)) {
      cib::Element state = found;
      while (state && !state.is("node_state")) state = state.parent();
      if (state && state.value("uname") == node) return found;
    }
    return {};
  }
  void change_configuration(std::string_view from, std::string_view to) {
    std::string text = cib::write_compact(dc().cib().root());
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    text.replace(at, from.size(), to);
    const auto wanted = cib::parse_document(text, "wanted");
    ASSERT_TRUE(wanted);
    dc().change_configuration(*wanted, "cibadmin");
  }
  Machine& home_of(const std::string& resource) { return on(where(resource).front()); }
};

// CM-8.2: what the executor cannot know fails, and does not come again here.
TEST_F(OperationsTest, UnknownClassesCannotBeRegistered) {
  std::string text(kCib);
  constexpr std::string_view kClass = "class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"";
  text.replace(text.find(kClass), kClass.size(), "class=\"unknown\" type=\"thing\"");
  text.replace(text.find("pacemaker-1.2"), 13, "none");
  boot("2.1.5", 2, text);
  clock.run_for(seconds(40));
  EXPECT_THAT(where("a"), IsEmpty());
  EXPECT_THAT(where("b"), SizeIs(1));
  EXPECT_EQ(node(1).host.count_runs("a monitor 0"), 0U);
  const cib::Element entry = history(dc(), "node1", "a_last_failure_0");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry.value("rc-code"), "2");
  EXPECT_EQ(entry.value("op-status"), "4");
  EXPECT_EQ(entry.value("exit-reason"), "Could not register resource with executor");
}

// CM-8.3: a stop gets what the start got, whatever the configuration says now.
TEST_F(OperationsTest, StopsKeepTheParametersOfTheStart) {
  std::string text(kCib);
  text.insert(text.find("<operations><op id=\"a-monitor\"") == std::string::npos ? text.find("<operations>")
                                                                                 : text.find("<operations><op id=\"a-"),
              "<instance_attributes id=\"a-i\"><nvpair id=\"a-i-x\" name=\"x\" value=\"old\"/></instance_attributes>");
  boot("2.1.5", 2, text);
  std::vector<std::string> calls;
  for (const auto& machine : machines)
    machine->host.set_agents([&calls, &machine](const AgentRequest& request) {
      for (const auto& [name, value] : request.parameters)
        if (name == "x" && request.action != "monitor") calls.push_back(request.action + " " + value);
      return machine->services.answer(request);
    });
  clock.run_for(seconds(40));
  change_configuration("value=\"old\"", "value=\"new\"");
  clock.run_for(seconds(20));
  EXPECT_THAT(calls, ElementsAre("start old", "stop old", "start new"));
}

// CM-8.5: from 2.0 on what is under way is in the CIB.
TEST_F(OperationsTest, PendingOperationsAreRecorded) {
  for (const bool recorded : {false, true}) {
    reset();
    boot(recorded ? "2.1.5" : "1.1.14");
    for (const auto& machine : machines) machine->services.takes["start"] = seconds(10);
    clock.run_for(seconds(26));
    const std::string text = cib::write_compact(dc().cib().root());
    EXPECT_EQ(text.find("op-status=\"-1\"") != std::string::npos, recorded);
    clock.run_for(seconds(20));
    EXPECT_EQ(cib::write_compact(dc().cib().root()).find("op-status=\"-1\""), std::string::npos);
  }
}

// CM-8.13: what is at work is forgotten when it has ended.
TEST_F(OperationsTest, BusyResourcesAreForgottenLater) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  Machine& home = home_of("a");
  home.services.takes["monitor"] = seconds(4);
  home.services.takes["notify"] = seconds(4);
  ASSERT_TRUE(history(dc(), home.name, "a_last_0"));
  const std::size_t runs = home.host.count_runs("a monitor 10000");
  while (home.host.count_runs("a monitor 10000") == runs) clock.run_for(milliseconds(100));
  dc().refresh("a", home.name);
  clock.run_for(seconds(1));
  EXPECT_TRUE(history(dc(), home.name, "a_last_0"));
  clock.run_for(seconds(30));
  EXPECT_EQ(history(dc(), home.name, "a_last_0").value("operation"), "monitor");  // probed again
  EXPECT_THAT(where("a"), ElementsAre(home.name));
  EXPECT_EQ(dc().state(), State::kIdle);
}

// CM-8.12: an operation that is no longer configured is cancelled, and its entry goes.
TEST_F(OperationsTest, OrphanedOperationsAreCancelled) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  Machine& home = home_of("a");
  ASSERT_TRUE(history(dc(), home.name, "a_monitor_10000"));
  change_configuration(
      "<operations><op id=\"a-monitor\" name=\"monitor\" interval=\"10s\" timeout=\"60s\"/></operations>", "");
  clock.run_for(seconds(20));
  EXPECT_FALSE(history(dc(), home.name, "a_monitor_10000"));
  const std::size_t runs = home.host.count_runs("a monitor 10000");
  clock.run_for(minutes(1));
  EXPECT_EQ(home.host.count_runs("a monitor 10000"), runs);
  EXPECT_EQ(home.host.count_runs("a start 0"), 1U);
  EXPECT_EQ(dc().state(), State::kIdle);
}

// CM-8.16: names and order of an entry's attributes.
TEST_F(OperationsTest, HistoryEntries) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  const cib::Element entry = history(dc(), home_of("a").name, "a_last_0");
  ASSERT_TRUE(entry);
  std::string names;
  for (const cib::Attribute attribute : entry.attributes()) names += std::string(attribute.name) + " ";
  EXPECT_EQ(names,
            "id operation_key operation crm-debug-origin crm_feature_set transition-key transition-magic exit-reason "
            "on_node call-id rc-code op-status interval last-rc-change exec-time queue-time op-digest ");
  EXPECT_EQ(entry.value("operation_key"), "a_start_0");
  EXPECT_EQ(entry.value("transition-magic"), "0:0;" + std::string(entry.value("transition-key")));
}

// CM-5.11, CM-8.17: the history that a node brings along says so, and counts no failure again.
TEST_F(OperationsTest, HistoryOfAJoin) {
  boot("2.1.5", 3);
  clock.run_for(seconds(40));
  Machine& home = home_of("a");
  home.services.running["a"] = false;
  clock.run_for(seconds(20));
  ASSERT_EQ(attribute(dc(), home.name, "fail-count-a#monitor_10000"), "1");
  cluster->partition({{home.id}});
  clock.run_for(seconds(5));
  cluster->heal();
  clock.run_for(seconds(60));
  EXPECT_EQ(history(dc(), home.name, "a_last_failure_0").value("crm-debug-origin"), "build_active_RAs");
  EXPECT_NE(attribute(dc(), home.name, "fail-count-a#monitor_10000"), "2");
  expect_equal_replicas();
}

// CM-9.5: a value waits for its dampening, anew with every change.
TEST_F(OperationsTest, Dampening) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  Controller& writer = dc();
  writer.update_attribute("pingd", "100", seconds(5), "node1");
  clock.run_for(seconds(3));
  writer.update_attribute("pingd", "200", seconds(5), "node1");
  clock.run_for(milliseconds(4900));
  EXPECT_EQ(attribute(dc(), "node1", "pingd"), "");
  clock.run_for(milliseconds(200));
  EXPECT_EQ(attribute(dc(), "node1", "pingd"), "200");
  EXPECT_TRUE(dc().cib().find_id("status-1-pingd"));  // CM-9.7
}

// CM-9.4: counting up, with INFINITY as the end of all counting; a deletion takes the pair away.
TEST_F(OperationsTest, CountingAttributes) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  const auto update = [&](std::optional<std::string_view> value) {
    dc().update_attribute("n", value, {}, "node1");
    clock.run_for(seconds(1));
    return attribute(dc(), "node1", "n");
  };
  EXPECT_EQ(update("value++"), "1");
  EXPECT_EQ(update("value+=5"), "6");
  EXPECT_EQ(update("INFINITY"), "INFINITY");
  EXPECT_EQ(update("value++"), "INFINITY");
  EXPECT_EQ(update(std::nullopt), "");
  EXPECT_FALSE(dc().cib().find_id("status-1-n"));
}

// CM-9.8: of two sides that come together each node's own value for itself wins.
TEST_F(OperationsTest, OwnValuesWin) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  cluster->partition({{1}, {2}});
  clock.run_for(seconds(30));
  node(1).controller->update_attribute("x", "theirs", {}, "node2");
  node(2).controller->update_attribute("x", "own", {}, "node2");
  node(2).controller->update_attribute("y", "own", {}, "node1");
  clock.run_for(seconds(5));
  cluster->heal();
  clock.run_for(seconds(60));
  EXPECT_TRUE(node(2).host.logged("x[node2]: local value 'own' takes priority over 'theirs' from node1"));
  EXPECT_EQ(attribute(*node(1).controller, "node2", "x"), "own");
  EXPECT_EQ(attribute(*node(2).controller, "node2", "x"), "own");
  EXPECT_EQ(attribute(*node(1).controller, "node1", "y"), "own");  // node1 had none of its own
  expect_equal_replicas();
}

// CM-9.8: a new attribute manager begins with nothing of its own, and learns from the writer what others have.
TEST_F(OperationsTest, ANewManagerForgetsItsOwnValues) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  dc().update_attribute("x", "1", {}, "node1");
  dc().update_attribute("x", "2", {}, "node2");
  clock.run_for(seconds(5));
  node(1).controller->kill(Subdaemon::kAttributes);
  clock.run_for(seconds(1));
  node(1).controller->respawn(Subdaemon::kAttributes);
  clock.run_for(seconds(10));
  EXPECT_EQ(attribute(dc(), "node1", "x"), "");
  EXPECT_EQ(attribute(dc(), "node2", "x"), "2");
  node(1).controller->update_attribute("x", "value++", {}, "node2");  // it knows the 2
  clock.run_for(seconds(5));
  EXPECT_EQ(attribute(dc(), "node2", "x"), "3");
}

// CM-10.24: to start a fence device is to ask it once how it is; what it says is the result of the start.
TEST_F(OperationsTest, AFenceDeviceIsAskedWhenItStarts) {
  for (const bool well : {true, false}) {
    reset();
    boot("2.1.5", 2, with_fencing(kDevice));
    for (const auto& machine : machines)
      if (!well) machine->services.monitor_rc["f"] = 1;
    clock.run_for(seconds(60));
    std::size_t asked = 0;
    std::size_t started = 0;
    for (const auto& machine : machines) {
      asked += machine->host.count_runs("f monitor 0");
      started += machine->host.traced(TraceKind::kResourceStarted, "resource=f");
      EXPECT_EQ(machine->host.count_runs("f start 0"), 0U);
      if (well || machine->host.count_runs("f monitor 0") == 0) continue;
      EXPECT_EQ(history(dc(), machine->name, "f_last_failure_0").value("operation"), "start");
      EXPECT_EQ(attribute(dc(), machine->name, "fail-count-f#start_0"), "INFINITY");
    }
    EXPECT_EQ(asked, well ? 1U : 2U);  // then on the other node
    EXPECT_EQ(started, well ? 1U : 0U);
  }
}

// CM-9.9: nothing is left of a lost node, on any other.
TEST_F(OperationsTest, AttributesOfLostNodesGo) {
  boot("2.1.5", 3);
  clock.run_for(seconds(40));
  const std::size_t lost = node(1).controller->is_dc() ? 1 : 0;
  const std::string name = machines[lost]->name;
  dc().update_attribute("x", "1", {}, name);
  clock.run_for(seconds(1));
  ASSERT_EQ(attribute(dc(), name, "x"), "1");
  crash(lost);
  clock.run_for(seconds(5));
  EXPECT_EQ(attribute(dc(), name, "x"), "");
  EXPECT_EQ(attribute(other(), name, "x"), "");
}

// CM-9.10: who edits the status by hand has what attributes say written again, and the DC chosen anew.
// Releases before 2.0 say nothing.
TEST_F(OperationsTest, EditingTheStatusByHand) {
  boot("1.1.14");
  clock.run_for(seconds(40));
  CibRequest old;
  old.remove({step("status"), step("node_state", "1"), step("transient_attributes", "1")});
  dc().change_cib(std::move(old), "cibadmin");
  clock.run_for(seconds(10));
  EXPECT_FALSE(dc_machine().host.logged("event triggered by cibadmin"));
  reset();
  boot("2.1.5");
  clock.run_for(seconds(40));
  dc().update_attribute("x", "1", {}, "node1");
  clock.run_for(seconds(5));
  ASSERT_EQ(attribute(dc(), "node1", "x"), "1");
  const std::string was_dc(dc().dc());
  CibRequest request;
  request.remove({step("status"), step("node_state", "1"), step("transient_attributes", "1")});
  dc().change_cib(std::move(request), "cibadmin");
  clock.run_for(seconds(10));
  EXPECT_TRUE(dc_machine().host.logged(
      "Populating nodes and starting an election after cib_delete event triggered by cibadmin"));
  EXPECT_TRUE(node(1).host.logged("Updating all attributes after cib_delete event triggered by cibadmin") ||
              node(2).host.logged("Updating all attributes after cib_delete event triggered by cibadmin"));
  EXPECT_EQ(attribute(dc(), "node1", "x"), "1");
  EXPECT_EQ(dc().dc(), was_dc);
  EXPECT_EQ(dc().state(), State::kIdle);
  CibRequest ticket;  // the status, but by those whose business it is
  ticket.merge({step("status"), step("tickets")}, std::string("<ticket_state id=\"t\"/>"));
  const std::size_t elections = dc_machine().host.traced(TraceKind::kControllerState, "to=S_ELECTION");
  dc().change_cib(std::move(ticket), "crm_ticket");
  clock.run_for(seconds(10));
  EXPECT_EQ(dc_machine().host.traced(TraceKind::kControllerState, "to=S_ELECTION"), elections);
}

}  // namespace
}  // namespace simcluster::controller
