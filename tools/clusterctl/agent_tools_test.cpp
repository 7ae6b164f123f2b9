// The words with which agents ask for promotion scores (AT-9.3), seen from resource-agents 4.12.
#include "tools/clusterctl/agent_tools.h"

#include <gtest/gtest.h>

namespace simcluster::clusterctl {
namespace {

using Words = std::vector<std::string>;

TEST(AgentTools, ThoseOfTheTableAndCrmMaster) {
  EXPECT_TRUE(is_agent_tool("crm_attribute"));
  EXPECT_TRUE(is_agent_tool("attrd_updater"));
  EXPECT_TRUE(is_agent_tool("crm_master"));
  EXPECT_FALSE(is_agent_tool("clusterctl"));
}

TEST(AgentTools, APromotionScoreIsThatOfTheCallingAgentsResource) {
  EXPECT_EQ(promotion_arguments("crm_attribute", {"--promotion", "-v", "5"}, "db:0"),
            (Words{"-v", "5", "--promotion=db", "-l", "reboot"}));
  EXPECT_EQ(promotion_arguments("crm_attribute", {"--promotion", "-D"}, "db"),
            (Words{"-D", "--promotion=db", "-l", "reboot"}));
}

TEST(AgentTools, CrmMasterIsThePromotionScore) {
  EXPECT_EQ(promotion_arguments("crm_master", {"-l", "reboot", "-v", "10"}, "db"),
            (Words{"-l", "reboot", "-v", "10", "--promotion=db"}));
  EXPECT_EQ(promotion_arguments("crm_master", {"-r", "other", "-l", "forever", "-v", "1"}, "db"),
            (Words{"-l", "forever", "-v", "1", "--promotion=other"}));
}

TEST(AgentTools, OtherAttributesAreLeftAlone) {
  EXPECT_EQ(promotion_arguments("crm_attribute", {"-n", "a", "-v", "1", "-l", "reboot"}, "db"),
            (Words{"-n", "a", "-v", "1", "-l", "reboot"}));
}

}  // namespace
}  // namespace simcluster::clusterctl
