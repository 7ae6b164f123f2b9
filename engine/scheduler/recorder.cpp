#include "engine/scheduler/recorder.h"

#include <algorithm>

#include "engine/scheduler/node.h"
#include "engine/scheduler/resource.h"

namespace simcluster::scheduler {

namespace {

bool contains(const std::vector<ResourceId>& list, ResourceId id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

}  // namespace

void Recorder::note_scores(const Resource& resource, std::string_view label) {
  snapshots.push_back({resource.self, label, records.size()});
}

void Recorder::undo(const std::vector<ResourceId>& resources, std::size_t mark, std::size_t decision_mark) {
  for (std::size_t i = mark; i < records.size(); ++i) {
    if (contains(resources, records[i].resource)) records[i].undone_at = static_cast<std::uint32_t>(records.size());
  }
  for (std::size_t i = decision_mark; i < decisions.size(); ++i) {
    if (contains(resources, decisions[i].resource)) decisions[i].undone = true;
  }
  // Whoever looks from now on sees one record more than those who looked before.
  records.push_back({});
}

TableWatch::TableWatch(Recorder* recorder, ResourceId resource, const NodeTable& table)
    : recorder_(recorder), resource_(resource), table_(table) {
  if (recorder_ != nullptr) before_ = table;
}

TableWatch::~TableWatch() {
  if (recorder_ == nullptr) return;
  for (const NodeEntry& entry : table_.entries()) {
    if (!entry.present) continue;
    const NodeId node = entry.node;
    const Score now = entry.score;
    const NodeEntry* before = before_.find(node);
    if (before == nullptr) {
      recorder_->replaced(resource_, node, 0, now);
      continue;
    }
    const Score old = before->score;
    if (old == now) continue;
    const bool infinite = now >= kInfinity || now <= -kInfinity;
    const Score change = infinite ? now : now - old;
    if (add_scores(old, change) == now) {
      recorder_->added(resource_, node, change, old, now);
    } else {
      recorder_->replaced(resource_, node, old, now);
    }
  }
}

NodeVerdict verdict_on(const Node& node, const NodeTable& table) {
  NodeVerdict verdict;
  verdict.node = node.self;
  if (const NodeEntry* entry = table.find(node.self)) {
    verdict.allowed = true;
    verdict.score = entry->score;
  }
  verdict.online = node.online;
  verdict.shutdown = node.shutdown;
  verdict.unclean = node.unclean;
  verdict.pending = node.pending;
  verdict.standby = node.standby;
  verdict.maintenance = node.maintenance;
  verdict.assigned = node.assigned_count;
  return verdict;
}

}  // namespace simcluster::scheduler
