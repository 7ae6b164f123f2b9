// A resource's table of nodes with scores (S3 section 3): flat entries by node, and a shape that remembers in which
// order the documented hash table would iterate (S0 GU-7.2).
#pragma once

#include <cstdint>
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
  std::unordered_map<std::uint64_t, ShapeId> inserts_;
};

struct NodeEntry {
  Score score = 0;
  std::int16_t count = 0;
  ProbeMode probe_mode = ProbeMode::kAlways;
  bool present = false;
};

// Nodes missing from the table are "not allowed", which differs from -INFINITY in what is printed (S3 ).
class NodeTable {
 public:
  // The entry of a node, nullptr when it is not in the table.
  NodeEntry* find(NodeId node) {
    return node.index() < entries_.size() && entries_[node.index()].present ? &entries_[node.index()] : nullptr;
  }
  const NodeEntry* find(NodeId node) const {
    return node.index() < entries_.size() && entries_[node.index()].present ? &entries_[node.index()] : nullptr;
  }
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

  // Entries by NodeId; look at `present`. For loops whose order does not matter.
  std::vector<NodeEntry>& entries() { return entries_; }
  const std::vector<NodeEntry>& entries() const { return entries_; }

 private:
  std::vector<NodeEntry> entries_;
  ShapeId shape_ = ShapeId(0);
  std::uint32_t size_ = 0;
};

}  // namespace simcluster::scheduler
