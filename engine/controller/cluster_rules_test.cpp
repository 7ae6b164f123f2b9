// Who is who, who leads, who joins (CM parts A, C, D and E): what one sees of it in logs, in the CIB and on the wire.
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "engine/controller/peers.h"
#include "engine/controller/testing_cluster.h"

namespace simcluster::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class RulesTest : public ClusterTest {
 protected:
  static std::string with_options(std::string_view more) {
    std::string text(kCib);
    text.insert(text.find("<cluster_property_set"), more);
    return text;
  }
  static std::vector<std::string> lines(const TestingHost& host, std::string_view part) {
    std::vector<std::string> found;
    for (const TestingHost::LogLine& line : host.logs())
      if (line.text.find(part) != std::string::npos) found.push_back(line.text);
    return found;
  }
  std::size_t dcs() const {
    std::size_t count = 0;
    for (const auto& machine : machines) count += machine->controller && machine->controller->is_dc() ? 1 : 0;
    return count;
  }
  static std::string state_attribute(const Controller& controller, std::string_view node, std::string_view name) {
    for (const cib::Element state : controller.cib().root().first_child("status").children("node_state"))
      if (state.value("uname") == node) return std::string(state.value(name));
    return {};
  }
};

// CM-1.1: one DC in each partition, and nobody else asks the scheduler.
TEST_F(RulesTest, OneDcInEachPartition) {
  boot("2.1.5", 3);
  clock.run_for(seconds(60));
  EXPECT_EQ(dcs(), 1U);
  std::size_t asking = 0;
  for (const auto& machine : machines) asking += lines(machine->host, "Processing graph").empty() ? 0 : 1;
  EXPECT_EQ(asking, 1U);
  cluster->partition({{1}, {2, 3}});
  clock.run_for(seconds(60));
  EXPECT_TRUE(node(1).controller->is_dc());
  EXPECT_EQ(dcs(), 2U);
  cluster->heal();
  clock.run_for(seconds(60));
  EXPECT_EQ(dcs(), 1U);
  for (const auto& machine : machines) EXPECT_EQ(machine->controller->dc(), dc_machine().name);
  expect_equal_replicas();
}

// CM-1.3: names are the same in any case, ids are decimal numbers.
TEST_F(RulesTest, NamesAndIds) {
  EXPECT_TRUE(same_node_name("Node1", "nODE1"));
  EXPECT_FALSE(same_node_name("node1", "node12"));
  PeerCache peers;
  peers.get(ClusterNodeId(3232261377U)).name = "Node1";
  ASSERT_NE(peers.find("node1"), nullptr);
  EXPECT_EQ(peers.find("node2"), nullptr);
  boot("2.1.5");
  clock.run_for(seconds(40));
  EXPECT_EQ(dc().node_xml_id("NODE2"), "2");
  dc().update_attribute("x", "1", {}, "NODE2");
  clock.run_for(seconds(1));
  EXPECT_EQ(attribute(dc(), "node2", "x"), "1");
}

// CM-3.1: a member without its process, and the other way round, is not active; and CM-5.1: peers come by their id.
TEST_F(RulesTest, Peers) {
  PeerCache peers;
  for (const std::uint32_t id : {10U, 2U, 33U}) peers.get(ClusterNodeId(id)).phase = JoinPhase::kWelcomed;
  std::vector<std::uint32_t> order;
  for (const auto& [id, peer] : peers) order.push_back(id.value);
  EXPECT_THAT(order, ElementsAre(2U, 10U, 33U));
  EXPECT_EQ(peers.count(JoinPhase::kWelcomed), 3U);
  Peer& peer = peers.get(ClusterNodeId(2));
  peer.member = true;
  EXPECT_FALSE(peer.active());
  peer.online = true;
  EXPECT_TRUE(peer.active());
  EXPECT_EQ(peers.active_count(), 1U);
  peer.member = false;
  EXPECT_FALSE(peer.active());
}

// CM-1.9: options are read again when they change; those of cib-bootstrap-options go first, wherever they stand.
TEST_F(RulesTest, OptionsAreReadAgain) {
  boot("2.0.2", 2,
       with_options("<cluster_property_set id=\"a-others\" score=\"5\">"
                    "<nvpair id=\"o-r\" name=\"cluster-recheck-interval\" value=\"7min\"/></cluster_property_set>"));
  clock.run_for(seconds(60));
  const auto rechecks = [&] { return lines(dc_machine().host, "Recheck Timer just popped").size(); };
  const std::size_t none = rechecks();
  clock.run_for(minutes(8));
  EXPECT_EQ(rechecks(), none + 1);  // no other set has the option
  CibRequest request;
  request.merge({step("configuration"), step("crm_config")},
                std::string("<cluster_property_set id=\"cib-bootstrap-options\"><nvpair id=\"c-r\" "
                            "name=\"cluster-recheck-interval\" value=\"2min\"/></cluster_property_set>"));
  dc().change_cib(std::move(request), "crm_attribute");
  clock.run_for(seconds(10));
  const std::size_t before = rechecks();
  clock.run_for(minutes(10));
  EXPECT_EQ(rechecks(), before + 5);
}

// CM-4.1, CM-4.2, CM-4.6: the first round, as its winner and the other one see it.
TEST_F(RulesTest, TheFirstElection) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  std::size_t votes = 0;
  for (const auto& machine : machines) votes += machine->host.traced(TraceKind::kElection, "event=vote round=1");
  EXPECT_GE(votes, 1U);
  EXPECT_TRUE(dc_machine().host.logged("Election won by local node"));
  EXPECT_FALSE(on(dc_machine().name == "node1" ? "node2" : "node1").host.logged("Election won by local node"));
}

// CM-4.2, CM part M: a controller that cannot go on does not vote, and ends with status 1, to be started again.
TEST_F(RulesTest, WhoRecoversDoesNotVote) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  Machine& leader = dc_machine();
  leader.services.takes["stop"] = seconds(5);
  leader.controller->request_stop();
  clock.run_for(seconds(2));
  leader.controller->request_stop();  // CM-11.2: an error
  clock.run_for(seconds(10));
  EXPECT_TRUE(leader.host.logged("Not voting in election, we're in state S_RECOVERY"));
  EXPECT_TRUE(leader.host.logged("Fast-tracking shutdown in response to errors"));
  EXPECT_TRUE(leader.host.logged("Could not recover from internal error"));
  EXPECT_EQ(leader.ended, 1);
}

// CM-4.10, CM-11.3: a DC that leaves gives up its role, and is expected to be down.
TEST_F(RulesTest, ADcThatLeaves) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  Machine& leader = dc_machine();
  leader.controller->request_stop();
  clock.run_for(seconds(5));
  EXPECT_EQ(leader.ended, 0);
  EXPECT_TRUE(leader.host.logged("DC role released"));
  EXPECT_FALSE(leader.controller->is_dc());
  EXPECT_EQ(dcs(), 1U);
  EXPECT_EQ(state_attribute(dc(), leader.name, "expected"), "down");
}

// CM-5.1, CM-5.2: offers to all, by ascending id; who is not there gets none, and is expected to stay away.
TEST_F(RulesTest, Offers) {
  boot("2.1.5", 3);
  clock.run_for(seconds(60));
  EXPECT_THAT(
      lines(dc_machine().host, "Sending join-1 offer"),
      ElementsAre("Sending join-1 offer to node1", "Sending join-1 offer to node2", "Sending join-1 offer to node3"));
  EXPECT_THAT(lines(dc_machine().host, "Making join-1 offers based on membership event"), SizeIs(1));
  EXPECT_TRUE(dc_machine().host.logged("Waiting on join-1 requests from 3 outstanding nodes"));
  const std::string was_dc = dc_machine().name;
  crash(dc_machine().id - 1);
  clock.run_for(seconds(30));
  EXPECT_TRUE(dc_machine().host.logged("Not making join-1 offer to inactive node " + was_dc));
  EXPECT_TRUE(dc_machine().host.logged("Waiting on join-1 requests from 2 outstanding nodes"));
}

// CM-5.2, CM-5.3: whoever has joined is left alone when another one comes.
TEST_F(RulesTest, OnlyTheUnknownAreAsked) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  Machine& again = *machines[node(1).controller->is_dc() ? 1 : 0];
  crash(again.id - 1);
  clock.run_for(seconds(10));
  auto back = std::make_unique<Machine>(*this, again.id);
  Machine& machine = *back;
  machines.push_back(std::move(back));
  start(machine, kCib);
  clock.run_for(seconds(10));
  EXPECT_TRUE(
      dc_machine().host.logged("Not making join-1 offer to already known node " + dc_machine().name + " (confirmed)"));
  EXPECT_EQ(machine.controller->state(), State::kNotDc);
}

// CM-5.13: at the end of a join the CIB names the DC, and says whether there is quorum.
TEST_F(RulesTest, QuorumAndDcAreWritten) {
  boot("2.1.5", 3);
  clock.run_for(seconds(60));
  EXPECT_EQ(dc().cib().root().value("dc-uuid"), std::to_string(dc_machine().id));
  EXPECT_EQ(dc().cib().root().value("have-quorum"), "1");
  crash(dc_machine().id - 1);
  clock.run_for(seconds(30));
  EXPECT_EQ(dc().cib().root().value("dc-uuid"), std::to_string(dc_machine().id));
  EXPECT_EQ(dc().cib().root().value("have-quorum"), "1");
  const std::uint32_t last = dc_machine().id;
  for (const auto& machine : machines)
    if (machine->controller && machine->id != last) crash(machine->id - 1);
  clock.run_for(seconds(5));
  EXPECT_EQ(dc().cib().root().value("have-quorum"), "0");
}

// CM-3.4: what is said when processes come and go; the fencing history is told where there is no DC yet, too.
TEST_F(RulesTest, ProcessesComeAndGo) {
  boot("2.1.5");
  clock.run_for(seconds(2));
  EXPECT_TRUE(node(1).host.logged("Node node2 is now a peer"));
  EXPECT_TRUE(node(1).host.logged("Fence history will be synchronized cluster-wide within 5 seconds"));
  clock.run_for(seconds(58));
  Machine& leader = dc_machine();
  Machine& other = *machines[leader.id == 1 ? 1 : 0];
  leader.controller->kill(Subdaemon::kController);
  clock.run_for(milliseconds(100));
  EXPECT_TRUE(other.host.logged("Node " + leader.name + " is no longer a peer"));
  EXPECT_TRUE(other.host.logged("Our peer on the DC (" + leader.name + ") is dead"));
  clock.run_for(seconds(10));
  EXPECT_TRUE(other.controller->is_dc());
  const std::size_t told = lines(other.host, "Fence history will be synchronized").size();
  leader.controller->respawn(Subdaemon::kController);
  clock.run_for(seconds(20));
  EXPECT_EQ(lines(other.host, "Fence history will be synchronized").size(), told + 1);
  EXPECT_EQ(leader.controller->state(), State::kNotDc);
}

// CM-9.6: who writes attributes is told when it changes.
TEST_F(RulesTest, TheAttributeWriter) {
  boot("2.1.5");
  clock.run_for(seconds(40));
  const bool first = !lines(node(1).host, "Recorded local node as attribute writer (was unset)").empty();
  Machine& writer = node(first ? 1 : 2);
  Machine& other = node(first ? 2 : 1);
  EXPECT_TRUE(other.host.logged("Recorded new attribute writer: " + writer.name + " (was unset)"));
  writer.controller->kill(Subdaemon::kAttributes);
  clock.run_for(seconds(2));
  EXPECT_TRUE(other.host.logged("Lost attribute writer " + writer.name));
  EXPECT_TRUE(other.host.logged("Recorded local node as attribute writer (was unset)"));
}

// CM-9.3, CM-9.6: everybody knows all values: what the writer had no time to write its successor writes.
TEST_F(RulesTest, TheNextWriterKnowsAllValues) {
  boot("2.1.5", 3);
  clock.run_for(seconds(60));
  std::size_t writer = 0;
  for (std::size_t i = 0; i < 3; ++i)
    if (!lines(machines[i]->host, "Recorded local node as attribute writer").empty()) writer = i;
  Machine& owner = *machines[(writer + 1) % 3];
  owner.controller->update_attribute("late", "1", seconds(30), owner.name);
  clock.run_for(seconds(5));
  EXPECT_EQ(attribute(*owner.controller, owner.name, "late"), "");
  crash(writer);
  clock.run_for(seconds(5));
  EXPECT_EQ(attribute(*owner.controller, owner.name, "late"), "1");
}

// CM-11.10: what a controller says that has lost a daemon it cannot do without (2.1.5), and what it does.
TEST_F(RulesTest, LostDaemons) {
  struct Loss {
    Subdaemon daemon;
    const char* text;
  };
  for (const Loss loss : {Loss{Subdaemon::kExecutor, "Connection to executor failed"},
                          Loss{Subdaemon::kScheduler, "Connection to the scheduler failed"},
                          Loss{Subdaemon::kCib, "Lost connection to the CIB manager, shutting down"}}) {
    reset();
    boot("2.1.5");
    clock.run_for(seconds(60));
    Machine& leader = dc_machine();
    leader.controller->kill(loss.daemon);
    EXPECT_TRUE(leader.host.logged(loss.text));
    EXPECT_TRUE(leader.host.logged("Input I_ERROR received in state S_IDLE"));
    EXPECT_TRUE(leader.host.logged("State transition S_IDLE -> S_RECOVERY"));
    EXPECT_TRUE(leader.host.logged("Fast-tracking shutdown in response to errors"));
    EXPECT_TRUE(leader.host.logged("Could not recover from internal error"));
    EXPECT_EQ(leader.ended, -1);
    // The supervisor does the rest.
    if (loss.daemon == Subdaemon::kCib) {
      EXPECT_EQ(lines(leader.host, loss.text).size(), 3U);  // fencer and attribute manager, too
      leader.controller->kill(Subdaemon::kFencer);
      leader.controller->kill(Subdaemon::kAttributes);
    }
    leader.controller->kill(Subdaemon::kController);
    for (const Subdaemon daemon : {Subdaemon::kCib, Subdaemon::kFencer, Subdaemon::kAttributes})
      if (loss.daemon == Subdaemon::kCib) leader.controller->respawn(daemon);
    leader.controller->respawn(Subdaemon::kController);
    clock.run_for(seconds(60));
    EXPECT_EQ(dcs(), 1U);
    EXPECT_EQ(dc().state(), State::kIdle);
    EXPECT_THAT(where("a"), SizeIs(1));
    expect_equal_replicas();
  }
  reset();
  boot("2.1.5");
  clock.run_for(seconds(60));
  Machine& other = node(node(1).controller->is_dc() ? 2 : 1);
  other.controller->kill(Subdaemon::kScheduler);  // who is not the DC does not need it
  clock.run_for(seconds(5));
  EXPECT_FALSE(other.host.logged("Connection to the scheduler failed"));
  EXPECT_EQ(other.controller->state(), State::kNotDc);
}

// CM-7.20: a whole history that somebody puts into the CIB is one reason to calculate.
TEST_F(RulesTest, AHistoryComesAtOnce) {
  boot("2.1.5");
  clock.run_for(seconds(60));
  std::string status;
  for (const cib::Element state : dc().cib().root().first_child("status").children("node_state"))
    if (state.value("uname") == dc_machine().name) status = cib::write_compact(state.first_child("lrm"));
  const std::string id = std::to_string(dc_machine().id);
  CibRequest gone;
  gone.remove({step("status"), step("node_state", id), step("lrm")});
  dc().change_cib(std::move(gone), "crm_node");
  CibRequest back;
  back.merge({step("status"), step("node_state", id)}, status);
  dc().change_cib(std::move(back), "crm_node");
  clock.run_for(milliseconds(5));
  EXPECT_THAT(lines(dc_machine().host, "aborted: History refresh"), SizeIs(1));
  EXPECT_THAT(lines(dc_machine().host, "Old event"), SizeIs(0));
  clock.run_for(seconds(30));
  EXPECT_EQ(dc().state(), State::kIdle);
  EXPECT_THAT(where("a"), SizeIs(1));
}

// CM-7.15: the DC asks its own executor, or the controller of another node; both say so, and the transition's key goes
// with it.
TEST_F(RulesTest, ActionsHereAndElsewhere) {
  boot("2.1.5");
  clock.run_for(seconds(60));
  Machine& leader = dc_machine();
  Machine& other = node(leader.id == 1 ? 2 : 1);
  const std::string mine = leader.services.running["a"] ? "a" : "b";
  const std::string yours = leader.services.running["a"] ? "b" : "a";
  EXPECT_TRUE(leader.host.logged("Initiating start operation " + mine + "_start_0 locally on " + leader.name));
  EXPECT_TRUE(leader.host.logged("Initiating start operation " + yours + "_start_0 on " + other.name));
  EXPECT_TRUE(leader.host.logged("Requesting local execution of start operation for " + mine + " on " + leader.name));
  EXPECT_TRUE(other.host.logged("Requesting local execution of start operation for " + yours + " on " + other.name));
  EXPECT_FALSE(leader.host.logged("Requesting local execution of start operation for " + yours));
  for (const std::string& resource : {mine, yours}) {
    const cib::Element entry = dc().cib().find_id(resource + "_last_0");
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry.value("transition-magic"),
              "0:" + std::string(entry.value("rc-code")) + ";" + std::string(entry.value("transition-key")));
  }
}

// CM-4.6: a vote that is missing is not waited for any more when its node is lost.
TEST_F(RulesTest, LostVoters) {
  boot("2.1.5", 3);
  cluster->drop_next(3, 1'000'000);
  clock.run_for(seconds(30));
  EXPECT_EQ(dcs(), 0U);
  crash(2);
  clock.run_for(seconds(1));
  EXPECT_EQ(dcs(), 1U);
}

// CM-7.17: what is lost in the history of the transition: time-out, an invented number of the call, who did not answer.
TEST_F(RulesTest, LostActions) {
  std::string text(kCib);
  text.insert(text.find("<nvpair id=\"o1\""), "<nvpair id=\"o9\" name=\"cluster-delay\" value=\"10s\"/>");
  boot("2.1.5", 2, text);
  clock.run_for(seconds(60));
  Machine& other = node(dc_machine().id == 1 ? 2 : 1);
  const std::string resource = other.services.running["a"] ? "a" : "b";
  other.controller->freeze(Subdaemon::kController);
  CibRequest ban;
  ban.merge({step("configuration"), step("constraints")},
            fmt::format("<rsc_location id=\"ban\" rsc=\"{}\" node=\"{}\" score=\"-INFINITY\"/>", resource, other.name));
  dc().change_cib(std::move(ban), "crm_resource");
  clock.run_for(seconds(1));
  ASSERT_EQ(dc().state(), State::kTransitionEngine);
  clock.run_for(seconds(40));
  EXPECT_TRUE(dc_machine().host.logged("Node " + other.name +
                                       " did not send stop result (via controller) within 30000ms (action timeout plus "
                                       "cluster-delay)"));
  EXPECT_TRUE(dc_machine().host.logged("Action lost"));
  const cib::Element entry = dc().cib().find_id(resource + "_last_failure_0");
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry.value("op-status"), "2");
  EXPECT_EQ(entry.value("rc-code"), "1");
  EXPECT_EQ(entry.value("call-id"), "-1");
  EXPECT_EQ(entry.value("crm-debug-origin"), "controld_record_action_event");
  EXPECT_EQ(entry.value("exit-reason"), "Controller on " + other.name + " did not return result in time");
}

}  // namespace
}  // namespace simcluster::controller
