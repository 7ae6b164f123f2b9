#include "engine/node/environment.h"

#include <gtest/gtest.h>

namespace simcluster::node {
namespace {

std::map<std::string, std::string, std::less<>> environment(std::string_view kernel, std::string_view text) {
  StackVersions versions;
  versions.kernel = kernel;
  return read_environment(text, make_profile(versions).value());
}
using Variables = std::map<std::string, std::string, std::less<>>;

// CM-14.22
TEST(Environment, AShellPassesOnWhatIsExported) {
  EXPECT_EQ(environment("rhel6", "# notes\nPCMK_fail_fast=yes\n"), Variables{});
  EXPECT_EQ(environment("rhel6", "export PCMK_fail_fast=yes\n"), (Variables{{"PCMK_fail_fast", "yes"}}));
  EXPECT_EQ(environment("rhel6", "PCMK_fail_fast=yes\nexport PCMK_fail_fast"), (Variables{{"PCMK_fail_fast", "yes"}}));
}

TEST(Environment, TheServiceManagerTakesAssignments) {
  EXPECT_EQ(environment("rhel7", "PCMK_fail_fast=yes\n  PCMK_logfile=\"/var/log/x\"\n"),
            (Variables{{"PCMK_fail_fast", "yes"}, {"PCMK_logfile", "/var/log/x"}}));
  EXPECT_EQ(environment("rhel7", "export PCMK_fail_fast=yes\n"), Variables{});
}

}  // namespace
}  // namespace simcluster::node
