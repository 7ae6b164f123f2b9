// What one resource contributes to the scores of another over one colocation (S3 ).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/scheduler/constraints.h"
#include "engine/scheduler/ids.h"
#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;
class NodeTable;

// Nodes whose attribute has the same value share a class number (S0 GU-7.4).
class ValueClasses {
 public:
  ValueClasses(const Model& model, std::string_view attribute);
  // The class of a node on behalf of a resource.
  std::uint32_t of(const Resource& resource, NodeId node);

 private:
  const Model& model_;
  std::string_view attribute_;
  bool by_node_;
  std::unordered_map<std::string, std::uint32_t> numbers_;  // 0: no value
};

// S3: the source's best score in each class of values.
class BestScores {
 public:
  BestScores(Model& model, const Resource& source, const Colocation& colocation, ValueClasses& classes);
  Score of(std::uint32_t number) const { return number < best_.size() ? best_[number] : -kInfinity; }

 private:
  std::vector<Score> best_;
};

// S3 step 3: what a negative link does not pass on of negative scores.
class DoubleNegatives {
 public:
  DoubleNegatives(const Model& model, const Colocation& colocation);
  bool drops(float factor, Score score) const { return factor < 0 && score < 0 && (always_ || stickiness_ >= -score); }

 private:
  Score stickiness_;
  bool always_;
};

// S3 steps 5 and 6: factor * score, rounded half away from zero, never rounded to nothing.
Score weighted_score(float factor, Score score);

}  // namespace simcluster::scheduler
