#include "engine/scheduler/colocation_memo.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "engine/scheduler/colocation_graph.h"
#include "engine/scheduler/colocations.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

// Below this every product with a score is rounded to 1 or -1 (S3 step 6).
constexpr float kTinyFactor = 0x1p-22F;
// A function in more pieces is not worth its memory.
constexpr std::size_t kMostPieces = 64;
constexpr std::size_t kMostSummaries = 200'000;
constexpr std::size_t kMostWalks = 100'000;

float chain(float factor, Score score) { return factor * static_cast<float>(score) / static_cast<float>(kInfinity); }

// The least magnitude in [low, high] for which `holds`, which once true stays true; it is true for `high`.
template <class Holds>
float least(float low, float high, Holds holds) {
  auto a = std::bit_cast<std::uint32_t>(low);
  auto b = std::bit_cast<std::uint32_t>(high);
  while (a < b) {
    const std::uint32_t middle = a + (b - a) / 2;
    if (holds(std::bit_cast<float>(middle))) {
      b = middle;
    } else {
      a = middle + 1;
    }
  }
  return std::bit_cast<float>(a);
}

// Keeps the factors whose chained magnitude stands in [low, high]; that of `factor` does.
void restrict_range(FactorRange& range, float factor, Score score, float low, float high) {
  if (range.low == range.high) return;
  const Score magnitude = std::abs(score);
  const float inside = std::abs(factor);
  range.low = least(range.low, inside, [&](float f) { return chain(f, magnitude) >= low; });
  if (chain(range.high, magnitude) <= high) return;
  const float beyond = least(inside, range.high, [&](float f) { return chain(f, magnitude) > high; });
  range.high = std::nextafter(beyond, 0.0F);
}

// While it exists, the resource and its speaker are being passed.
class Passing {
 public:
  explicit Passing(ColocationLink& link) : end_(*link.end), speaker_(*link.source->resource) {
    end_.updating = true;
    speaker_.updating = true;
  }
  ~Passing() {
    end_.updating = false;
    speaker_.updating = false;
  }
  Passing(const Passing&) = delete;
  Passing& operator=(const Passing&) = delete;

 private:
  Resource& end_;
  Resource& speaker_;
};

bool is_passed(const ColocationLink& link) { return link.end->updating || link.source->resource->updating; }

}  // namespace

ColocationMemo::ColocationMemo(Model& model, const Resource& target, bool nonnegative)
    : model_(model), nonnegative_(nonnegative), graph_(std::make_unique<ColocationGraph>(model, target)) {}

ColocationMemo::~ColocationMemo() = default;

void ColocationMemo::touch(ResourceId resource) { graph_->touch(resource); }

void ColocationMemo::merge(Resource& source, NodeTable& table, const Colocation& colocation, float factor,
                           bool active) {
  graph_->refresh();
  if (summaries_ > kMostSummaries) {
    graph_->forget_everything();
    summaries_ = 0;
  }
  walked_.clear();
  present_.clear();
  available_.clear();
  Scores scores(model_.nodes.size(), 0);
  for (const NodeEntry& entry : table.entries()) {
    if (!entry.present) continue;
    const std::uint32_t i = entry.node.value;
    scores[i] = entry.score;
    present_.push_back(i);
    if (is_available(model_.node(entry.node))) available_.push_back(i);
  }
  if (source.self == colocation.dependent) {
    apply(graph_->link(colocation), factor, scores, active);
  } else {
    const std::unique_ptr<ColocationLink> link = graph_->make_link(colocation, source);
    apply(*link, factor, scores, active);
  }
  for (NodeEntry& entry : table.entries()) {
    if (entry.present) entry.score = scores[entry.node.index()];
  }
}

bool ColocationMemo::any_usable(const Scores& scores) const {
  return std::any_of(available_.begin(), available_.end(), [&](std::uint32_t i) { return scores[i] >= 0; });
}

void ColocationMemo::apply(ColocationLink& link, float factor, Scores& scores, bool active) {
  if (is_passed(link)) return;
  if (!nonnegative_ && graph_->is_idle(link)) return;
  if (!apply_summary(summary(link, factor), scores)) walk(link, factor, scores, active);
}

// False when nothing is known about what happens to these scores.
bool ColocationMemo::apply_summary(const LinkSummary& summary, Scores& scores) const {
  if (summary.walk) return false;
  if (summary.functions.empty()) return true;
  const bool one_stays = std::any_of(available_.begin(), available_.end(),
                                     [&](std::uint32_t i) { return summary.functions[i].of(scores[i]).stays_usable; });
  if (!one_stays) return false;
  for (const std::uint32_t i : present_) scores[i] = summary.functions[i].of(scores[i]).score;
  return true;
}

// One level of S3; what lies behind it is applied link by link.
void ColocationMemo::walk(ColocationLink& link, float factor, Scores& scores, bool active) {
  const Passing passing(link);
  graph_->read_scores(link);
  Scores work = scores;
  for (const std::uint32_t i : present_) {
    if (link.negatives->drops(factor, link.scores[i])) continue;
    work[i] = ScoreFunction::added(work[i], weighted_score(factor, link.scores[i]), nonnegative_);
  }
  if (any_usable(work)) {
    walk_behind(link, factor, work);
  } else if (active) {
    return;
  }
  if (nonnegative_) {
    const ScoreFunction revival = ScoreFunction::revival();
    for (const std::uint32_t i : present_) work[i] = revival.of(work[i]).score;
  }
  scores = std::move(work);
}

// The same scores need no second walk.
void ColocationMemo::walk_behind(ColocationLink& link, float factor, Scores& scores) {
  const std::vector<ColocationLink*>& behind = graph_->follow(link);
  if (behind.empty()) return;
  std::vector<std::uint32_t> key = graph_->passed_in_loop(*link.end);
  key.push_back(link.source->resource->self.value);
  key.push_back(std::bit_cast<std::uint32_t>(factor));
  for (const std::uint32_t i : present_) key.push_back(static_cast<std::uint32_t>(scores[i]));
  std::string bytes(reinterpret_cast<const char*>(key.data()), key.size() * sizeof(key[0]));
  if (const auto it = walked_.find(bytes); it != walked_.end()) {
    scores = it->second;
    return;
  }
  for (ColocationLink* next : behind) {
    const float chained = chain(factor, next->colocation->score);
    // After underflow nothing further along the path counts (S0 GU-6.9).
    if (chained != 0 || nonnegative_) apply(*next, chained, scores, true);
  }
  if (walked_.size() >= kMostWalks) walked_.clear();
  walked_.emplace(std::move(bytes), scores);
}

const LinkSummary& ColocationMemo::summary(ColocationLink& link, float factor) {
  const float magnitude = std::abs(factor);
  const std::vector<std::uint32_t> passed = graph_->passed_in_loop(*link.end);
  ColocationLink::Summaries& all = passed.empty() ? link.summaries : link.summaries_in_loop[passed];
  SummaryTable& known = all[std::signbit(factor) ? 1 : 0];
  if (const LinkSummary* summary = known.find(magnitude)) return *summary;
  ++summaries_;
  return known.add(magnitude, summarize(link, factor));
}

LinkSummary ColocationMemo::summarize(ColocationLink& link, float factor) {
  const Passing passing(link);
  LinkSummary result;
  add_own(link, factor, result);
  for (ColocationLink* next : graph_->follow(link)) add_next(*next, factor, result);
  if (nonnegative_) {
    for (ScoreFunction& function : result.functions) function = function.then(ScoreFunction::revival());
  }
  for (const ScoreFunction& function : result.functions) result.walk = result.walk || function.pieces() > kMostPieces;
  if (result.walk || (!nonnegative_ && std::all_of(result.functions.begin(), result.functions.end(),
                                                   [](const ScoreFunction& f) { return f.is_identity(); }))) {
    result.functions.clear();
  }
  return result;
}

void ColocationMemo::add_own(const ColocationLink& link, float factor, LinkSummary& result) const {
  graph_->read_scores(const_cast<ColocationLink&>(link));
  const float magnitude = std::abs(factor);
  if (magnitude >= kTinyFactor) {
    result.range = {magnitude, magnitude};
  } else if (magnitude == 0) {
    result.range = {0, 0};
  } else {
    result.range.high = std::nextafter(kTinyFactor, 0.0F);
  }
  for (const Score score : link.scores) {
    const Score delta = link.negatives->drops(factor, score) ? 0 : weighted_score(factor, score);
    result.functions.push_back(ScoreFunction::addition(delta, nonnegative_));
  }
}

void ColocationMemo::add_next(ColocationLink& next, float factor, LinkSummary& result) {
  if (result.walk || is_passed(next)) return;
  if (!nonnegative_ && graph_->is_idle(next)) return;
  const Score score = next.colocation->score;
  const float chained = chain(factor, score);
  if (chained == 0) {
    restrict_range(result.range, factor, score, 0, 0);
    if (!nonnegative_) return;
  }
  const LinkSummary& behind = summary(next, chained);
  if (chained != 0) restrict_range(result.range, factor, score, behind.range.low, behind.range.high);
  result.walk = behind.walk;
  for (std::size_t i = 0; i < behind.functions.size(); ++i) {
    result.functions[i] = result.functions[i].then(behind.functions[i]);
  }
}

namespace {

// Takes one from `left` for every path; paths that pass a resource twice are too few to matter.
void count_paths(const Model& model, const Resource& resource, int depth, int& left) {
  if (--left <= 0 || depth <= 0) return;
  const Resource& from = resource.is_group() ? model.resource(resource.children.front()) : resource;
  for (const ColocationId id : with_this_colocations(model, from)) {
    if (left > 0) count_paths(model, model.resource(model.colocation(id).dependent), depth - 1, left);
  }
}

}  // namespace

bool has_many_paths(const Model& model, const Resource& source, int many) {
  int left = many;
  count_paths(model, source, many, left);
  return left <= 0;
}

}  // namespace simcluster::scheduler
