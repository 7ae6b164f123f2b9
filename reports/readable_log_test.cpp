// AT-10.3, AT-10.1: every row of the readable event log, the rule of the fail-over block, and the forms of log files.
#include "reports/readable_log.h"

#include <initializer_list>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/node_logs.h"

namespace simcluster::reports {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Time kAt{1'388'016'398'301'000'000};  // 2013-12-26 00:06:38.301

class ReadableLogTest : public ::testing::Test {
 protected:
  void happens(TraceKind kind, std::initializer_list<TraceField> fields, int node = 0) {
    const std::vector<TraceField> all(fields);
    log_.on_trace({kAt, NodeIndex(static_cast<NodeIndex::rep>(node)), kind, all});
  }
  void logs(std::string_view daemon, std::string_view text, int node = 0) {
    happens(TraceKind::kLog, {{"daemon", daemon}, {"priority", "info"}, {"text", text}}, node);
  }
  // What one log line becomes.
  std::vector<std::string> of(std::string_view text, std::string_view daemon = "crmd") {
    lines_.clear();
    logs(daemon, text);
    return lines_;
  }

  std::vector<std::string> lines_;
  ReadableLog log_{{"node1", "node2"}, {}, [this](const TraceEvent&, std::string_view severity, std::string_view text) {
                     lines_.push_back(fmt::format("{}: {}", severity, text));
                   }};
};

TEST_F(ReadableLogTest, StartAndStop) {
  EXPECT_THAT(of("[MAIN  ] Corosync Cluster Engine ('1.4.6'): started and ready to provide service."),
              ElementsAre("info: Starting Corosync 1.4.6."));
  EXPECT_THAT(of("[MAIN  ] Corosync Cluster Engine 3.1.7 starting up"), ElementsAre("info: Starting Corosync 3.1.7."));
  EXPECT_THAT(of("Starting Pacemaker 1.1.14-1.1"), ElementsAre("info: Starting Pacemaker 1.1.14-1.1."));
  EXPECT_THAT(of("Shutting down Pacemaker"), ElementsAre("info: Pacemaker is shutting down."));
  EXPECT_THAT(of("Shutdown complete"), ElementsAre("info: Pacemaker shutdown complete."));
  EXPECT_THAT(of("[MAIN  ] Node was shut down by a signal"), ElementsAre("info: Corosync is shutting down."));
  EXPECT_THAT(of("[MAIN  ] Corosync Cluster Engine exiting normally"),
              ElementsAre("info: Corosync shutdown complete."));
  EXPECT_THAT(of("handle_shutdown_request: Creating shutdown request for node2 (state=S_IDLE)"),
              ElementsAre("info: Pacemaker on node2 is shutting down."));
}

TEST_F(ReadableLogTest, Processes) {
  EXPECT_THAT(of("Forked child 1004 for process attrd"), ElementsAre("info: Start \"attrd\" process. (pid=1004)"));
  EXPECT_THAT(of("[pcmk  ] info: spawn_child: Forked child 1001 for process cib"),
              ElementsAre("info: Start \"cib\" process. (pid=1001)"));
  EXPECT_THAT(of("attrd[1004] exited with status 1 (Error occurred)"),
              ElementsAre("error: Managed \"attrd\" process exited. (pid=1004, rc=1)"));
  EXPECT_THAT(of("attrd[1004] terminated with signal 9 (Killed)"),
              ElementsAre("error: Managed \"attrd\" process terminated with signal 9. (pid=1004)"));
  EXPECT_THAT(of("Child respawn count exceeded by attrd"), ElementsAre("error: Respawn count exceeded by \"attrd\"."));
  EXPECT_THAT(of("Stopping attrd | sent signal 15 to process 1004"), IsEmpty());
  EXPECT_THAT(of("attrd[1004] exited with status 0 (OK)"),
              ElementsAre("info: Stop \"attrd\" process normally. (pid=1004)"));
}

TEST_F(ReadableLogTest, MembershipAndDc) {
  EXPECT_THAT(of("crm_update_peer: Node node2: id=2 state=lost (new)"), ElementsAre("warning: Node node2 is lost"));
  EXPECT_THAT(of("Node node2[2] - state is now lost (was member)"), ElementsAre("warning: Node node2 is lost"));
  EXPECT_THAT(of("Node node2 state is now lost | nodeid=2 previous=member source=x"),
              ElementsAre("warning: Node node2 is lost"));
  EXPECT_THAT(of("Node node2 state is now member"), ElementsAre("info: Node node2 is member"));
  EXPECT_THAT(of("update_dc: Set DC to node1 (3.0.1)"), ElementsAre("info: Set DC node to node1."));
  EXPECT_THAT(of("update_dc: Unset DC. Was node1"), ElementsAre("info: Unset DC node node1."));
  EXPECT_THAT(of("Unset DC (was node1)"), ElementsAre("info: Unset DC node node1."));
}

TEST_F(ReadableLogTest, ActionsAndResults) {
  EXPECT_THAT(of("do_lrm_rsc_op: Performing key=5:1:0:u op=p_ip_start_0"),
              ElementsAre("info: Resource p_ip tries to start."));
  EXPECT_THAT(of("Requesting local execution of migrate_to operation for vm on node1 | transition_key=1 "
                 "op_key=vm_migrate_to_0"),
              ElementsAre("info: Resource vm tries to migrate_to."));
  EXPECT_THAT(of("do_lrm_rsc_op: Performing key=5:1:0:u op=p_ip_monitor_10000"), IsEmpty());
  EXPECT_THAT(of("process_lrm_event: LRM operation p_ip_stop_0 (call=4, rc=0, cib-update=20, confirmed=true) ok"),
              ElementsAre("info: Resource p_ip stopped. (rc=0) ok"));
  EXPECT_THAT(of("Operation m_promote_0: ok (node=node1, call=4, rc=0, cib-update=20, confirmed=true)"),
              ElementsAre("info: Resource m promoted. (rc=0) ok"));
  EXPECT_THAT(of("Result of migrate_from operation for vm on node1: ok | rc=0 call=4"),
              ElementsAre("info: Resource vm migrated_from. (rc=0) ok"));
  EXPECT_THAT(of("Result of monitor operation for vm on node1: ok | rc=0 call=4"), IsEmpty());
}

TEST_F(ReadableLogTest, Failures) {
  const auto fails = [&](std::string_view operation, int rc, std::string_view text, std::string_view status) {
    lines_.clear();
    happens(
        TraceKind::kOperationFailed,
        {{"resource", "r"}, {"operation", operation}, {"interval", 0}, {"rc", rc}, {"text", text}, {"status", status}});
    return lines_;
  };
  EXPECT_THAT(fails("start", 1, "unknown error", "complete"),
              ElementsAre("error: Resource r failed to start. (rc=1) unknown error"));
  EXPECT_THAT(fails("stop", 1, "unknown error", "Timed Out"),
              ElementsAre("error: Resource r failed to stop. (Timed Out)"));
  EXPECT_THAT(fails("monitor", 7, "not running", "complete"),
              ElementsAre("error: Resource r does not work. (rc=7) not running"));
  EXPECT_THAT(fails("monitor", 6, "not configured", "complete"),
              ElementsAre("error: Resource r failed to monitor. (rc=6) not configured"));
  EXPECT_THAT(fails("monitor", 1, "unknown error", "Timed out"),
              ElementsAre("error: Resource r failed to monitor. (Timed Out)"));
}

TEST_F(ReadableLogTest, RingsPingsDisksAndAttributes) {
  EXPECT_THAT(of("[TOTEM ] Marking ringid 1 interface 10.0.0.1 FAULTY"),
              ElementsAre("warning: Ring number 1 is FAULTY (interface 10.0.0.1)."));
  EXPECT_THAT(of("[TOTEM ] Marking seqid 77 ringid 0 interface 10.0.0.1 FAULTY"),
              ElementsAre("warning: Ring number 0 is FAULTY (interface 10.0.0.1)."));
  EXPECT_THAT(of("[TOTEM ] Automatically recovered ring 1"), ElementsAre("info: Ring number 1 is recovered."));
  EXPECT_THAT(of("WARNING: 10.0.0.9 is inactive: PING 10.0.0.9", "ping(prmPing)[1002]"),
              ElementsAre("error: Network to 10.0.0.9 is unreachable."));
  EXPECT_THAT(of("disk status is changed, attr_name=diskcheck_status, target=/dev/sda, new_status=ERROR", "diskd[9]"),
              ElementsAre("error: Disk connection to /dev/sda is ERROR. (attr_name=diskcheck_status)"));
  EXPECT_THAT(of("Setting pingd[node1]: 100 -> 0 from node1", "attrd"),
              ElementsAre("info: Attribute \"pingd\" is updated to \"0\" at \"node1\"."));
  EXPECT_THAT(of("Setting pingd[node1]: 100 -> (unset) from node1", "attrd"),
              ElementsAre("info: Attribute \"pingd\" is deleted at \"node1\"."));
}

TEST_F(ReadableLogTest, Fencing) {
  EXPECT_THAT(of("te_fence_node: Executing reboot fencing operation (12) on node2 (timeout=60000)"),
              ElementsAre("info: Try to STONITH (reboot) node2."));
  EXPECT_THAT(of("Requesting fencing (reboot) targeting node node2 | action=12 timeout=60000"),
              ElementsAre("info: Try to STONITH (reboot) node2."));
  EXPECT_THAT(of("Requesting that node1 perform 'reboot' action targeting node2 using f2 | for client x.1 (72s)"),
              ElementsAre("info: Try to execute STONITH device f2 on node1 for reboot node2."));
  EXPECT_THAT(of("Operation 'reboot' [1031] targeting node2 using f2 returned 0 | call 2 from x.1"),
              ElementsAre("info: Succeeded to execute STONITH device f2 for node2."));
  EXPECT_THAT(of("Operation 'reboot' [1031] targeting node2 using f2 returned 1 | call 2 from x.1"),
              ElementsAre("error: Failed to execute STONITH device f2 for node2."));
  EXPECT_THAT(of("Operation 'reboot' [1031] targeting node2 using f2 could not be executed: Timed Out (...) | call 2"),
              ElementsAre("error: Failed to execute STONITH device f2 for node2."));
  EXPECT_THAT(of("Peer node2 was terminated (reboot) by node1 on behalf of crmd.1@node1: OK"),
              ElementsAre("info: Succeeded to STONITH (reboot) node2 by node1."));
  EXPECT_THAT(of("Peer node2 was terminated (off) by a human on behalf of x.1@node1: OK"),
              ElementsAre("info: Succeeded to STONITH (off) node2 by a human."));
  EXPECT_THAT(of("Peer node2 was not terminated (reboot) by node1 on behalf of crmd.1@node1: no"),
              ElementsAre("error: Failed to STONITH (reboot) node2 by node1."));
  EXPECT_THAT(of("Too many failures (11) to fence node2, giving up"),
              ElementsAre("error: Too many failures to STONITH node2."));
}

// The block opens for a loss or a failure, not for the first start or a node that leaves as asked, and closes when the
// DC is idle.
TEST_F(ReadableLogTest, FailOver) {
  const auto idle = [this] {
    happens(TraceKind::kControllerState, {{"from", "S_TRANSITION_ENGINE"}, {"to", "S_IDLE"}});
  };
  logs("crmd", "Set DC to node1 (3.0.10)");
  lines_.clear();
  logs("pengine", "Calculated Transition 0: /x");
  happens(TraceKind::kResourceStarted, {{"resource", "a"}}, 1);
  idle();
  EXPECT_THAT(lines_, IsEmpty());
  logs("crmd", "Creating shutdown request for node2 (state=S_IDLE)");
  logs("crmd", "Node node2[2] - state is now lost (was member)");
  lines_.clear();
  logs("pengine", "Calculated Transition 1: /x");
  idle();
  EXPECT_THAT(lines_, IsEmpty());

  logs("crmd", "Updating failcount for a on node2 after failed monitor: rc=7 (update=value++, time=1)");
  logs("pengine", "Calculated Transition 2: /x");
  happens(TraceKind::kResourceStopped, {{"resource", "a"}}, 1);
  happens(TraceKind::kResourceStarted, {{"resource", "a"}}, 0);
  idle();
  EXPECT_THAT(lines_, ElementsAre("error: Start to fail-over.", "info: Resource a : Move node2 -> node1",
                                  "info: fail-over succeeded."));
  lines_.clear();
  logs("crmd", "Node node2[2] - state is now lost (was member)");
  logs("pengine", "process_pe_message: Transition 3: PEngine Input stored in: /x");
  happens(TraceKind::kResourceStopped, {{"resource", "a"}}, 0);
  idle();
  EXPECT_THAT(lines_, ElementsAre("warning: Node node2 is lost", "error: Start to fail-over.",
                                  "error: Resource a : Stopped", "error: fail-over failed."));
}

// A resource that could not be stopped is the operators' business, until it has been started or stopped somewhere, or
// its node has lost its power.
TEST_F(ReadableLogTest, UnmanagedResources) {
  const auto fail_over = [this] {
    logs("crmd", "Updating failcount for a on node2 after failed monitor: rc=7 (update=value++, time=1)");
    logs("pengine",
         "process_pe_message: Transition 3: WARNINGs found during PE processing. PEngine Input stored in: /x");
    lines_.clear();
    happens(TraceKind::kControllerState, {{"from", "S_TRANSITION_ENGINE"}, {"to", "S_IDLE"}});
    return lines_;
  };
  const auto stop_fails = [this] {
    happens(TraceKind::kOperationFailed,
            {{"resource", "a"}, {"operation", "stop"}, {"interval", 0}, {"rc", 1}, {"text", "unknown error"}}, 1);
  };
  happens(TraceKind::kResourceStarted, {{"resource", "a"}}, 1);
  stop_fails();
  EXPECT_THAT(fail_over(), ElementsAre("info: Resource a : Started on node2", "error: Unmanaged resource exists.",
                                       "info: fail-over succeeded."));
  happens(TraceKind::kNodeReset, {}, 1);
  EXPECT_THAT(fail_over(), ElementsAre("error: Resource a : Stopped", "error: fail-over failed."));
  stop_fails();
  happens(TraceKind::kResourceStopped, {{"resource", "a"}}, 1);
  EXPECT_THAT(fail_over(), ElementsAre("error: Resource a : Stopped", "error: fail-over failed."));
}

// pm_logconv.conf: a fail-over is about what act_rsc names.
TEST(ReadableLogSettings, WatchList) {
  const auto watch = read_watch_list(
      "[Settings]\n# act_rsc = x\nha_log_path = /var/log/ha-log\nact_rsc = prmDb , prmIp,\n\n", "pm_logconv.conf");
  ASSERT_TRUE(watch);
  ASSERT_EQ(watch->size(), 2U);
  EXPECT_EQ((*watch)[0].id, "prmDb");
  EXPECT_THAT((*watch)[1].primitives, ElementsAre("prmIp"));
  EXPECT_THAT(read_watch_list("", "f").value(), IsEmpty());
  const auto wrong = read_watch_list("[Settings]\nact_rsc\n", "f");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().text(), "f:2: \"act_rsc\" is no setting of pm_logconv (expected NAME = VALUE)");
}

TEST_F(ReadableLogTest, OnlyWhatIsWatched) {
  std::vector<std::string> lines;
  ReadableLog log({"node1", "node2"}, {{{"b", {"b"}}}},
                  [&](const TraceEvent&, std::string_view, std::string_view text) { lines.emplace_back(text); });
  const auto happens_there = [&](TraceKind kind, const std::vector<TraceField>& fields) {
    log.on_trace({kAt, NodeIndex(0), kind, fields});
  };
  happens_there(TraceKind::kResourceStarted, {{"resource", "a"}});
  happens_there(TraceKind::kResourceStarted, {{"resource", "b"}});
  happens_there(TraceKind::kLog, {{"daemon", "crmd"},
                                  {"priority", "info"},
                                  {"text", "Updating failcount for a on node1 after failed monitor: rc=7 (x)"}});
  happens_there(TraceKind::kLog,
                {{"daemon", "pengine"}, {"priority", "info"}, {"text", "Calculated Transition 2: /x"}});
  happens_there(TraceKind::kControllerState, {{"from", "S_TRANSITION_ENGINE"}, {"to", "S_IDLE"}});
  EXPECT_THAT(lines, ElementsAre("Start to fail-over.", "Resource b : Started on node1", "fail-over succeeded."));
}

class NodeLogsTest : public ::testing::Test {
 protected:
  // "file: line" of what these fields become under a release.
  std::vector<std::string> of(const char* pacemaker, std::initializer_list<TraceField> fields) {
    StackVersions versions;
    versions.pacemaker = pacemaker;
    std::vector<std::string> lines;
    NodeLogs logs({{"node1", make_profile(versions).value()}},
                  [&](std::size_t, std::string_view file, std::string_view line) {
                    lines.push_back(fmt::format("{}: {}", file, line));
                  });
    const std::vector<TraceField> forked = {{"daemon", "pacemakerd"},
                                            {"priority", "info"},
                                            {"text", "Forked child 1016 for process pacemaker-controld"},
                                            {"to", "detail"}};
    logs.on_trace({kAt, NodeIndex(0), TraceKind::kLog, forked});
    lines.clear();
    const std::vector<TraceField> all(fields);
    logs.on_trace({kAt, NodeIndex(0), TraceKind::kLog, all});
    return lines;
  }
};

TEST_F(NodeLogsTest, FormsOfReleases) {
  EXPECT_THAT(of("1.0.12", {{"daemon", "pengine"}, {"priority", "warning"}, {"text", "unpack_rsc_op: Processing"}}),
              ElementsAre("messages: Dec 26 00:06:38 node1 pengine: [1000]: WARN: unpack_rsc_op: Processing",
                          "corosync.log: Dec 26 00:06:38 node1 pengine: [1000]: WARN: unpack_rsc_op: Processing"));
  EXPECT_THAT(
      of("2.1.5", {{"daemon", "pacemaker-controld"},
                   {"priority", "notice"},
                   {"text", "Node node2 state is now lost | nodeid=2"},
                   {"function", "update_peer_state_iter"}}),
      ElementsAre("pm_logconv.out: Dec 26 00:06:38 node1 warning: Node node2 is lost",
                  "messages: Dec 26 00:06:38 node1 pacemaker-controld[1016]: notice: Node node2 state is now lost",
                  "pacemaker.log: Dec 26 00:06:38.301 node1 pacemaker-controld  [1016] "
                  "(update_peer_state_iter) \tnotice: Node node2 state is now lost | nodeid=2"));
  EXPECT_THAT(of("2.1.5", {{"daemon", "pacemaker-controld"}, {"priority", "info"}, {"text", "x"}, {"to", "detail"}}),
              ElementsAre("pacemaker.log: Dec 26 00:06:38.301 node1 pacemaker-controld  [1016] (main) \tinfo: x"));
  EXPECT_THAT(of("1.0.12", {{"daemon", "IPaddr2(vip)[31269]"}, {"priority", "err"}, {"text", "ERROR: no"}}),
              ElementsAre("messages: Dec 26 00:06:38 node1 IPaddr2(vip)[31269]: ERROR: no"));
}

}  // namespace
}  // namespace simcluster::reports
