// What the releases of Corosync changed (M 0.3), each switch on both sides.
#include "engine/membership/testing_vectors.h"

namespace simcluster::membership {
namespace {

using vectors::conf;
using vectors::Net;

// Three nodes; node 3 dies, and the others form a ring without it.
class Versions : public testing::Test {
 protected:
  void run(const std::string& version) {
    net.emplace(3, conf(3), version);
    net->boot();
    boot_logs = net->logs(1);
    net->clear_logs();
    net->kill(3);
    net->time_until({{1, 2}});
    net->run_for(milliseconds(200));
  }
  std::size_t booted_with(std::string_view part) const {
    std::size_t count = 0;
    for (const std::string& line : boot_logs) count += line.find(part) != std::string::npos ? 1 : 0;
    return count;
  }
  std::size_t says(std::string_view part) const { return net->count_logs(1, part); }

  std::optional<Net> net;
  std::vector<std::string> boot_logs;
};

// The node with the lowest address has the highest id.
TEST_F(Versions, RepresentativeByAddressOrById) {  // V-2, V-3, EVS-15
  std::string text = "totem {\n version: 2\n transport: udp\n cluster_name: v\n}\nnodelist {\n";
  for (const auto& [id, host] : {std::pair{9, 1}, {5, 2}})
    text += fmt::format(" node {{\n  nodeid: {}\n  name: n{}\n  ring0_addr: 10.77.0.{}\n }}\n", id, host, host);
  text += "}\nquorum {\n provider: corosync_votequorum\n}\n";
  for (const auto& [version, ring] : {std::pair{"2.4.6", "(10.77.0.1:"}, {"3.1.7", "(5."}}) {
    Net two(2, text, version);
    two.start_all();
    two.run_for(seconds(10));
    EXPECT_EQ(two.members(1).size(), 2U) << version;
    ASSERT_FALSE(two.logs(1).empty());
    std::string last;
    for (const std::string& line : two.logs(1))
      if (line.find("A new membership") != std::string::npos) last = line;
    EXPECT_NE(last.find(ring), std::string::npos) << version << ": " << last;
  }
}

TEST_F(Versions, FirstRingOfAVirginNode) {  // V-4, V-10
  for (const auto& [version, ring] :
       {std::pair{"2.3.5", "(10.77.0.1:4)"}, {"2.4.6", "(10.77.0.1:5)"}, {"3.1.7", "(1.5)"}}) {
    Net alone(2, conf(2), version);
    alone.start(1);
    alone.run_for(seconds(5));
    EXPECT_EQ(alone.count_logs(1, ring), 1U) << version;
  }
}

TEST_F(Versions, TokenWarning) {  // V-7, TM-2
  run("2.4.6");
  EXPECT_EQ(says("Token has not been received in"), 0U);
  run("3.1.7");
  EXPECT_GE(says("Token has not been received in"), 1U);
}

TEST_F(Versions, TextOfAFailure) {  // V-9
  const std::string plain = "[TOTEM ] A processor failed, forming new configuration";
  const std::string timeouts = plain + ": token timed out (1650ms), waiting 1980ms for consensus.";
  for (const auto& [version, text] :
       {std::pair{"2.3.5", plain + "."}, {"2.4.6", timeouts}, {"3.0.4", plain + "."}, {"3.1.7", timeouts}}) {
    run(version);
    EXPECT_EQ(net->count_logs(1, text) + net->count_logs(2, text), 1U) << version;
  }
}

TEST_F(Versions, RingsInTheLog) {  // V-10, INS-14
  Net old(2,
          "totem {\n version: 2\n interface {\n  ringnumber: 0\n  bindnetaddr: 10.77.0.0\n  mcastaddr: 239.255.1.1\n"
          "  mcastport: 5405\n }\n}\n",
          "1.4.6");
  old.start_all();
  old.run_for(seconds(5));
  EXPECT_GE(old.count_logs(1, "A processor joined or left the membership and a new membership was formed."), 1U);
  EXPECT_EQ(old.count_logs(1, "A new membership ("), 0U);
  run("2.4.6");
  EXPECT_EQ(says("A new membership (10.77.0.1:"), 1U);
  run("3.1.7");
  EXPECT_EQ(says("A new membership (1."), 1U);
}

TEST_F(Versions, MembersAfterSynchronisation) {  // V-11, VQ-12.7, VQ-20
  for (const auto& [version, lines] : {std::pair("2.3.5", 2U), std::pair("2.3.6", 1U), std::pair("3.1.7", 1U)}) {
    Net two(2, conf(2), version);
    two.boot();
    EXPECT_EQ(two.count_logs(1, "This node is within the primary component"), 1U) << version;
    two.clear_logs();
    two.kill(2);
    two.time_until({{1}});
    two.run_for(milliseconds(200));
    // As soon as the votes are missing, still with the members of before, and when all is done.
    EXPECT_EQ(two.count_logs(1, "[QUORUM] Members["), lines) << version;
    EXPECT_EQ(two.count_logs(1, "[QUORUM] Members[2]: "), lines - 1) << version;
    EXPECT_EQ(two.count_logs(1, "within the non-primary component"), 1U) << version;
  }
  run("2.4.6");
  EXPECT_EQ(says("[QUORUM] Members[2]: "), 1U);
  EXPECT_EQ(says("[QUORUM] Members["), 1U);
  run("3.1.7");
  EXPECT_EQ(says("[QUORUM] Members["), 1U);
}

// V-14, PG-4: the frames of a large message leave room for the header that recovery puts before them.
TEST_F(Versions, RoomForTheHeaderOfRecovery) {
  struct Release {
    const char* version;
    std::size_t largest;  // MCAST frame
  };
  for (const auto& [version, largest] :
       {Release{"2.3.5", 1470}, Release{"2.4.5", 1470}, Release{"2.4.6", 1470 - 99}, Release{"3.0.2", 1470},
        Release{"3.0.3", 1470 - 45}, Release{"3.1.7", 1470 - 45}}) {
    Net two(2, conf(2, "", "token: 1000\n secauth: off\n"), version);
    two.boot();
    std::size_t seen = 0;
    two.drop = [&](std::uint32_t, std::uint32_t, std::span<const std::byte> frame) {
      seen = std::max(seen, frame.size());
      return false;
    };
    two.send(1, 20'000);
    two.run_for(milliseconds(500));
    EXPECT_EQ(two.clients[2].bytes, 20'000U) << version;
    EXPECT_EQ(seen, largest) << version;
  }
}

// V-4, V-10: 3.0.0 to 3.0.2 are in between: node ids, but decimal numbers, and no step at the start.
TEST_F(Versions, RingIdsOfTheFirst30) {
  run("3.0.2");
  EXPECT_EQ(booted_with("A new membership (1:4) was formed."), 1U);
  EXPECT_EQ(says("A new membership (1:12) was formed. Members left: 3"), 1U);
  EXPECT_NE(net->stack(1).run_tool("corosync-quorumtool -s").output.find("Ring ID:          1/12\n"),
            std::string::npos);
  run("3.0.3");
  EXPECT_EQ(booted_with("A new membership (1.5) was formed."), 1U);
  EXPECT_EQ(says("A new membership (1.d) was formed. Members left: 3"), 1U);
}

// V-15, UU-3, TR-3: a node that is in nobody's list but its own knocks at the ring of the other two.
TEST_F(Versions, UnlistedAddresses) {
  const auto udpu = [](std::size_t nodes, const std::string& totem) {
    std::string text = conf(nodes, "expected_votes: 2\n", "token: 1000\n secauth: off\n" + totem);
    return text.replace(text.find("transport: udp"), 14, "transport: udpu");
  };
  for (const auto& [version, totem, blocked] : {std::tuple("2.4.4", "", false),
                                                {"2.4.5", "", true},
                                                {"3.1.7", "", true},
                                                {"3.1.7", " block_unlisted_ips: no\n", false}}) {
    Net three(3, udpu(2, totem), version);
    three.set_conf(3, udpu(3, totem));
    three.start(1);
    three.start(2);
    three.time_until({{1, 2}});
    three.run_for(seconds(3));
    const RingId ring = three.stack(1).ring();
    three.start(3);
    three.run_for(seconds(6));
    EXPECT_EQ(three.stack(1).ring() == ring, blocked) << version << totem;
  }
}

// CPG-8: how the releases tell of the lists of nodes that have left.
TEST_F(Versions, DownlistsInTheLog) {
  run("1.4.6");
  EXPECT_EQ(says("[CPG   ] chosen downlist: sender r(0) ip(10.77.0.1) ; members(old:3 left:1)"), 1U);
  for (const std::string version : {"2.3.5", "2.4.4", "3.1.7"}) {
    run(version);
    EXPECT_EQ(says("downlist"), 0U) << version;
  }
  for (const std::string version : {"2.4.5", "2.4.6", "3.0.2", "3.0.4"}) {
    run(version);
    EXPECT_EQ(says("[CPG   ] downlist left_list: 1 received"), 2U) << version << ": one from each member";
    EXPECT_GE(booted_with("[CPG   ] downlist left_list: 0 received"), 1U) << version;
  }
}

TEST_F(Versions, SyncLines) {  // V-13, VSF-3
  run("2.4.6");
  EXPECT_EQ(says("Sync "), 0U);
  run("3.0.4");
  EXPECT_EQ(says("Sync "), 0U);
  run("3.1.7");
  EXPECT_EQ(says("[QUORUM] Sync members[2]: 1 2"), 1U);
  EXPECT_EQ(says("[QUORUM] Sync left[1]: 3"), 1U);
  EXPECT_EQ(says("[QUORUM] Sync joined"), 0U);
}

TEST_F(Versions, DeviceAndWaitForAll) {  // V-17, VQ-3 7a
  const std::string text = conf(2, "wait_for_all: 1\n device {\n  model: net\n  votes: 1\n }\n", "token: 1000\n");
  for (const auto& [version, refused] : {std::pair{"2.3.5", true}, {"2.4.6", false}, {"3.1.7", false}}) {
    Net two(2, text, version);
    bool started = true;
    try {
      two.start(1);
    } catch (const std::runtime_error& error) {
      started = false;
      EXPECT_NE(std::string(error.what()).find("quorum.device is not compatible with wait_for_all"), std::string::npos)
          << error.what();
    }
    EXPECT_EQ(started, !refused) << version;
  }
}

}  // namespace
}  // namespace simcluster::membership
