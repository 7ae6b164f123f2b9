#include "sim/scenario/tool_run.h"

#include <gtest/gtest.h>

namespace simcluster::sim {
namespace {

// AT part I: only what is there can be typed.
TEST(ToolRun, NamesTheToolsThatThereAre) {
  EXPECT_TRUE(check_tool("crm_resource --list"));
  const auto unknown = check_tool("crm_shadow --create x");
  ASSERT_FALSE(unknown);
  EXPECT_TRUE(
      unknown.error().message.starts_with("\"crm_shadow\" is no tool that can be run here (expected cibadmin, "))
      << unknown.error().message;
  EXPECT_EQ(check_tool("cibadmin -X '<a/>").error().message, "the quotation mark ' is not closed");
  EXPECT_EQ(check_tool(" ").error().message, "a tool and its options are missing");
}

}  // namespace
}  // namespace simcluster::sim
