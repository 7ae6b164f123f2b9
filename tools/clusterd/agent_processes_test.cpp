// Agents as processes: output, groups, limits (AT-1.1, AT-1.5).
#include "tools/clusterd/agent_processes.h"

#include <filesystem>
#include <fstream>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/ocf.h"

namespace simcluster::clusterd {
namespace {

constexpr Duration kPatience = seconds(120);

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
  // Runs to its end; when the agent has written a line to `kill_at`, its group is killed.
  AgentResult run(const AgentRequest& request, const std::filesystem::path& kill_at = {}) {
    run_ = agents_->run(request, *this);
    kill_at_ = kill_at;
    if (!kill_at.empty()) loop_->start_timer({}, *this, 0);
    loop_->start_timer(kPatience, *this, 1);
    loop_->run();
    return result_;
  }
  static std::string first_line(const std::filesystem::path& path) {
    std::ifstream stream(path);
    std::string line;
    // A line without its end is still being written.
    return std::getline(stream, line) && !stream.eof() ? line : "";
  }
  void on_agent_exit(AgentRunId run, const AgentResult& result) override {
    EXPECT_EQ(run, run_);
    result_ = result;
    ended_ = true;
    loop_->stop(0);
  }
  void on_timer(std::uint64_t cookie) override {
    if (cookie == 1) return loop_->stop(1);
    if (first_line(kill_at_).empty()) return static_cast<void>(loop_->start_timer(milliseconds(10), *this, 0));
    agents_->signal(run_, SIGKILL);
  }

  std::filesystem::path root_;
  AgentPlaces places_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<AgentProcesses> agents_;
  AgentRunId run_;
  AgentResult result_;
  bool ended_ = false;
  std::filesystem::path kill_at_;
};

TEST_F(AgentProcessesTest, OutputStatusAndReasonAreReported) {
  const AgentResult result = run(ocf("echo out $OCF_RESKEY_name; echo ocf-exit-reason:why >&2; exit 7\n"));
  EXPECT_EQ(result.exit_code, kOcfNotRunning);
  EXPECT_EQ(result.signal, 0);
  EXPECT_EQ(result.output, "out value\n");
  EXPECT_EQ(result.exit_reason, "why");
}

// Gone, or a zombie that nobody has looked at yet.
bool is_over(pid_t process) {
  if (kill(process, 0) != 0) return true;
  std::ifstream stat(fmt::format("/proc/{}/stat", process));
  std::string line;
  std::getline(stat, line);
  return line.find(") Z ") != std::string::npos;
}

TEST_F(AgentProcessesTest, TheWholeGroupIsKilled) {
  if (!std::filesystem::exists("/proc/self/stat")) GTEST_SKIP() << "there is no /proc to tell zombies by";
  const std::filesystem::path file = root_ / "child";
  const AgentResult result = run(ocf(fmt::format("sleep 300 & echo $! >{}; wait\n", file.string())), file);
  EXPECT_EQ(result.signal, SIGKILL);
  ASSERT_NE(first_line(file), "");
  const pid_t child = std::stoi(first_line(file));
  const Duration end = EventLoop::uptime() + kPatience;
  while (!is_over(child) && EventLoop::uptime() < end) usleep(10'000);
  EXPECT_TRUE(is_over(child));
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
