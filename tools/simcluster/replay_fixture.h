// `simcluster replay` under the name crm_simulate, in a folder of its own with one small input.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace simcluster::tools {

namespace fs = std::filesystem;

inline constexpr const char* kCib =
    R"(<cib validate-with="pacemaker-4.0" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1" execution-date="1700000000">
  <configuration>
    <crm_config><cluster_property_set id="o"><nvpair id="o1" name="fencing-enabled" value="false"/></cluster_property_set></crm_config>
    <nodes><node id="1" uname="node1"/><node id="2" uname="node2"/></nodes>
    <resources><primitive id="rsc1" class="ocf" provider="heartbeat" type="Dummy"/></resources>
    <constraints/>
  </configuration>
  <status>
    <node_state id="1" uname="node1" in_ccm="true" crmd="online" join="member" expected="member"/>
    <node_state id="2" uname="node2" in_ccm="true" crmd="online" join="member" expected="member"/>
  </status>
</cib>
)";

struct Outcome {
  int status;
  std::string output;
};

class Replay : public testing::Test {
 protected:
  Replay() : folder_(fs::path(testing::TempDir()) / ("replay_test_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "a.xml") << kCib;
  }
  ~Replay() override { fs::remove_all(folder_); }

  // Standard output and standard error together.
  Outcome run(const std::string& arguments) const { return shell("", arguments + " 2>&1"); }
  // `environment` is put before the command, such as "TZ=UTC"; `arguments` may redirect.
  Outcome shell(const std::string& environment, const std::string& arguments) const {
    const fs::path program = fs::path(SIMCLUSTER_PROGRAM).parent_path() / "crm_simulate";
    return call(environment + " '" + program.string() + "' " + arguments);
  }
  // The program by its own name.
  Outcome simcluster(const std::string& arguments) const { return call("'" SIMCLUSTER_PROGRAM "' " + arguments); }
  Outcome call(const std::string& words) const {
    const std::string command = "cd '" + folder_.string() + "' && " + words;
    FILE* pipe = popen(command.c_str(), "r");
    Outcome outcome{0, {}};
    char buffer[4096];
    for (std::size_t n = 0; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) outcome.output.append(buffer, n);
    outcome.status = WEXITSTATUS(pclose(pipe));
    return outcome;
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  std::string read(const std::string& name) const {
    std::ifstream stream(folder_ / name);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }

  fs::path folder_;
};

}  // namespace simcluster::tools
