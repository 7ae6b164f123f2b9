// What is executed for an agent request (AT-1.1, AT-1.3, AT-1.4).
#include "tools/clusterd/agent_command.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/agents/exit_reason.h"
#include "engine/fencer/agent_description.h"

namespace simcluster::clusterd {
namespace {

class AgentCommandTest : public ::testing::Test {
 protected:
  AgentCommandTest() {
    root_ = std::filesystem::temp_directory_path() / fmt::format("agent_command_{}", getpid());
    places_.ocf_root = root_ / "ocf";
    places_.fence_directory = root_ / "sbin";
    places_.init_directory = root_ / "init.d";
    install("ocf/resource.d/heartbeat/IPaddr2");
    install("sbin/fence_ipmilan");
    install("init.d/postgresql");
  }
  ~AgentCommandTest() override { std::filesystem::remove_all(root_); }

  void install(const std::string& name) {
    const std::filesystem::path path = root_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "#!/bin/sh\n";
    chmod(path.c_str(), 0755);
  }
  static bool has(const AgentCommand& command, const std::string& setting) {
    return std::ranges::find(command.environment, setting) != command.environment.end();
  }

  std::filesystem::path root_;
  AgentPlaces places_;
};

TEST_F(AgentCommandTest, OcfAgentsGetTheirParametersInTheEnvironment) {
  AgentRequest request{"ocf",     "heartbeat",
                       "IPaddr2", "monitor",
                       "vip",     {{"ip", "10.0.0.1"}, {"CRM_meta_timeout", "20000"}, {"OCF_CHECK_LEVEL", "10"}},
                       {}};
  const auto command = agent_command(request, places_);
  ASSERT_TRUE(command) << command.error().message;
  EXPECT_EQ(command->arguments,
            (std::vector<std::string>{places_.ocf_root + "/resource.d/heartbeat/IPaddr2", "monitor"}));
  EXPECT_TRUE(has(*command, "OCF_RESKEY_ip=10.0.0.1"));
  EXPECT_TRUE(has(*command, "OCF_RESKEY_CRM_meta_timeout=20000"));
  EXPECT_TRUE(has(*command, "OCF_CHECK_LEVEL=10"));
  EXPECT_TRUE(has(*command, "OCF_RESOURCE_INSTANCE=vip"));
  EXPECT_TRUE(has(*command, "OCF_RESOURCE_PROVIDER=heartbeat"));
  EXPECT_TRUE(has(*command, "OCF_ROOT=" + places_.ocf_root));
  EXPECT_TRUE(command->input.empty());
}

TEST_F(AgentCommandTest, OcfAgentsCallTheToolsOfTheirOwnDaemon) {
  const AgentRequest request{"ocf", "heartbeat", "IPaddr2", "monitor", "vip", {}, {}};
  EXPECT_TRUE(has(*agent_command(request, places_), "PATH=/usr/sbin:/usr/bin:/sbin:/bin"));
  places_.agent_tools = "/tools";
  places_.control_socket = "/run/ctl.sock";
  const auto command = agent_command(request, places_);
  EXPECT_TRUE(has(*command, "PATH=/tools:/usr/sbin:/usr/bin:/sbin:/bin"));
  EXPECT_TRUE(has(*command, "HA_SBIN_DIR=/tools"));
  EXPECT_TRUE(has(*command, "CLUSTERD_SOCKET=/run/ctl.sock"));
}

TEST_F(AgentCommandTest, FenceAgentsReadTheirParameters) {
  AgentRequest request{"stonith", "",    "fence_ipmilan",
                       "off",     "dev", {{"action", "off"}, {"plug", "node2"}, {"password", "a\naction=on"}},
                       {}};
  const auto command = agent_command(request, places_);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->arguments, std::vector<std::string>{places_.fence_directory + "/fence_ipmilan"});
  // A line end in a value brings no option of its own.
  EXPECT_EQ(command->input, "action=off\nplug=node2\npassword=a action=on\n");
}

TEST_F(AgentCommandTest, FenceAgentsAreToldTheActionAndNothingOfTheCluster) {
  const AgentRequest request{
      "stonith",
      "",
      "fence_ipmilan",
      "monitor",
      "dev",
      {{"ip", "bmc"}, {"CRM_meta_timeout", "20000"}, {"crm_feature_set", "3.20.5"}, {"pcmk_host_list", "node1"}},
      {}};
  const auto command = agent_command(request, places_);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->input, "action=monitor\nip=bmc\n");
}

TEST_F(AgentCommandTest, NamesCannotLeaveTheirDirectories) {
  for (const char* type : {"../../../bin/sh", "..", ".hidden", "a/b", "", "-x", "a b"}) {
    for (const char* standard : {"ocf", "stonith", "lsb", "systemd"}) {
      const AgentRequest request{standard, "heartbeat", type, "start", "r", {}, {}};
      EXPECT_FALSE(agent_command(request, places_)) << standard << " " << type;
    }
  }
  EXPECT_FALSE(agent_command({"ocf", "..", "IPaddr2", "start", "r", {}, {}}, places_));
}

TEST_F(AgentCommandTest, WhatIsNotInstalledIsAnError) {
  const auto command = agent_command({"ocf", "heartbeat", "nothing", "start", "r", {}, {}}, places_);
  ASSERT_FALSE(command);
  EXPECT_EQ(command.error().message, places_.ocf_root + "/resource.d/heartbeat/nothing is not installed");
}

TEST_F(AgentCommandTest, OtherClassesAreNamed) {
  for (const char* standard : {"upstart", "nagios", "heartbeat"}) {
    const auto command = agent_command({standard, "", "job", "start", "r", {}, {}}, places_);
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error().message, fmt::format("agents of class \"{}\" are not run by clusterd", standard));
  }
}

TEST_F(AgentCommandTest, InitScriptsAnswerInTheirOwnNumbers) {
  const AgentRequest monitor{"lsb", "", "postgresql", "monitor", "db", {}, {}};
  const auto status = agent_command(monitor, places_);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->arguments.back(), "status");
  EXPECT_EQ(exit_code_for_executor(monitor, 3), 3);  // the executor knows what it means
  const auto start = agent_command({"service", "", "postgresql", "start", "db", {}, {}}, places_);
  ASSERT_TRUE(start);
  EXPECT_EQ(start->arguments.back(), "start");
}

TEST(ExitCodes, SystemctlsNumbersBecomeThoseOfOcf) {
  const AgentRequest monitor{"systemd", "", "nginx", "monitor", "web", {}, {}};
  EXPECT_EQ(exit_code_for_executor(monitor, 0), 0);
  EXPECT_EQ(exit_code_for_executor(monitor, 3), 7);
  EXPECT_EQ(exit_code_for_executor(monitor, 4), 1);
  const AgentRequest ocf{"ocf", "heartbeat", "Dummy", "monitor", "d", {}, {}};
  EXPECT_EQ(exit_code_for_executor(ocf, 3), 3);
}

// CM-8.14
TEST(ExitReason, TheLastLineWins) {
  EXPECT_EQ(agents::exit_reason_of("noise\nocf-exit-reason:first\nocf-exit-reason:second"), "second");
  EXPECT_EQ(agents::exit_reason_of("noise ocf-exit-reason:why\nmore noise\n"), "why");
}

// What installed agents say of themselves, read as the fencer reads it: those named here, or all where FENCE_AGENTS is
// set (some take long to start).
fencer::AgentDescription description_of(const std::string& agent) {
  const std::string command = "echo action=metadata | timeout 60 " + agent + " 2>/dev/null";
  FILE* const output = popen(command.c_str(), "r");
  std::string text;
  std::array<char, 4096> piece;
  while (const std::size_t got = fread(piece.data(), 1, piece.size(), output)) text.append(piece.data(), got);
  pclose(output);
  return fencer::read_agent_description(text);
}

TEST(InstalledFenceAgents, SayWhatTheyCan) {
  const auto about = [](const char* name) { return description_of(std::string("/usr/sbin/") + name); };
  if (access("/usr/sbin/fence_scsi", X_OK) != 0) GTEST_SKIP() << "no fence agents";
  const fencer::AgentDescription scsi = about("fence_scsi");
  EXPECT_EQ(scsi.on_target, std::vector<std::string>{"on"});
  EXPECT_TRUE(scsi.automatic && scsi.has_plug && !offers(scsi, "reboot"));
  const fencer::AgentDescription virsh = about("fence_virsh");
  EXPECT_TRUE(virsh.known && virsh.has_plug && offers(virsh, "list") && offers(virsh, "reboot") && !virsh.automatic);
  if (getenv("FENCE_AGENTS") == nullptr) return;
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/sbin")) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("fence_")) continue;
    const fencer::AgentDescription each = description_of(entry.path());
    // No agent: it asks the operator at its terminal, and says nothing of itself.
    if (name == "fence_ack_manual") {
      EXPECT_FALSE(each.known);
      continue;
    }
    EXPECT_TRUE(each.known) << name;
    EXPECT_TRUE(offers(each, "off") || offers(each, "on") || offers(each, "reboot")) << name;
    EXPECT_TRUE(offers(each, "monitor") || offers(each, "status")) << name;
    ++count;
  }
  std::printf("%d agents\n", count);
}

}  // namespace
}  // namespace simcluster::clusterd
