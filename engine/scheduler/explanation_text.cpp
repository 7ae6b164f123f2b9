#include <algorithm>

#include "engine/scheduler/explanation.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

// The sign tells that something is added.
std::string step_score(const ExplainedStep& step) {
  const std::string number = readable_score(step.score);
  if (step.replaces) return number;
  return step.score > 0 ? "+" + number : number;
}

// Steps that tell nothing: a zero beside others.
std::vector<const ExplainedStep*> telling_steps(const ExplainedNode& node) {
  std::vector<const ExplainedStep*> steps;
  for (const ExplainedStep& step : node.steps) {
    if (step.score != 0) steps.push_back(&step);
  }
  if (steps.empty() && !node.steps.empty()) steps.push_back(&node.steps.back());
  return steps;
}

bool same_reasons(const ExplainedNode& a, const ExplainedNode& b) {
  if (a.chosen || b.chosen || a.allowed != b.allowed || a.score != b.score || a.unusable != b.unusable) return false;
  const auto x = telling_steps(a);
  const auto y = telling_steps(b);
  return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin(), [](const auto* s, const auto* t) {
           return s->text == t->text && s->score == t->score && s->replaces == t->replaces;
         });
}

class Writer {
 public:
  std::string write(const Explanation& explanation) {
    block(explanation, 0);
    return std::move(out_);
  }

 private:
  void line(std::size_t depth, std::string_view text) {
    out_.append(2 * depth, ' ');
    out_ += text;
    out_ += '\n';
  }

  void block(const Explanation& explanation, std::size_t depth) {
    line(depth, explanation.title);
    for (const std::string& fact : explanation.facts) line(depth + 1, fact);
    std::vector<bool> done(explanation.nodes.size());
    for (std::size_t i = 0; i < explanation.nodes.size(); ++i) {
      if (done[i]) continue;
      std::string names = explanation.nodes[i].node;
      for (std::size_t j = i + 1; j < explanation.nodes.size(); ++j) {
        if (done[j] || !same_reasons(explanation.nodes[i], explanation.nodes[j])) continue;
        done[j] = true;
        names += ", " + explanation.nodes[j].node;
      }
      node(explanation.nodes[i], names, depth + 1);
    }
    if (!explanation.choice.empty()) line(depth + 1, "Choice: " + explanation.choice);
    outcome(explanation, depth + 1);
    for (const Explanation& part : explanation.parts) block(part, depth + 1);
  }

  void node(const ExplainedNode& node, const std::string& names, std::size_t depth) {
    std::string text = names + ": ";
    text += node.allowed ? readable_score(node.score) : "no rule lets it run there";
    if (node.chosen) text += ", chosen";
    for (const std::string& reason : node.unusable) text += ", " + reason;
    line(depth, text);
    const auto steps = telling_steps(node);
    std::size_t width = 0;
    for (const ExplainedStep* step : steps) width = std::max(width, step_score(*step).size());
    for (const ExplainedStep* step : steps) {
      std::string score = step_score(*step);
      score.insert(0, width - score.size(), ' ');
      line(depth + 1, score + "  " + step->text);
    }
  }

  void outcome(const Explanation& explanation, std::size_t depth) {
    for (const std::string& change : explanation.changes) line(depth, "Next: " + change);
    if (explanation.changes.empty() && explanation.parts.empty() && explanation.actions.empty()) {
      line(depth, "Next: nothing");
    }
    for (const ExplainedAction& action : explanation.actions) {
      std::string text = action.text;
      if (!action.runnable) text += " cannot run";
      for (std::size_t i = 0; i < action.because.size(); ++i) {
        text += (i == 0 ? ": " : ", because ") + action.because[i];
      }
      line(depth + 1, text);
    }
  }

  std::string out_;
};

}  // namespace

std::string explanation_text(const Explanation& explanation) { return Writer().write(explanation); }

}  // namespace simcluster::scheduler
