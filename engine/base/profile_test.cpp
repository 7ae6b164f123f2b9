#include "engine/base/profile.h"

#include <gtest/gtest.h>

namespace simcluster {
namespace {

Profile profile_of(std::string kernel, std::string agents) {
  StackVersions versions;
  versions.kernel = std::move(kernel);
  versions.resource_agents = std::move(agents);
  return *make_profile(versions);
}

TEST(CompareVersions, FollowsRpm) {
  EXPECT_LT(compare_versions("1.0.9", "1.0.12"), 0);
  EXPECT_GT(compare_versions("2.6.18-371", "2.6.18-348"), 0);
  EXPECT_LT(compare_versions("3.9.5-1", "3.9.5-1.310"), 0);
  EXPECT_EQ(compare_versions("1.01", "1.1"), 0);
  EXPECT_GT(compare_versions("1.0.1", "1.0.a"), 0);
  EXPECT_EQ(compare_versions("2.6.18", "2.6.18-348"), 0);
}

// AT-2.12: the race is in kernels before RHEL 5.10's.
TEST(Profile, KernelOfRhel510IsMended) {
  EXPECT_TRUE(profile_of("rhel5.9", "3.9.5-1").proc_net_dev_shared_position);
  EXPECT_TRUE(profile_of("2.6.18-348", "3.9.5-1").proc_net_dev_shared_position);
  EXPECT_FALSE(profile_of("rhel5.10", "3.9.5-1").proc_net_dev_shared_position);
  EXPECT_FALSE(profile_of("2.6.32", "3.9.5-1").proc_net_dev_shared_position);
}

// AT-3.1: exactly one generation each.
TEST(Profile, Ipaddr2Generations) {
  const Profile first = profile_of("rhel5.9", "3.9.4");
  EXPECT_TRUE(first.ipaddr2_findif_binary);
  EXPECT_FALSE(first.ipaddr2_reads_proc_net_dev);
  EXPECT_FALSE(first.ipaddr2_checks_interface_by_ip);
  const Profile second = profile_of("rhel5.9", "3.9.5-1");
  EXPECT_FALSE(second.ipaddr2_findif_binary);
  EXPECT_TRUE(second.ipaddr2_reads_proc_net_dev);
  EXPECT_FALSE(second.ipaddr2_checks_interface_by_ip);
  for (const char* version : {"3.9.5-1.310", "3.9.7", "4.1.0"}) {
    const Profile third = profile_of("rhel5.9", version);
    EXPECT_FALSE(third.ipaddr2_findif_binary) << version;
    EXPECT_FALSE(third.ipaddr2_reads_proc_net_dev) << version;
    EXPECT_TRUE(third.ipaddr2_checks_interface_by_ip) << version;
  }
}

TEST(Profile, RefusesWhatIsNoVersion) {
  StackVersions versions;
  versions.corosync = "latest";
  const auto result = make_profile(versions);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().message, "\"latest\" is no version of corosync (expected something like \"1.4.6\")");
}

}  // namespace
}  // namespace simcluster
