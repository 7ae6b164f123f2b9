// No judge is trusted that has never fired: for each name there is a breach here that the judge, made as for a run,
// must find. A new judge without a breach fails the test.
#include <functional>
#include <map>
#include <memory>

#include <gtest/gtest.h>

#include "sim/checks/judge.h"
#include "sim/checks/testing.h"

namespace simcluster::sim {
namespace {

using FieldList = std::vector<TraceField>;

class Stage {
 public:
  explicit Stage(Judge& judge) : judge_(judge) {}
  void at(int second, unsigned node, TraceKind kind, const FieldList& fields) {
    judge_.on_event(truth, {time(second), NodeIndex(static_cast<NodeIndex::rep>(node)), kind, fields}, false);
  }
  void settled(int second) { judge_.on_settled(truth, time(second)); }
  void end(int second) { judge_.on_end(truth, time(second)); }

  void address(int second, TraceKind kind) {
    truth.where.clear();
    if (kind == TraceKind::kAddressAdded) truth.where = {{NodeIndex(0), true}};
    at(second, 0, kind, {{"interface", "eth0"}, {"address", "192.168.4.200/24"}});
  }
  void done(int second, unsigned node, const char* resource, const char* operation, int rc = 0, int interval = 0) {
    at(second, node, TraceKind::kOperationEnd,
       {{"resource", resource},
        {"operation", operation},
        {"interval", interval},
        {"rc", rc},
        {"status", 0},
        {"exec_ms", 9}});
  }
  void manager(unsigned node, const char* state, bool dc, std::uint64_t cib) {
    truth.manager_list.push_back(
        {NodeIndex(static_cast<NodeIndex::rep>(node)), state, dc, "node0", {"node0", "node1"}, cib});
  }
  // `node` installs a ring; its id is one more.
  void ring(int second, unsigned node, int sequence, const char* members, const char* together, const char* joined) {
    const std::string id = "1." + std::to_string(sequence);
    const std::string self = std::to_string(node + 1);
    at(second, node, TraceKind::kMembershipChange,
       {{"ring", id},
        {"members", members},
        {"self", self},
        {"representative", 1},
        {"sequence", sequence},
        {"transitional", together},
        {"joined", joined},
        {"left", ""}});
  }
  void delivered(int second, unsigned node, const char* message) {
    at(second, node, TraceKind::kMessageDelivered, {{"message", message}, {"from", 1}, {"bytes", 64}});
  }

  FakeTruth truth;

 private:
  static Time time(int second) { return Time{} + seconds(second); }
  Judge& judge_;
};

Watch watch() {
  Watch watch;
  watch.services = {{"vip01", IpAddress::v4(0xC0A804C8)}};  // 192.168.4.200
  watch.configuration.single = {"db"};
  watch.configuration.unfenced = {"data"};
  watch.configuration.orders = {{"disk", "db"}};
  watch.configuration.colocations = {{"db", "disk"}};
  return watch;
}

const std::map<std::string_view, std::function<void(Stage&)>> kBreaches = {
    {"two-actives",
     [](Stage& stage) {
       stage.truth.where = {{NodeIndex(0), true}, {NodeIndex(1), true}};
       stage.settled(1);
     }},
    {"false-failure",
     [](Stage& stage) {
       stage.address(1, TraceKind::kAddressAdded);
       stage.done(20, 0, "vip01", "monitor", 7, 10000);
     }},
    {"needless-recovery",
     [](Stage& stage) {
       stage.address(1, TraceKind::kAddressAdded);
       stage.address(1200, TraceKind::kAddressRemoved);
     }},
    {"two-active-resources",
     [](Stage& stage) {
       stage.done(1, 0, "db", "start");
       stage.done(2, 1, "db", "start");
     }},
    {"start-before-fencing",
     [](Stage& stage) {
       stage.done(1, 0, "db", "start");
       stage.at(2, 1, TraceKind::kFencingRequest, {{"target", "node0"}});
       stage.done(3, 1, "db", "start");
     }},
    {"start-before-unfencing",  // S5 E-9
     [](Stage& stage) {
       stage.at(1, 1, TraceKind::kFencingResult, {{"target", "node1"}, {"operation", "on"}, {"ok", 1}});
       stage.done(3, 0, "data", "start");
     }},
    {"order", [](Stage& stage) { stage.done(1, 0, "db", "start"); }},
    {"colocation",
     [](Stage& stage) {
       stage.done(1, 0, "disk", "start");
       stage.done(2, 1, "db", "start");
     }},
    {"double-mount",  // AT-4.6
     [](Stage& stage) {
       stage.truth.storage = {{"data", "ext4", false, {{NodeIndex(0), true}, {NodeIndex(1), true}}}};
       stage.settled(1);
     }},
    {"equal-replicas",
     [](Stage& stage) {
       stage.manager(0, "S_IDLE", true, 1);
       stage.manager(1, "S_NOT_DC", false, 2);
       stage.end(600);
     }},
    {"one-dc",
     [](Stage& stage) {
       stage.manager(0, "S_IDLE", true, 1);
       stage.manager(1, "S_IDLE", true, 1);
       stage.end(600);
     }},
    {"progress",
     [](Stage& stage) {
       stage.manager(0, "S_TRANSITION_ENGINE", true, 1);
       stage.end(600);
     }},
    {"ring-agreement",  // EVS-1
     [](Stage& stage) {
       stage.ring(1, 0, 4, "1 2", "1", "2");
       stage.ring(1, 1, 4, "1 2 3", "2", "1 3");
     }},
    {"configuration-change",  // EVS-4
     [](Stage& stage) {
       stage.ring(1, 0, 4, "1 2", "1", "2");
       stage.ring(2, 0, 8, "1", "1", "");
     }},
    {"quorum-overlap",
     [](Stage& stage) {
       stage.at(1, 0, TraceKind::kQuorum, {{"quorate", 1}, {"members", "1"}});
       stage.at(1, 1, TraceKind::kQuorum, {{"quorate", 1}, {"members", "2"}});
     }},
    {"reformation",  // EVS-12
     [](Stage& stage) {
       stage.truth.group_list = {{{NodeIndex(0), NodeIndex(1)}}};
       stage.settled(1);
       stage.ring(2, 0, 4, "1", "1", "");
       stage.ring(2, 1, 4, "2", "2", "");
       stage.end(60);
     }},
    {"self-delivery",  // EVS-5
     [](Stage& stage) { stage.delivered(1, 0, "n1.1/1"); }},
    {"message-order",  // EVS-6
     [](Stage& stage) {
       stage.delivered(1, 0, "n1.1/1");
       stage.delivered(1, 0, "n1.1/2");
       stage.delivered(1, 1, "n1.1/2");
       stage.delivered(1, 1, "n1.1/1");
       stage.end(2);
     }},
    {"message-gaps",  // EVS-6
     [](Stage& stage) {
       stage.delivered(1, 0, "n1.1/1");
       stage.delivered(1, 0, "n1.1/3");
     }},
    {"virtual-synchrony",  // EVS-7
     [](Stage& stage) {
       for (const unsigned node : {0U, 1U}) {
         stage.at(1, node, TraceKind::kGroupJoined, {});
         stage.ring(1, node, 4, "1 2", "", "1 2");
       }
       stage.delivered(2, 0, "n1.1/1");
       for (const unsigned node : {0U, 1U}) stage.ring(3, node, 8, "1 2", "1 2", "");
     }},
};

TEST(EveryJudge, HasFired) {
  for (const auto& judge : make_judges(watch())) {
    const auto breach = kBreaches.find(judge->name());
    if (breach == kBreaches.end()) {
      ADD_FAILURE() << "nothing here makes the judge \"" << judge->name() << "\" fire";
      continue;
    }
    Stage stage(*judge);
    EXPECT_TRUE(judge->findings().empty());
    breach->second(stage);
    EXPECT_FALSE(judge->findings().empty()) << judge->name();
  }
  EXPECT_EQ(kBreaches.size(), judge_names().size()) << "a breach for a judge that does not exist";
}

}  // namespace
}  // namespace simcluster::sim
