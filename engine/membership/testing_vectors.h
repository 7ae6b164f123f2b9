// What the tests of the vectors of M section 20 share: a configuration with one link, a client that writes down what it
// hears, and a network on which a ring has settled. For tests only.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "engine/membership/testing_network.h"

namespace simcluster::membership::vectors {

inline constexpr const char* kNew = "3.1.7";
inline constexpr Duration kSlack = milliseconds(200);

inline std::string conf(std::size_t nodes, std::string_view quorum = "", std::string_view totem = "token: 1000\n") {
  return "totem {\n version: 2\n transport: udp\n cluster_name: v\n" + std::string(totem) + "}\n" +
         TestNetwork::nodelist(nodes) + "quorum {\n provider: corosync_votequorum\n" + std::string(quorum) + "}\n";
}

class Client final : public GroupClient, public QuorumClient {
 public:
  void on_deliver(const GroupMember& sender, std::span<const std::byte> content) override {
    ++delivered;
    bytes += content.size();
    order += fmt::format("{}:{},", sender.node.value, content.size());
  }
  void on_configuration(const GroupConfiguration& c) override {
    for (const GroupChange& change : c.joined)
      changes += fmt::format("+{}/{} ", change.member.node.value, static_cast<int>(change.reason));
    for (const GroupChange& change : c.left)
      changes += fmt::format("-{}/{} ", change.member.node.value, static_cast<int>(change.reason));
  }
  void on_quorum(const QuorumView& view) override { quorum += view.quorate ? '+' : '-'; }
  std::size_t delivered = 0;
  std::size_t bytes = 0;
  std::string order;
  std::string changes;
  std::string quorum;
};

// A network on which one ring of all nodes has settled.
class Net : public TestNetwork {
 public:
  Net(std::size_t nodes, std::string_view conf_text, const std::string& version = kNew, std::uint64_t seed = 1)
      : TestNetwork(nodes, conf_text, version, seed), clients(nodes + 1), groups(nodes + 1) {
    for (std::uint32_t node = 1; node <= nodes; ++node) all.push_back(node);
  }
  ~Net() {
    drop = nullptr;  // it looks at variables of the test, which are gone
    for (auto& group : groups) group.reset();
  }
  void boot() {
    for (const std::uint32_t node : all) start_tracked(node);
    ASSERT_TRUE(run_until([&] { return settled({all}); }, seconds(20)));
    run_for(seconds(3));
    for (Client& client : clients) client.changes.clear();
  }
  void start_tracked(std::uint32_t node) {
    start(node);
    stack(node).track_quorum(clients[node]);
    groups[node] = std::move(*stack(node).join("g", 1, clients[node]));
  }
  void kill(std::uint32_t node) {
    groups[node].reset();
    crash(node);
  }
  // Time until the sides have their rings; fails after `limit`.
  Duration time_until(const std::vector<std::vector<std::uint32_t>>& sides, Duration limit = seconds(30)) {
    const Time begin = now();
    EXPECT_TRUE(run_until([&] { return settled(sides); }, limit));
    return now() - begin;
  }
  void send(std::uint32_t node, std::size_t size) {
    const std::vector<std::byte> bytes(size);
    ASSERT_TRUE(groups[node]->multicast(bytes));
  }
  std::vector<Client> clients;
  std::vector<std::unique_ptr<Group>> groups;
  std::vector<std::uint32_t> all;
};

}  // namespace simcluster::membership::vectors
