#include "engine/cib/digest.h"

#include <gtest/gtest.h>

namespace simcluster::cib {
namespace {

// S0 GU-6.11, S1 C-18.1
TEST(Digest, Parameters) {
  EXPECT_EQ(parameters_digest({}), "f2317cad3d54cec5d7d7aa7d0bf35cf8");
  const Parameter two[] = {{"a", "1"}, {"B", "x"}};
  EXPECT_EQ(parameters_digest(two), "ec8bbfc024e50c0dc6aa495727459a45");
  const Parameter empty[] = {{"p", ""}};
  EXPECT_EQ(parameters_digest(empty), "9f6f094afcb74d4658228bc1f940808b");
  const Parameter address[] = {{"nic", "eth0"}, {"ip", "10.0.0.1"}};
  EXPECT_EQ(parameters_digest(address), "2fb38347148bb479964377be77233b6e");
}

// S1 C-18.3 step 5
TEST(Digest, WhichParametersCount) {
  EXPECT_TRUE(counts_for_digest("ip", false));
  EXPECT_FALSE(counts_for_digest("CRM_meta_timeout", false));
  EXPECT_TRUE(counts_for_digest("CRM_meta_timeout", true));
  EXPECT_FALSE(counts_for_digest("CRM_meta_interval", true));
  EXPECT_FALSE(counts_for_digest("id", false));
  EXPECT_FALSE(counts_for_digest("pcmk_external_ip", false));
}

// S1 C-18.5, C-18.6
TEST(Digest, NameLists) {
  EXPECT_TRUE(in_name_list(" a passwd ", "passwd"));
  EXPECT_TRUE(in_name_list("passwd", "passwd"));
  EXPECT_FALSE(in_name_list(" passwd2 ", "passwd"));
  EXPECT_FALSE(in_name_list("", "passwd"));
  EXPECT_TRUE(is_fencing_control_parameter("pcmk_reboot_action"));
  EXPECT_TRUE(is_fencing_control_parameter("pcmk_host_map"));
  EXPECT_FALSE(is_fencing_control_parameter("pcmk_a_b_action"));
  EXPECT_FALSE(is_fencing_control_parameter("pcmk__action"));
  EXPECT_FALSE(is_fencing_control_parameter("ip"));
}

TEST(Digest, DocumentsThatReadAlike) {
  const auto digest = [](std::string_view xml) { return document_digest(*parse_document(xml, "d.xml")); };
  EXPECT_EQ(digest("<cib a='1'><b/></cib>"), digest("<cib a=\"1\">\n <b></b><!-- c --></cib>"));
  EXPECT_NE(digest("<cib a='1'><b/></cib>"), digest("<cib a='2'><b/></cib>"));
}

}  // namespace
}  // namespace simcluster::cib
