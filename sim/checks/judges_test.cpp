// Every judge is seen to find something, and to find nothing where there is nothing.
#include <gtest/gtest.h>

#include "sim/checks/delivery_judges.h"
#include "sim/checks/judge.h"
#include "sim/checks/manager_judges.h"
#include "sim/checks/resource_judges.h"
#include "sim/checks/ring_judges.h"
#include "sim/checks/service_judges.h"
#include "sim/checks/service_meter.h"
#include "sim/checks/storage_judges.h"
#include "sim/checks/testing.h"

namespace simcluster::sim {
namespace {

const IpAddress kAddress = IpAddress::v4(0xC0A804C8);  // 192.168.4.200
const std::vector<WatchedService> kServices = {{"vip01", kAddress}};

class Judges : public testing::Test {
 protected:
  static constexpr NodeIndex kNode = NodeIndex(0);

  void event(Judge& judge, Duration at, TraceKind kind, std::initializer_list<TraceField> fields, bool caused = false) {
    judge.on_event(truth_, {Time{} + at, kNode, kind, std::span<const TraceField>(fields.begin(), fields.size())},
                   caused);
  }
  void added(Judge& judge, Duration at) {
    truth_.where = {{kNode, true, true}};
    event(judge, at, TraceKind::kAddressAdded, {{"interface", "bond0"}, {"address", "192.168.4.200/24"}});
  }
  void removed(Judge& judge, Duration at, bool caused = false) {
    truth_.where.clear();
    event(judge, at, TraceKind::kAddressRemoved, {{"interface", "bond0"}, {"address", "192.168.4.200/24"}}, caused);
  }
  void monitored(Judge& judge, Duration at, int rc, const char* resource = "vip01") {
    event(judge, at, TraceKind::kOperationEnd,
          {{"resource", resource},
           {"operation", "monitor"},
           {"interval", 10000},
           {"rc", rc},
           {"status", 0},
           {"exec_ms", 30}});
  }
  FakeTruth truth_;
};

TEST_F(Judges, EveryNameHasAJudge) {
  const auto judges = make_judges({kServices, {}, false, seconds(30)});
  ASSERT_EQ(judges.size(), judge_names().size());
  for (std::size_t i = 0; i < judges.size(); ++i) EXPECT_EQ(judges[i]->name(), judge_names()[i]);
}

// EVS-1, EVS-2, EVS-15, EVS-3: each of them alone.
TEST_F(Judges, RingsThatCannotBe) {
  const auto ring = [&](const char* id, const char* members, const char* self, int representative, int sequence) {
    RingAgreement judge;
    const auto install = [&](const char* name, const char* list, int number) {
      event(judge, seconds(number), TraceKind::kMembershipChange,
            {{"ring", name},
             {"members", list},
             {"self", self},
             {"representative", representative},
             {"sequence", number}});
    };
    install("1.4", "1 2", 4);
    install(id, members, sequence);
    return judge.findings().empty() ? std::string() : judge.findings().front().text;
  };
  EXPECT_EQ(ring("1.8", "1 2 3", "1", 1, 8), "");
  EXPECT_EQ(ring("1.4", "1 2 3", "1", 1, 5), "ring 1.4 has the members 1 2 3 here and 1 2 on node0");
  EXPECT_EQ(ring("1.8", "2 3", "1", 1, 8), "ring 1.8 is installed without the node itself, 1");
  EXPECT_EQ(ring("2.8", "1 2", "1", 2, 8).substr(0, 30), "ring 1.4 of 1 2 is represented");
  EXPECT_EQ(ring("1.3", "1 2", "1", 1, 3), "ring sequence 3 follows 4");
}

// V-12, EVS-5.
TEST_F(Judges, AGapBeyondAHoleOfTheDeadIsNone) {
  const auto delivered = [&](Judge& judge, std::int64_t at, const char* message) {
    event(judge, seconds(at), TraceKind::kMessageDelivered, {{"message", message}, {"from", 2}, {"bytes", 1449}});
  };
  MessageGaps gaps;
  delivered(gaps, 1, "n2.0/1");
  event(gaps, seconds(2), TraceKind::kMembershipState, {{"state", "torn"}, {"why", ""}, {"ring", "10.77.0.1:8"}});
  delivered(gaps, 2, "n2.0/4");
  EXPECT_TRUE(gaps.findings().empty());
  delivered(gaps, 2, "n2.0/6");
  EXPECT_EQ(gaps.findings().size(), 1U);
}

TEST_F(Judges, TwoActivesFindsAnAddressOnTwoMachinesOnce) {
  TwoActives judge(kServices);
  truth_.where = {{NodeIndex(0), true}};
  judge.on_settled(truth_, Time{});
  EXPECT_TRUE(judge.findings().empty());
  truth_.where = {{NodeIndex(0), true}, {NodeIndex(1), true}};
  judge.on_settled(truth_, Time{5});
  judge.on_settled(truth_, Time{6});
  ASSERT_EQ(judge.findings().size(), 1U);
  EXPECT_EQ(judge.findings()[0].text, "192.168.4.200 is up on node0 and on node1");
}

// AT-4.6.
TEST_F(Judges, DoubleMountFindsAFileSystemOnTwoMachinesOnce) {
  const auto count = [&](StorageUse use) {
    DoubleMount judge;
    truth_.storage = {std::move(use)};
    judge.on_settled(truth_, Time{1});
    judge.on_settled(truth_, Time{2});
    return judge.findings().size();
  };
  const NodeIndex one(0);
  const NodeIndex two(1);
  EXPECT_EQ(count({"data", "ext4", false, {{one, true}}}), 0U);
  EXPECT_EQ(count({"data", "ext4", false, {{one, true}, {two, true}}}), 1U);
  EXPECT_EQ(count({"data", "ext4", false, {{one, true}, {two, false}}}), 1U);
  EXPECT_EQ(count({"data", "ext4", false, {{one, false}, {two, false}}}), 0U);
  EXPECT_EQ(count({"data", "gfs2", true, {{one, true}, {two, true}}}), 0U);
}

TEST_F(Judges, DoubleMountFindsTheNextOneToo) {
  DoubleMount judge;
  const StorageUse twice{"data", "ext4", false, {{NodeIndex(0), true}, {NodeIndex(1), true}}};
  truth_.storage = {twice};
  judge.on_settled(truth_, Time{1});
  truth_.storage[0].users.pop_back();
  judge.on_settled(truth_, Time{2});
  truth_.storage = {twice};
  judge.on_settled(truth_, Time{3});
  ASSERT_EQ(judge.findings().size(), 2U);
  EXPECT_EQ(judge.findings()[1].text, "the ext4 of data is mounted on node0 and on node1");
}

TEST_F(Judges, AFailureOfAHealthyAddressIsFalse) {
  FalseFailure judge(kServices);
  added(judge, seconds(1));
  monitored(judge, seconds(10), 0);
  EXPECT_TRUE(judge.findings().empty());
  monitored(judge, seconds(20), 6);
  ASSERT_EQ(judge.findings().size(), 1U);
  EXPECT_EQ(judge.findings()[0].at, Time{} + seconds(20));
}

TEST_F(Judges, AFailureOfAnAddressThatIsGoneOrWasMovedMeanwhileIsNot) {
  FalseFailure judge(kServices);
  added(judge, seconds(1));
  removed(judge, seconds(15), true);
  monitored(judge, seconds(20), 7);
  added(judge, seconds(29) + milliseconds(990));
  monitored(judge, seconds(30), 7);
  monitored(judge, seconds(40), 7, "other");
  EXPECT_TRUE(judge.findings().empty());
}

TEST_F(Judges, AStopWithoutACauseIsNeedless) {
  NeedlessRecovery judge(kServices);
  added(judge, seconds(1));
  monitored(judge, minutes(30), 6);
  removed(judge, minutes(30) + milliseconds(40));
  ASSERT_EQ(judge.findings().size(), 1U);
  EXPECT_EQ(judge.findings()[0].text, "the cluster took 192.168.4.200 away though it was healthy and nobody had asked");
}

TEST_F(Judges, AStopAfterAFaultOrACommandIsNot) {
  for (const TraceKind cause :
       {TraceKind::kFault, TraceKind::kOperator, TraceKind::kCarrierLost, TraceKind::kNodeStop}) {
    NeedlessRecovery judge(kServices);
    added(judge, seconds(1));
    event(judge, minutes(30), cause, {{"text", "x"}});
    removed(judge, minutes(30) + seconds(20));
    EXPECT_TRUE(judge.findings().empty()) << trace_kind_name(cause);
  }
}

TEST_F(Judges, TheFaultItselfIsNoRecovery) {
  NeedlessRecovery judge(kServices);
  added(judge, seconds(1));
  removed(judge, minutes(30), true);
  EXPECT_TRUE(judge.findings().empty());
}

// A fault long ago excuses nothing, and neither does one before a false failure.
TEST_F(Judges, OldCausesExcuseNothing) {
  NeedlessRecovery old(kServices);
  added(old, seconds(1));
  event(old, minutes(1), TraceKind::kFault, {{"text", "x"}});
  removed(old, minutes(12));
  EXPECT_EQ(old.findings().size(), 1U);

  NeedlessRecovery deceived(kServices);
  added(deceived, seconds(1));
  event(deceived, minutes(1), TraceKind::kOperator, {{"text", "x"}});
  monitored(deceived, minutes(2), 6);
  removed(deceived, minutes(2) + milliseconds(50));
  EXPECT_EQ(deceived.findings().size(), 1U);
}

// What the cluster was told of explains until it has come to rest; then it explains nothing more.
TEST_F(Judges, ACauseEndsWhenTheClusterIsAtRest) {
  NeedlessRecovery judge(kServices);
  added(judge, seconds(1));
  event(judge, minutes(1), TraceKind::kOperator, {{"text", "crm resource move vip01"}});
  event(judge, minutes(1) + seconds(1), TraceKind::kControllerState, {{"to", "S_IDLE"}});
  removed(judge, minutes(1) + seconds(2));
  ASSERT_EQ(judge.findings().size(), 1U);

  NeedlessRecovery failed(kServices);
  added(failed, seconds(1));
  event(failed, minutes(5), TraceKind::kOperationFailed, {{"resource", "db"}, {"operation", "monitor"}});
  removed(failed, minutes(5) + milliseconds(50));
  EXPECT_TRUE(failed.findings().empty());
}

// Rules on time, and failures that are forgotten, are reasons of their own.
TEST_F(Judges, TimeAloneMayBeACause) {
  WatchedConfiguration configuration;
  configuration.time_conditions = [](Time at) { return std::vector<bool>{at >= Time{} + minutes(10)}; };
  configuration.failure_timeouts["db"] = minutes(30);
  const auto removed_at = [&](const WatchedConfiguration& watched, Duration at, bool failed) {
    NeedlessRecovery judge(kServices, watched);
    added(judge, seconds(1));
    if (failed) event(judge, seconds(2), TraceKind::kOperationFailed, {{"resource", "db"}, {"operation", "monitor"}});
    event(judge, seconds(3), TraceKind::kControllerState, {{"to", "S_IDLE"}});
    removed(judge, at);
    return judge.findings().size();
  };
  EXPECT_EQ(removed_at(configuration, minutes(9), true), 1U);
  EXPECT_EQ(removed_at(configuration, minutes(11), true), 0U);
  EXPECT_EQ(removed_at({}, minutes(11), true), 1U);
  configuration.time_conditions = {};
  EXPECT_EQ(removed_at(configuration, minutes(11), true), 1U);
  EXPECT_EQ(removed_at(configuration, minutes(31), true), 0U);
  EXPECT_EQ(removed_at(configuration, minutes(31), false), 1U);
}

void ended(TraceEvent& event, std::vector<TraceField>& fields, const char* resource, const char* operation, int rc) {
  fields = {{"resource", resource}, {"operation", operation}, {"interval", 0}, {"rc", rc},
            {"status", 0},          {"exec_ms", 10}};
  event.kind = TraceKind::kOperationEnd;
  event.fields = fields;
}

class ResourceJudges : public Judges {
 protected:
  void ends(Judge& judge, Duration at, unsigned node, const char* resource, const char* operation, int rc = 0) {
    TraceEvent event;
    std::vector<TraceField> fields;
    ended(event, fields, resource, operation, rc);
    event.at = Time{} + at;
    event.node = NodeIndex(static_cast<NodeIndex::rep>(node));
    judge.on_event(truth_, event, false);
  }
  void happens(Judge& judge, Duration at, unsigned node, TraceKind kind, std::vector<TraceField> fields) {
    judge.on_event(truth_, {Time{} + at, NodeIndex(static_cast<NodeIndex::rep>(node)), kind, fields}, false);
  }
};

// What someone loads while the cluster runs is judged from then on.
TEST_F(ResourceJudges, AnotherConfiguration) {
  Watch watch;
  watch.configuration.single = {"db", "web"};
  watch.configuration.orders = {{"db", "web"}};
  watch.configuration.colocations = {{"web", "db"}};
  watch.configuration.unfenced = {"db"};
  TwoActiveResources two({});
  StartBeforeUnfencing unfencing({});
  OrderInReality order({});
  ColocationInReality together({});
  NeedlessRecovery needless({});
  const std::vector<Judge*> judges = {&two, &unfencing, &order, &together, &needless};
  const auto go = [&] {
    for (Judge* judge : judges) {
      ends(*judge, seconds(1), 0, "db", "start");
      ends(*judge, seconds(2), 1, "db", "start");
      ends(*judge, seconds(3), 0, "db", "stop");
      ends(*judge, seconds(3), 1, "db", "stop");
      ends(*judge, seconds(4), 1, "web", "start");
      happens(*judge, seconds(5), 0, TraceKind::kControllerState, {{"to", "S_IDLE"}});
      ends(*judge, seconds(6), 1, "web", "stop");
    }
  };
  go();
  for (const Judge* judge : judges) EXPECT_TRUE(judge->findings().empty()) << judge->name();
  for (Judge* judge : judges) judge->on_configuration(watch);
  go();
  for (const Judge* judge : judges) EXPECT_FALSE(judge->findings().empty()) << judge->name();
}

TEST_F(ResourceJudges, AResourceOnTwoMachines) {
  TwoActiveResources judge({"db"});
  ends(judge, seconds(1), 0, "db", "start");
  ends(judge, seconds(2), 0, "db", "stop", 1);  // has not worked
  ends(judge, seconds(3), 1, "db", "start");
  ASSERT_EQ(judge.findings().size(), 1U);
  EXPECT_EQ(judge.findings()[0].text, "db is started on node1 and still runs on node0");
  ends(judge, seconds(4), 0, "clone", "start");
  ends(judge, seconds(5), 1, "clone", "start");
  EXPECT_EQ(judge.findings().size(), 1U);
}

TEST_F(ResourceJudges, StoppedOrWithoutPowerIsNotActive) {
  TwoActiveResources judge({"db"});
  ends(judge, seconds(1), 0, "db", "start");
  ends(judge, seconds(2), 0, "db", "stop");
  ends(judge, seconds(3), 1, "db", "start");
  happens(judge, seconds(4), 1, TraceKind::kNodeStop, {{"what", "power off"}});
  ends(judge, seconds(5), 0, "db", "start");
  EXPECT_TRUE(judge.findings().empty());
}

TEST_F(ResourceJudges, AStartBeforeFencingIsComplete) {
  StartBeforeFencing judge({"db"});
  ends(judge, seconds(1), 0, "db", "start");
  happens(judge, seconds(2), 1, TraceKind::kFencingRequest, {{"target", "node0"}});
  ends(judge, seconds(3), 1, "db", "start");
  ASSERT_EQ(judge.findings().size(), 1U);

  // The device says so, and has done nothing.
  StartBeforeFencing deceived({"db"});
  ends(deceived, seconds(1), 0, "db", "start");
  happens(deceived, seconds(2), 1, TraceKind::kFencingRequest, {{"target", "node0"}});
  happens(deceived, seconds(3), 1, TraceKind::kFencingResult, {{"target", "node0"}, {"ok", 1}});
  ends(deceived, seconds(4), 1, "db", "start");
  EXPECT_EQ(deceived.findings().size(), 1U);

  StartBeforeFencing good({"db"});
  ends(good, seconds(1), 0, "db", "start");
  happens(good, seconds(2), 1, TraceKind::kFencingRequest, {{"target", "node0"}});
  happens(good, seconds(3), 0, TraceKind::kNodeStop, {{"what", "power off"}});
  ends(good, seconds(4), 1, "db", "start");
  EXPECT_TRUE(good.findings().empty());
}

TEST_F(ResourceJudges, OrderAndColocation) {
  OrderInReality order(std::vector<WatchedPair>{{"disk", "db"}});
  ends(order, seconds(1), 0, "db", "start");
  EXPECT_EQ(order.findings().size(), 1U);
  ends(order, seconds(2), 0, "disk", "start");
  ends(order, seconds(3), 0, "disk", "stop");
  EXPECT_EQ(order.findings().size(), 2U);

  ColocationInReality colocation(std::vector<WatchedPair>{{"db", "disk"}});
  ends(colocation, seconds(1), 0, "disk", "start");
  ends(colocation, seconds(2), 1, "db", "start");
  EXPECT_EQ(colocation.findings().size(), 1U);
}

TEST_F(ResourceJudges, TheManagerAtTheEnd) {
  const auto manager = [](unsigned node, const char* state, bool dc, std::uint64_t cib) {
    return Truth::Manager{NodeIndex(static_cast<NodeIndex::rep>(node)), state, dc, "node0", {"node0", "node1"}, cib};
  };
  EqualReplicas replicas;
  OneDc one;
  Progress progress;
  truth_.manager_list = {manager(0, "S_IDLE", true, 1), manager(1, "S_NOT_DC", false, 1)};
  for (Judge* judge : std::initializer_list<Judge*>{&replicas, &one, &progress}) {
    judge->on_end(truth_, Time{} + minutes(10));
    EXPECT_TRUE(judge->findings().empty()) << judge->name();
  }
  truth_.manager_list = {manager(0, "S_TRANSITION_ENGINE", true, 1), manager(1, "S_NOT_DC", true, 2)};
  progress.on_end(truth_, Time{} + minutes(10));
  EXPECT_EQ(progress.findings().size(), 1U);
  one.on_end(truth_, Time{} + minutes(10));
  EXPECT_EQ(one.findings().size(), 2U);
  truth_.manager_list = {manager(0, "S_IDLE", true, 1), manager(1, "S_NOT_DC", false, 2)};
  replicas.on_end(truth_, Time{} + minutes(10));
  EXPECT_EQ(replicas.findings().size(), 1U);
}

// A long quiet time in the middle of a run counts as the end does; one good moment in it is enough.
TEST_F(ResourceJudges, TheManagerInEveryQuietPeriod) {
  const auto manager = [](const char* state, bool dc) {
    return Truth::Manager{NodeIndex(0), state, dc, "node0", {"node0"}, 1};
  };
  const auto run = [&](Judge& judge, const char* state, bool dc) {
    happens(judge, seconds(1), 0, TraceKind::kFault, {});
    truth_.manager_list = {manager(state, dc)};
    happens(judge, minutes(6), 0, TraceKind::kLog, {});
    happens(judge, minutes(7), 0, TraceKind::kLog, {});
    truth_.manager_list = {manager("S_ELECTION", false)};  // the next fault's doing
    happens(judge, minutes(8), 0, TraceKind::kFault, {});
  };
  Progress stuck;
  run(stuck, "S_TRANSITION_ENGINE", true);
  EXPECT_EQ(stuck.findings().size(), 1U);
  OneDc none;
  run(none, "S_ELECTION", false);
  EXPECT_EQ(none.findings().size(), 1U);
  Progress good;
  run(good, "S_IDLE", true);
  EXPECT_TRUE(good.findings().empty());
  OneDc one;
  run(one, "S_IDLE", true);
  EXPECT_TRUE(one.findings().empty());
}

TEST_F(Judges, TheMeterCountsOutagesExactly) {
  ServiceMeter meter(kServices);
  meter.settle(truth_, Time{});
  truth_.where = {{kNode, true, true}};
  meter.settle(truth_, Time{} + seconds(10));
  truth_.where = {{kNode, false}};  // no carrier: nobody hears it
  meter.settle(truth_, Time{} + seconds(20));
  truth_.where = {{kNode, true, true}};
  meter.settle(truth_, Time{} + seconds(23));
  truth_.where = {{kNode, true, false}};  // the machine stands still
  meter.settle(truth_, Time{} + seconds(30));
  truth_.where = {};
  meter.settle(truth_, Time{} + seconds(30) + milliseconds(500));
  meter.finish(Time{} + seconds(31));
  const ServiceMeasure& measure = meter.measures()[0];
  EXPECT_EQ(measure.first_up, Time{} + seconds(10));
  EXPECT_EQ(measure.down, seconds(4));
  EXPECT_EQ(measure.longest, seconds(3));
  EXPECT_EQ(measure.outages, 2);
  EXPECT_FALSE(measure.up);
}

TEST_F(Judges, AServiceThatNeverCameHasNoDowntime) {
  ServiceMeter meter(kServices);
  meter.finish(Time{} + hours(1));
  EXPECT_FALSE(meter.measures()[0].first_up);
  EXPECT_EQ(meter.measures()[0].down, Duration{});
}

// KN-15: while nodes are finding out what their ways carry, nothing is overdue.
TEST(Reformation, WaitsUntilTheWaysAreKnown) {
  Reformation judge(seconds(10));
  FakeTruth truth;
  truth.group_list = {{NodeIndex(0)}};  // which has no ring
  truth.known_from = Time{} + seconds(100);
  judge.on_settled(truth, Time{} + seconds(1));
  judge.on_end(truth, Time{} + seconds(109));
  EXPECT_TRUE(judge.findings().empty());
  judge.on_end(truth, Time{} + seconds(111));
  EXPECT_EQ(judge.findings().size(), 1U);
}

}  // namespace
}  // namespace simcluster::sim
