// crm_mon against what Pacemaker 2.1.5 printed of one CIB: testdata/crm_mon_2.1.5/*.txt, the command on the first line
// (AT-8.8, AT-8.9).
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "reports/crm_mon.h"

namespace simcluster::reports {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(CrmMonMeasured, EveryScreen) {
  const fs::path folder = fs::path(SIMCLUSTER_SOURCE_DIR) / "reports/testdata/crm_mon_2.1.5";
  const auto cib = cib::parse_document(content(folder / "cib.xml"), "cib.xml");
  ASSERT_TRUE(cib.has_value()) << cib.error().text();
  StackVersions versions;
  versions.pacemaker = "2.1.5";
  const CrmMonContext context{Time{} + seconds(1617115140), *make_profile(versions), {}};
  int screens = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".txt") continue;
    const std::string recorded = content(entry.path());
    const std::size_t end_of_command = recorded.find('\n');
    const auto options = parse_crm_mon_command(recorded.substr(0, end_of_command));
    ASSERT_TRUE(options.has_value()) << options.error().text();
    EXPECT_EQ(crm_mon_text(*cib, *options, context), recorded.substr(end_of_command + 1)) << entry.path();
    ++screens;
  }
  EXPECT_EQ(screens, 15);
}

}  // namespace
}  // namespace simcluster::reports
