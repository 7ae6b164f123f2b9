// Every kind of unusable input: one sentence with file, line and column.
#include "sim/scenario/loader.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/agents/agent_models.h"
#include "sim/scenario/schema.h"

namespace simcluster::sim {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWorld = R"(title: t
networks: {lan: {}}
nodes:
  node01: {interfaces: {eth0: {network: lan, address: 10.0.0.1/24}}}
  node02: {interfaces: {eth0: {network: lan, address: 10.0.0.2/24}}}
)";
constexpr int kWorldLines = 5;

class Loader : public testing::Test {
 protected:
  Loader() : folder_(fs::path(testing::TempDir()) / ("simcluster_loader_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~Loader() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.generic_string();
  }
  Result<ScenarioFile> load(const std::string& text) const { return load_scenario(write("s.yaml", text)); }
  // The error of a file, its path cut off: "3:4: sentence".
  std::string error_of(const std::string& text) const {
    const auto loaded = load(text);
    if (loaded) return "no error";
    std::string message = loaded.error().text();
    if (const auto at = message.find("s.yaml:"); at != std::string::npos) message.erase(0, at + 7);
    return message;
  }
  // The error of the world above with more keys; lines are counted from those.
  void expect_error(const std::string& more, int line, int column, const std::string& message) const {
    const std::string error = error_of(kWorld + more);
    const std::string place = std::to_string(kWorldLines + line) + ":" + std::to_string(column) + ": ";
    EXPECT_EQ(error.substr(0, place.size()), place) << error;
    EXPECT_NE(error.find(message), std::string::npos) << error << "\nwanted: " << message;
  }
  fs::path folder_;
};

TEST_F(Loader, TheSmallestScenario) {
  const auto file = load(kWorld);
  ASSERT_TRUE(file) << file.error().text();
  ASSERT_EQ(file->variants.size(), 1U);
  const Scenario& scenario = file->variants.front();
  EXPECT_EQ(scenario.name, "s");
  EXPECT_EQ(scenario.variant, "");
  EXPECT_EQ(scenario.until, minutes(10));
  ASSERT_EQ(scenario.world.machines.size(), 2U);
  EXPECT_EQ(scenario.world.machines[1].cluster_id, ClusterNodeId(2));
  EXPECT_EQ(scenario.stack.pacemaker, "2.1.5");  // Debian 12's
  EXPECT_EQ(scenario.stack.kernel, "6.1");
  EXPECT_NE(scenario.world.machines[0].corosync_conf.find("ring0_addr: 10.0.0.1\n"), std::string::npos);
  const auto old = load(std::string("stack: {corosync: 1.4.6, pacemaker: 1.0.13}\n") + kWorld);
  ASSERT_TRUE(old) << old.error().text();
  EXPECT_NE(old->variants.front().world.machines[0].corosync_conf.find("bindnetaddr: 10.0.0.0"), std::string::npos);
  const auto heartbeat = load(
      "stack: {heartbeat: 3.0.5, pacemaker: 1.0.11}\nnetworks: {lan: {}}\nnodes:\n  node01:\n"
      "    uuid: 11111111-1111-1111-1111-111111111111\n"
      "    interfaces: {eth0: {network: lan, address: 10.0.0.1/24}}\n");
  ASSERT_TRUE(heartbeat) << heartbeat.error().text();
  EXPECT_EQ(heartbeat->variants.front().stack.corosync, "1.4.6");
}

TEST_F(Loader, UnknownKeyWithTheNearestKnownOne) {
  expect_error("timelin: []\n", 1, 1, "unknown key \"timelin\"; did you mean \"timeline\"?");
  expect_error("stack: {kernl: 2.6.18}\n", 1, 9, "unknown key \"kernl\"; did you mean \"kernel\"?");
  expect_error(
      "zzzzzz: 1\n", 1, 1,
      "unknown key \"zzzzzz\"; keys here are \"include\", \"title\", \"seed\", \"start\", \"until\", \"stack\"");
  expect_error("stack: {zzzzzz: 1}\n", 1, 9, "unknown key \"zzzzzz\"; keys here are \"kernel\", \"resource-agents\"");
  expect_error("timeline:\n  - at: 1s\n    remove-adress: {}\n", 3, 5,
               "unknown key \"remove-adress\"; did you mean \"remove-address\"?");
}

TEST_F(Loader, WrongType) {
  expect_error("until: soon\n", 1, 8,
               "\"until\" must be a time with its unit, such as 10s, 1h30m or 100us, not \"soon\"");
  expect_error("until: 10\n", 1, 8, "not \"10\"");
  expect_error("seed: 1.5\n", 1, 7, "a whole number");
  expect_error("timeline: 3\n", 1, 11, "\"timeline\" must be a list, not \"3\"");
  expect_error("stack: [a]\n", 1, 8, "\"stack\" must be a mapping of keys to values, not a list");
  expect_error("hosts: {h: {interfaces: {eth0: {address: 10.0.0.300/24}}}}\n", 1, 42,
               "an IP address with its prefix length");
  expect_error("trunks: {t: {between: [lan, lan]}}\n", 1, 13, "joins the switch \"lan\" with itself: a loop");
  expect_error("trunks: {t: {between: [lan]}}\n", 1, 13, "must join two switches, not 1");
  expect_error("trunks: {t: {between: [lan, wan]}}\n", 1, 29, "there is no network \"wan\"; did you mean \"lan\"?");
  expect_error("timeline:\n  - {at: 1s, cut-trunk: {trunk: t}}\n", 2, 33, "there is no trunk \"t\"");
  expect_error("networks+: 3\n", 1, 1, "unknown key \"networks+\"");
  EXPECT_NE(error_of("- a\n- b\n").find("1:1: a scenario is a mapping of keys to values; this is a list"),
            std::string::npos);
}

// AT-4.12
TEST_F(Loader, DescribedAgents) {
  const auto file = load(
      std::string(kWorld) +
      "agents:\n"
      "  ocf:acme:app:\n"
      "    on: node01\n"
      "    state: file\n"
      "    actions: {start: {takes: 5s, jitter: 1s, slow: 10%, slow-takes: 1m, timeout: 90}}\n"
      "    failures: [{node: node01, action: recurring-monitor, after: 3, exit-code: 1}, {action: stop, hang: true}]\n"
      "  systemd:dbus-:1.2@x: {}\n"
      "configuration:\n"
      "  crm: primitive a ocf:acme:app\n");
  ASSERT_TRUE(file) << file.error().text();
  const auto& machines = file->variants.front().world.machines;
  ASSERT_NE(machines[0].models, nullptr);
  const auto model = machines[0].models->find("ocf", "acme", "app", false);
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->state, agents::ModelState::kFile);
  ASSERT_NE(model->action("start"), nullptr);
  EXPECT_EQ(model->action("start")->takes.slow_parts, 100'000U);
  EXPECT_EQ(model->action("start")->timeout_seconds, 90);
  EXPECT_TRUE(model->installed_on("node01"));
  EXPECT_FALSE(model->installed_on("node02"));
  EXPECT_NE(machines[0].models->find("systemd", "", "dbus-:1.2@x", false), nullptr);
  ASSERT_EQ(machines[0].agent_faults.size(), 2U);
  EXPECT_EQ(machines[0].agent_faults[0].agent, "ocf:acme:app");
  EXPECT_EQ(machines[0].agent_faults[0].after, 3U);
  EXPECT_EQ(machines[1].agent_faults.size(), 1U);
}

// AT-4.12: what is wrong with a description, and where.
TEST_F(Loader, BadDescriptionsOfAgents) {
  expect_error("agents: {app: {}}\n", 1, 15, "\"app\" is no name of an agent (expected ocf:PROVIDER:TYPE");
  expect_error("agents: {ocf:app: {}}\n", 1, 19, "\"ocf:app\" is no name of an agent");
  expect_error("agents: {\"ocf:a:b\": {action: {}}}\n", 1, 22, "unknown key \"action\"; did you mean \"actions\"?");
  expect_error("agents: {\"ocf:a:b\": {zzzz: 1}}\n", 1, 22,
               "unknown key \"zzzz\"; keys here are \"title\", \"description\", \"on\"");
  expect_error("agents: {\"ocf:a:b\": {actions: {strat: {}}}}\n", 1, 39,
               "agents have no action \"strat\"; did you mean \"start\"?");
  expect_error("agents: {\"ocf:a:b\": {actions: {start: {slow: 5%}}}}\n", 1, 46,
               "\"slow\" and \"slow-takes\" belong together");
  expect_error("agents: {\"ocf:a:b\": {on: [node7]}}\n", 1, 27, "there is no node \"node7\"");
  expect_error("agents: {\"lsb:b\": {promotable: {}}}\n", 1, 32, "only agents of the class ocf are promotable");
  expect_error("agents: {\"stonith:b\": {state: file}}\n", 1, 31, "a fence agent has no \"state\"");
  expect_error("agents: {\"ocf:a:b\": {plugs: {1: node01}}}\n", 1, 29, "only fence agents (stonith:...) have plugs");
  expect_error("agents: {\"ocf:a:b\": {failures: [{action: stop, exit-reason: x}]}}\n", 1, 61,
               "\"exit-reason\" says why an agent ends with an \"exit-code\"");
}

// AT-4.12: an agent that nobody has described would be one that is not installed, and the run about nothing.
TEST_F(Loader, UnknownAgents) {
  expect_error("configuration:\n  crm: |\n    primitive a Dummy\n    primitive b ocf:acme:app\n", 4, 15,
               "the agent ocf:acme:app of \"b\" is not one of those that are simulated: describe it under \"agents\"");
  expect_error("configuration: {crm: primitive b systemd:httpd}\n", 1, 32, "the agent systemd:httpd of \"b\"");
  for (const char* described : {"\"ocf:*:*\": {}", "ocf:acme:app: {on: []}", "ocf:acme:app: {}"}) {
    const auto file =
        load(std::string(kWorld) + "agents: {" + described + "}\nconfiguration: {crm: primitive b ocf:acme:app}\n");
    EXPECT_TRUE(file) << file.error().text();
  }
}

TEST_F(Loader, MissingKeys) {
  EXPECT_EQ(error_of("title: x\n").substr(0, 36), "1:1: the key \"networks\" is missing: ");
  expect_error("processes: {p: {reads: /proc/net/dev}}\n", 1, 16, "the key \"on\" is missing");
  expect_error("timeline:\n  - note: hi\n", 2, 5,
               "one of these keys is missing: \"at\", \"after\", \"every\", \"between\"");
  expect_error("timeline:\n  - at: 1s\n", 2, 5, "one of these keys is missing: \"crm\"");
}

TEST_F(Loader, UnknownNames) {
  expect_error("timeline:\n  - at: 1s\n    reset: {node: node03}\n", 3, 19,
               "there is no node or host \"node03\"; did you mean \"node01\"?");
  expect_error("timeline:\n  - at: 1s\n    pull-cable: {node: node01, interface: eth7}\n", 3, 43,
               "there is no interface \"eth7\" on \"node01\"; did you mean \"eth0\"?");
  expect_error("timeline:\n  - at: 1s\n    network-down: {network: wan}\n", 3, 29,
               "there is no network \"wan\"; did you mean \"lan\"?");
  expect_error("expect:\n  - state: {resource: vip9, on: [node01]}\n", 2, 23, "there is no resource \"vip9\"");
  expect_error("expect:\n  - never: resource.stoped\n", 2, 12,
               "there is no event \"resource.stoped\"; did you mean \"resource.stopped\"?");
  expect_error("variants:\n  a: {extends: b}\n  c: {}\n", 2, 16, "there is no variant \"b\" to extend");
}

TEST_F(Loader, Storage) {
  expect_error("storage: {d: {device: sdb, on: node01}}\n", 1, 23, "the path of a block device begins with /dev/");
  expect_error("storage: {d: {file-system: ntfs, on: node01}}\n", 1, 28, "ntfs");
  expect_error("storage: {d: {file-system: xfs}}\n", 1, 14, "the key \"on\" is missing");
  expect_error("storage: {d: {on: [node01, node3]}}\n", 1, 28, "there is no node or host \"node3\"");
  expect_error("storage:\n  a: {on: node01}\n  b: {on: [node02, node01]}\n", 3, 6,
               "\"node01\" has another device /dev/sdb1 already");
  expect_error(
      "storage: {d: {on: node01}}\ntimeline:\n  - {at: 1s, device-fault: {node: node02, device: /dev/sdb1, "
      "how: fails}}\n",
      3, 51, "there is no block device \"/dev/sdb1\" on \"node02\"");
}

TEST_F(Loader, ImpossibleTimes) {
  expect_error("until: 1m\ntimeline:\n  - at: 2m\n    note: x\n", 3, 9,
               "2m is after the end of the run, which lasts 1m");
  expect_error("timeline:\n  - between: [5m, 1m]\n    note: x\n", 2, 14, "the latest time is before the earliest");
  expect_error("timeline:\n  - between: [5m]\n    note: x\n", 2, 14, "two times");
  expect_error("timeline:\n  - every: {interval: 0s}\n    note: x\n", 2, 23, "longer than 0s");
  expect_error("expect:\n  - event: note\n    from: 3m\n    within: 1m\n", 4, 13, "ends before");
  expect_error("until: 0s\n", 1, 8, "longer than 0s");
}

TEST_F(Loader, Files) {
  EXPECT_NE(load_scenario((folder_ / "none.yaml").generic_string()).error().text().find("does not exist"),
            std::string::npos);
  expect_error("include: other.yaml\n", 1, 10, "other.yaml\" does not exist");
  expect_error("configuration: {crm-file: none.crm}\n", 1, 27, "none.crm\" does not exist");
  expect_error("configuration: {crm-file: .}\n", 1, 27, "is not a file");
}

TEST_F(Loader, VariantsOfAFileWithIncludesAppend) {
  write("base.inc.yaml", kWorld);
  const auto file = load(
      "include: base.inc.yaml\ntimeline:\n  - {at: 1s, note: a}\nvariants:\n  v: {timeline+: [{at: 2s, note: b}]}\n");
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ(file->variants[0].timeline.size(), 2U);
}

TEST_F(Loader, IncludesAreLaidUnder) {
  write("base.inc.yaml", std::string(kWorld) + "until: 5m\nseed: 7\n");
  const auto file = load("include: base.inc.yaml\nseed: 8\ntitle: mine\n");
  ASSERT_TRUE(file) << file.error().text();
  EXPECT_EQ(file->variants[0].until, minutes(5));
  EXPECT_EQ(file->variants[0].world.seed, 8U);
  EXPECT_EQ(file->title, "mine");
}

TEST_F(Loader, AnErrorInAnIncludedFileNamesThatFile) {
  write("base.inc.yaml", std::string(kWorld) + "unitl: 5m\n");
  EXPECT_NE(load("include: base.inc.yaml\n").error().text().find("base.inc.yaml:6:1: unknown key \"unitl\""),
            std::string::npos);
}

TEST_F(Loader, CyclicIncludes) {
  expect_error("include: s.yaml\n", 1, 10, "s.yaml\" includes itself");
  write("a.inc.yaml", "include: b.inc.yaml\n");
  write("b.inc.yaml", "include: a.inc.yaml\n");
  const auto loaded = load("include: a.inc.yaml\n");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().text().find("b.inc.yaml:1:10: "), std::string::npos) << loaded.error().text();
  EXPECT_NE(loaded.error().text().find("includes itself, by way of"), std::string::npos) << loaded.error().text();
}

TEST_F(Loader, AHundredMegabytesAreRefusedUnread) {
  const std::string path = write("s.yaml", "");
  fs::resize_file(path, 100'000'000);
  const auto loaded = load_scenario(path);
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().text().find("has 100000000 bytes; at most"), std::string::npos) << loaded.error().text();
}

TEST_F(Loader, AliasBomb) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k == 0 ? "*a" : ", *a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  EXPECT_NE(error_of(bomb).find("aliases"), std::string::npos);
}

TEST_F(Loader, InvalidXml) {
  expect_error("configuration:\n  cib: |\n    <cib>\n      <configuration>\n    </cib>\n", 5, 11,
               "not well-formed XML");
  expect_error("configuration:\n  cib: |\n    <nothing/>\n", 3, 5, "its root element must be \"cib\"");
}

TEST_F(Loader, CrmTextWithSyntaxError) {
  expect_error("configuration:\n  crm: |\n    property a=b\n    primitiv x Dummy\n", 4, 5, "primitiv");
  expect_error("configuration:\n  crm:\n    one: |\n      property a=b\n    two: |\n\n      group\n", 7, 12, "");
}

TEST_F(Loader, DanglingReferences) {
  expect_error(
      "configuration:\n  cib: |\n    <cib validate-with=\"pacemaker-3.0\" admin_epoch=\"0\" epoch=\"1\" "
      "num_updates=\"0\">\n"
      "      <configuration><crm_config/><nodes/><resources/>\n"
      "        <constraints><rsc_location id=\"l\" rsc=\"gone\" node=\"node01\" score=\"1\"/></constraints>\n"
      "      </configuration><status/></cib>\n",
      5, 22, "gone");
  expect_error("configuration:\n  crm: |\n    primitive a ocf:heartbeat:Dummy\n    colocation c inf: a gone\n", 4, 25,
               "gone");
}

TEST_F(Loader, VersionsThatCannotBeRead) { expect_error("stack: {kernel: banana}\n", 1, 8, "kernel"); }

TEST_F(Loader, Contradictions) {
  expect_error("timeline:\n  - {at: 1s, after: {event: note}, note: x}\n", 2, 14,
               "\"after\" cannot stand beside \"at\"");
  expect_error("timeline:\n  - {at: 1s, reset: {node: node01}, note: x}\n", 2, 37,
               "\"note\" cannot stand beside \"reset\"");
  expect_error("configuration: {crm: 'property a=b', cib-file: x}\n", 1, 38,
               "\"cib-file\" cannot stand beside \"crm\"");
  expect_error("hosts: {node01: {interfaces: {}}}\n", 1, 17, "is a node and a host");
  expect_error("configuration: {rings: [lan]}\nhosts: {}\nnodes+: []\n", 3, 1, "unknown key \"nodes+\"");
}

TEST_F(Loader, VariantsReplaceRemoveAppendAndExtend) {
  const auto file = load(std::string(kWorld) +
                         "until: 5m\ntimeline:\n  - {at: 1s, note: a}\n"
                         "variants:\n"
                         "  plain: {}\n"
                         "  longer: {title: more, until: 6m, timeline+: [{at: 2s, note: b}]}\n"
                         "  both: {extends: longer, stack: {kernel: rhel5.10}}\n"
                         "  silent: {timeline: ~}\n");
  ASSERT_TRUE(file) << file.error().text();
  ASSERT_EQ(file->variants.size(), 4U);
  EXPECT_EQ(file->variants[0].timeline.size(), 1U);
  EXPECT_EQ(file->variants[0].variant_title, "");
  EXPECT_EQ(file->variants[1].timeline.size(), 2U);
  EXPECT_EQ(file->variants[1].variant_title, "more");
  EXPECT_EQ(file->variants[2].until, minutes(6));
  EXPECT_EQ(file->variants[2].stack.kernel, "rhel5.10");
  EXPECT_EQ(file->variants[2].title, "t");
  EXPECT_EQ(file->variants[3].timeline.size(), 0U);
}

TEST_F(Loader, AVariantsErrorStandsInTheVariant) {
  expect_error("variants:\n  a: {}\n  b: {untl: 1m}\n", 3, 7, "unknown key \"untl\"; did you mean \"until\"?");
  expect_error("variants:\n  a: {extends: a}\n", 2, 16, "extends itself");
  expect_error("variants:\n  a/b: {}\n", 2, 3, "cannot be the name of a variant");
}

// Schema and loader come from one declaration; here is the proof for the keys of the smallest world.
TEST(Schema, IsSelfContainedAndKnowsTheKeys) {
  const auto schema = nlohmann::json::parse(scenario_schema());
  EXPECT_EQ(schema["$schema"], "http://json-schema.org/draft-07/schema#");
  EXPECT_EQ(scenario_schema().find("$ref"), std::string::npos);
  const auto& properties = schema["properties"];
  for (const char* key : {"title", "include", "stack", "networks", "nodes", "hosts", "configuration", "processes",
                          "timeline", "expect", "story", "variants"})
    EXPECT_TRUE(properties.contains(key)) << key;
  EXPECT_EQ(schema["required"], nlohmann::json::array({"networks", "nodes"}));
  EXPECT_FALSE(schema["additionalProperties"]);
  const auto& action = properties["timeline"]["items"]["properties"];
  for (const char* key : {"at", "between", "crm", "screen", "remove-address", "partition"})
    EXPECT_TRUE(action.contains(key)) << key;
  const auto& variant = properties["variants"]["additionalProperties"];
  const auto& keys = variant["properties"];
  EXPECT_TRUE(keys.contains("timeline+"));
  EXPECT_TRUE(keys.contains("extends"));
  EXPECT_FALSE(variant.contains("required"));
}

// Editors read the file; the program prints the same.
TEST(Schema, TheFileInTheRepositoryIsWhatTheProgramPrints) {
  std::ifstream stream(SIMCLUSTER_SOURCE_DIR "/scenarios/scenario.schema.json");
  const std::string file{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  EXPECT_TRUE(file == scenario_schema()) << "write it anew: simcluster schema > scenarios/scenario.schema.json";
}

TEST_F(Loader, CorosyncAloneAndItsMessages) {
  const auto file = load(
      "title: t\nstack: {corosync: 2.4.6, pacemaker: none}\nnetworks: {lan: {}}\nnodes:\n"
      "  a: {traffic: {burst: 3, every: 20ms, count: 9}, interfaces: {eth0: {network: lan, address: 10.0.0.1/24}}}\n"
      "  b: {auth-key: k, interfaces: {eth0: {network: lan, address: 10.0.0.2/24}}}\n"
      "configuration:\n  corosync: |\n    totem {\n      version: 2\n      transport: udp\n      interface {\n"
      "        ringnumber: 0\n        bindnetaddr: 10.0.0.0\n        mcastaddr: 239.1.1.1\n        mcastport: 5405\n"
      "      }\n    }\n");
  ASSERT_TRUE(file) << file.error().text();
  const auto& machines = file->variants.front().world.machines;
  ASSERT_TRUE(machines[0].traffic && machines[1].traffic);
  EXPECT_EQ(machines[0].traffic->burst, 3U);
  EXPECT_EQ(machines[0].traffic->count, 9U);
  EXPECT_EQ(machines[1].traffic->burst, 0U) << "it only listens";
  EXPECT_EQ(machines[1].auth_key, "k");
  EXPECT_FALSE(machines[0].cluster_id.valid()) << "neither file names an id: the address makes it (CF-22)";
}

TEST_F(Loader, FaultsOfTheNetwork) {
  expect_error("timeline: [{at: 1s, lose-frames: {from: node01, to: node03}}]\n", 1, 53, "there is no node or host");
  expect_error("timeline: [{at: 1s, lose-frames: {from: node01, to: node02, frames: some}}]\n", 1, 69, "unicast");
  expect_error("timeline: [{at: 1s, swizzle: {network: wan}}]\n", 1, 40, "there is no network \"wan\"");
  expect_error("timeline: [{at: 1s, swizzle: {how: magic}}]\n", 1, 36, "silence");
  expect_error("timeline: [{at: 1s, swizzle: {stopping: soon}}]\n", 1, 41, "soon");
  expect_error("timeline: [{at: 1s, screen: {node: node01, command: corosync-vqsim}}]\n", 1, 53, "corosync-quorumtool");
  expect_error("expect: [{state: {quorum: node07}}]\n", 1, 27, "there is no node \"node07\"");
}

}  // namespace
}  // namespace simcluster::sim
