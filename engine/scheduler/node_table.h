// A resource's table of nodes with scores (S3 section 3): flat entries by node, and a shape that remembers in which
// order the documented hash table would iterate (S0 GU-7.2).
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/scheduler/ids.h"
#include "engine/scheduler/node.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

using ShapeId = Id<struct NodeShapeTag>;

// All shapes of one model. A shape stands for one history of insertions and copies; equal histories share one shape.
// The order is worked out only when somebody asks for it.
class NodeShapes {
 public:
  NodeShapes();

  // The text that the tables are keyed by. Must be called once for every node, in order of NodeId.
  void add_node(NodeId node, std::string_view id);
  // Few tables have the nodes added from now on, so no table keeps room for them.
  void begin_rare_nodes() { rare_ = std::min(rare_, hashes_.size()); }
  bool is_rare(NodeId node) const { return node.index() >= rare_; }

  ShapeId empty() const { return ShapeId(0); }
  // The shape after inserting a node that is not yet in it.
  ShapeId insert(ShapeId shape, NodeId node);
  // The shape of a table copied entry by entry, which need not iterate like the original (S0 GU-6.3, n1 .. n16).
  ShapeId copy(ShapeId shape);
  // Nodes in iteration order.
  const std::vector<NodeId>& order(ShapeId shape);

 private:
  struct Shape {
    ShapeId parent;
    NodeId inserted;  // none: copy of the parent
    ShapeId copied;   // memo
    bool ordered = false;
    std::vector<NodeId> order;
    NodeId next_node;  // memo of the last insert; others are in inserts_
    ShapeId next_shape;
  };

  ShapeId add(ShapeId parent, NodeId inserted);

  std::vector<Shape> shapes_;
  std::vector<std::uint32_t> hashes_;
  std::size_t rare_ = std::numeric_limits<std::size_t>::max();  // where the rare nodes begin
  std::unordered_map<std::uint64_t, ShapeId> inserts_;
};

struct NodeEntry {
  NodeId node;
  Score score = 0;
  std::int16_t count = 0;
  ProbeMode probe_mode = ProbeMode::kAlways;
  bool present = false;
};

// Nodes missing from the table are "not allowed", which differs from -INFINITY in what is printed (S3 ).
// Common nodes have the place of their number; rare ones (the nodes of thousands of containers, each of which one
// bundle knows) stand behind them, in order.
class NodeTable {
 public:
  // The entry of a node, nullptr when it is not in the table.
  NodeEntry* find(NodeId node) {
    const std::size_t i = place(node);
    return i < entries_.size() && entries_[i].node == node && entries_[i].present ? &entries_[i] : nullptr;
  }
  const NodeEntry* find(NodeId node) const { return const_cast<NodeTable*>(this)->find(node); }
  bool contains(NodeId node) const { return find(node) != nullptr; }

  // Inserts a node that is not in the table yet.
  NodeEntry& insert(NodeShapes& shapes, NodeId node, Score score, ProbeMode mode);
  void erase(NodeId node);
  void clear();
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  // The copy that rules call "table copied" (S3 ).
  NodeTable copy(NodeShapes& shapes) const;
  // Nodes in iteration order (S3 ). Removed nodes are left out.
  std::vector<NodeId> order(NodeShapes& shapes) const;

  // More than the highest number of a node in it.
  std::size_t width() const { return entries_.empty() ? 0 : entries_.back().node.index() + 1; }
  // Entries by NodeId; look at `present`. For loops whose order does not matter.
  std::vector<NodeEntry>& entries() { return entries_; }
  const std::vector<NodeEntry>& entries() const { return entries_; }
  // Those of rare nodes.
  std::span<const NodeEntry> rare_entries() const { return std::span(entries_).subspan(common_); }

 private:
  // Where the node's entry is or would be.
  std::size_t place(NodeId node) const {
    return node.index() < common_ ? node.index() : entries_.size() == common_ ? common_ : rare_place(node);
  }
  std::size_t rare_place(NodeId node) const;
  void make_room(NodeId node);

  std::vector<NodeEntry> entries_;
  ShapeId shape_ = ShapeId(0);
  std::uint32_t size_ = 0;
  std::uint32_t common_ = 0;  // entries of common nodes
};

}  // namespace simcluster::scheduler
