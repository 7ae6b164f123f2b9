// Filesystem (AT-4.6).
#include "engine/agents/filesystem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/agents/testing.h"

namespace simcluster::agents {
namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

Profile newest() {
  StackVersions versions;
  versions.resource_agents = "4.12.0";
  return *make_profile(versions);
}

const Parameters kData = {{"device", "/dev/sdb1"}, {"directory", "/data"}, {"fstype", "ext4"}};

struct Filesystem : testing::Test {
  Filesystem() { host.files["/dev/sdb1"] = "disk"; }

  int run(std::string_view action, Parameters parameters = kData, Duration interval = seconds(20)) {
    FakeProcess& process =
        host.start(filesystem, fake_environment("Filesystem", "fs", action, interval, std::move(parameters), newest()));
    const Time begun = host.now();
    while (!process.exit_code()) host.run_until(host.now() + milliseconds(1));
    elapsed = host.now() - begun;
    reason = process.process().exit_reason();
    return *process.exit_code();
  }

  FakeHost host;
  Duration elapsed;
  std::string reason;
};

// A process that holds a mount; it minds SIGTERM or not.
Task<int> obedient(System& system) {
  for (;;) co_await system.sleep(hours(1));
}
Task<int> stubborn(System& system) {
  system.ignore_termination();
  for (;;) co_await system.sleep(hours(1));
}

TEST_F(Filesystem, MountsAndUnmounts) {
  EXPECT_EQ(run("monitor"), 7);
  EXPECT_EQ(run("stop"), 0);
  EXPECT_EQ(run("start"), 0);
  EXPECT_EQ(run("start"), 0);
  EXPECT_THAT(host.commands, testing::ElementsAre("mount -t ext4 /dev/sdb1 /data"));
  EXPECT_EQ(run("monitor"), 0);
  EXPECT_EQ(run("stop"), 0);
  EXPECT_EQ(host.log.back(), "INFO: unmounted /data successfully");
  EXPECT_EQ(run("monitor"), 7);
}

TEST_F(Filesystem, StartErrors) {
  host.faults["mount"] = {32, "wrong fs type", false};
  EXPECT_EQ(run("start"), 1);
  EXPECT_EQ(reason, "Couldn't mount device [/dev/sdb1] as /data");
  host.faults.clear();
  host.files.erase("/dev/sdb1");
  EXPECT_EQ(run("start"), 5);
  EXPECT_EQ(reason, "Couldn't find device [/dev/sdb1]. Expected /dev/??? to exist");
  host.mounts.push_back({"/dev/sdc1", "/data/sub", "ext4", ""});
  EXPECT_EQ(run("start"), 6);
}

TEST_F(Filesystem, FsckOnlyWhereNeeded) {
  host.faults["fsck"] = {4, "", false};
  EXPECT_EQ(run("start"), 0);
  EXPECT_EQ(run("stop"), 0);
  Parameters old_type = kData;
  old_type[2].second = "ext2";
  EXPECT_EQ(run("start", old_type), 1);
  EXPECT_EQ(reason, "Couldn't successfully fsck filesystem for /dev/sdb1");
}

// S-26.
TEST_F(Filesystem, StopKillsWhoHoldsIt) {
  run("start");
  FakeProcess& holder = host.start(obedient, {});
  host.mount_users["/data"] = {holder.pid()};
  EXPECT_EQ(run("stop"), 0);
  EXPECT_LT(elapsed, seconds(2));
  run("start");
  FakeProcess& other = host.start(stubborn, {});
  host.mount_users["/data"] = {other.pid()};
  EXPECT_EQ(run("stop"), 0);
  EXPECT_GE(elapsed, seconds(4));
  EXPECT_THAT(host.log, testing::Contains("INFO: sending signal KILL to: " + std::to_string(other.pid())));
}

TEST_F(Filesystem, StopGivesUp) {
  run("start");
  host.faults["umount"] = {1, "target is busy", false};
  EXPECT_EQ(run("stop"), 1);
  EXPECT_EQ(reason, "Couldn't unmount /data, giving up!");
}

TEST_F(Filesystem, CloneOfASingleNodeFilesystem) {
  Parameters clone = kData;
  clone.emplace_back("CRM_meta_clone", "0");
  EXPECT_EQ(run("start", clone), 6);
  EXPECT_EQ(reason, "DANGER! ext4 on /dev/sdb1 is NOT cluster-aware!");
  clone.emplace_back("force_clones", "true");
  EXPECT_EQ(run("start", clone), 0);
}

}  // namespace
}  // namespace simcluster::agents
