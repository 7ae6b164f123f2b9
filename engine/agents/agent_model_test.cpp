// Agents that are described (AT-4.12).
#include "engine/agents/agent_model.h"

#include <gtest/gtest.h>

#include "engine/agents/agent_models.h"
#include "engine/agents/exit_reason.h"
#include "engine/agents/ra_info.h"
#include "engine/agents/testing.h"

namespace simcluster::agents {
namespace {

AgentModel app() {
  AgentModel model;
  model.standard = "ocf";
  model.provider = "acme";
  model.type = "app";
  model.short_text = "An application";
  model.long_text = "Runs it.";
  return model;
}

ModelAction takes(std::string_view name, Duration time) {
  ModelAction action;
  action.name = name;
  action.takes.least = time;
  return action;
}

class ModelAgent : public testing::Test {
 protected:
  struct Ran {
    std::optional<int> code;
    Duration took;
    std::string output;
  };
  Ran run(const AgentModel& model, std::string_view action, Duration interval = {}) {
    Environment environment = fake_environment(model.type, "r1", action, interval, parameters, profile);
    environment.standard = model.standard;
    environment.provider = model.provider;
    environment.model = std::make_shared<const AgentModel>(model);
    const Time begun = host.now();
    FakeProcess& process = host.start(model.standard == "stonith" ? model_fence_agent : model_agent, environment);
    while (!process.exit_code() && host.now() < begun + minutes(2)) host.run_until(host.now() + milliseconds(10));
    return {process.exit_code(), host.now() - begun, process.process().output()};
  }
  int code(const AgentModel& model, std::string_view action, Duration interval = {}) {
    return run(model, action, interval).code.value_or(-1);
  }

  FakeHost host;
  Profile profile = make_profile({}).value();
  std::vector<std::pair<std::string, std::string>> parameters;
};

TEST_F(ModelAgent, StartsIsSeenAndStops) {  // AT-4.12, AT-1.2
  const AgentModel model = app();
  EXPECT_EQ(code(model, "monitor"), 7);
  EXPECT_EQ(code(model, "stop"), 0);
  EXPECT_EQ(code(model, "start"), 0);
  EXPECT_EQ(code(model, "start"), 0);
  EXPECT_EQ(code(model, "monitor"), 0);
  EXPECT_EQ(code(model, "reload"), 0);
  EXPECT_EQ(code(model, "stop"), 0);
  EXPECT_EQ(code(model, "monitor"), 7);
  EXPECT_EQ(code(model, "reload"), 7);
  EXPECT_EQ(code(model, "promote"), 3);
  EXPECT_EQ(code(model, "nonsense"), 3);
}

TEST_F(ModelAgent, MemoryIsAProcessThatCanDie) {
  AgentModel model = app();
  model.process = "appd";
  EXPECT_EQ(code(model, "start"), 0);
  const std::string pid = host.files.at(std::string("/var/run/resource-agents/app-r1.pid"));
  host.kill(std::stoi(pid));
  EXPECT_EQ(code(model, "monitor", seconds(10)), 7);
  EXPECT_EQ(code(model, "stop"), 0);
}

TEST_F(ModelAgent, FileOutlivesWhatIsTemporary) {
  AgentModel model = app();
  model.state = ModelState::kFile;
  EXPECT_EQ(code(model, "start"), 0);
  std::erase_if(host.files, [](const auto& file) { return file.first.starts_with("/var/run"); });
  EXPECT_EQ(code(model, "monitor"), 0);
  EXPECT_EQ(code(model, "stop"), 0);
  EXPECT_EQ(code(model, "monitor"), 7);
}

TEST_F(ModelAgent, ActionsTakeTheirTime) {
  AgentModel model = app();
  model.actions = {takes("start", seconds(5)), takes("monitor", seconds(1)), takes("probe", milliseconds(500))};
  EXPECT_EQ(run(model, "monitor").took.milliseconds() / 100, 5);
  const Ran start = run(model, "start");
  EXPECT_EQ(start.code, 0);
  EXPECT_EQ(start.took.milliseconds() / 1000, 5);
  EXPECT_LT(run(model, "start").took, seconds(1));  // it is active already
  EXPECT_EQ(run(model, "monitor", seconds(10)).took.milliseconds() / 100, 10);
}

TEST_F(ModelAgent, WhatIsKilledHasDoneNothing) {
  AgentModel model = app();
  model.actions = {takes("start", seconds(5))};
  Environment environment = fake_environment("app", "r1", "start", {}, {}, profile);
  environment.model = std::make_shared<const AgentModel>(model);
  FakeProcess& start = host.start(model_agent, environment);
  host.run_until(host.now() + seconds(2));
  start.process().kill();
  EXPECT_EQ(code(model, "monitor"), 7);
}

TEST_F(ModelAgent, TwoRolesAndTheirScores) {  // AT-4.4
  AgentModel model = app();
  model.promotable = ModelScores{100, 50};
  EXPECT_EQ(code(model, "promote"), 7);
  EXPECT_EQ(code(model, "start"), 0);
  EXPECT_EQ(host.attributes.at("master-r1"), "50");
  EXPECT_EQ(code(model, "promote"), 0);
  EXPECT_EQ(host.attributes.at("master-r1"), "100");
  EXPECT_EQ(code(model, "monitor", seconds(10)), 8);
  host.attributes.clear();
  EXPECT_EQ(code(model, "monitor"), 8);
  EXPECT_EQ(host.attributes.at("master-r1"), "100");
  EXPECT_EQ(code(model, "demote"), 0);
  EXPECT_EQ(code(model, "monitor"), 0);
  EXPECT_EQ(host.attributes.at("master-r1"), "50");
  EXPECT_EQ(code(model, "stop"), 0);
  EXPECT_FALSE(host.attributes.contains("master-r1"));
}

TEST_F(ModelAgent, InitScriptsSpeakLsb) {  // AT-1.4
  AgentModel model = app();
  model.standard = "lsb";
  model.provider.clear();
  EXPECT_EQ(code(model, "monitor"), 3);
  EXPECT_EQ(code(model, "start"), 0);
  EXPECT_EQ(code(model, "status"), 0);
  model.standard = "systemd";
  model.type = "other";
  EXPECT_EQ(code(model, "monitor"), 7);
}

TEST_F(ModelAgent, LogsBeforeItWorks) {  // AT-1.6
  AgentModel model = app();
  model.actions = {takes("start", seconds(1))};
  model.actions[0].lines = {{LogPriority::kWarning, "the licence ends soon"}};
  run(model, "start");
  ASSERT_EQ(host.log.size(), 1u);
  EXPECT_EQ(host.log[0], "WARNING: the licence ends soon");
}

TEST_F(ModelAgent, DescribesItself) {  // AT-1.7, AT-1.8
  AgentModel model = app();
  model.parameters.push_back({"config", "string", "/etc/app.conf", true, true, "The file"});
  model.actions = {takes("monitor", seconds(1))};
  model.actions[0].timeout_seconds = 35;
  const std::string xml = run(model, "meta-data").output;
  EXPECT_NE(xml.find("<parameter name=\"config\" unique=\"1\" required=\"1\">"), std::string::npos);
  EXPECT_NE(xml.find("<action name=\"monitor\" timeout=\"35s\" interval=\"10s\""), std::string::npos);
  AgentModels models("n1");
  models.add(model);
  const auto agent = installed_agent("ocf", "acme", "app", profile, &models);
  ASSERT_TRUE(agent);
  const std::string info = ra_info(*metadata_of(*agent, "acme", "app"), RaInfoWords::kCurrent);
  EXPECT_TRUE(info.starts_with("An application (ocf:acme:app)\n\nRuns it.\n")) << info;
  EXPECT_NE(info.find("config* (string, [/etc/app.conf]): The file\n"), std::string::npos) << info;
}

TEST_F(ModelAgent, WholeNamesGoBeforeNativeAgentsAndPatternsAfterThem) {
  AgentModel all = app();
  all.provider = all.type = "*";
  all.short_text = "any";
  AgentModel dummy = app();
  dummy.provider = "heartbeat";
  dummy.type = "Dummy";
  AgentModels models("n1");
  models.add(all);
  EXPECT_NE(installed_agent("ocf", "heartbeat", "Dummy", profile, &models)->native, nullptr);
  models.add(dummy);
  EXPECT_EQ(installed_agent("ocf", "heartbeat", "Dummy", profile, &models)->model->short_text, "An application");
  EXPECT_EQ(installed_agent("ocf", "acme", "what", profile, &models)->model->short_text, "any");
  EXPECT_FALSE(installed_agent("systemd", "", "what", profile, &models));
  EXPECT_FALSE(installed_agent("ocf", "acme", "what", profile, nullptr));
}

TEST_F(ModelAgent, MachinesWithoutThePackage) {
  AgentModel dummy = app();
  dummy.provider = "heartbeat";
  dummy.type = "Dummy";
  dummy.machines = {"n2"};
  AgentModels here("n1");
  here.add(dummy);
  EXPECT_FALSE(installed_agent("ocf", "heartbeat", "Dummy", profile, &here));
  AgentModels there("n2");
  there.add(dummy);
  EXPECT_TRUE(installed_agent("ocf", "heartbeat", "Dummy", profile, &there));
}

TEST_F(ModelAgent, AServiceIsWhatHasItsName) {  // AT-1.1
  AgentModel unit = app();
  unit.standard = "systemd";
  unit.provider.clear();
  unit.type = "httpd";
  AgentModels models("n1");
  models.add(unit);
  EXPECT_TRUE(installed_agent("service", "", "httpd", profile, &models));
  EXPECT_FALSE(installed_agent("service", "", "mysqld", profile, &models));
}

TEST(Patterns, StarsStandForAnyText) {
  EXPECT_TRUE(fits_pattern("ocf:*:app", "ocf:acme:app"));
  EXPECT_TRUE(fits_pattern("*", ""));
  EXPECT_TRUE(fits_pattern("a*b*", "a-b"));
  EXPECT_FALSE(fits_pattern("a*b", "a-bc"));
  EXPECT_FALSE(fits_pattern("", "a"));
}

TEST(ModelTimes, AreDrawnWithinTheirBounds) {
  Random random(7, "times");
  const ModelTime time{seconds(2), seconds(1), 200'000, minutes(1)};
  int slow = 0;
  for (int i = 0; i < 1000; ++i) {
    const Duration drawn = draw_time(time, random);
    if (drawn == minutes(1)) {
      ++slow;
    } else {
      EXPECT_GE(drawn, seconds(2));
      EXPECT_LE(drawn, seconds(3));
    }
  }
  EXPECT_GT(slow, 150);
  EXPECT_LT(slow, 250);
}

TEST_F(ModelAgent, FenceAgentsAskForPlugs) {  // AT-5.4, AT-5.5, AT-5.10
  AgentModel model = app();
  model.standard = "stonith";
  model.provider.clear();
  model.type = "fence_rack";
  const std::string plain = run(model, "metadata").output;
  EXPECT_NE(plain.find("<parameter name=\"plug\""), std::string::npos);
  EXPECT_EQ(plain.find("<action name=\"list\""), std::string::npos);
  model.plugs = {{"1", "node1"}};
  EXPECT_NE(run(model, "metadata").output.find("<action name=\"list\""), std::string::npos);
  EXPECT_EQ(run(model, "list").output, "1,node1\n");
  EXPECT_EQ(code(model, "monitor"), 0);
  EXPECT_EQ(code(model, "off"), 1);  // no plug
  parameters = {{"plug", "7"}};
  EXPECT_EQ(code(model, "status"), 1);  // no such plug
  EXPECT_EQ(code(model, "diag"), 1);
}

}  // namespace
}  // namespace simcluster::agents
