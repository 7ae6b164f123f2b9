#include "engine/scheduler/node_table.h"

#include <algorithm>

#include "engine/base/assert.h"

namespace simcluster::scheduler {

NodeShapes::NodeShapes() {
  shapes_.emplace_back();
  shapes_.back().ordered = true;
}

void NodeShapes::add_node(NodeId node, std::string_view id) {
  SIMCLUSTER_ASSERT(node.index() == hashes_.size());
  hashes_.push_back(ordered_hash(id));
}

ShapeId NodeShapes::add(ShapeId parent, NodeId inserted) {
  const ShapeId id(static_cast<std::uint32_t>(shapes_.size()));
  Shape& shape = shapes_.emplace_back();
  shape.parent = parent;
  shape.inserted = inserted;
  return id;
}

ShapeId NodeShapes::insert(ShapeId shape, NodeId node) {
  if (shapes_[shape.index()].next_node == node) return shapes_[shape.index()].next_shape;
  const std::uint64_t key = std::uint64_t{shape.value} << 32 | node.value;
  auto [it, is_new] = inserts_.try_emplace(key);
  if (is_new) it->second = add(shape, node);
  shapes_[shape.index()].next_node = node;
  shapes_[shape.index()].next_shape = it->second;
  return it->second;
}

ShapeId NodeShapes::copy(ShapeId shape) {
  if (shape == empty()) return shape;
  if (!shapes_[shape.index()].copied.valid()) {
    const ShapeId copied = add(shape, NodeId());
    shapes_[shape.index()].copied = copied;
  }
  return shapes_[shape.index()].copied;
}

const std::vector<NodeId>& NodeShapes::order(ShapeId shape) {
  if (shapes_[shape.index()].ordered) return shapes_[shape.index()].order;
  // Walk back to the empty shape or the last copy, then replay the insertions.
  std::vector<NodeId> insertions;
  ShapeId at = shape;
  while (at != empty() && shapes_[at.index()].inserted.valid()) {
    insertions.push_back(shapes_[at.index()].inserted);
    at = shapes_[at.index()].parent;
  }
  SlotLayout layout;
  const auto hash_of = [this](std::uint32_t n) { return hashes_[n]; };
  if (at != empty()) {
    const std::vector<NodeId> copied = order(shapes_[at.index()].parent);
    for (const NodeId node : copied) layout.insert(node.value, hash_of);
  }
  for (auto it = insertions.rbegin(); it != insertions.rend(); ++it) layout.insert(it->value, hash_of);
  Shape& result = shapes_[shape.index()];
  for (const std::uint32_t number : layout.slots()) {
    if (number < SlotLayout::kTombstone) result.order.emplace_back(number);
  }
  result.ordered = true;
  return result.order;
}

std::size_t NodeTable::rare_place(NodeId node) const {
  const auto it = std::lower_bound(entries_.begin() + common_, entries_.end(), node,
                                   [](const NodeEntry& entry, NodeId wanted) { return entry.node < wanted; });
  return static_cast<std::size_t>(it - entries_.begin());
}

// For a common node and all before it.
void NodeTable::make_room(NodeId node) {
  if (entries_.empty()) entries_.reserve(8);
  const std::size_t added = node.index() + 1 - common_;
  if (entries_.size() == common_) {
    entries_.resize(entries_.size() + added);
  } else {
    entries_.insert(entries_.begin() + common_, added, NodeEntry());
  }
  for (; common_ <= node.index(); ++common_) entries_[common_].node = NodeId(common_);
}

NodeEntry& NodeTable::insert(NodeShapes& shapes, NodeId node, Score score, ProbeMode mode) {
  if (!shapes.is_rare(node)) {
    if (node.index() >= common_) make_room(node);
  } else if (const std::size_t i = place(node); i == entries_.size() || entries_[i].node != node) {
    entries_.insert(entries_.begin() + static_cast<std::ptrdiff_t>(i), NodeEntry{node});
  }
  NodeEntry& entry = entries_[place(node)];
  SIMCLUSTER_ASSERT(!entry.present);
  entry = NodeEntry{node, score, 0, mode, true};
  ++size_;
  shape_ = shapes.insert(shape_, node);
  return entry;
}

void NodeTable::erase(NodeId node) {
  NodeEntry* entry = find(node);
  if (entry == nullptr) return;
  entry->present = false;
  --size_;
}

void NodeTable::clear() { *this = NodeTable(); }

NodeTable NodeTable::copy(NodeShapes& shapes) const {
  NodeTable result(*this);
  result.shape_ = shapes.copy(shape_);
  return result;
}

std::vector<NodeId> NodeTable::order(NodeShapes& shapes) const {
  std::vector<NodeId> result;
  result.reserve(size_);
  for (const NodeId node : shapes.order(shape_)) {
    if (contains(node)) result.push_back(node);
  }
  return result;
}

}  // namespace simcluster::scheduler
