#include "engine/scheduler/preference_scores.h"

#include <algorithm>

#include "engine/scheduler/colocations.h"
#include "engine/scheduler/locations.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

bool needs_group_locations(const Model& model, const Resource& source, const Colocation& colocation) {
  if (!colocation.explicit_ || colocation.dependent != source.self || !source.parent.valid()) return false;
  const Resource& parent = model.resource(source.parent);
  return parent.is_group() && parent.children.front() != source.self;
}

void add_group_locations(Model& model, const Resource& source, NodeTable& table) {
  const Resource& group = model.resource(source.parent);
  for (auto it = group.locations.rbegin(); it != group.locations.rend(); ++it) {
    const Location& location = model.location(*it);
    if (location.role != Role::kUnknown && location.role != source.next_role) continue;
    bool exclusive = false;
    apply_location_scores(model, table, location, exclusive);
  }
}

bool allowed_on_one_node(const Resource& resource) {
  int count = 0;
  for (const NodeEntry& entry : resource.allowed.entries()) {
    if (entry.present && entry.score >= 0) ++count;
  }
  return count == 1;
}

}  // namespace

ValueClasses::ValueClasses(const Model& model, std::string_view attribute)
    : model_(model), attribute_(attribute), by_node_(attribute == "#uname" && !model.have_remote_nodes) {}

std::uint32_t ValueClasses::of(const Resource& resource, NodeId node) {
  if (by_node_) return node.value;
  const auto value = colocation_value(model_, resource, model_.node(node), attribute_);
  if (!value) return 0;
  const auto next = static_cast<std::uint32_t>(numbers_.size() + 1);
  return numbers_.try_emplace(lower_case(*value), next).first->second;
}

BestScores::BestScores(Model& model, const Resource& source, const Colocation& colocation, ValueClasses& classes) {
  const NodeTable* table = &source.allowed;
  NodeTable with_locations;
  if (needs_group_locations(model, source, colocation)) {
    with_locations = source.allowed.copy(model.shapes);
    add_group_locations(model, source, with_locations);
    table = &with_locations;
  }
  for (const NodeEntry& entry : table->entries()) {
    if (!entry.present || entry.score <= -kInfinity || !is_available(model.node(entry.node))) continue;
    const std::uint32_t number = classes.of(source, entry.node);
    if (number >= best_.size()) best_.resize(number + 1, -kInfinity);
    best_[number] = std::max(best_[number], entry.score);
  }
}

DoubleNegatives::DoubleNegatives(const Model& model, const Colocation& colocation)
    : stickiness_(model.resource(colocation.primary).stickiness),
      always_(!has_influence(model, colocation) || !allowed_on_one_node(model.resource(colocation.dependent))) {}

Score weighted_score(float factor, Score score) {
  const float product = factor * static_cast<float>(score);
  const double shifted = product < 0 ? static_cast<double>(product) - 0.5 : static_cast<double>(product) + 0.5;
  const auto rounded = static_cast<Score>(std::clamp(shifted, -1e9, 1e9));
  if (rounded != 0 || score == 0) return rounded;
  return factor > 0 ? 1 : factor < 0 ? -1 : 0;
}

}  // namespace simcluster::scheduler
