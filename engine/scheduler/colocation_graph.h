// Colocations as links from a resource to its dependents, with what each link contributes, and which resources form
// loops. Built as far as somebody asks.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/scheduler/constraints.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/preference_scores.h"
#include "engine/scheduler/score_function.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;
struct ColocationSource;

// Factors of one sign, given by their magnitudes.
struct FactorRange {
  float low = std::numeric_limits<float>::denorm_min();
  float high = std::numeric_limits<float>::max();
};

// What a link with all behind it does.
struct LinkSummary {
  FactorRange range;                     // for which factors
  std::vector<ScoreFunction> functions;  // by node; empty: nothing happens
  bool walk = false;                     // too complicated
};

// Summaries for factors of one sign, whose ranges do not overlap. Looked up far more often than added to.
class SummaryTable {
 public:
  // That for a factor of this magnitude, or nullptr.
  const LinkSummary* find(float magnitude) const {
    const auto it = position(magnitude);
    return it != entries_.end() && it->low <= magnitude ? it->summary.get() : nullptr;
  }
  // Adds one found missing for `magnitude`; its range is cut where others begin.
  const LinkSummary& add(float magnitude, LinkSummary summary);
  bool empty() const { return entries_.empty(); }
  void clear() { entries_.clear(); }

 private:
  struct Entry {
    float low;
    float high;
    std::unique_ptr<LinkSummary> summary;
  };
  std::vector<Entry>::const_iterator position(float magnitude) const {
    return std::lower_bound(entries_.begin(), entries_.end(), magnitude,
                            [](const Entry& entry, float wanted) { return entry.high < wanted; });
  }

  std::vector<Entry> entries_;  // ascending
};

struct ColocationLink {
  const Colocation* colocation = nullptr;
  Resource* end = nullptr;             // a dependent; may be a group
  ColocationSource* source = nullptr;  // who speaks for it
  std::vector<ColocationSource*> from;
  // Worked out when asked for.
  std::vector<Score> scores;  // the source's best score among the nodes with the same value, by node
  std::optional<DoubleNegatives> negatives;
  std::optional<bool> idle;
  // Positive and negative factors apart; by passed resources of the loop.
  using Summaries = std::array<SummaryTable, 2>;
  Summaries summaries;
  std::map<std::vector<std::uint32_t>, Summaries> summaries_in_loop;

  bool is_clean() const {
    return !negatives && !idle && summaries[0].empty() && summaries[1].empty() && summaries_in_loop.empty();
  }
};

// A primitive, clone, ... whose scores count.
struct ColocationSource {
  Resource* resource = nullptr;
  std::vector<ColocationLink*> next;
  bool expanded = false;
  std::vector<ColocationLink*> users;
  std::vector<Score> seen;  // its table when it was read; empty: not yet
  Role seen_role = Role::kUnknown;
};

class ColocationGraph {
 public:
  ColocationGraph(Model& model, const Resource& target);
  ~ColocationGraph();

  // The link of a colocation to its dependent.
  ColocationLink& link(const Colocation& colocation);
  // A link that nobody else uses.
  std::unique_ptr<ColocationLink> make_link(const Colocation& colocation, Resource& end);
  // The links to the dependents of a link's end, with scores of its own worked out.
  const std::vector<ColocationLink*>& follow(ColocationLink& link);
  void read_scores(ColocationLink& link);
  // Neither it nor anything behind it has a score other than 0, and there are no loops.
  bool is_idle(ColocationLink& link);
  // Resources in one loop with `resource` that are being passed.
  std::vector<std::uint32_t> passed_in_loop(const Resource& resource);

  void touch(ResourceId resource) { touched_.push_back(resource); }
  // Forgets what depends on tables that have changed.
  void refresh();
  void forget_everything();

 private:
  struct LoopSearch;

  ColocationSource& source(Resource& resource);
  void expand(ColocationSource& source);
  void find_loops(Resource& resource);
  void visit(Resource& resource, LoopSearch& search);
  std::vector<Resource*> neighbours(Resource& resource);
  std::vector<Score> table_of(const Resource& resource) const;
  void forget(ColocationSource& source);

  Model& model_;
  const Resource& target_;
  std::vector<std::unique_ptr<ColocationLink>> links_;                            // by ColocationId
  std::unordered_map<std::uint32_t, std::unique_ptr<ColocationSource>> sources_;  // by ResourceId
  std::unordered_map<std::uint32_t, std::uint32_t> loop_of_;                      // by ResourceId
  std::vector<std::vector<std::uint32_t>> loops_;                                 // resources; one: no loop
  std::vector<ResourceId> touched_;
};

}  // namespace simcluster::scheduler
