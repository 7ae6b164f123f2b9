#include "engine/scheduler/colocation_paths.h"

#include <algorithm>
#include <cstdlib>
#include <unordered_map>
#include <vector>

#include "engine/scheduler/colocations.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/preference_scores.h"

namespace simcluster::scheduler {

namespace {

constexpr std::uint64_t kManyPaths = 1'000'000'000'000;
// More different factors than this at one resource: walking is not worse.
constexpr std::size_t kMaxFactors = 20'000;

// How many paths arrive with one factor.
struct Weight {
  float factor;
  std::uint64_t paths;
};

// One colocation on the way, from a resource to one of its dependents.
struct Link {
  const Colocation* colocation;
  std::uint32_t to;
};

struct Stop {
  const Resource* resource;
  std::vector<Link> links;
  bool contributes;  // it, or something behind it, has a score other than 0
};

class PathCounter {
 public:
  PathCounter(Model& model, const Resource& target, const NodeTable& table)
      : model_(model), target_(target), table_(table), sums_(table.entries().size()) {}

  // Finds everything behind `source`; afterwards is_idle() and has_loop() are known.
  void discover(const Resource& source) { visit(source); }
  // Nothing has any score: the walk would change nothing.
  bool is_idle() const { return !stops_.back().contributes; }
  bool has_loop() const { return has_loop_; }

  // Counts paths by factor at every stop, in topological order. False when there are too many different factors.
  bool count(const Colocation& first, float factor) {
    arrivals_.resize(stops_.size());
    const auto start = static_cast<std::uint32_t>(stops_.size() - 1);  // finished last
    arrivals_[start].push_back({&first, {{factor, 1}}});
    for (std::uint32_t at = start + 1; at-- > 0;) {
      std::vector<Weight> all;
      for (const Arrival& arrival : arrivals_[at])
        all.insert(all.end(), arrival.weights.begin(), arrival.weights.end());
      join_equal(all);
      for (const Weight& weight : all) total_paths_ = std::min(kManyPaths, total_paths_ + weight.paths);
      if (all.size() > kMaxFactors) return false;
      for (const Link& link : stops_[at].links) {
        if (stops_[link.to].contributes) pass_on(all, link);
      }
    }
    return true;
  }
  std::uint64_t total_paths() const { return total_paths_; }

  void sum_up() {
    for (std::uint32_t at = 0; at < stops_.size(); ++at) {
      for (const Arrival& arrival : arrivals_[at]) contribute(*stops_[at].resource, arrival);
    }
  }

  // S0 GU-8.5.3 conditions (b) to (d); writes the result when they hold.
  bool apply(NodeTable& table) const {
    bool one_stays = false;
    for (std::uint32_t i = 0; i < sums_.size(); ++i) {
      const NodeEntry& entry = table.entries()[i];
      if (!entry.present) continue;
      if (!is_exact(entry, sums_[i])) return false;
      if (is_available(model_.nodes[i]) && entry.score - sums_[i].negative >= 0 && !sums_[i].minus_infinity) {
        one_stays = true;
      }
    }
    if (!one_stays) return false;
    for (std::uint32_t i = 0; i < sums_.size(); ++i) {
      NodeEntry& entry = table.entries()[i];
      if (entry.present) entry.score = result(entry, sums_[i]);
    }
    return true;
  }

 private:
  struct Arrival {
    const Colocation* colocation;
    std::vector<Weight> weights;
  };
  struct Sum {
    std::int64_t positive = 0;
    std::int64_t negative = 0;
    bool plus_infinity = false;
    bool minus_infinity = false;
  };
  enum class Color : std::uint8_t { kNew, kOpen, kDone };

  // Whether the resource or something behind it contributes anything.
  bool visit(const Resource& resource) {
    const Resource* r = &resource;
    if (r->is_group()) r = &model_.resource(r->children.front());
    has_loop_ = has_loop_ || r->updating;
    const auto [it, is_new] = colors_.try_emplace(r->self.value, Color::kOpen);
    if (!is_new) {
      has_loop_ = has_loop_ || it->second == Color::kOpen;
      return it->second == Color::kDone && stops_[numbers_.at(r->self.value)].contributes;
    }
    Stop stop{r, {}, !has_only_zeros(*r)};
    for (const ColocationId id : with_this_colocations(model_, *r)) {
      const Colocation& colocation = model_.colocation(id);
      if (!has_influence(model_, colocation)) continue;
      const Resource& dependent = model_.resource(colocation.dependent);
      stop.contributes = visit(dependent) || stop.contributes;
      if (!has_loop_) stop.links.push_back({&colocation, number_of(dependent)});
    }
    colors_[r->self.value] = Color::kDone;
    numbers_[r->self.value] = static_cast<std::uint32_t>(stops_.size());
    const bool contributes = stop.contributes;
    stops_.push_back(std::move(stop));
    return contributes;
  }

  // The best score in every class of values is 0, whatever the attribute.
  bool has_only_zeros(const Resource& resource) const {
    if (model_.have_remote_nodes) return false;
    if (resource.parent.valid() && !model_.resource(resource.parent).locations.empty()) return false;
    for (std::uint32_t i = 0; i < sums_.size(); ++i) {
      const NodeEntry* entry = resource.allowed.find(NodeId(i));
      if (table_.contains(NodeId(i)) && (entry == nullptr || entry->score < 0 || !is_available(model_.nodes[i]))) {
        return false;
      }
    }
    return std::none_of(resource.allowed.entries().begin(), resource.allowed.entries().end(),
                        [](const NodeEntry& entry) { return entry.present && entry.score > 0; });
  }
  std::uint32_t number_of(const Resource& resource) const {
    const ResourceId id = resource.is_group() ? resource.children.front() : resource.self;
    return numbers_.at(id.value);
  }

  static void join_equal(std::vector<Weight>& list) {
    std::sort(list.begin(), list.end(), [](const Weight& a, const Weight& b) { return a.factor < b.factor; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (kept > 0 && list[kept - 1].factor == list[i].factor) {
        list[kept - 1].paths = std::min(kManyPaths, list[kept - 1].paths + list[i].paths);
      } else {
        list[kept++] = list[i];
      }
    }
    list.resize(kept);
  }
  void pass_on(const std::vector<Weight>& weights, const Link& link) {
    Arrival arrival{link.colocation, {}};
    for (const Weight& weight : weights) {
      const float chained = weight.factor * static_cast<float>(link.colocation->score) / static_cast<float>(kInfinity);
      if (chained != 0) arrival.weights.push_back({chained, weight.paths});  // underflow ends a path
    }
    if (!arrival.weights.empty()) arrivals_[link.to].push_back(std::move(arrival));
  }

  void contribute(const Resource& source, const Arrival& arrival) {
    ValueClasses classes(model_, arrival.colocation->node_attribute);
    const BestScores best(model_, source, *arrival.colocation, classes);
    const DoubleNegatives negatives(model_, *arrival.colocation);
    for (std::uint32_t i = 0; i < sums_.size(); ++i) {
      const Score score = best.of(classes.of(target_, NodeId(i)));
      if (score == 0) continue;
      for (const Weight& weight : arrival.weights) {
        if (!negatives.drops(weight.factor, score))
          add_contribution(sums_[i], weighted_score(weight.factor, score), weight.paths);
      }
    }
  }
  static void add_contribution(Sum& sum, Score value, std::uint64_t paths) {
    if (value >= kInfinity) {
      sum.plus_infinity = true;
    } else if (value <= -kInfinity) {
      sum.minus_infinity = true;
    } else {
      const auto times = static_cast<std::int64_t>(std::min<std::uint64_t>(paths, 2 * kInfinity));
      std::int64_t& side = value > 0 ? sum.positive : sum.negative;
      side = std::min<std::int64_t>(side + times * std::abs(value), std::int64_t{1} << 50);
    }
  }

  // The finite part cannot saturate, so the order of additions does not matter.
  static bool is_exact(const NodeEntry& entry, const Sum& sum) {
    if (entry.score <= -kInfinity || sum.minus_infinity) return true;
    if (entry.score >= kInfinity) return true;
    if (sum.plus_infinity) return std::abs(std::int64_t{entry.score}) + sum.negative < kInfinity;
    return std::abs(std::int64_t{entry.score}) + sum.positive + sum.negative < kInfinity;
  }
  static Score result(const NodeEntry& entry, const Sum& sum) {
    if (entry.score <= -kInfinity || sum.minus_infinity) return -kInfinity;
    if (entry.score >= kInfinity || sum.plus_infinity) return kInfinity;
    return static_cast<Score>(entry.score + sum.positive - sum.negative);
  }

  Model& model_;
  const Resource& target_;
  const NodeTable& table_;
  std::vector<Sum> sums_;  // by node
  std::unordered_map<std::uint32_t, Color> colors_;
  std::unordered_map<std::uint32_t, std::uint32_t> numbers_;
  std::vector<Stop> stops_;  // dependents before what they depend on
  std::vector<std::vector<Arrival>> arrivals_;
  std::uint64_t total_paths_ = 0;
  bool has_loop_ = false;
};

}  // namespace

bool merge_by_counting(Model& model, const Resource& source, const Resource& target, NodeTable& table,
                       const Colocation& colocation, float factor, std::uint64_t worth) {
  PathCounter counter(model, target, table);
  counter.discover(source);
  if (counter.is_idle()) return true;
  if (counter.has_loop()) return false;
  if (!counter.count(colocation, factor) || counter.total_paths() < worth) return false;
  counter.sum_up();
  return counter.apply(table);
}

}  // namespace simcluster::scheduler
