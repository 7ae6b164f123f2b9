// An ordered group service without a protocol, for unit tests of what stands above the membership layer: one queue per
// partition gives the total order, partitions and crashes are made by call. No time: nothing happens before step() or
// run().
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "engine/membership/group.h"

namespace simcluster::membership {

class TestCluster {
 public:
  // Nodes with ids 1..n named node1..nodeN, all down. Quorum is the majority of n; with `two_node` one node is enough
  // once all have been seen together.
  explicit TestCluster(std::size_t nodes, bool two_node = false);
  ~TestCluster();
  TestCluster(const TestCluster&) = delete;
  TestCluster& operator=(const TestCluster&) = delete;

  // The service of node `id`. Lives as long as the cluster.
  GroupService& node(std::uint32_t id);

  // Brings the node into its partition (partition 0 at first): a new ring for everybody there.
  void start(std::uint32_t id);
  // The node vanishes with all its groups; its clients hear nothing more. The others get a new ring without it.
  void crash(std::uint32_t id);
  // Clean stop: the node's groups have left (kLeave) before the ring changes.
  void stop(std::uint32_t id);
  // Every inner list becomes a partition; running nodes that are named nowhere form one more.
  void partition(const std::vector<std::vector<std::uint32_t>>& sides);
  // All running nodes in one partition.
  void heal();
  // Drops the next `count` messages of `id` before they get an order, as a crash in the moment of sending would.
  void drop_next(std::uint32_t id, std::size_t count);

  // Delivers the next event (a message or a configuration) to one node. False when nothing is left.
  bool step();
  // step() until nothing is left, at most `limit` times. False when the limit was reached.
  bool run(std::size_t limit = 1'000'000);

 private:
  class Node;
  class Member;
  struct Event;

  Node& at(std::uint32_t id);
  void new_ring(std::size_t partition);

  std::vector<std::unique_ptr<Node>> nodes_;
  std::uint64_t serial_ = 0;
  std::uint64_t ring_sequence_ = 0;
  bool two_node_ = false;
  bool all_seen_ = false;
};

}  // namespace simcluster::membership
