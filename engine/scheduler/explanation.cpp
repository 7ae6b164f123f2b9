#include "engine/scheduler/explanation.h"

#include <algorithm>

#include "engine/scheduler/display.h"
#include "engine/scheduler/explanation_causes.h"
#include "engine/scheduler/explanation_words.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"
#include "engine/scheduler/scheduler.h"
#include "engine/scheduler/summary.h"

namespace simcluster::scheduler {

namespace {

// One run's explanations.
class Explainer {
 public:
  explicit Explainer(Model& model)
      : model_(model), changes_(transition_changes(model)), records_(model.resources.size()) {
    for (std::uint32_t i = 0; i < model.recorder->records.size(); ++i) {
      const ResourceId resource = model.recorder->records[i].resource;
      if (resource.valid()) records_[resource.index()].push_back(i);
    }
  }

  Explanation explain(const Resource& resource) {
    Explanation result;
    result.resource = resource.id;
    result.title = title(resource);
    result.facts = resource_facts(model_, resource);
    const Decision* decision = decision_about(resource);
    result.nodes = nodes(resource, decision);
    if (decision != nullptr) result.choice = decision_text(model_, *decision);
    add_changes(resource, result.changes);
    result.actions = explain_actions(model_, resource);
    for (const ResourceId part : parts(resource)) result.parts.push_back(explain(model_.resource(part)));
    return result;
  }

 private:
  std::string title(const Resource& resource) const {
    std::string text(resource.id);
    switch (resource.variant) {
      case Variant::kPrimitive:
        return primitive_title(resource);
      case Variant::kGroup:
        return "group " + text;
      case Variant::kClone:
        return (resource.promotable ? "promotable clone " : "clone ") + text;
      case Variant::kBundle:
        return "bundle " + text;
    }
    return text;
  }

  std::string primitive_title(const Resource& resource) const {
    std::string agent(resource.agent_class);
    if (!resource.provider.empty()) agent += ":" + std::string(resource.provider);
    agent += ":" + std::string(resource.type);
    const std::string before = place(resource.original_role, resource.active);
    const std::string next = next_place(resource);
    return std::string(resource.id) + " (" + agent + ") " +
           (before == next ? "stays " + before : "is " + before + " and is to be " + next);
  }

  // Where it will be when the transition is done.
  std::string next_place(const Resource& resource) const {
    const ResourceChange* change = change_of(resource);
    const bool starts = resource.is_active() || (change != nullptr && change->runnable);
    if (!resource.assigned.valid() || !starts || (change != nullptr && change->change == "Stop")) return "Stopped";
    return place(resource.next_role, {resource.assigned});
  }

  const ResourceChange* change_of(const Resource& resource) const {
    const auto it = std::find_if(changes_.resources.begin(), changes_.resources.end(),
                                 [&](const ResourceChange& change) { return change.resource == resource.id; });
    return it == changes_.resources.end() ? nullptr : &*it;
  }

  std::string place(Role role, const std::vector<NodeId>& nodes) const {
    if (nodes.empty()) return "Stopped";
    std::string text(role_name(role < Role::kStarted ? Role::kStarted : role));
    text += " on";
    for (const NodeId node : nodes) text += " " + std::string(model_.node(node).name);
    return text;
  }

  const Decision* decision_about(const Resource& resource) const {
    const Decision* found = nullptr;
    for (const Decision& decision : model_.recorder->decisions) {
      if (decision.resource == resource.self && !decision.undone) found = &decision;
    }
    return found;
  }

  // Up to the decision about a primitive; of collectives, all.
  std::vector<ExplainedNode> nodes(const Resource& resource, const Decision* decision) {
    std::vector<ExplainedNode> result;
    const std::size_t count = decision != nullptr ? decision->records : model_.recorder->records.size();
    for (std::size_t i = 0; i < model_.node_order.size(); ++i) {
      const NodeId id = model_.node_order[i];
      NodeVerdict verdict = decision != nullptr ? decision->nodes[i] : verdict_on(model_.node(id), resource.allowed);
      ExplainedNode node;
      node.node = model_.node(id).name;
      node.allowed = verdict.allowed;
      node.score = verdict.score;
      node.chosen = decision != nullptr && decision->chosen == id;
      node.unusable = unusable_reasons(model_, verdict);
      if (verdict.allowed) add_steps(resource, id, count, node.steps);
      result.push_back(std::move(node));
    }
    return result;
  }

  void add_steps(const Resource& resource, NodeId node, std::size_t count, std::vector<ExplainedStep>& steps) {
    for (const std::uint32_t i : records_[resource.self.index()]) {
      const ScoreRecord& record = model_.recorder->records[i];
      if (record.node != node || !record.counts(i, count)) continue;
      ExplainedStep step;
      step.rule = rule_name(record.reason.what);
      step.text = record_text(model_, record);
      if (record.reason.what != ScoreReason::kCollective && record.reason.what != ScoreReason::kUtilization) {
        step.id = record.reason.id;
      }
      if (record.reason.other.valid()) step.resource = model_.resource(record.reason.other).id;
      step.score = record.score;
      step.replaces = record.replaces;
      step.total = record.after;
      steps.push_back(std::move(step));
    }
  }

  void add_changes(const Resource& resource, std::vector<std::string>& out) const {
    for (const ResourceChange& change : changes_.resources) {
      if (change.resource != resource.id) continue;
      std::string text = std::string(change.change) + " " + change_details(model_, change);
      if (!change.runnable) text += ", which cannot be done";
      out.push_back(std::move(text));
    }
  }

  std::vector<ResourceId> parts(const Resource& resource) const {
    std::vector<ResourceId> list = resource.children;
    if (resource.is_bundle()) {
      list.clear();
      for (const BundleReplica& replica : resource.bundle->replicas) {
        for (const ResourceId part : {replica.ip_resource, replica.container, replica.connection, replica.child}) {
          if (part.valid()) list.push_back(part);
        }
      }
    }
    return list;
  }

  Model& model_;
  TransitionChanges changes_;
  std::vector<std::vector<std::uint32_t>> records_;  // indexes of the recorder's records, by resource
};

// Depth-first, as names are looked up (S2 M-9.2).
void collect(const Model& model, ResourceId id, std::vector<ResourceId>& out) {
  out.push_back(id);
  const Resource& resource = model.resource(id);
  for (const ResourceId child : resource.children) collect(model, child, out);
}

std::vector<ResourceId> all_resources(const Model& model) {
  std::vector<ResourceId> list;
  for (const ResourceId top : model.top_level) collect(model, top, list);
  std::sort(list.begin(), list.end(),
            [&](ResourceId a, ResourceId b) { return model.resource(a).position < model.resource(b).position; });
  return list;
}

}  // namespace

std::vector<Explanation> explain(const Schedule& schedule, std::string_view name) {
  Model& model = *schedule.model;
  const std::vector<ResourceId> all = all_resources(model);
  std::vector<ResourceId> found;
  for (const ResourceId id : all) {
    if (model.resource(id).id == name) found.push_back(id);
    if (found.size() == 1) break;
  }
  if (found.empty()) {
    for (const ResourceId id : all) {
      if (model.resource(id).xml_id == name) found.push_back(id);
    }
  }
  Explainer explainer(model);
  std::vector<Explanation> result;
  result.reserve(found.size());
  for (const ResourceId id : found) result.push_back(explainer.explain(model.resource(id)));
  return result;
}

std::vector<std::string_view> explainable_names(const Schedule& schedule) {
  const Model& model = *schedule.model;
  std::vector<std::string_view> names;
  for (const ResourceId id : all_resources(model)) {
    const Resource& resource = model.resource(id);
    names.push_back(resource.id);
    if (resource.xml_id != resource.id) names.push_back(resource.xml_id);
  }
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace simcluster::scheduler
