// AT-9.4; texts and statuses as measured with crm_verify 2.1.5.
#include "commands/testing_tool.h"

namespace simcluster::commands {
namespace {

class CrmVerify : public ToolTest {
 protected:
  void replace(std::string_view what, std::string_view by) {
    std::string text(kTestCib);
    const auto at = text.find(what);
    load(text.replace(at, what.size(), by));
  }
};

TEST_F(CrmVerify, ValidConfiguration) {
  for (const char* line : {"crm_verify -L", "crm_verify -x there.xml -V", "crm_verify -p"}) {
    const Outcome outcome = type(line);
    EXPECT_EQ(outcome.output + outcome.error, "") << line;
    EXPECT_EQ(outcome.status, 0) << line;
  }
}

TEST_F(CrmVerify, NoFencingDevice) {
  replace("\"stonith-enabled\" value=\"false\"", "\"stonith-enabled\" value=\"true\"");
  const Outcome brief = type("crm_verify -L");
  EXPECT_EQ(brief.error, "crm_verify: Errors found during check: config not valid\n-V may provide more details\n");
  EXPECT_EQ(brief.status, 78);
  EXPECT_EQ(type("crm_verify -L -V").error,
            "(unpack_resources) \terror: Resource start-up disabled since no STONITH resources have been defined\n"
            "(unpack_resources) \terror: Either configure some or disable STONITH with the stonith-enabled option\n"
            "(unpack_resources) \terror: NOTE: Clusters with shared data need STONITH to ensure data integrity\n"
            "crm_verify: Errors found during check: config not valid\n");
}

TEST_F(CrmVerify, WarningsOnly) {
  replace("<node_state id=\"2\" uname=\"node2\"", "<node_state id=\"3\" uname=\"node3\"");
  const Outcome outcome = type("crm_verify -L");
  EXPECT_EQ(outcome.error,
            "crm_verify: Warnings found during check: config may not be valid\n-V may provide more details\n");
  EXPECT_EQ(outcome.status, 78);
  EXPECT_NE(type("crm_verify -L -VV").error.find("(unpack_node_state) \twarning: "), std::string::npos);
}

TEST_F(CrmVerify, Schema) {
  replace("class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\">", "class=\"ocf\" type=\"Dummy\" kind=\"x\">");
  const Outcome outcome = type("crm_verify -L -V");
  EXPECT_TRUE(outcome.error.ends_with(
      "(main) \terror: CIB did not pass schema validation\ncrm_verify: Errors found during check: config not valid\n"))
      << outcome.error;
  EXPECT_EQ(outcome.status, 78);
}

TEST_F(CrmVerify, Mistakes) {
  EXPECT_EQ(type("crm_verify").error,
            "crm_verify: No configuration source specified.  Use --help for usage information.\n");
  EXPECT_EQ(type("crm_verify").status, 1);
  EXPECT_EQ(type("crm_verify -x nope.xml").error, "crm_verify: Couldn't parse input file: nope.xml\n");
  EXPECT_EQ(type("crm_verify -X '<a/>'").status, 76);
  EXPECT_EQ(type("crm_verify -Z").error, "crm_verify: Unknown option -Z\n");
  EXPECT_EQ(type("crm_verify -x").error, "crm_verify: Missing argument for -x\n");
  EXPECT_EQ(type("crm_verify -x").status, 64);
}

}  // namespace
}  // namespace simcluster::commands
