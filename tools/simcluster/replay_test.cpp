// `simcluster replay` under the name crm_simulate: order of output, exit status, messages (S5 chapter M).
#include "tools/simcluster/replay_fixture.h"

namespace simcluster::tools {
namespace {

// S5 M-5.
TEST_F(Replay, ASimulationReadsLikeAStory) {
  const Outcome outcome = run("-x a.xml -S");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.output,
            "Using the original execution date of: 2023-11-14 22:13:20Z\n"
            "Current cluster status:\n"
            "  * Node List:\n"
            "    * Online: [ node1 node2 ]\n"
            "\n"
            "  * Full List of Resources:\n"
            "    * rsc1\t(ocf:heartbeat:Dummy):\t Stopped\n"
            "\n"
            "Transition Summary:\n"
            "  * Start      rsc1    ( node1 )\n"
            "\n"
            "Executing Cluster Transition:\n"
            "  * Resource action: rsc1            monitor on node2\n"
            "  * Resource action: rsc1            monitor on node1\n"
            "  * Resource action: rsc1            start on node1\n"
            "Using the original execution date of: 2023-11-14 22:13:20Z\n"
            "\n"
            "Revised Cluster Status:\n"
            "  * Node List:\n"
            "    * Online: [ node1 node2 ]\n"
            "\n"
            "  * Full List of Resources:\n"
            "    * rsc1\t(ocf:heartbeat:Dummy):\t Started node1\n");
}

// S5 M-5 with -s and -Q; M-1 bundled letters.
TEST_F(Replay, QuietScoresAreBareLines) {
  EXPECT_EQ(run("-x a.xml -sSQ").output,
            "pcmk__primitive_assign: rsc1 allocation score on node1: 0\n"
            "pcmk__primitive_assign: rsc1 allocation score on node2: 0\n"
            "\n");
  EXPECT_EQ(run("-x a.xml -SQ").output, "");
}

// S5 M-6.
TEST_F(Replay, ANodeIsTakenDown) {
  const std::string output = run("-x a.xml -R -d node1").output;
  EXPECT_NE(output.find("Performing Requested Modifications:\n  * Taking node node1 offline\n"), std::string::npos);
  EXPECT_NE(output.find("  * Start      rsc1    ( node2 )\n"), std::string::npos);
}

// S5 M-1: standard input; -x with its value glued to it is deprecated.
TEST_F(Replay, WaysToNameTheInput) {
  const std::string expected = run("-x a.xml -R").output;
  EXPECT_EQ(run("-R < a.xml").output, expected);
  EXPECT_EQ(run("-R --xml-file=a.xml").output, expected);
  EXPECT_EQ(run("a.xml -R").output, expected);
  EXPECT_EQ(run("-R -xa.xml").output,
            "Deprecated argument format '-xa.xml' used.\n"
            "Please use '-x a.xml' instead.  Support will be removed in a future release.\n" +
                expected);
}

// S5 M-4, S1 C-1.4.
TEST_F(Replay, WhatCannotBeUsed) {
  std::ofstream(folder_ / "text.xml") << "no XML";
  std::ofstream(folder_ / "other.xml") << "<other/>";
  EXPECT_EQ(run("-x missing.xml").status, 65);
  EXPECT_EQ(run("-x text.xml").status, 65);
  EXPECT_NE(run("-x text.xml").output.find("crm_simulate: Could not read input XML: Bad input value provided\n"),
            std::string::npos);
  EXPECT_EQ(run("-x other.xml").status, 78);
  EXPECT_EQ(run("-x").status, 64);
  EXPECT_EQ(run("-x").output, "crm_simulate: Missing argument for -x\n");
  EXPECT_EQ(run("--bogus").status, 64);
  EXPECT_EQ(run("-L").status, 102);
  EXPECT_EQ(run("-x a.xml -G no/such/folder.xml").status, 74);
  EXPECT_EQ(run("-x a.xml -S -O no/such/folder.xml").status, 105);
  EXPECT_EQ(run("-P no/such/folder").status, 105);
}

// --why is our own; it works on the situation after the injections.
TEST_F(Replay, ExplainsAResource) {
  EXPECT_EQ(run("-x a.xml -Q -d node1 --why rsc1").output,
            "rsc1 (ocf:heartbeat:Dummy) is Stopped and is to be Started on node2\n"
            "  node1: 0, offline\n"
            "    0  symmetric-cluster: may run on every node\n"
            "  node2: 0, chosen\n"
            "    0  symmetric-cluster: may run on every node\n"
            "  Choice: node2 has the highest score\n"
            "  Next: Start node2\n"
            "    start on node2: it does not run yet\n");
  const Outcome unknown = run("-x a.xml -Q --why rcs1");
  EXPECT_EQ(unknown.status, 105);
  EXPECT_EQ(unknown.output, "There is no resource \"rcs1\"; did you mean \"rsc1\"?\n");
}

// S5 M-1: what is wrong with a command line is told as GLib tells it.
TEST_F(Replay, WrongCommandLines) {
  EXPECT_EQ(run("-x a.xml -SZ").output, "crm_simulate: Unknown option -Z\n");
  EXPECT_EQ(run("-x a.xml -5").output, "crm_simulate: Unknown option -5\n");
  EXPECT_EQ(run("-x a.xml --bogus=1").status, 64);
  EXPECT_EQ(run("-N two").output, "crm_simulate: Cannot parse integer value “two” for -N\n");
  EXPECT_EQ(run("--repeat=two").output, "crm_simulate: Cannot parse integer value “two” for --repeat\n");
  const Outcome help = run("--help-source");
  EXPECT_EQ(help.status, 0);
  EXPECT_TRUE(help.output.starts_with(
      "Usage:\n  crm_simulate [OPTION?]\n\ncrm_simulate - simulate a Pacemaker cluster's response to events\n\n"
      "Data Source:\n"
      "  -L, --live-check                 Connect to CIB manager and use the current CIB contents as input\n"
      "  -x, --xml-file=FILE              Retrieve XML from the named file\n"
      "  -p, --xml-pipe                   Retrieve XML from stdin\n\nOperation Specification:\n"))
      << help.output;
}

// S5 M-6: what is wrong with a specification of an operation.
TEST_F(Replay, WrongSpecifications) {
  const auto message = [&](const std::string& spec) {
    return shell("", "-x a.xml -i '" + spec + "' 2>&1 >/dev/null").output;
  };
  EXPECT_EQ(message("foo"), "Invalid operation spec: foo.  Only found 1 fields\n");
  EXPECT_EQ(message("@=1"), "Invalid operation spec: @=1.  Only found 0 fields\n");
  EXPECT_EQ(message("rsc1_monitor_0@node1"), "Invalid operation spec: rsc1_monitor_0@node1.  Only found 2 fields\n");
  EXPECT_EQ(message("rsc1_monitor@node1=1"), "Invalid resource name: (null)\n");
  EXPECT_EQ(message("none_monitor_0@node1=1"), "Invalid resource name: none\n");
}

// S1 C-4.4: the beginning of 1970 is a time like any other.
TEST_F(Replay, TheEpoch) {
  EXPECT_NE(run("-x a.xml -R -t epoch").output.find("  * Start      rsc1    ( node1 )\n"), std::string::npos);
}

// S5 M-3: the result of a simulation can be simulated on, and is steady.
TEST_F(Replay, TheSavedResultIsSteady) {
  EXPECT_EQ(run("-x a.xml -S -O b.xml").status, 0);
  EXPECT_EQ(run("-x b.xml -R -G g.xml").status, 0);
  EXPECT_EQ(read("g.xml"),
            "<transition_graph cluster-delay=\"60s\" fencing-timeout=\"60s\" failed-stop-offset=\"INFINITY\" "
            "failed-start-offset=\"INFINITY\" batch-limit=\"0\" transition_id=\"1\"/>\n");
}

}  // namespace
}  // namespace simcluster::tools
