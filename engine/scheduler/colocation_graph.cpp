#include "engine/scheduler/colocation_graph.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "engine/scheduler/colocations.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

constexpr Score kAbsent = std::numeric_limits<Score>::min();

// A group is spoken for by its first member (S3 ).
Resource& speaker(Model& model, Resource& resource) {
  return resource.is_group() ? model.resource(resource.children.front()) : resource;
}

}  // namespace

const LinkSummary& SummaryTable::add(float magnitude, LinkSummary summary) {
  const auto it = position(magnitude);
  FactorRange& range = summary.range;
  if (it != entries_.end()) range.high = std::min(range.high, std::nextafter(it->low, 0.0F));
  if (it != entries_.begin()) {
    range.low = std::max(range.low, std::nextafter(std::prev(it)->high, std::numeric_limits<float>::max()));
  }
  const float low = range.low;
  const float high = range.high;
  return *entries_.insert(it, Entry{low, high, std::make_unique<LinkSummary>(std::move(summary))})->summary;
}

// Tarjan's search for strongly connected components.
struct ColocationGraph::LoopSearch {
  struct State {
    std::uint32_t number;
    std::uint32_t lowest;
    bool open;
  };
  std::unordered_map<std::uint32_t, State> states;
  std::vector<std::uint32_t> stack;
};

ColocationGraph::ColocationGraph(Model& model, const Resource& target) : model_(model), target_(target) {
  for (const Resource& resource : model.resources) {
    if (resource.assigning) touched_.push_back(resource.self);
  }
}

ColocationGraph::~ColocationGraph() = default;

ColocationSource& ColocationGraph::source(Resource& resource) {
  std::unique_ptr<ColocationSource>& entry = sources_[resource.self.value];
  if (!entry) {
    entry = std::make_unique<ColocationSource>();
    entry->resource = &resource;
  }
  return *entry;
}

std::unique_ptr<ColocationLink> ColocationGraph::make_link(const Colocation& colocation, Resource& end) {
  auto link = std::make_unique<ColocationLink>();
  link->colocation = &colocation;
  link->end = &end;
  link->source = &source(speaker(model_, end));
  return link;
}

ColocationLink& ColocationGraph::link(const Colocation& colocation) {
  if (links_.size() < model_.colocations.size()) links_.resize(model_.colocations.size());
  std::unique_ptr<ColocationLink>& entry = links_[colocation.self.index()];
  if (!entry) {
    entry = make_link(colocation, model_.resource(colocation.dependent));
    entry->source->users.push_back(entry.get());
  }
  return *entry;
}

void ColocationGraph::expand(ColocationSource& source) {
  if (source.expanded) return;
  source.expanded = true;
  for (const ColocationId id : with_this_colocations(model_, *source.resource)) {
    if (!has_influence(model_, model_.colocation(id))) continue;
    ColocationLink& next = link(model_.colocation(id));
    source.next.push_back(&next);
    next.from.push_back(&source);
  }
}

const std::vector<ColocationLink*>& ColocationGraph::follow(ColocationLink& link) {
  expand(*link.source);
  return link.source->next;
}

std::vector<Score> ColocationGraph::table_of(const Resource& resource) const {
  std::vector<Score> table(model_.nodes.size(), kAbsent);
  for (const NodeEntry& entry : resource.allowed.entries()) {
    if (entry.present) table[entry.node.index()] = entry.score;
  }
  return table;
}

void ColocationGraph::read_scores(ColocationLink& link) {
  if (link.negatives) return;
  const Resource& resource = *link.source->resource;
  ValueClasses classes(model_, link.colocation->node_attribute);
  const BestScores best(model_, resource, *link.colocation, classes);
  link.negatives.emplace(model_, *link.colocation);
  link.scores.clear();
  for (std::uint32_t i = 0; i < model_.nodes.size(); ++i) {
    link.scores.push_back(best.of(classes.of(target_, NodeId(i))));
  }
  link.source->seen = table_of(resource);
  link.source->seen_role = resource.next_role;
}

bool ColocationGraph::is_idle(ColocationLink& link) {
  if (link.idle) return *link.idle;
  read_scores(link);
  find_loops(*link.end);
  bool idle = loops_[loop_of_.at(link.end->self.value)].size() == 1 &&
              std::all_of(link.scores.begin(), link.scores.end(), [](Score score) { return score == 0; });
  if (idle) {
    for (ColocationLink* next : follow(link)) idle = idle && is_idle(*next);
  }
  link.idle = idle;
  return idle;
}

std::vector<std::uint32_t> ColocationGraph::passed_in_loop(const Resource& resource) {
  find_loops(model_.resource(resource.self));
  std::vector<std::uint32_t> passed;
  const std::vector<std::uint32_t>& loop = loops_[loop_of_.at(resource.self.value)];
  if (loop.size() == 1) return passed;
  for (const std::uint32_t id : loop) {
    if (model_.resource(ResourceId(id)).updating) passed.push_back(id);
  }
  return passed;
}

std::vector<Resource*> ColocationGraph::neighbours(Resource& resource) {
  if (resource.is_group()) return {&speaker(model_, resource)};
  ColocationSource& from = source(resource);
  expand(from);
  std::vector<Resource*> result;
  for (const ColocationLink* next : from.next) result.push_back(next->end);
  return result;
}

void ColocationGraph::find_loops(Resource& resource) {
  if (loop_of_.contains(resource.self.value)) return;
  LoopSearch search;
  visit(resource, search);
}

void ColocationGraph::visit(Resource& resource, LoopSearch& search) {
  const std::uint32_t self = resource.self.value;
  const auto number = static_cast<std::uint32_t>(search.states.size());
  search.states[self] = {number, number, true};
  search.stack.push_back(self);
  for (Resource* next : neighbours(resource)) {
    const std::uint32_t other = next->self.value;
    if (loop_of_.contains(other)) continue;
    if (!search.states.contains(other)) visit(*next, search);
    if (loop_of_.contains(other)) continue;
    search.states[self].lowest = std::min(search.states[self].lowest, search.states[other].lowest);
  }
  if (search.states[self].lowest != number) return;
  std::vector<std::uint32_t>& loop = loops_.emplace_back();
  std::uint32_t member = 0;
  do {
    member = search.stack.back();
    search.stack.pop_back();
    loop.push_back(member);
    loop_of_[member] = static_cast<std::uint32_t>(loops_.size() - 1);
  } while (member != self);
  std::sort(loop.begin(), loop.end());
}

void ColocationGraph::refresh() {
  std::erase_if(touched_, [this](ResourceId id) {
    const Resource& resource = model_.resource(id);
    const auto it = sources_.find(id.value);
    if (it != sources_.end() && !it->second->seen.empty() &&
        (it->second->seen_role != resource.next_role || it->second->seen != table_of(resource))) {
      forget(*it->second);
    }
    return !resource.unassigned;
  });
}

// What is known upwards of a link that nobody has asked about does not depend on it.
void ColocationGraph::forget(ColocationSource& source) {
  source.seen.clear();
  for (ColocationLink* link : source.users) {
    if (link->is_clean()) continue;
    link->negatives.reset();
    link->idle.reset();
    link->summaries = {};
    link->summaries_in_loop.clear();
    for (ColocationSource* from : link->from) forget(*from);
  }
}

void ColocationGraph::forget_everything() {
  for (auto& [id, entry] : sources_) forget(*entry);
}

}  // namespace simcluster::scheduler
