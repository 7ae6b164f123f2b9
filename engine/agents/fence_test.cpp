// The fence agents where nobody answers, and what they ask for (AT-5.3 to AT-5.5). How they work with a management host
// is shown by scenarios/fencing.
#include "engine/agents/fence.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/agents/fence_agents.h"
#include "engine/agents/registry.h"
#include "engine/agents/testing.h"

namespace simcluster::agents {
namespace {

using ::testing::HasSubstr;

Environment environment(std::string action, std::vector<std::pair<std::string, std::string>> parameters) {
  Environment made;
  made.standard = "stonith";
  made.type = "fence_vbox";
  made.action = std::move(action);
  made.parameters = std::move(parameters);
  made.profile = make_profile(StackVersions{}).value();
  return made;
}

int run(FakeHost& host, Program program, Environment made, std::string& error) {
  FakeProcess& process = host.start(program, std::move(made));
  host.run();
  error = process.process().error_output();
  return process.exit_code().value_or(-1);
}

// AT-5.5: nobody there.
TEST(FenceAgents, NoConnection) {
  FakeHost host;
  std::string error;
  const int rc =
      run(host, fence_vbox,
          environment("status", {{"ipaddr", "10.0.0.9"}, {"login", "u"}, {"passwd", "p"}, {"port", "vm"}}), error);
  EXPECT_EQ(rc, 1);
  EXPECT_THAT(error, HasSubstr("ERROR: Unable to connect/login to fencing device"));
}

// AT-5.5: usage errors, in the order in which the agents look (fence-agents 4.12).
TEST(FenceAgents, UsageErrors) {
  FakeHost host;
  std::string error;
  EXPECT_EQ(run(host, fence_vbox, environment("off", {}), error), 1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to set login name"));
  EXPECT_THAT(error, HasSubstr("Please use '-h' for usage"));
  EXPECT_EQ(run(host, fence_vbox, environment("off", {{"username", "u"}, {"password", "p"}}), error), 1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to enter fence address"));
  EXPECT_EQ(run(host, fence_vbox, environment("off", {{"ip", "10.0.0.9"}, {"username", "u"}}), error), 1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to enter password or password script"));
  EXPECT_EQ(run(host, fence_vbox, environment("off", {{"ip", "1.1.1.1"}, {"username", "u"}, {"password", "p"}}), error),
            1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to enter plug number or machine identification"));
}

// AT-5.2: old and new names of the keys, and what is on or off. AT-5.3: the defaults.
TEST(FenceAgents, Options) {
  const FenceOptions old = read_fence_options(
      environment("off", {{"ipaddr", "a"}, {"login", "l"}, {"passwd", "p"}, {"port", "n"}, {"missing_as_off", "yes"}}));
  const FenceOptions now = read_fence_options(
      environment("off", {{"ip", "a"}, {"username", "l"}, {"password", "p"}, {"plug", "n"}, {"missing_as_off", "1"}}));
  for (const FenceOptions& options : {old, now}) {
    EXPECT_EQ(options.address + options.login + options.password + options.plug, "alpn");
    EXPECT_TRUE(options.missing_as_off);
  }
  for (const char* no : {"0", "no", "off", "false"})
    EXPECT_FALSE(read_fence_options(environment("off", {{"missing_as_off", no}})).missing_as_off) << no;
  const FenceOptions defaults = read_fence_options(environment("off", {}));
  EXPECT_EQ(defaults.power_timeout, seconds(20));
  EXPECT_EQ(defaults.power_wait, Duration{});
  EXPECT_EQ(defaults.login_timeout, seconds(5));
  EXPECT_EQ(defaults.shell_timeout, seconds(3));
  EXPECT_EQ(defaults.delay, Duration{});
  EXPECT_EQ(defaults.retry_on, 1);
  EXPECT_FALSE(defaults.missing_as_off);
}

// AT-5.2: in the words of fence_ipmilan 4.12.
TEST(FenceAgents, UnknownOptions) {
  FakeHost host;
  std::string error;
  host.remote_answers["bmc"] = "Chassis Power is on";
  std::vector<std::pair<std::string, std::string>> parameters = {{"action", "status"},
                                                                 {"ip", "bmc"},
                                                                 {"username", "u"},
                                                                 {"password", "p"},
                                                                 {"nodename", "n1"},
                                                                 {"plug", "x"},
                                                                 {"CRM_meta_timeout", "20000"},
                                                                 {"crm_feature_set", "3.16.2"},
                                                                 {"pcmk_host_list", "n1"}};
  EXPECT_EQ(run(host, fence_ipmilan, environment("status", parameters), error), 0);
  EXPECT_EQ(error, "");
  parameters.emplace_back("foo", "bar");
  EXPECT_EQ(run(host, fence_ipmilan, environment("status", parameters), error), 0);
  EXPECT_EQ(error, "WARNING:root:Parse error: Ignoring unknown option 'foo=bar'\n\n");
  EXPECT_EQ(run(host, fence_vbox, environment("status", {{"lanplus", "1"}}), error), 1);
  EXPECT_THAT(error, HasSubstr("Ignoring unknown option 'lanplus=1'"));
  EXPECT_EQ(run(host, fence_scsi, environment("status", {{"lanplus", "1"}}), error), 1);
  EXPECT_THAT(error, HasSubstr("Ignoring unknown option 'lanplus=1'"));
}

// A device as a test wants it.
class Switch final : public FenceDevice {
 public:
  Task<bool> log_in(System&) override { co_return reachable; }
  Task<PowerState> state(System&) override {
    ++asked;
    co_return now;
  }
  Task<bool> set(System&, bool on) override {
    calls += on ? "on " : "off ";
    if (on ? comes_on : goes_off) now = on ? PowerState::kOn : PowerState::kOff;
    co_return true;
  }
  Task<std::vector<Plug>> list(System&) override {
    co_return std::vector<Plug>{{"p1", "alias", true}, {"p2", "", false}};
  }
  bool has_plugs() const override { return plugs; }
  std::string_view unknown_plug() const override { return "Failed: no such plug"; }

  PowerState now = PowerState::kOn;
  bool reachable = true;
  bool comes_on = true;
  bool goes_off = true;
  bool plugs = true;
  int asked = 0;
  std::string calls;
};

Switch* the_switch = nullptr;
Task<int> act_on_switch(System& system) {
  const FenceOptions options = read_fence_options(system.environment());
  co_return co_await run_fence_agent(system, *the_switch, options);
}

struct Outcome {
  int rc = -1;
  std::string output;
  std::string error;
  std::int64_t seconds = 0;
};

Outcome act(Switch& device, std::string action, std::vector<std::pair<std::string, std::string>> more = {}) {
  FakeHost host;
  the_switch = &device;
  std::vector<std::pair<std::string, std::string>> parameters = {
      {"ip", "10.0.0.9"}, {"username", "u"}, {"password", "p"}, {"plug", "p1"}};
  parameters.insert(parameters.end(), more.begin(), more.end());
  const Time start = host.now();
  FakeProcess& process = host.start(act_on_switch, environment(std::move(action), std::move(parameters)));
  host.run();
  return {process.exit_code().value_or(-1), std::string(process.process().output()),
          std::string(process.process().error_output()), (host.now() - start).seconds()};
}

// AT-5.4, AT-5.5: what each action prints, and how it ends.
TEST(FenceAgents, OutputsAndStatuses) {
  Switch device;
  Outcome done = act(device, "status");
  EXPECT_EQ(done.rc, 0);
  EXPECT_EQ(done.output, "Status: ON\n");
  EXPECT_EQ(act(device, "on").output, "Success: Already ON\n");
  EXPECT_EQ(act(device, "reboot").output, "Success: Rebooted\n");
  EXPECT_EQ(device.calls, "off on ");
  EXPECT_EQ(act(device, "off").output, "Success: Powered OFF\n");
  EXPECT_EQ(act(device, "off").output, "Success: Already OFF\n");
  done = act(device, "status");
  EXPECT_EQ(done.rc, 2);
  EXPECT_EQ(done.output, "Status: OFF\n");
  EXPECT_EQ(act(device, "on").output, "Success: Powered ON\n");
  EXPECT_EQ(act(device, "list").output, "p1,alias\np2,\n");
  EXPECT_EQ(act(device, "list-status").output, "p1,alias,ON\np2,,OFF\n");
  done = act(device, "monitor");
  EXPECT_EQ(done.rc, 0);
  EXPECT_EQ(done.output, "");
  device.plugs = false;
  device.now = PowerState::kOff;
  EXPECT_EQ(act(device, "monitor").rc, 0) << "whether on or off (fence_ipmilan 4.12)";
  device.now = PowerState::kUnknown;
  done = act(device, "status");
  EXPECT_EQ(done.rc, 1);
  EXPECT_THAT(done.error, HasSubstr("Failed: no such plug"));
  EXPECT_EQ(act(device, "status", {{"missing_as_off", "1"}}).rc, 2);
  device.reachable = false;
  EXPECT_EQ(act(device, "status").rc, 1);
  EXPECT_EQ(act(device, "nonsense").rc, 1);
}

// AT-5.6: how long it is waited, and how often tried.
TEST(FenceAgents, TheAlgorithm) {
  Switch device;
  EXPECT_EQ(act(device, "off", {{"delay", "4"}}).seconds, 5) << "a second and the delay";
  EXPECT_EQ(act(device, "on", {{"delay", "4"}}).seconds, 0) << "no delay for on";
  EXPECT_EQ(act(device, "off", {{"power_wait", "3"}}).seconds, 4);
  device.comes_on = false;
  device.calls.clear();
  Outcome done = act(device, "on", {{"power_timeout", "5"}, {"retry_on", "2"}});
  EXPECT_EQ(done.rc, 1);
  EXPECT_EQ(device.calls, "on on on ") << "once, and two more times";
  EXPECT_THAT(done.error, HasSubstr("Failed: Timed out waiting to power ON"));
  device.now = PowerState::kOn;
  device.goes_off = false;
  device.calls.clear();
  device.asked = 0;
  done = act(device, "reboot", {{"power_timeout", "5"}});
  EXPECT_EQ(done.rc, 1);
  EXPECT_EQ(device.calls, "off ");
  EXPECT_EQ(device.asked, 1 + 5) << "before, and one question a second";
  EXPECT_THAT(done.error, HasSubstr("Failed: Timed out waiting to power OFF"));
  device.goes_off = true;
  done = act(device, "reboot", {{"power_timeout", "2"}});
  EXPECT_EQ(done.rc, 0) << "it is off: that is what matters";
  EXPECT_EQ(done.output, "Success: Rebooted\n");
  EXPECT_THAT(done.error, HasSubstr("Timed out waiting to power ON"));
}

// AT-5.9, AT-5.10: who registers a key on a disk does that for itself.
TEST(FenceAgents, ScsiReservations) {
  FakeHost host;
  std::string error;
  EXPECT_EQ(run(host, fence_scsi, environment("on", {{"nodename", "node1"}}), error), 1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to enter the devices"));
  const AgentMetadata metadata = fence_scsi_metadata();
  EXPECT_THAT(metadata_xml(metadata), HasSubstr("on_target=\"1\" automatic=\"1\""));
  for (const ActionMetadata& action : metadata.actions) {
    EXPECT_NE(action.name, "reboot");
    EXPECT_EQ(action.on_target, action.name == "on");
  }
  EXPECT_EQ(run(host, fence_scsi, environment("off", {{"nodename", "node2"}, {"devices", "/dev/sdb"}}), error), 0)
      << "a disk without keys: it is off already";
}

// AT-5.11: the adapter's words.
TEST(FenceAgents, PluginsBelowTheirAdapter) {
  FakeHost host;
  std::string error;
  EXPECT_EQ(run(host, null_plugin, environment("off", {{"hostlist", "node1"}}), error), 1);
  EXPECT_THAT(error, HasSubstr("failed: no plug number"));
  FakeProcess& process = host.start(null_plugin, environment("reboot", {{"hostlist", "node1"}, {"port", "node1"}}));
  host.run();
  EXPECT_EQ(process.process().output(), "success: node1 0\n");
}

// AT-5.3: below a fencer of 2.0 only the cluster's own time-outs count.
TEST(FenceAgents, TimeoutsOfTheirOwn) {
  Environment old = environment("status", {{"login_timeout", "7"}});
  EXPECT_EQ(read_fence_options(old).login_timeout, seconds(7));
  EXPECT_EQ(read_fence_options(old).power_timeout, seconds(20));
  old.profile.daemons_renamed = true;
  EXPECT_EQ(read_fence_options(old).login_timeout, Duration{});
}

// AT-5.1: one family has its keys on standard input and is named by itself, the other has a folder of its own.
TEST(FenceAgents, TwoFamilies) {
  const Profile profile = make_profile(StackVersions{}).value();
  for (const char* name :
       {"fence_vbox", "fence_ipmilan", "fence_scsi", "external/ipmi", "external/stonith-helper", "meatware"})
    EXPECT_NE(find_agent("stonith", "", name, profile), nullptr) << name;
  EXPECT_EQ(find_agent("stonith", "", "ipmi", profile), nullptr);
  EXPECT_EQ(find_agent("stonith", "heartbeat", "fence_vbox", profile), nullptr);
}

// AT-5.7: the words of the virtual machines' host.
TEST(FenceAgents, VirtualBox) {
  FakeHost host;
  std::string error;
  std::vector<std::pair<std::string, std::string>> parameters = {{"ip", "es"}, {"username", "u"}, {"password", "p"}};
  host.remote_answers["es"] =
      "\"CentOS83-1\" {1d5b852d-34ea-4862-a370-ca42a845eb3c}\n\"CentOS83-2\" {63eadfc6-f29d-45a8-863c-3eed4785ba90}\n";
  FakeProcess& list = host.start(fence_vbox, environment("list", parameters));
  host.run();
  EXPECT_EQ(list.process().output(),
            "CentOS83-1,1d5b852d-34ea-4862-a370-ca42a845eb3c\nCentOS83-2,63eadfc6-f29d-45a8-863c-3eed4785ba90\n");
  parameters.emplace_back("plug", "CentOS83-2");
  FakeProcess& status = host.start(fence_vbox, environment("status", parameters));
  host.run();
  EXPECT_EQ(status.process().output(), "Status: ON\n");
  host.remote_questions.clear();
  EXPECT_EQ(run(host, fence_vbox, environment("on", parameters), error), 0) << "it runs already";
  parameters.back().second = "63eadfc6-f29d-45a8-863c-3eed4785ba90";
  EXPECT_EQ(run(host, fence_vbox, environment("status", parameters), error), 0) << "by its UUID";
  parameters.back().second = "CentOS83-9";
  EXPECT_EQ(run(host, fence_vbox, environment("off", parameters), error), 1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to enter existing name/UUID of virtual machine!"));
  parameters.emplace_back("missing_as_off", "1");
  EXPECT_EQ(run(host, fence_vbox, environment("off", parameters), error), 0);
  host.remote_questions.clear();
  parameters.pop_back();
  parameters.back().second = "CentOS83-1";
  parameters.emplace_back("power_timeout", "2");
  EXPECT_EQ(run(host, fence_vbox, environment("off", parameters), error), 1) << "it stays on";
  EXPECT_THAT(host.remote_questions, testing::Contains("VBoxManage controlvm \"CentOS83-1\" poweroff"));
}

// AT-5.8: one machine, asked by one call of ipmitool for each question.
TEST(FenceAgents, ManagementController) {
  FakeHost host;
  std::string error;
  const std::vector<std::pair<std::string, std::string>> parameters = {
      {"ip", "bmc"}, {"username", "u"}, {"password", "p"}, {"lanplus", "1"}};
  host.remote_answers["bmc"] = "Chassis Power is on";
  EXPECT_EQ(run(host, fence_ipmilan, environment("status", parameters), error), 0);
  EXPECT_THAT(host.commands,
              testing::Contains("ipmitool -I lanplus -H bmc -U u -L ADMINISTRATOR chassis power status"));
  EXPECT_EQ(run(host, fence_ipmilan, environment("list", parameters), error), 0);
  host.remote_answers["bmc"] = "Chassis Power is off";
  EXPECT_EQ(run(host, fence_ipmilan, environment("status", parameters), error), 2);
  EXPECT_EQ(run(host, fence_ipmilan, environment("monitor", parameters), error), 0);
  const Time begun = host.now();
  std::vector<std::pair<std::string, std::string>> on = parameters;
  on.emplace_back("power_timeout", "1");
  on.emplace_back("retry_on", "0");
  EXPECT_EQ(run(host, fence_ipmilan, environment("on", on), error), 1);
  EXPECT_EQ((host.now() - begun).seconds(), 2) << "power_wait is 2 when absent";
  bool lists = false;
  for (const ActionMetadata& action : fence_ipmilan_metadata().actions) lists = lists || action.name == "list";
  EXPECT_FALSE(lists);
}

// AT-5.12: a machine that is off is switched on, others are reset; what is missing is told.
TEST(FenceAgents, IpmiPlugin) {
  FakeHost host;
  std::string error;
  const std::vector<std::pair<std::string, std::string>> parameters = {
      {"hostname", "node1"}, {"ipaddr", "bmc"}, {"userid", "u"}, {"passwd", "p"}, {"port", "node1"}};
  host.remote_answers["bmc"] = "Chassis Power is off";
  EXPECT_EQ(run(host, external_ipmi, environment("reboot", parameters), error), 0);
  EXPECT_EQ(host.remote_questions.back(), "chassis power on");
  host.remote_answers["bmc"] = "Chassis Power is on";
  EXPECT_EQ(run(host, external_ipmi, environment("reboot", parameters), error), 0);
  EXPECT_EQ(host.remote_questions.back(), "chassis power reset");
  EXPECT_EQ(run(host, external_ipmi, environment("monitor", parameters), error), 0);
  EXPECT_EQ(run(host, external_ipmi, environment("monitor", {{"hostname", "node1"}, {"ipaddr", "bmc"}}), error), 1);
  EXPECT_THAT(error, HasSubstr("ipaddr, userid or passwd missing; check configuration"));
  Environment privileged = environment("monitor", parameters);
  privileged.parameters.emplace_back("priv", "OPERATOR");
  for (const bool knows : {false, true}) {
    privileged.profile.ipmi_plugin_privilege = knows;
    host.commands.clear();
    EXPECT_EQ(run(host, external_ipmi, privileged, error), 0);
    EXPECT_EQ(host.commands.front().find(" -L OPERATOR") != std::string::npos, knows);
  }
}

// CM-13.20: every command of the plugin is a syntax error before 1.0.9.
TEST(FenceAgents, ThePluginWithoutItsQuote) {
  FakeHost host;
  std::string error;
  Environment made = environment("list", {{"hostname", "node1"}});
  made.profile.ipmi_plugin_broken = true;
  EXPECT_EQ(run(host, external_ipmi, made, error), 1);
  EXPECT_THAT(error, HasSubstr("Unterminated quoted string"));
  made.profile.ipmi_plugin_broken = false;
  EXPECT_EQ(run(host, external_ipmi, made, error), 0);
}

}  // namespace
}  // namespace simcluster::agents
