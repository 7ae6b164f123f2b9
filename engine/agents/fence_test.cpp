// The fence agents where nobody answers, and what they ask for (AT-5.3 to AT-5.5). How they work with a management host
// is shown by scenarios/fencing.
#include "engine/agents/fence.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/agents/fence_agents.h"
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

// AT-5.5: usage errors, in the order in which the agents look.
TEST(FenceAgents, UsageErrors) {
  FakeHost host;
  std::string error;
  EXPECT_EQ(run(host, fence_vbox, environment("off", {}), error), 1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to enter fence address"));
  EXPECT_THAT(error, HasSubstr("Please use '-h' for usage"));
  EXPECT_EQ(run(host, fence_vbox, environment("off", {{"ip", "10.0.0.9"}}), error), 1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to set login name"));
  EXPECT_EQ(run(host, fence_vbox, environment("off", {{"ip", "10.0.0.9"}, {"username", "u"}}), error), 1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to enter password or password script"));
  EXPECT_EQ(run(host, fence_vbox, environment("off", {{"ip", "1.1.1.1"}, {"username", "u"}, {"password", "p"}}), error),
            1);
  EXPECT_THAT(error, HasSubstr("Failed: You have to enter plug number or machine identification"));
}

// AT-5.3: below a fencer of 2.0 only the cluster's own time-outs count.
TEST(FenceAgents, TimeoutsOfTheirOwn) {
  Environment old = environment("status", {{"login_timeout", "7"}});
  EXPECT_EQ(read_fence_options(old).login_timeout, seconds(7));
  EXPECT_EQ(read_fence_options(old).power_timeout, seconds(20));
  old.profile.daemons_renamed = true;
  EXPECT_EQ(read_fence_options(old).login_timeout, Duration{});
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
