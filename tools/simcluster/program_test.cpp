// The program as a user sees it: exit status, output, files, interrupts.
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

constexpr const char* kScenario = R"(title: two nodes and nothing to do
until: 40s
networks: {lan: {}}
nodes:
  node1: {interfaces: {eth0: {network: lan, address: 10.0.0.1/24}}}
  node2: {interfaces: {eth0: {network: lan, address: 10.0.0.2/24}}}
configuration:
  crm: |
    property stonith-enabled=false no-quorum-policy=ignore
timeline:
  - {at: 30s, note: half a minute}
variants:
  a: {title: the first}
  b: {title: the second, seed: 2}
)";

struct Outcome {
  int status;
  std::string output;
};

class Program : public testing::Test {
 protected:
  Program() : folder_(fs::path(testing::TempDir()) / ("simcluster_program_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    write("scenarios/idle.yaml", kScenario);
  }
  ~Program() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream stream(folder_ / name);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  }
  // Runs with standard error mixed into the output.
  Outcome run(const std::string& arguments, const std::string& from = "") const {
    const std::string command =
        "cd '" + (folder_ / from).generic_string() + "' && " SIMCLUSTER_PROGRAM " " + arguments + " 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    std::string output;
    char buffer[4096];
    for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
    const int status = pclose(pipe);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
  }
  fs::path folder_;
};

bool has(const Outcome& outcome, const std::string& text) { return outcome.output.find(text) != std::string::npos; }

TEST_F(Program, HelpFitsIntoEightyColumns) {
  for (const char* arguments : {"--help", "run --help", "check --help", "list --help", "schema --help",
                                "history --help", "completion --help"}) {
    const auto outcome = run(arguments);
    EXPECT_EQ(outcome.status, 0) << arguments;
    EXPECT_TRUE(has(outcome, "Usage: simcluster")) << arguments;
    std::size_t begin = 0;
    while (begin < outcome.output.size()) {
      const auto end = outcome.output.find('\n', begin);
      EXPECT_LE(end - begin, 80U) << outcome.output.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST_F(Program, MistakesOnTheCommandLine) {
  EXPECT_EQ(run("").status, 2);
  EXPECT_TRUE(has(run("rum"), "there is no command \"rum\"; did you mean \"run\"?"));
  EXPECT_TRUE(has(run("run --sed 1 scenarios/idle.yaml"), "there is no option --sed; did you mean --seed?"));
  EXPECT_TRUE(has(run("run"), "FILE is missing"));
  EXPECT_TRUE(has(run("run --seed x scenarios/idle.yaml"), "--seed takes a whole number, not \"x\""));
  EXPECT_TRUE(
      has(run("run --until soon scenarios/idle.yaml"), "--until takes a time such as 90s or 1h30m, not \"soon\""));
  EXPECT_TRUE(has(run("run --color blue scenarios/idle.yaml"), "--color takes auto, always or never"));
  EXPECT_TRUE(has(run("run --variant c scenarios/idle.yaml"), "there is no variant \"c\""));
  EXPECT_EQ(run("run nothing.yaml").status, 2);
  EXPECT_EQ(run("check nothing").status, 2);
  EXPECT_EQ(run("completion fish").status, 2);
}

TEST_F(Program, CrmMonOfASavedCib) {
  write(
      "cib.xml",
      R"(<cib validate-with="pacemaker-3.9" have-quorum="1" crm_feature_set="3.16.2" admin_epoch="0" epoch="1" num_updates="1">
<configuration><crm_config/><nodes><node id="1" uname="n1"/></nodes><resources/><constraints/></configuration>
<status><node_state id="1" uname="n1" in_ccm="true" crmd="online" join="member" expected="member"/></status></cib>)");
  const auto shown = run("crm_mon --pacemaker 2.1.5 --now 0 -1 cib.xml");
  EXPECT_EQ(shown.status, 0);
  EXPECT_TRUE(has(shown, "  * Last updated: Thu Jan  1 00:00:00 1970\n")) << shown.output;
  EXPECT_TRUE(has(shown, "  * Online: [ n1 ]\n")) << shown.output;
  EXPECT_TRUE(has(run("crm_mon --pacemaker 1.1.14 -D1 cib.xml"), "Online: [ n1 ]\n"));
  EXPECT_TRUE(has(run("crm_mon --pacemaker old cib.xml"), "old"));
  for (const char* unusable :
       {"crm_mon", "crm_mon nothing.xml", "crm_mon --pacemaker old cib.xml", "crm_mon -Z cib.xml"})
    EXPECT_EQ(run(unusable).status, 2) << unusable;
}

// AT part I: on a file, which is written in one piece, or under the tool's own name.
TEST_F(Program, ToolsOfTheCluster) {
  setenv("CIB_file", (folder_ / "cib.xml").c_str(), 1);
  EXPECT_EQ(run("cibadmin --pacemaker 2.1.5 -Q").status, 105);
  write("cib.xml",
        R"(<cib validate-with="pacemaker-3.9" crm_feature_set="3.16.1" admin_epoch="0" epoch="1" num_updates="1">
<configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>)");
  EXPECT_EQ(run("cibadmin -C -o nodes -X '<node id=\"1\" uname=\"n1\"/>'").status, 0);
  EXPECT_EQ(run("cibadmin -Q -o nodes").output, "<nodes>\n  <node id=\"1\" uname=\"n1\"/>\n</nodes>\n");
  EXPECT_TRUE(has(run("cibadmin -Q -n"), "epoch=\"2\" num_updates=\"0\""));
  EXPECT_EQ(run("crm_verify -L").status, 78);  // nothing can fence
  unsetenv("CIB_file");
  EXPECT_EQ(run("cibadmin -Q").status, 102);
  EXPECT_TRUE(has(run("cibadmi -Q"), "did you mean \"cibadmin\"?"));
}

TEST_F(Program, RunTellsTheStoryAndTheTable) {
  const auto outcome = run("run scenarios/idle.yaml");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_TRUE(has(outcome, "idle / a\ntwo nodes and nothing to do\nthe first\n"));
  EXPECT_TRUE(has(outcome, "00:00:30.000        half a minute\n"));
  EXPECT_TRUE(has(outcome, "variant  first false failure")) << outcome.output;
  EXPECT_FALSE(has(outcome, "\033["));
  EXPECT_TRUE(has(run("run --color always scenarios/idle.yaml -v"), "\033["));
  const auto quiet = run("run -q --variant b scenarios/idle.yaml");
  EXPECT_FALSE(has(quiet, "half a minute"));
  EXPECT_FALSE(has(quiet, "\na "));
}

TEST_F(Program, AnExpectationThatIsNotMetIsStatusOne) {
  write("scenarios/bad.yaml", std::string(kScenario) + "expect:\n  - {event: node.crash}\n");
  const auto outcome = run("run scenarios/bad.yaml");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(has(outcome, "bad.yaml:16:5: bad / a: not as expected: node.crash: it never happened")) << outcome.output;
}

TEST_F(Program, TheTraceIsJsonLinesAndTheSameFromEveryFolder) {
  ASSERT_EQ(run("run -q --trace one.json scenarios/idle.yaml").status, 0);
  ASSERT_EQ(run("run -q --trace ../two.json idle.yaml", "scenarios").status, 0);
  EXPECT_EQ(read("one.json").substr(0, 5), "{\"t\":");
  EXPECT_GT(read("one.json").size(), 10'000U);
  EXPECT_EQ(read("one.json"), read("two.json"));
  const auto here = run("check --hashes scenarios");
  const auto there = run("check --hashes .", "scenarios");
  EXPECT_EQ(here.output, there.output);
  EXPECT_TRUE(has(here, "  idle / a\n"));
  EXPECT_EQ(run("run -q --verify scenarios/idle.yaml").status, 0);
}

TEST_F(Program, CheckComparesUpdatesAndReports) {
  const auto missing = run("check");
  EXPECT_EQ(missing.status, 1);
  EXPECT_TRUE(has(missing, "golden/idle/a.txt does not exist; --update writes it")) << missing.output;
  EXPECT_EQ(run("check --update").status, 0);
  EXPECT_EQ(run("check --jobs 2").status, 0);
  EXPECT_TRUE(has(run("run scenarios/idle.yaml"), "2 runs as the golden files say"));

  std::string golden = read("golden/idle/a.txt");
  golden.replace(golden.find("half a minute"), 4, "many");
  write("golden/idle/a.txt", golden);
  const auto differs = run("check --junit report.xml --history h.sqlite");
  EXPECT_EQ(differs.status, 1);
  EXPECT_TRUE(has(differs, "-00:00:30.000        many a minute\n+00:00:30.000        half a minute\n"))
      << differs.output;
  EXPECT_TRUE(has(differs, "first difference\n  golden: 00:00:30.000        many a minute")) << differs.output;
  EXPECT_TRUE(has(differs, "the events before it\n  {\"t\":")) << differs.output;
  EXPECT_TRUE(has(differs, "ok      idle / b"));
  EXPECT_NE(read("report.xml").find("tests=\"2\" failures=\"1\""), std::string::npos) << read("report.xml");
  EXPECT_TRUE(has(run("history h.sqlite"), "differs from"));
  EXPECT_EQ(run("run scenarios/idle.yaml").status, 1);
}

TEST_F(Program, HistoryComparesRuns) {
  ASSERT_EQ(run("run -q --history h.sqlite scenarios/idle.yaml").status, 0);
  ASSERT_EQ(run("run -q --history h.sqlite scenarios/idle.yaml").status, 0);
  const auto same = run("history --compare h.sqlite");
  EXPECT_EQ(same.status, 0) << same.output;
  EXPECT_TRUE(has(same, "same"));
  EXPECT_EQ(run("history none.sqlite").status, 2);
}

// docs/json.md.
TEST_F(Program, JsonResults) {
  EXPECT_TRUE(has(run("list --output-as=json"), "\"file\": \"scenarios/idle.yaml\",\n      \"name\": \"idle\""));
  const auto ran = run("run --history h.sqlite --output-as=json scenarios/idle.yaml");
  EXPECT_EQ(ran.status, 0);
  EXPECT_TRUE(ran.output.starts_with("{\n  \"simcluster\": ")) << ran.output;
  EXPECT_TRUE(has(ran, "\"variant\": \"a\",\n      \"as_expected\": true,\n      \"compared\": false"));
  EXPECT_TRUE(has(run("history --output-as=json h.sqlite"), "\"verdict\": \"as expected\""));
  EXPECT_TRUE(has(run("history --compare --output-as=json h.sqlite"), "\"change\": \"no run before\""));
  const auto checked = run("check --output-as=json scenarios");
  EXPECT_EQ(checked.status, 1);
  EXPECT_TRUE(has(checked, "\"message\": \"there is no golden file\"")) << checked.output;
  EXPECT_EQ(run("list --output-as=xml").status, 2);
}

TEST_F(Program, ListSchemaCompletion) {
  EXPECT_TRUE(has(run("list"), "scenarios/idle.yaml\n  two nodes and nothing to do\n    a  the first\n"));
  EXPECT_EQ(run("list --names scenarios/idle.yaml").output, "a\nb\n");
  EXPECT_EQ(run("schema").output.substr(0, 2), "{\n");
  write("completion.bash", run("completion bash").output);
  EXPECT_EQ(std::system(("bash -n '" + (folder_ / "completion.bash").generic_string() + "'").c_str()), 0);
  EXPECT_TRUE(has(run("completion bash"),
                  "compgen -W \"run report check list twin agents replay crm_mon history soak schema completion"));
}

// AT-9.7
TEST_F(Program, ReportPacksTheNodes) {
  EXPECT_EQ(run("report scenarios/idle.yaml").status, 2);
  EXPECT_EQ(run("report --from 20s --to 10s scenarios/idle.yaml rep1").status, 2);
  EXPECT_EQ(run("report --from 10s --to 20s scenarios/idle.yaml rep1").status, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "rep1.tar.bz2"));
}

TEST_F(Program, TwinOfClusterdKillsNoSingleDaemon) {
  std::string text = kScenario;
  const std::string_view note = "{at: 30s, note: half a minute}";
  text.replace(text.find(note), note.size(), "{at: 30s, kill-process: {node: node1, process: pacemaker-attrd}}");
  write("scenarios/kill.yaml", text);
  EXPECT_EQ(run("twin --commands --stack debian scenarios/kill.yaml").status, 0);
  const auto refused = run("twin --commands --stack clusterd scenarios/kill.yaml");
  EXPECT_EQ(refused.status, 2);
  EXPECT_TRUE(has(refused,
                  "scenarios/kill.yaml:11:5: clusterd is one process and has no pacemaker-attrd that could be killed "
                  "alone; kill-cluster kills all of it\n"))
      << refused.output;
  EXPECT_EQ(run("twin --commands --stack clusterd scenarios/idle.yaml").status, 0);
}

TEST_F(Program, UnusableInputDoesNotStopTheOthersOfACheck) {
  write("scenarios/broken.yaml", "titel: x\n");
  ASSERT_EQ(run("check --update scenarios").status, 2);
  const auto outcome = run("check scenarios");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_TRUE(has(outcome, "simcluster: scenarios/broken.yaml:1:1: ")) << outcome.output;
  EXPECT_TRUE(has(outcome, "ok      idle / a"));
}

// Whether a process has a handler for a signal. Not before it is the program itself: a shell has none for SIGINT.
bool handles(pid_t process, int signal) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("SigCgt:")) return (std::stoull(line.substr(7), nullptr, 16) >> (signal - 1) & 1) != 0;
  return false;
}

// A long run is interrupted in its middle: no report, history or golden file, whole or half, is left.
TEST_F(Program, CtrlCLeavesNothingHalfWritten) {
  if (!fs::exists("/proc/self/status")) GTEST_SKIP() << "there is no /proc to tell when the program is ready";
  std::string text = kScenario;
  text.replace(text.find("until: 40s"), 10, "until: 52w");
  write("scenarios/idle.yaml", text);
  for (const char* arguments : {"check --update --junit out/report.xml --history out/h.sqlite",
                                "run -q --trace out/trace.json --history out/h.sqlite scenarios/idle.yaml"}) {
    fs::create_directories(folder_ / "out");
    const pid_t child = fork();
    if (child == 0) {
      const std::string command =
          "cd '" + folder_.generic_string() + "' && exec " SIMCLUSTER_PROGRAM " " + arguments + " >/dev/null 2>&1";
      execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      _exit(127);
    }
    int status = 0;
    while (!handles(child, SIGINT) && waitpid(child, &status, WNOHANG) == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // into its middle
    kill(child, SIGINT);
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 130) << arguments << ": " << status;
    EXPECT_TRUE(fs::is_empty(folder_ / "out")) << arguments;
    EXPECT_FALSE(fs::exists(folder_ / "golden"));
  }
}

}  // namespace
