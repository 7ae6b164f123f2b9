// The result of walking every path of dependents (S3 ), without walking them: dense colocations have
// exponentially many paths.
//
// What one colocation with all behind it does to the score of a node depends on that score, on the factor, and on
// whether some node stays usable at every step. The first is a ScoreFunction, worked out once for each range of factors
// that gives the same one. Where no node stays usable all the way, that part is walked, one level at a time. Within a
// loop of colocations the function also depends on the resources of the loop that were already passed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/scheduler/constraints.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/node_table.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;
class ColocationGraph;
struct ColocationLink;
struct LinkSummary;

class ColocationMemo {
 public:
  // `target` is only asked for attributes of nodes on its behalf, which matters where there are remote nodes.
  // `nonnegative`: the flag of that name (S3 ).
  ColocationMemo(Model& model, const Resource& target, bool nonnegative);
  ~ColocationMemo();

  // S3 with a table and without the flag "this with". `source` is one side of the colocation.
  void merge(Resource& source, NodeTable& table, const Colocation& colocation, float factor, bool active);

  // The resource's table and role may change from now on, until it is assigned.
  void touch(ResourceId resource);

 private:
  using Scores = std::vector<Score>;

  const LinkSummary& summary(ColocationLink& link, float factor);
  LinkSummary summarize(ColocationLink& link, float factor);
  void add_own(const ColocationLink& link, float factor, LinkSummary& result) const;
  void add_next(ColocationLink& next, float factor, LinkSummary& result);
  void apply(ColocationLink& link, float factor, Scores& scores, bool active);
  bool apply_summary(const LinkSummary& summary, Scores& scores) const;
  void walk(ColocationLink& link, float factor, Scores& scores, bool active);
  void walk_behind(ColocationLink& link, float factor, Scores& scores);
  bool any_usable(const Scores& scores) const;

  Model& model_;
  bool nonnegative_;
  std::unique_ptr<ColocationGraph> graph_;
  std::size_t summaries_ = 0;
  // Of the table being merged.
  std::vector<std::uint32_t> present_;
  std::vector<std::uint32_t> available_;
  std::unordered_map<std::string, Scores> walked_;
};

// Whether there are at least `many` paths of dependents from `source` on.
bool has_many_paths(const Model& model, const Resource& source, int many);

}  // namespace simcluster::scheduler
