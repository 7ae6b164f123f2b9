// Agents as processes: output, groups, limits (AT-1.1, AT-1.5).
#include "tools/clusterd/agent_processes.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/ocf.h"

namespace simcluster::clusterd {
namespace {

class AgentProcessesTest : public ::testing::Test, public AgentClient, public TimerClient {
 protected:
  AgentProcessesTest() {
    root_ = std::filesystem::temp_directory_path() / fmt::format("agent_processes_{}", getpid());
    std::filesystem::create_directories(root_ / "resource.d/test");
    loop_ = std::move(*EventLoop::create());
    places_.ocf_root = root_;
    places_.fence_directory = root_;
    agents_ = std::make_unique<AgentProcesses>(*loop_, places_);
  }
  ~AgentProcessesTest() override {
    agents_.reset();
    std::filesystem::remove_all(root_);
  }

  void install(const std::string& path, const std::string& script) {
    std::ofstream(root_ / path) << "#!/bin/sh\n" << script;
    chmod((root_ / path).c_str(), 0755);
  }
  AgentRequest ocf(const std::string& script) {
    install("resource.d/test/agent", script);
    return {"ocf", "test", "agent", "monitor", "r", {{"name", "value"}}, {}};
  }
  // Runs to its end; after `kill_after` the group is killed.
  AgentResult run(const AgentRequest& request, Duration kill_after = {}) {
    run_ = agents_->run(request, *this);
    if (kill_after.ns > 0) loop_->start_timer(kill_after, *this, 0);
    loop_->start_timer(seconds(20), *this, 1);
    loop_->run();
    return result_;
  }
  void on_agent_exit(AgentRunId run, const AgentResult& result) override {
    EXPECT_EQ(run, run_);
    result_ = result;
    ended_ = true;
    loop_->stop(0);
  }
  void on_timer(std::uint64_t cookie) override {
    if (cookie == 0) return agents_->signal(run_, SIGKILL);
    loop_->stop(1);
  }

  std::filesystem::path root_;
  AgentPlaces places_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<AgentProcesses> agents_;
  AgentRunId run_;
  AgentResult result_;
  bool ended_ = false;
};

TEST_F(AgentProcessesTest, OutputStatusAndReasonAreReported) {
  const AgentResult result = run(ocf("echo out $OCF_RESKEY_name; echo ocf-exit-reason:why >&2; exit 7\n"));
  EXPECT_EQ(result.exit_code, kOcfNotRunning);
  EXPECT_EQ(result.signal, 0);
  EXPECT_EQ(result.output, "out value\n");
  EXPECT_EQ(result.exit_reason, "why");
}

TEST_F(AgentProcessesTest, TheWholeGroupIsKilled) {
  const std::string file = root_ / "child";
  const AgentResult result = run(ocf(fmt::format("sleep 300 & echo $! >{}; wait\n", file)), milliseconds(2000));
  EXPECT_EQ(result.signal, SIGKILL);
  pid_t child = 0;
  std::ifstream(file) >> child;
  ASSERT_GT(child, 0);
  for (int i = 0; i < 100 && kill(child, 0) == 0; ++i) usleep(10'000);
  // Gone, or a zombie that nobody has looked at yet.
  std::ifstream stat(fmt::format("/proc/{}/stat", child));
  std::string line;
  std::getline(stat, line);
  EXPECT_TRUE(line.empty() || line.find(") Z ") != std::string::npos) << line;
}

TEST_F(AgentProcessesTest, WhatTheAgentLeavesRunningDoesNotHoldItUp) {
  const AgentResult result = run(ocf("sleep 300 & echo $! >&2; echo started; exit 0\n"));
  EXPECT_EQ(result.output, "started\n");
  EXPECT_EQ(result.exit_code, 0);
  kill(std::stoi(result.error_output), SIGKILL);
}

TEST_F(AgentProcessesTest, OutputIsBounded) {
  const AgentResult result = run(ocf("yes | head -c 3000000; exit 0\n"));
  EXPECT_EQ(result.output.size(), AgentProcesses::kMaxOutput);
  EXPECT_EQ(result.exit_code, 0);
}

TEST_F(AgentProcessesTest, FenceAgentsAreFedOnStandardInput) {
  install("fence_test", "cat; exit 0\n");
  const AgentResult result = run({"stonith", "", "fence_test", "off", "d", {{"action", "off"}, {"plug", "node2"}}, {}});
  EXPECT_EQ(result.output, "action=off\nplug=node2\n");
}

TEST_F(AgentProcessesTest, AnAgentThatIsNotThereIsNotInstalled) {
  const AgentResult result = run({"ocf", "test", "nothing", "start", "r", {}, {}});
  EXPECT_TRUE(ended_);
  EXPECT_EQ(result.exit_code, kOcfErrInstalled);
}

}  // namespace
}  // namespace simcluster::clusterd
