// AT-9.1; texts, statuses and versions as measured with cibadmin 2.1.5 on a file.
#include "commands/testing_tool.h"

namespace simcluster::commands {
namespace {

class Cibadmin : public ToolTest {};

constexpr std::string_view kNew = R"('<primitive id="new" class="ocf" provider="pacemaker" type="Dummy"/>')";

TEST_F(Cibadmin, Queries) {
  EXPECT_EQ(type("cibadmin -Q").output, kTestCib);
  EXPECT_EQ(type("cibadmin -Q -o nodes").output,
            "<nodes>\n  <node id=\"1\" uname=\"node1\"/>\n  <node id=\"2\" uname=\"node2\"/>\n</nodes>\n");
  EXPECT_EQ(type("cibadmin --query --scope resources -n").output, "<resources/>\n");
  EXPECT_EQ(type("cibadmin -Q -A //node").output,
            "<xpath-query>\n  <node id=\"1\" uname=\"node1\"/>\n  <node id=\"2\" uname=\"node2\"/>\n</xpath-query>\n");
  EXPECT_EQ(type("cibadmin -Q -A //op -e").output,
            "/cib/configuration/resources/primitive[@id='test']/operations/op[@id='test-monitor-10s']\n");
  const Outcome missing = type("cibadmin -Q -o tags");
  EXPECT_EQ(missing.error, "Call failed: No such device or address\n");
  EXPECT_EQ(missing.status, 105);
  EXPECT_EQ(type("cibadmin -Q -A //nope").status, 105);
}

TEST_F(Cibadmin, Creates) {
  EXPECT_EQ(type("cibadmin -C -o resources -X " + std::string(kNew)).status, 0);
  EXPECT_EQ(version(), "0.8.0");
  EXPECT_EQ(section("configuration/resources").find("new") != std::string::npos, true);
  const Outcome again = type("cibadmin -C -o resources -X " + std::string(kNew));
  EXPECT_EQ(again.output,
            "<failed>\n"
            "  <failed_update id=\"new\" object_type=\"primitive\" operation=\"cib_create\" reason=\"File exists\">\n"
            "    <primitive id=\"new\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>\n"
            "  </failed_update>\n"
            "</failed>\n");
  EXPECT_EQ(again.error, "Call failed: File exists\n");
  EXPECT_EQ(again.status, 108);
  EXPECT_EQ(version(), "0.8.0");
  EXPECT_EQ(type("cibadmin -C -X " + std::string(kNew)).status, 105);
  EXPECT_EQ(type("cibadmin -C -o resources").error, "Call failed: Invalid argument\n");
}

TEST_F(Cibadmin, Modifies) {
  EXPECT_EQ(type(R"(cibadmin -M -X '<primitive id="g1" description="d"/>')").status, 0);
  EXPECT_EQ(version(), "0.8.0");
  EXPECT_EQ(std::as_const(cib_).find_id("g1").value("description"), "d");
  EXPECT_EQ(type(R"(cibadmin -M -o status -X '<node_state id="2" crmd="offline"/>')").status, 0);
  EXPECT_EQ(version(), "0.8.1");
  EXPECT_EQ(type(R"(cibadmin -M -X '<nvpair id="status-1-pingd" value="value++"/>')").status, 0);
  EXPECT_EQ(std::as_const(cib_).find_id("status-1-pingd").value("value"), "101");
  // Unknown ids are an error unless -c, and what -c makes does not count as a configuration.
  EXPECT_EQ(type(R"(cibadmin -M -o nodes -X '<node id="3" uname="node3"/>')").status, 105);
  EXPECT_EQ(type(R"(cibadmin -M -c -o nodes -X '<node id="3" uname="node3"/>')").status, 0);
  EXPECT_EQ(version(), "0.8.3");
}

TEST_F(Cibadmin, Replaces) {
  EXPECT_EQ(type("cibadmin -R -o constraints -X '<constraints/>'").status, 0);
  EXPECT_EQ(section("configuration/constraints"), "<constraints/>\n");
  EXPECT_EQ(version(), "0.8.0");
  const Outcome older = type("cibadmin -R -x there.xml");
  EXPECT_EQ(older.error, "Call failed: Update was older than existing configuration\n");
  EXPECT_EQ(older.status, 103);
}

TEST_F(Cibadmin, Deletes) {
  EXPECT_EQ(type("cibadmin -D -X '<rsc_location score=\"100\"/>'").status, 0);
  EXPECT_EQ(version(), "0.8.0");
  EXPECT_FALSE(std::as_const(cib_).find_id("lo1"));
  EXPECT_EQ(type("cibadmin -D -X '<rsc_location id=\"lo1\"/>'").status, 0);  // not there any more
  EXPECT_EQ(version(), "0.8.0");
  EXPECT_EQ(type("cibadmin -d -A //primitive[@class]").status, 107);
  EXPECT_EQ(type("cibadmin -d -f -A //nvpair").status, 0);
  EXPECT_EQ(type("cibadmin -Q -A //nvpair").status, 105);
}

TEST_F(Cibadmin, RefusesWhatIsNoCib) {
  const Outcome refused = type("cibadmin -D -X '<primitive id=\"test\"/>'");  // lo1 and co1 name it
  EXPECT_EQ(refused.status, 78);
  EXPECT_TRUE(
      refused.error.starts_with("   1 <cib crm_feature_set=\"3.16.1\" validate-with=\"pacemaker-3.9\" epoch=\"8\""));
  EXPECT_TRUE(refused.error.ends_with("  55 \nCall failed: Update does not conform to the configured schema\n"))
      << refused.error;
  EXPECT_EQ(version(), "0.7.3");
}

TEST_F(Cibadmin, Versions) {
  EXPECT_EQ(type("cibadmin -B").status, 0);
  EXPECT_EQ(version(), "0.8.4");
  EXPECT_EQ(type("cibadmin -M -X '<cib admin_epoch=\"admin_epoch++\"/>'").status, 0);
  EXPECT_EQ(version(), "1.8.5");
  EXPECT_EQ(type("cibadmin -M -X '<cib epoch=\"2\"/>'").status, 103);
  EXPECT_EQ(type("cibadmin -E").status, 107);
  EXPECT_EQ(type("cibadmin -E --force").status, 0);
  EXPECT_EQ(version(), "2.9.0");
  EXPECT_EQ(section("configuration/resources"), "<resources/>\n");
}

TEST_F(Cibadmin, DigestsAndEmptyCib) {
  const Outcome digest = type("cibadmin -5 -X '<a b=\"1\"><c/></a>'");
  EXPECT_EQ(digest.output, "69486658ff867ddb24d4c27999790a4c\n");
  EXPECT_EQ(digest.error, "Digest: ");
  EXPECT_EQ(type("cibadmin -6 -X '<a b=\"1\" crm_feature_set=\"3.0.2\"><c/></a>'").output,
            "e02bdeebfe1b6120f53802d1905891e4\n");
  EXPECT_EQ(type("cibadmin -6").error, "Please supply XML to process with -X, -x or -p\n");
  EXPECT_TRUE(type("cibadmin -a")
                  .output.starts_with(
                      "<cib crm_feature_set=\"3.16.1\" validate-with=\"pacemaker-3.9\" epoch=\"1\" num_updates=\"0\" "
                      "admin_epoch=\"0\">\n  <configuration>\n    <crm_config/>\n"));
}

TEST_F(Cibadmin, Mistakes) {
  EXPECT_TRUE(type("cibadmin -Z").error.starts_with("cibadmin: invalid option -- 'Z'\ncibadmin - query and edit"));
  EXPECT_TRUE(type("cibadmin --foo").error.starts_with("cibadmin: unrecognized option '--foo'\n"));
  EXPECT_TRUE(type("cibadmin -Q -o").error.starts_with("cibadmin: option requires an argument -- 'o'\n"));
  EXPECT_EQ(type("cibadmin -Q more").output, "non-option ARGV-elements: more \n");
  EXPECT_EQ(type("cibadmin").status, 64);
  EXPECT_EQ(type("cibadmin -C -x nope.xml").error, "Couldn't parse input from nope.xml.\n");
  around_.connection = Connection::kNone;
  around_.cib = nullptr;
  const Outcome nobody = type("cibadmin -Q");
  EXPECT_EQ(nobody.error,
            "Could not connect to the CIB: Transport endpoint is not connected\n"
            "Init failed, could not perform requested operations\n");
  EXPECT_EQ(nobody.status, 102);
}

}  // namespace
}  // namespace simcluster::commands
