// mysql, nfsserver, pgsql, diskd, and the plugins that switch nothing.
#include "engine/agents/services.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/agents/fence_agents.h"
#include "engine/agents/programs.h"
#include "engine/agents/testing.h"

namespace simcluster::agents {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;
using testing::Contains;
using testing::ElementsAre;

Profile profile_with(std::string resource_agents, std::string pm_extras = "2.2") {
  StackVersions versions;
  versions.resource_agents = std::move(resource_agents);
  versions.pm_extras = std::move(pm_extras);
  return *make_profile(versions);
}

struct Services : testing::Test {
  int run(Program program, std::string_view action, Parameters parameters = {}, Duration interval = seconds(10)) {
    FakeProcess& process = host.start(program, fake_environment("agent", "r", action, interval, parameters, profile));
    const Time begun = host.now();
    while (!process.exit_code() && host.now() - begun < minutes(10)) host.run_until(host.now() + milliseconds(1));
    elapsed = host.now() - begun;
    return process.exit_code().value_or(-1);
  }
  std::int32_t pid_in(const std::string& file) { return std::stoi(host.files.at(file)); }
  // SIGKILL from outside.
  void kill(std::int32_t pid) { host.kill(pid); }

  FakeHost host;
  Profile profile = profile_with("3.9.7");
  Duration elapsed;
};

// A server that does not mind some signals: 28 alone, or those of a termination, too.
template <int Signal>
Task<int> plain_httpd_that_ignores(System& system) {
  if (Signal == 15) system.ignore_termination();
  for (;;) co_await system.sleep(hours(1));
}

constexpr const char* kMysqlPid = "/var/run/mysql/mysqld.pid";

// AT-4.9, with the words of resource-agents 4.12.
TEST_F(Services, ApacheStartsAndStops) {
  profile = profile_with("4.12.0");
  EXPECT_EQ(run(apache, "monitor"), 7);
  EXPECT_THAT(host.log, ElementsAre("INFO: apache not running"));
  EXPECT_EQ(run(apache, "stop"), 0);
  EXPECT_EQ(host.log.back(), "INFO: apache is not running.");
  host.log.clear();
  EXPECT_EQ(run(apache, "start"), 0);
  EXPECT_THAT(host.log, ElementsAre("INFO: apache not running",
                                    "INFO: waiting for apache /etc/httpd/conf/httpd.conf to come up"));
  EXPECT_EQ(elapsed.seconds(), 1) << "looked for once a second";
  EXPECT_EQ(run(apache, "start"), 0);
  EXPECT_THAT(host.log.back(), testing::StartsWith("INFO: apache already running (pid "));
  EXPECT_EQ(run(apache, "monitor"), 0);
  EXPECT_EQ(run(apache, "validate-all"), 0);
  EXPECT_EQ(run(apache, "status"), 3) << "as the real one, whatever its metadata says";
  host.log.clear();
  EXPECT_EQ(run(apache, "stop"), 0);
  EXPECT_THAT(host.log, ElementsAre(testing::StartsWith("INFO: Attempting graceful stop of apache PID "),
                                    "INFO: apache stopped."));
  EXPECT_EQ(run(apache, "monitor"), 7);
}

// AT-4.9: half of the time-out for a graceful stop, then SIGTERM and ten seconds.
TEST_F(Services, ApacheThatDoesNotStop) {
  profile = profile_with("4.12.0");
  const std::string pid_file = "/var/run/httpd-r.pid";
  FakeProcess& deaf = host.start(plain_httpd_that_ignores<28>, fake_environment("httpd", "", "", {}, {}, profile));
  host.run_until(host.now() + seconds(1));
  host.files[pid_file] = std::to_string(deaf.pid()) + "\n";
  EXPECT_EQ(run(apache, "stop", {{"CRM_meta_timeout", "8000"}}), 0);
  EXPECT_EQ(elapsed.seconds(), 5);
  EXPECT_THAT(host.log[1], testing::StartsWith("INFO: Killing apache PID "));
  FakeProcess& stuck = host.start(plain_httpd_that_ignores<15>, fake_environment("httpd", "", "", {}, {}, profile));
  host.run_until(host.now() + seconds(1));
  host.files[pid_file] = std::to_string(stuck.pid()) + "\n";
  EXPECT_EQ(run(apache, "stop"), 1);
  EXPECT_EQ(elapsed.seconds(), 20);
  EXPECT_EQ(host.log.back(), "ERROR: apache still running (" + std::to_string(stuck.pid()) + "). Killing pid failed.");
}

// AT-4.9: the page that a monitor asks for.
TEST_F(Services, ApacheMonitorsAPage) {
  profile = profile_with("4.12.0");
  EXPECT_EQ(run(apache, "start"), 0);
  host.files["/var/www/html/server-status"] = "nothing";
  EXPECT_EQ(run(apache, "monitor"), 1);
  EXPECT_EQ(host.log.back(), "ERROR: Failed to access httpd status page.");
  EXPECT_EQ(run(apache, "monitor", {{"testregex", "NOTH[a-z]+g"}}), 0);
  EXPECT_EQ(run(apache, "monitor", {{"OCF_CHECK_LEVEL", "10"}}), 6);
  EXPECT_EQ(host.log.back(), "ERROR: test regular expression or test url empty");
  const Parameters deep = {
      {"OCF_CHECK_LEVEL", "10"}, {"testurl", "http://localhost/app/ping?x=1"}, {"testregex10", "pong"}};
  EXPECT_EQ(run(apache, "monitor", deep), 1) << "404";
  host.files["/var/www/html/app/ping"] = "PONG\n";
  EXPECT_EQ(run(apache, "monitor", deep), 0);
  EXPECT_THAT(host.commands, Contains("wget http://localhost/app/ping?x=1"));
  kill(pid_in("/var/run/httpd-r.pid"));
  EXPECT_EQ(run(apache, "monitor", deep), 7);
}

// AT-4.9: nothing runs where there is no server.
TEST_F(Services, ApacheWithoutAServer) {
  profile = profile_with("4.12.0");
  host.faults["which /usr/sbin/httpd"] = {1, "", false};
  EXPECT_EQ(run(apache, "monitor", {}, {}), 7);
  EXPECT_THAT(host.log, ElementsAre("ERROR: apache httpd program not found",
                                    "INFO: environment is invalid, resource considered stopped"));
  EXPECT_EQ(run(apache, "stop"), 0);
  EXPECT_EQ(run(apache, "start"), 5);
  EXPECT_EQ(run(apache, "monitor"), 1);
  EXPECT_EQ(host.log.back(), "ERROR: environment is invalid, resource considered stopped");
}

// AT-4.8
TEST_F(Services, MysqlStartsAndStops) {
  EXPECT_EQ(run(mysql, "monitor"), 7);
  EXPECT_EQ(run(mysql, "stop"), 0);
  EXPECT_EQ(run(mysql, "start"), 0);
  EXPECT_EQ(run(mysql, "start"), 0);
  EXPECT_EQ(run(mysql, "monitor"), 0);
  EXPECT_EQ(run(mysql, "monitor", {{"OCF_CHECK_LEVEL", "10"}}), 0);
  EXPECT_THAT(host.commands, Contains(testing::HasSubstr("SELECT COUNT(*) FROM mysql.user")));
  EXPECT_EQ(run(mysql, "stop"), 0);
  EXPECT_EQ(run(mysql, "monitor"), 7);
}

// CM-14.17: a server that has just died.
TEST_F(Services, MysqlStopOfADeadServer) {
  for (const char* release : {"3.9.6", "3.9.7"}) {
    profile = profile_with(release);
    EXPECT_EQ(run(mysql, "start"), 0);
    kill(pid_in(kMysqlPid));
    EXPECT_EQ(run(mysql, "monitor"), 7);
    EXPECT_EQ(run(mysql, "stop"), profile.mysql_stop_of_dead_fails ? 1 : 0) << release;
    host.files.erase(kMysqlPid);
  }
}

TEST_F(Services, MysqlRoles) {
  const Parameters set = {{"CRM_meta_master_max", "1"}};
  EXPECT_EQ(run(mysql, "start", set), 0);
  EXPECT_EQ(host.attributes["master-r"], "1");
  EXPECT_EQ(run(mysql, "promote", set), 0);
  EXPECT_EQ(run(mysql, "monitor", set), 8);
  EXPECT_EQ(host.attributes["master-r"], "2");
  EXPECT_EQ(run(mysql, "demote", set), 0);
  EXPECT_EQ(run(mysql, "monitor", set), 0);
}

// AT-4.10, CM-14.18
TEST_F(Services, NfsThreadsThatAreLost) {
  const Parameters shared = {{"nfs_shared_infodir", "/nfs/info"}};
  for (const char* release : {"3.9.6", "3.9.7"}) {
    profile = profile_with(release);
    EXPECT_EQ(run(nfsserver, "monitor", shared), 7);
    EXPECT_EQ(run(nfsserver, "start", shared), 0);
    ASSERT_EQ(host.mounts.size(), 1U);
    EXPECT_EQ(host.mounts[0].directory, "/var/lib/nfs");
    EXPECT_EQ(run(nfsserver, "monitor", shared), 0);
    kill(pid_in("/var/run/resource-agents/nfsserver-r.nfsd"));
    EXPECT_EQ(run(nfsserver, "monitor", shared), profile.nfsserver_ignores_threads ? 0 : 7) << release;
    kill(pid_in("/var/run/resource-agents/nfsserver-r.rpc.statd"));
    EXPECT_NE(run(nfsserver, "monitor", shared), 0);
    EXPECT_EQ(run(nfsserver, "stop", shared), 0);
    EXPECT_TRUE(host.mounts.empty());
  }
}

// CM-9.15: told at the start and when it changes, after one repetition.
TEST_F(Services, DiskdTellsTheStateOfADisk) {
  const Parameters disk = {{"device", "/dev/sda"}};
  EXPECT_EQ(run(diskd, "monitor", disk), 7);
  EXPECT_EQ(run(diskd, "start", disk), 0);
  host.run_until(host.now() + seconds(1));
  EXPECT_EQ(host.attributes["diskcheck_status"], "normal");
  host.devices["/dev/sda"] = DeviceOutcome::kError;
  host.run_until(host.now() + seconds(40));
  EXPECT_EQ(host.attributes["diskcheck_status"], "ERROR");
  EXPECT_EQ(host.log.back(), "disk status is changed, attr_name=diskcheck_status, target=/dev/sda, new_status=ERROR");
  EXPECT_EQ(run(diskd, "monitor", disk), 0);
  EXPECT_EQ(run(diskd, "stop", disk), 0);
  EXPECT_FALSE(host.attributes.contains("diskcheck_status"));
  EXPECT_EQ(run(diskd, "start"), 6);
}

// AT-5.13: (1) all targets dead: taken for off; (2) a node without the service waits; (4) somebody else is to fence.
TEST_F(Services, StonithHelper) {
  const Parameters target = {{"nodename", "node2"},
                             {"hostlist", "node2"},
                             {"dead_check_target", "10.0.0.2 10.0.1.2"},
                             {"standby_check_command", "check"}};
  EXPECT_EQ(run(external_stonith_helper, "reboot", target), 0);
  EXPECT_EQ(host.log.back(), "all targets are dead.");
  host.answering_hosts["10.0.1.2"] = milliseconds(1);
  EXPECT_EQ(run(external_stonith_helper, "reboot", target), 1);
  EXPECT_LT(elapsed, seconds(3));
  host.faults["check"] = {1, "", false};
  EXPECT_EQ(run(external_stonith_helper, "reboot", target), 1);
  EXPECT_GE(elapsed, seconds(25));
  EXPECT_THAT(host.log, Contains("standby wait 25sec"));
  EXPECT_EQ(run(external_stonith_helper, "monitor", target), 0);
  EXPECT_EQ(run(external_stonith_helper, "on", target), 1);
  EXPECT_EQ(run(external_stonith_helper, "monitor", {{"hostlist", "node2"}}), 1);
}

TEST_F(Services, MeatwareWaitsForAHuman) {
  FakeProcess& plugin =
      host.start(meatware, fake_environment("meatware", "m", "reboot", {}, {{"nodename", "node2"}}, profile));
  host.run_until(host.now() + minutes(5));
  EXPECT_FALSE(plugin.exit_code().has_value());
  EXPECT_THAT(host.log, ElementsAre("OPERATOR INTERVENTION REQUIRED to reset node2.",
                                    "Run \"meatclient -c node2\" AFTER power-cycling the machine."));
  host.files[meatware_answer_file("node2")] = "";
  host.run_until(host.now() + seconds(2));
  EXPECT_EQ(plugin.exit_code(), 0);
  EXPECT_FALSE(host.files.contains(meatware_answer_file("node2")));
}

// CM-9.13
TEST_F(Services, IfcheckdTellsChangesOfLinks) {
  host.answering_hosts["10.0.0.2"] = milliseconds(1);
  Environment environment;
  environment.type = "ifcheckd";
  environment.arguments = {"node2-eth0", "10.0.0.2"};
  host.start(ifcheckd, environment);
  host.run_until(host.now() + minutes(1));
  EXPECT_EQ(host.attributes["node2-eth0"], "up");
  EXPECT_EQ(host.commands.size(), 1U);
  host.answering_hosts.clear();
  host.run_until(host.now() + seconds(20));
  EXPECT_EQ(host.attributes["node2-eth0"], "up");
  host.run_until(host.now() + seconds(20));
  EXPECT_EQ(host.attributes["node2-eth0"], "dead");
  EXPECT_EQ(host.commands.size(), 2U);
}

}  // namespace
}  // namespace simcluster::agents
