// Actions: lookup, adoption of nodes, relations (S5 chapters A, B and F).
#include "engine/scheduler/action.h"

#include <gtest/gtest.h>

#include "engine/scheduler/ordering.h"
#include "engine/scheduler/scheduler.h"

namespace simcluster::scheduler {
namespace {

class Actions : public ::testing::Test {
 protected:
  Actions() {
    auto parsed = cib::parse_document(
        "<cib validate-with=\"pacemaker-4.0\" admin_epoch=\"0\" epoch=\"0\" num_updates=\"0\" have-quorum=\"1\">"
        "<configuration><crm_config><cluster_property_set id=\"o\"><nvpair id=\"o1\" name=\"fencing-enabled\" "
        "value=\"false\"/></cluster_property_set></crm_config>"
        "<nodes><node id=\"1\" uname=\"n1\"/><node id=\"2\" uname=\"n2\"/></nodes><resources>"
        "<primitive id=\"db\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations>"
        "<op id=\"db-mon\" name=\"monitor\" interval=\"10s\" timeout=\"33s\"/></operations></primitive>"
        "<primitive id=\"vm\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><meta_attributes id=\"m\">"
        "<nvpair id=\"m1\" name=\"allow-migrate\" value=\"true\"/></meta_attributes></primitive>"
        "</resources><constraints/></configuration><status>"
        "<node_state id=\"1\" uname=\"n1\" in_ccm=\"true\" crmd=\"online\" join=\"member\" expected=\"member\"/>"
        "</status></cib>",
        "test");
    document_ = std::move(*parsed);
    Options options;
    options.now = 1'700'000'000;
    schedule_ = unpack(document_, options);
  }
  Model& model() { return *schedule_.model; }
  ResourceId db() { return find_resource(model(), "db"); }
  ResourceId vm() { return find_resource(model(), "vm"); }
  NodeId n1() { return find_node(model(), "n1"); }
  NodeId n2() { return find_node(model(), "n2"); }

  cib::Document document_;
  Schedule schedule_;
};

// S5 B-3 step 1, B-6.
TEST_F(Actions, RequestsFindTheOldestActionWithTheKey) {
  const ActionId first = request_action(model(), db(), Task::kStart, n1(), true).self;
  const ActionId second = request_action(model(), db(), Task::kStart, n2(), true).self;
  EXPECT_NE(first, second);
  EXPECT_EQ(request_action(model(), db(), Task::kStart, n2(), true).self, second);
  EXPECT_EQ(request_action(model(), db(), Task::kStart, NodeId(), true).self, first);
  EXPECT_EQ(request_action(model(), db(), "START", 0, n1(), true).self, first) << "keys ignore case (A-7)";
  EXPECT_EQ(model().actions.size(), 2U);
}

// S5 B-3 "a later request with a node adopts the node-less copy".
TEST_F(Actions, ActionsWithoutNodeAreAdopted) {
  const ActionId lone = request_action(model(), db(), Task::kStart, NodeId(), false).self;
  EXPECT_FALSE(model().actions[lone].runnable());
  EXPECT_EQ(request_action(model(), db(), Task::kStart, n1(), true).self, lone);
  EXPECT_EQ(model().actions[lone].node, n1());
  EXPECT_FALSE(model().actions[lone].optional()) << "an optional request never clears what is required (B-10)";
  EXPECT_TRUE(model().actions[lone].runnable());
}

// S5 B-11 step 2.
TEST_F(Actions, NothingRunsOnAnOfflineNode) {
  EXPECT_FALSE(request_action(model(), db(), Task::kStart, n2(), true).runnable());
  EXPECT_TRUE(request_action(model(), db(), Task::kStart, n1(), true).runnable());
}

// S5.
TEST_F(Actions, KeysAsText) {
  EXPECT_EQ(action_key(model(), request_action(model(), db(), "monitor", 10000, n1(), true)), "db_monitor_10000");
  EXPECT_EQ(action_key(model(), request_notification(model(), db(), "confirmed-post", "running", Task::kNotified,
                                                     NodeId(), true)),
            "db_confirmed-post_notify_running_0");
  EXPECT_EQ(action_key(model(), request_load_stopped(model(), n2())), "load_stopped_n2");
}

// S5 B-8: own definition, normalised; a probe borrows the timeout of the shortest monitor.
TEST_F(Actions, MetaAttributesAreNormalised) {
  Action& monitor = request_action(model(), db(), "monitor", 10000, n1(), true);
  EXPECT_EQ(action_meta(model(), monitor).get("timeout"), "33000");
  EXPECT_EQ(action_meta(model(), monitor).get("interval"), "10000");
  EXPECT_FALSE(action_meta(model(), monitor).contains("id"));
  EXPECT_EQ(action_meta(model(), request_action(model(), db(), Task::kMonitor, n1(), true)).get("timeout"), "33000");
  EXPECT_EQ(action_meta(model(), request_action(model(), vm(), Task::kStart, n1(), true)).get("timeout"), "20000");
}

// S5 D-14: the action object stays, its task changes.
TEST_F(Actions, CancellationReusesTheMonitor) {
  const ActionId monitor = request_action(model(), db(), "monitor", 10000, n1(), true).self;
  EXPECT_EQ(newest_action(model(), model().resource(db()), Task::kMonitor), monitor);
  const Action& cancel = request_cancel(model(), db(), "monitor", 10000, n1());
  EXPECT_EQ(cancel.self, monitor);
  EXPECT_FALSE(newest_action(model(), model().resource(db()), Task::kMonitor).valid());
  EXPECT_EQ(newest_action(model(), model().resource(db()), Task::kCancel), monitor);
  EXPECT_EQ(action_key(model(), cancel), "db_monitor_10000");
  EXPECT_EQ(cancel.meta.get("operation"), "monitor");
}

// S5 F-2: a relation that shares a flag with an earlier one of the pair is not added.
TEST_F(Actions, RelationsAreAddedOncePerFlag) {
  ActionTable& actions = model().actions;
  const ActionId stop = request_action(model(), db(), Task::kStop, n1(), true).self;
  const ActionId start = request_action(model(), db(), Task::kStart, n1(), true).self;
  EXPECT_TRUE(actions.relate(stop, start, relation::kOrdered | relation::kFirstImpliesThen));
  EXPECT_FALSE(actions.relate(stop, start, relation::kOrdered | relation::kRestart));
  EXPECT_TRUE(actions.relate(stop, start, relation::kRestart));
  EXPECT_FALSE(actions.relate(stop, start, relation::kNone));
  EXPECT_FALSE(actions.relate(ActionId(), start, relation::kOrdered));
  const Relation& newest = actions.relation(actions[start].before);
  EXPECT_EQ(newest.flags, relation::kRestart);
  EXPECT_EQ(actions.relation(newest.next).flags, relation::kOrdered | relation::kFirstImpliesThen);
}

// S5 F-12: ordering a start before that of something that migrates orders the migration too.
TEST_F(Actions, OrderingsHaveMigrationCompanions) {
  order(model(), db(), Task::kStart, vm(), Task::kStart, relation::kOrdered);
  ASSERT_EQ(model().orderings.size(), 2U);
  EXPECT_EQ(model().orderings[1].then.key_task, model().actions.key_task(Task::kMigrateTo));
  order(model(), db(), Task::kStart, db(), Task::kStop, relation::kOrdered);
  EXPECT_EQ(model().orderings.size(), 3U);
}

// S5 A-6.
TEST(Task, NamesAndFolding) {
  EXPECT_EQ(parse_task("running"), Task::kStarted);
  EXPECT_EQ(plain_task(Task::kStarted), Task::kStart);
  EXPECT_EQ(plain_task(Task::kNotified), Task::kNotified);
  EXPECT_EQ(completed_task(Task::kPromote), Task::kPromoted);
  EXPECT_EQ(task_name(Task::kFence), "stonith");
  EXPECT_EQ(parse_task("load_stopped_n1"), Task::kUnspecified);
}

}  // namespace
}  // namespace simcluster::scheduler
