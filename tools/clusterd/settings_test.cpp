#include "tools/clusterd/settings.h"

#include <gtest/gtest.h>

namespace simcluster::clusterd {
namespace {

TEST(Settings, AreReadLineByLine) {
  const auto [settings, problems] = parse_settings(
      "# comment\n\nstate_directory = /srv/state   # where\nlog=journal\nlog_priority = info\nstate_versions=3\n"
      "others_may_read = yes\nocf_root=/opt/ocf\n",
      "clusterd.conf");
  ASSERT_TRUE(problems.empty()) << problems.front().text();
  EXPECT_EQ(settings.state_directory, "/srv/state");
  EXPECT_EQ(settings.log, LogTarget::kJournal);
  EXPECT_EQ(settings.log_priority, LogPriority::kInfo);
  EXPECT_EQ(settings.state_versions, 3U);
  EXPECT_TRUE(settings.others_may_read);
  EXPECT_EQ(settings.agents.ocf_root, "/opt/ocf");
  EXPECT_EQ(settings.corosync_conf, "/etc/corosync/corosync.conf");
}

TEST(Settings, BadLinesAreToldWithTheirPlace) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"\nnonsense\n", "c:2:1: expected \"key = value\""},
      {"colour = red\n", "c:1:1: unknown key \"colour\" (clusterd --help lists the keys)"},
      {"log = paper\n", "c:1:1: \"paper\" is no value for log; expected stderr, journal or syslog"},
      {"state_versions = 1\n", "c:1:1: \"1\" is no value for state_versions; expected a number from 2 to 1000"},
      {"cib = cib.xml\n", "c:1:1: \"cib.xml\" is no value for cib; expected an absolute path"},
  };
  for (const auto& [text, sentence] : cases) {
    const auto read = parse_settings(text, "c");
    ASSERT_EQ(read.problems.size(), 1U) << text;
    EXPECT_EQ(read.problems[0].text(), sentence);
  }
}

TEST(Settings, AllBadLinesAreToldAndTheGoodOnesCount) {
  const auto read = parse_settings("colour = red\nauthkey = /k\nlog = paper\n", "c");
  EXPECT_EQ(read.problems.size(), 2U);
  EXPECT_EQ(read.settings.authkey, "/k");
}

}  // namespace
}  // namespace simcluster::clusterd
