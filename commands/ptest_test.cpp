// ptest of Pacemaker 1.0.
#include "commands/testing_tool.h"

namespace simcluster::commands {
namespace {

using Ptest = ToolTest;

TEST_F(Ptest, ShowsScoresInTheWordsOfItsRelease) {
  EXPECT_EQ(type("ptest -Ls").status, 127);  // 2.1.5 has crm_simulate
  StackVersions versions;
  versions.pacemaker = "1.0.11";
  around_.profile = make_profile(versions).value();
  const Outcome scores = type("ptest -Ls");
  EXPECT_EQ(scores.status, 0) << scores.error;
  EXPECT_TRUE(scores.output.starts_with("Allocation scores:\n")) << scores.output;
  EXPECT_NE(scores.output.find("\nclone_color: ms allocation score on node1: 0\n"), std::string::npos);
  EXPECT_NE(scores.output.find("\nnative_color: test allocation score on node1: "), std::string::npos);
  EXPECT_NE(scores.output.find("\ngroup_color: grp allocation score on node1: "), std::string::npos);
  EXPECT_EQ(scores.output.find("pcmk__"), std::string::npos);
  EXPECT_EQ(type("ptest --live-check --show-scores").output, scores.output);
  EXPECT_EQ(type("ptest -s -x there.xml").output, scores.output);
  EXPECT_EQ(type("ptest -L").output, "");
}

TEST_F(Ptest, NeedsSomethingToLookAt) {
  StackVersions versions;
  versions.pacemaker = "1.0.11";
  around_.profile = make_profile(versions).value();
  EXPECT_EQ(type("ptest -s").status, 1);
  EXPECT_EQ(type("ptest -s -x nowhere.xml").status, 1);
  EXPECT_EQ(type("ptest -Z").status, 1);
}

}  // namespace
}  // namespace simcluster::commands
