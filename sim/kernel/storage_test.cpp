// Block devices, mounts and what becomes of a file system that two machines write (AT-4.6).
#include "sim/kernel/storage.h"

#include <map>

#include <gtest/gtest.h>

#include "sim/kernel/agent_runner.h"
#include "sim/kernel/testing.h"

namespace simcluster::sim {
namespace {

struct Results final : RunListener {
  std::map<AgentRunId, AgentResult> ended;
  void on_run_exit(AgentRunId run, const AgentResult& result) override { ended[run] = result; }
  void on_program_assertion(AgentRunId, std::string_view what) override { ADD_FAILURE() << what; }
};

class Storage : public testing::Test {
 protected:
  Storage() {
    m.tracer.add_sink(trace, 1);
    disk.name = "data";
    disk.file_system = "ext4";
    for (std::size_t i = 0; i < 2; ++i) m.kernel(i).mounts().attach("/dev/sdb1", disk);
  }
  ~Storage() override { m.tracer.remove_sink(trace); }
  std::optional<std::string> mount(std::size_t machine, std::string_view options = {}) {
    return m.kernel(machine).mounts().mount({"/dev/sdb1", "/data", disk.file_system, options});
  }
  AgentRunId begin(std::string action) {
    AgentRequest request = ocf_request("heartbeat", "Filesystem", std::move(action), "fs");
    request.parameters = {{"device", "/dev/sdb1"}, {"directory", "/data"}, {"fstype", "ext4"}};
    return m.kernel(0).agents().run_agent(request, results);
  }
  int run(std::string action) {
    const AgentRunId id = begin(std::move(action));
    m.run(seconds(5));
    return results.ended.contains(id) ? results.ended[id].exit_code : -1;
  }

  TraceLines trace;
  BlockDevice disk;
  Results results;
  TestMachines m{2};  // goes first: machines let go of what they have mounted
};

TEST_F(Storage, OneWriterDamagesNothing) {
  EXPECT_EQ(mount(0), std::nullopt);
  EXPECT_EQ(mount(0), "mount: /dev/sdb1 already mounted or /data busy");
  EXPECT_TRUE(m.kernel(0).mounts().unmount("/data"));
  EXPECT_FALSE(m.kernel(0).mounts().unmount("/data"));
  EXPECT_EQ(mount(1), std::nullopt);
  EXPECT_FALSE(disk.damaged);
}

TEST_F(Storage, TwoMachinesDamageIt) {
  EXPECT_EQ(mount(0), std::nullopt);
  EXPECT_EQ(mount(1, "noatime,ro"), std::nullopt);
  EXPECT_TRUE(disk.damaged);
  EXPECT_EQ(trace.count("storage.damaged"), 1U);
}

TEST_F(Storage, TwoReadersDoNot) {
  EXPECT_EQ(mount(0, "ro"), std::nullopt);
  EXPECT_EQ(mount(1, "ro"), std::nullopt);
  EXPECT_FALSE(disk.damaged);
}

TEST_F(Storage, AClusterFileSystemIsNot) {
  disk.file_system = "gfs2";
  EXPECT_EQ(mount(0), std::nullopt);
  EXPECT_EQ(mount(1), std::nullopt);
  EXPECT_FALSE(disk.damaged);
}

TEST_F(Storage, PowerLossUnmounts) {
  EXPECT_EQ(mount(0), std::nullopt);
  m.kernel(0).halt();
  EXPECT_EQ(mount(1), std::nullopt);
  EXPECT_FALSE(disk.damaged);
}

TEST_F(Storage, WhatCannotBeMounted) {
  EXPECT_EQ(m.kernel(0).mounts().mount({"/dev/sdz", "/data", "ext4", ""}),
            "mount: special device /dev/sdz does not exist");
  EXPECT_EQ(m.kernel(0).mounts().mount({"/dev/sdb1", "/data", "xfs", ""}),
            "mount: wrong fs type, bad option, bad superblock on /dev/sdb1");
}

TEST_F(Storage, FilesLieOnTheDeviceThatIsMounted) {
  Mounts& mounts = m.kernel(0).mounts();
  EXPECT_EQ(mounts.resolve("/data/a").device, nullptr);
  EXPECT_EQ(mount(0), std::nullopt);
  EXPECT_EQ(mounts.mount({"/data/nfs", "/var/lib/nfs", "none", "bind"}), std::nullopt);
  EXPECT_EQ(mounts.resolve("/data/a").path, "/a");
  EXPECT_EQ(mounts.resolve("/var/lib/nfs/state").path, "/nfs/state");
  EXPECT_EQ(mounts.resolve("/var/lib/nfs/state").device, &disk);
  EXPECT_EQ(mounts.resolve("/database").device, nullptr);
}

TEST_F(Storage, TheAgentMountsAndUnmounts) {
  EXPECT_EQ(run("monitor"), 7);
  EXPECT_EQ(run("start"), 0);
  EXPECT_EQ(disk.users.size(), 1U);
  EXPECT_EQ(run("monitor"), 0);
  EXPECT_EQ(run("stop"), 0);
  EXPECT_TRUE(disk.users.empty());
}

// A process in state D is not killed; the signal takes effect when the device answers.
TEST_F(Storage, AProcessWaitsForADeviceThatHangs) {
  m.kernel(0).mounts().set_state("/dev/sdb1", DeviceState::kHangs, {});
  const AgentRunId id = begin("start");
  m.run(seconds(10));
  m.kernel(0).agents().signal_run(id, 9);
  m.run(minutes(1));
  EXPECT_FALSE(results.ended.contains(id));
  m.kernel(0).mounts().set_state("/dev/sdb1", DeviceState::kWorks, {});
  m.run(seconds(3));
  ASSERT_TRUE(results.ended.contains(id));
  EXPECT_EQ(results.ended[id].signal, 9);
  EXPECT_TRUE(disk.users.empty());
}

TEST_F(Storage, ADeviceThatFailsCannotBeMounted) {
  m.kernel(0).mounts().set_state("/dev/sdb1", DeviceState::kFails, {});
  EXPECT_EQ(run("start"), 1);
}

// AT-5.9: keys of persistent reservations. Whose key is removed cannot write; what it has mounted harms nobody.
TEST_F(Storage, Reservations) {
  const auto persist = [&](std::uint16_t machine, const std::string& options) {
    return sg_persist(m.kernel(machine).mounts(), NodeIndex(machine), "sg_persist -n " + options + " -d /dev/sdb1");
  };
  EXPECT_EQ(persist(0, "-o -R -T 5 -K a1").exit_code, 24) << "it is not registered";
  EXPECT_EQ(persist(0, "-o -I -S a1").exit_code, 0);
  EXPECT_EQ(persist(1, "-o -I -S b2").exit_code, 0);
  EXPECT_TRUE(disk.reservations.may_write(NodeIndex(0))) << "nobody has reserved it";
  EXPECT_EQ(persist(0, "-o -R -T 5 -K a1").exit_code, 0);
  EXPECT_EQ(persist(1, "-o -R -T 5 -K b2").exit_code, 24);
  EXPECT_EQ(persist(1, "-i -k").text,
            "  PR generation=0x2, 2 registered reservation keys follow:\n    0xa1\n    0xb2\n");
  EXPECT_EQ(mount(0), std::nullopt);
  EXPECT_EQ(persist(1, "-o -A -T 5 -K b2 -S a1").exit_code, 0);
  EXPECT_FALSE(disk.reservations.may_write(NodeIndex(0)));
  EXPECT_TRUE(disk.reservations.may_write(NodeIndex(1)));
  EXPECT_EQ(persist(0, "-o -A -T 5 -K a1 -S b2").exit_code, 24);
  EXPECT_EQ(mount(1), std::nullopt);
  EXPECT_FALSE(disk.damaged);
  m.kernel(0).mounts().unmount("/data");
  EXPECT_NE(mount(0), std::nullopt) << "a journal cannot be replayed without writing";
  EXPECT_EQ(persist(0, "-i -k").text, "  PR generation=0x1, 1 registered reservation key follows:\n    0xb2\n");
}

}  // namespace
}  // namespace simcluster::sim
