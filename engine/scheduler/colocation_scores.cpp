#include "engine/scheduler/colocation_scores.h"

#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/scheduler/assignment.h"
#include "engine/scheduler/collective.h"
#include "engine/scheduler/colocation_memo.h"
#include "engine/scheduler/colocations.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/preference_scores.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/score_function.h"

namespace simcluster::scheduler {

namespace {

// From where on walking them all is not the best way.
constexpr std::size_t kManyColocations = 16;
constexpr int kManyPaths = 32;
// What is left in the end to a node that only dependents rule out (S3 ).
constexpr Score kRevivedScore = 1;

// What one walk works out once: nothing that it reads changes before its end (S0 GU-8.5.2).
class WalkMemo {
 public:
  WalkMemo(Model& model, const Resource& target) : model_(model), target_(target) {}

  struct LinkScores {
    std::vector<Score> by_node;  // the source's best score among the nodes with the same value
    DoubleNegatives negatives;
  };
  const LinkScores& link(const Resource& source, const Colocation& colocation, std::size_t nodes) {
    const std::uint64_t key = std::uint64_t{colocation.self.value} << 32 | source.self.value;
    const auto [it, is_new] = links_.try_emplace(key, nullptr);
    if (is_new) it->second = std::make_unique<LinkScores>(scores_of(source, colocation, nodes));
    return *it->second;
  }
  const Resource& target() const { return target_; }
  // The colocations to follow from `source`.
  const ColocationList& list(const Resource& source, bool this_with) {
    const auto [it, is_new] = lists_.try_emplace(source.self.value);
    if (!is_new) return it->second;
    if (this_with) return it->second = this_with_colocations(model_, source);
    for (const ColocationId id : with_this_colocations(model_, source)) {
      if (has_influence(model_, model_.colocation(id))) it->second.push_back(id);
    }
    return it->second;
  }

 private:
  LinkScores scores_of(const Resource& source, const Colocation& colocation, std::size_t nodes) {
    ValueClasses classes(model_, colocation.node_attribute);
    const BestScores best(model_, source, colocation, classes);
    LinkScores result{{}, DoubleNegatives(model_, colocation)};
    for (std::uint32_t i = 0; i < nodes; ++i) result.by_node.push_back(best.of(classes.of(target_, NodeId(i))));
    return result;
  }

  Model& model_;
  const Resource& target_;
  std::unordered_map<std::uint64_t, std::unique_ptr<LinkScores>> links_;  // by colocation and source
  std::unordered_map<std::uint32_t, ColocationList> lists_;
};

// Who wants to know about merged preferences; null: nobody.
Recorder* merge_recorder(const Model& model) {
  Recorder* recorder = model.recorder.get();
  return recorder != nullptr && recorder->merge_target.valid() ? recorder : nullptr;
}

// S3.
// `unusable` is what a node gets that only dependents rule out.
void add_matching_scores(const WalkMemo::LinkScores& link, NodeTable& table, float factor, std::uint32_t flags,
                         Score unusable) {
  for (NodeEntry& entry : table.entries()) {
    if (!entry.present) continue;
    const Score score = link.by_node[entry.node.index()];
    if (link.negatives.drops(factor, score)) continue;
    if (entry.score == kUnusableScore) continue;
    const Score sum = add_scores(weighted_score(factor, score), entry.score);
    if ((flags & merge_flag::kNonnegative) != 0 && sum < 0) {
      if (entry.score > 0) {
        entry.score = unusable;
        continue;
      }
      if (entry.score == 0) continue;
    }
    entry.score = sum;
  }
}

ResourceId target_of(const Recorder* recorder) { return recorder != nullptr ? recorder->merge_target : ResourceId(); }

// The chain leads from the colocation that began it to this source.
Reason link_reason(const Recorder* recorder, const Resource& source, const Colocation& colocation) {
  if (recorder == nullptr) return {};
  return {ScoreReason::kDependents, colocation.id, source.self, recorder->reason.other};
}

void revive_unusable(Recorder* recorder, NodeTable& table) {
  const TableWatch watch(recorder, target_of(recorder), table);
  for (NodeEntry& entry : table.entries()) {
    if (entry.present && entry.score == kUnusableScore) entry.score = kRevivedScore;
  }
}

// A group speaks through its first member when its dependents are asked, through its last one otherwise (S3 ).
Resource& speaker(Model& model, const Resource& group, bool for_table) {
  return model.resource(for_table ? group.children.front() : group.children.back());
}

void merge_into(Model& model, WalkMemo& memo, Resource& source, NodeTable& table, const Colocation& colocation,
                float factor, std::uint32_t flags);

// S3 step 3: the sources behind `source`. False when nothing usable is left and the level must be undone.
bool merge_chain(Model& model, WalkMemo& memo, Resource& source, NodeTable& table, float factor, std::uint32_t flags) {
  if (!any_available(model, table)) return (flags & merge_flag::kActive) == 0;
  flags |= merge_flag::kActive;
  const bool this_with = (flags & merge_flag::kThisWith) != 0;
  for (const ColocationId id : memo.list(source, this_with)) {
    const Colocation& colocation = model.colocation(id);
    const float chained = factor * static_cast<float>(colocation.score) / static_cast<float>(kInfinity);
    // After underflow nothing further along the path counts (S0 GU-6.9).
    if (chained == 0 && flags == merge_flag::kActive &&
        model.options.placement_strategy == PlacementStrategy::kDefault) {
      continue;
    }
    Resource& other = model.resource(this_with ? colocation.primary : colocation.dependent);
    merge_into(model, memo, other, table, colocation, chained, flags);
  }
  return true;
}

// S3 with a table.
void merge_into(Model& model, WalkMemo& memo, Resource& source, NodeTable& table, const Colocation& colocation,
                float factor, std::uint32_t flags) {
  if (source.updating) {
    log(model, LogLevel::kInfo, "pcmk__add_colocated_node_scores", "{}: Breaking dependency loop at {}",
        memo.target().id, source.id);
    return;
  }
  source.updating = true;
  if (source.is_group()) {
    merge_into(model, memo, speaker(model, source, true), table, colocation, factor, flags);
  } else {
    NodeTable work = table.copy(model.shapes);
    Recorder* recorder = merge_recorder(model);
    const std::size_t mark = recorder != nullptr ? recorder->records.size() : 0;
    {
      const Because because(recorder, link_reason(recorder, source, colocation));
      const TableWatch watch(recorder, target_of(recorder), work);
      add_matching_scores(memo.link(source, colocation, work.width()), work, factor, flags,
                          model.legacy.group_bans_flattened ? kRevivedScore : kUnusableScore);
    }
    if (merge_chain(model, memo, source, work, factor, flags)) {
      if ((flags & merge_flag::kNonnegative) != 0) revive_unusable(recorder, work);
      table = std::move(work);
    } else {
      log(model, LogLevel::kInfo, "pcmk__add_colocated_node_scores", "{}: Rolling back optional scores from {}",
          memo.target().id, source.id);
      if (recorder != nullptr) recorder->records.resize(mark);
    }
  }
  source.updating = false;
}

// S3 step 2.
Score located_score(const Model& model, const Resource& dependent, const Resource& primary,
                    const Colocation& colocation, std::uint32_t primary_class, ValueClasses& classes, NodeId node,
                    Score score) {
  static_cast<void>(model);
  if (!primary.assigned.valid()) return add_scores(-colocation.score, score);
  if (classes.of(dependent, node) == primary_class) {
    return colocation.score < kInfinity ? add_scores(colocation.score, score) : score;
  }
  return colocation.score >= kInfinity ? -kInfinity : score;
}

// S3.
void apply_to_location(Model& model, Resource& dependent, const Resource& primary, const Colocation& colocation) {
  if (!primary.assigned.valid() && colocation.score < 0) return;
  ValueClasses classes(model, colocation.node_attribute);
  const std::uint32_t primary_class = primary.assigned.valid() ? classes.of(primary, primary.assigned) : 0;
  NodeTable work = dependent.allowed.copy(model.shapes);
  for (NodeEntry& entry : work.entries()) {
    if (!entry.present) continue;
    entry.score = located_score(model, dependent, primary, colocation, primary_class, classes, entry.node, entry.score);
  }
  if (colocation.score <= -kInfinity || colocation.score >= kInfinity || any_available(model, work)) {
    const Because because(model.recorder.get(), {ScoreReason::kColocation, colocation.id, primary.self});
    const TableWatch watch(model.recorder.get(), dependent.self, dependent.allowed);
    dependent.allowed = std::move(work);
  }
}

// S3.
Score apply_colocation_with_group(Model& model, Resource& dependent, const Resource& group,
                                  const Colocation& colocation) {
  if (group.unassigned) return 0;
  if (group.group->collocated) {
    const ResourceId member = colocation.score >= kInfinity ? group.children.back() : group.children.front();
    return apply_colocation_with_primitive(model, dependent, model.resource(member), colocation);
  }
  if (colocation.score >= kInfinity) {
    log(model, LogLevel::kError, "colocate_with_group",
        "{}: Cannot perform mandatory colocation with non-colocated group {}", dependent.id, group.id);
    return 0;
  }
  Score sum = 0;
  for (const ResourceId member : group.children) {
    sum = add_scores(sum, apply_colocation_with_primitive(model, dependent, model.resource(member), colocation));
  }
  return sum;
}

}  // namespace

bool any_available(const Model& model, const NodeTable& table) {
  for (const NodeEntry& entry : table.entries()) {
    if (entry.present && entry.score >= 0 && is_available(model.node(entry.node))) return true;
  }
  return false;
}

void merge_preferences(Model& model, Resource& source, const Resource& target, NodeTable& table,
                       const Colocation& colocation, float factor, std::uint32_t flags) {
  // Other strategies look at the order inside tables, which only the full walk advances (S0 GU-8.5).
  if (model.options.placement_strategy != PlacementStrategy::kDefault || (flags & merge_flag::kThisWith) != 0 ||
      model.walk_all_paths || model.legacy.group_bans_flattened || model.colocations.size() < kManyColocations ||
      !has_many_paths(model, source, kManyPaths)) {
    walk_preferences(model, source, target, table, colocation, factor, flags);
    return;
  }
  const TableWatch watch(merge_recorder(model), target.self, table);
  const bool nonnegative = (flags & merge_flag::kNonnegative) != 0;
  const bool active = (flags & merge_flag::kActive) != 0;
  if (nonnegative || model.have_remote_nodes || model.collectives_assigning > 0) {
    ColocationMemo(model, target, nonnegative).merge(source, table, colocation, factor, active);
    return;
  }
  if (!model.colocation_memo) model.colocation_memo = std::make_unique<ColocationMemo>(model, target, false);
  model.colocation_memo->merge(source, table, colocation, factor, active);
}

void merge_preferences_into(Model& model, Resource& source, Resource& target, const Colocation& colocation,
                            float factor, std::uint32_t flags) {
  Recorder* recorder = model.recorder.get();
  const Because because(recorder, {ScoreReason::kDependents, colocation.id, colocation.dependent});
  if (recorder != nullptr) recorder->merge_target = target.self;
  merge_preferences(model, source, target, target.allowed, colocation, factor, flags);
  if (recorder != nullptr) recorder->merge_target = ResourceId();
}

void walk_preferences(Model& model, Resource& source, const Resource& target, NodeTable& table,
                      const Colocation& colocation, float factor, std::uint32_t flags) {
  WalkMemo memo(model, target);
  merge_into(model, memo, source, table, colocation, factor, flags);
}

std::optional<NodeTable> own_preferences(Model& model, Resource& source) {
  if (source.updating) return std::nullopt;
  source.updating = true;
  std::optional<NodeTable> result;
  if (source.is_group()) {
    result = own_preferences(model, speaker(model, source, false));
  } else {
    result = source.allowed.copy(model.shapes);
    WalkMemo memo(model, source);
    merge_chain(model, memo, source, *result, 1.0F, merge_flag::kThisWith);
  }
  source.updating = false;
  return result;
}

Score apply_colocation_with_primitive(Model& model, Resource& dependent, const Resource& primary,
                                      const Colocation& colocation) {
  switch (colocation_effect(model, dependent, primary, colocation, false)) {
    case ColocationEffect::kNothing:
      return 0;
    case ColocationEffect::kRole:
      return apply_colocation_to_role(model, dependent, primary, colocation);
    case ColocationEffect::kLocation:
      apply_to_location(model, dependent, primary, colocation);
      return 0;
  }
  return 0;
}

Score apply_colocation(Model& model, Resource& dependent, Resource& primary, const Colocation& colocation) {
  switch (primary.variant) {
    case Variant::kPrimitive:
      return apply_colocation_with_primitive(model, dependent, primary, colocation);
    case Variant::kGroup:
      return apply_colocation_with_group(model, dependent, primary, colocation);
    case Variant::kClone:
    case Variant::kBundle:
      return apply_colocation_with_collective(model, dependent, primary, colocation);
  }
  return 0;
}

void apply_this_with(Model& model, Resource& dependent, ColocationId id) {
  const Colocation& colocation = model.colocation(id);
  const bool reversible =
      colocation.dependent_role == Role::kPromoted || (colocation.score < 0 && colocation.score > -kInfinity);
  NodeTable before;
  if (reversible) before = dependent.allowed.copy(model.shapes);
  Resource& primary = model.resource(colocation.primary);
  if (primary.unassigned || model.legacy.promotion_decided_again) assign(model, primary, NodeId(), true);
  apply_colocation(model, dependent, primary, colocation);
  if (reversible && !any_available(model, dependent.allowed)) {
    const Because because(model.recorder.get(), {ScoreReason::kUndone, colocation.id, colocation.primary});
    const TableWatch watch(model.recorder.get(), dependent.self, dependent.allowed);
    dependent.allowed = std::move(before);
  }
}

void add_dependent_preferences(Model& model, Resource& primary, ColocationId id) {
  const Colocation& colocation = model.colocation(id);
  if (!has_influence(model, colocation)) return;
  const float factor = static_cast<float>(colocation.score) / static_cast<float>(kInfinity);
  std::uint32_t flags = merge_flag::kActive;
  if (primary.is_clone()) flags |= merge_flag::kNonnegative;
  merge_preferences_into(model, model.resource(colocation.dependent), primary, colocation, factor, flags);
}

}  // namespace simcluster::scheduler
