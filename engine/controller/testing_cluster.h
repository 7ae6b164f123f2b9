// Whole cluster managers against each other, for tests: real controllers, CIBs, attribute managers, executors and
// scheduler over an ordered group service without a network.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/base/testing_host.h"
#include "engine/controller/controller.h"
#include "engine/membership/testing.h"

namespace simcluster::controller {

// Two resources, no fencing.
inline constexpr std::string_view kCib =
    "<cib validate-with=\"pacemaker-1.2\" epoch=\"5\" num_updates=\"0\" admin_epoch=\"0\"><configuration>"
    "<crm_config><cluster_property_set id=\"cib-bootstrap-options\">"
    "<nvpair id=\"o1\" name=\"stonith-enabled\" value=\"false\"/>"
    "<nvpair id=\"o2\" name=\"no-quorum-policy\" value=\"ignore\"/>"
    "</cluster_property_set></crm_config><nodes/><resources>"
    "<primitive id=\"a\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations>"
    "<op id=\"a-monitor\" name=\"monitor\" interval=\"10s\" timeout=\"60s\"/></operations></primitive>"
    "<primitive id=\"b\" class=\"ocf\" provider=\"heartbeat\" type=\"Dummy\"><operations>"
    "<op id=\"b-monitor\" name=\"monitor\" interval=\"10s\" timeout=\"60s\"/></operations></primitive>"
    "</resources><constraints/></configuration><status/></cib>";

// The simulated services: which resources run on a node, and what their monitors are made to answer (those of fence
// devices: the one at their start, too).
struct Services {
  std::map<std::string, bool> running;
  std::map<std::string, int> monitor_rc;
  std::map<std::string, Duration> takes;
  std::vector<std::string> fencing;  // what fence agents were asked for
  std::function<int(const std::string& target)> fence;

  TestingHost::Answer fence_answer(const AgentRequest& request) {
    TestingHost::Answer answer;
    std::string target;
    for (const auto& [name, value] : request.parameters) {
      if (name == "nodename") target = value;
    }
    if (!target.empty()) fencing.push_back(request.action + " " + target);
    if (request.action == "list") answer.result.output = "node1\nnode2\n";
    if (!target.empty() && fence) answer.result.exit_code = fence(target);
    if (const auto it = monitor_rc.find(request.instance); request.action == "monitor" && it != monitor_rc.end())
      answer.result.exit_code = it->second;
    return answer;
  }

  TestingHost::Answer answer(const AgentRequest& request) {
    if (request.standard == "stonith") return fence_answer(request);
    TestingHost::Answer answer;
    if (const auto it = takes.find(request.action); it != takes.end()) answer.takes = it->second;
    bool& on = running[request.instance];
    if (request.action == "start") on = true;
    if (request.action == "stop") on = false;
    if (request.action == "monitor") {
      answer.result.exit_code = on ? 0 : 7;
      if (const auto it = monitor_rc.find(request.instance); on && it != monitor_rc.end() && request.interval.ns > 0) {
        answer.result.exit_code = it->second;
      }
    }
    return answer;
  }
};

class ClusterTest : public ::testing::Test {
 protected:
  ~ClusterTest() override { reset(); }

  struct Machine final : public ControllerClient {
    Machine(ClusterTest& test, std::uint32_t node_id)
        : id(node_id), name(fmt::format("node{}", node_id)), host(test.clock, name) {
      host.set_agents([this](const AgentRequest& request) { return services.answer(request); });
    }
    void on_manager_ended(int code, std::string_view) override { ended = code; }

    std::uint32_t id;
    std::string name;
    TestingHost host;
    Services services;
    std::unique_ptr<Controller> controller;
    int ended = -1;
  };

  static Profile profile_of(const char* pacemaker) {
    StackVersions versions;
    versions.pacemaker = pacemaker;
    return make_profile(versions).value();
  }

  void boot(const char* pacemaker, std::size_t nodes = 2, std::string_view cib = kCib) {
    profile = profile_of(pacemaker);
    cluster = std::make_unique<membership::TestCluster>(nodes, nodes == 2);
    clock.after_each([this] { ASSERT_TRUE(cluster->run()); });
    for (std::size_t i = 1; i <= nodes; ++i) {
      machines.push_back(std::make_unique<Machine>(*this, static_cast<std::uint32_t>(i)));
      start(*machines.back(), cib);
    }
  }

  void start(Machine& machine, std::string_view cib) {
    machine.controller = std::make_unique<Controller>(machine.host, profile, cluster->node(machine.id),
                                                      config_of(machine, cib), machine);
    cluster->start(machine.id);
    ASSERT_TRUE(machine.controller->start());
  }

  ControllerConfig config_of(const Machine& machine, std::string_view cib) const {
    ControllerConfig config;
    config.name = machine.name;
    config.initial_cib = cib;
    config.cib_query_time = milliseconds(12);
    config.start_state = start_state;
    config.cluster_name = cluster_name;
    config.sbd_watchdog_timeout = sbd_watchdog_timeout;
    return config;
  }

  void crash(std::size_t index) {
    Machine& machine = *machines[index];
    machine.host.power_off();
    cluster->crash(machine.id);
    machine.controller.reset();
  }

  Machine& node(std::size_t number) { return *machines[number - 1]; }
  Controller& dc() {
    for (const auto& machine : machines) {
      if (machine->controller && machine->controller->is_dc()) return *machine->controller;
    }
    throw std::runtime_error("no DC");
  }
  std::vector<std::string> where(const std::string& resource) {
    std::vector<std::string> nodes;
    for (const auto& machine : machines) {
      if (machine->controller && machine->services.running[resource]) nodes.push_back(machine->name);
    }
    return nodes;
  }
  Machine& dc_machine() {
    for (const auto& machine : machines) {
      if (machine->controller && machine->controller->is_dc()) return *machine;
    }
    throw std::runtime_error("no DC");
  }
  // A running node that is not the DC.
  Controller& other() {
    for (const auto& machine : machines) {
      if (machine->controller && !machine->controller->is_dc()) return *machine->controller;
    }
    throw std::runtime_error("no other node");
  }
  Machine& on(const std::string& name) {
    for (const auto& machine : machines) {
      if (machine->name == name) return *machine;
    }
    throw std::runtime_error("no such node");
  }
  void reset() {
    for (const auto& machine : machines) {
      machine->host.power_off();
      machine->controller.reset();
    }
    machines.clear();
    cluster.reset();
  }
  // The value of a transient attribute in a node's CIB; "" when there is none.
  static std::string attribute(const Controller& controller, std::string_view node, std::string_view name) {
    const cib::Element status = controller.cib().root().first_child("status");
    for (const cib::Element state : status.children("node_state")) {
      if (state.value("uname") != node) continue;
      const cib::Element set = state.first_child("transient_attributes").first_child("instance_attributes");
      if (!set) return {};
      for (const cib::Element pair : set.children("nvpair")) {
        if (pair.value("name") == name) return std::string(pair.value("value"));
      }
    }
    return {};
  }
  void expect_equal_replicas() {
    std::string first;
    for (const auto& machine : machines) {
      if (!machine->controller) continue;
      const std::string text = cib::write_document(machine->controller->cib());
      if (first.empty()) first = text;
      EXPECT_EQ(text, first) << "replica of " << machine->name;
    }
  }

  TestingClock clock;
  Profile profile;
  std::string start_state;
  std::string cluster_name;
  Duration sbd_watchdog_timeout;
  std::unique_ptr<membership::TestCluster> cluster;
  std::vector<std::unique_ptr<Machine>> machines;
};

// The same with fencing, through this device.
inline std::string with_fencing(std::string_view device) {
  std::string text(kCib);
  text.replace(text.find("stonith-enabled\" value=\"false"), 30, "stonith-enabled\" value=\"true\"");
  text.insert(text.find("</resources>"), device);
  return text;
}

inline constexpr std::string_view kDevice =
    "<primitive id=\"f\" class=\"stonith\" type=\"fence_test\"><instance_attributes id=\"f-i\">"
    "<nvpair id=\"f-l\" name=\"pcmk_host_list\" value=\"node1 node2\"/></instance_attributes></primitive>";

}  // namespace simcluster::controller
