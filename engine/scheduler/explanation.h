// Why a resource is where it is and not elsewhere, and what happens to it next, in plain language. Made of what the
// recorder wrote while the decision was made (recorder.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/scheduler/scores.h"

namespace simcluster::scheduler {

struct Schedule;

// One rule that had a say about one node.
struct ExplainedStep {
  std::string rule;      // a short name: "location", "stickiness", "colocation", ... (rule_name())
  std::string text;      // in words
  std::string id;        // of the constraint; empty: none
  std::string resource;  // the other resource, for example of a colocation; empty: none
  Score score = 0;       // what was added, or the new score when `replaces`
  bool replaces = false;
  Score total = 0;  // the node's score after it
};

struct ExplainedNode {
  std::string node;
  bool allowed = false;  // false: no rule lets the resource run there
  Score score = 0;       // at the decision
  bool chosen = false;
  std::vector<std::string> unusable;  // "offline", "standby", ...: why nothing is placed there
  std::vector<ExplainedStep> steps;   // in the order in which they were decided
};

struct ExplainedAction {
  std::string text;  // "stop on node1"
  bool runnable = true;
  std::vector<std::string> because;  // the cause, the cause of that, and so on
};

struct Explanation {
  std::string resource;
  std::string title;               // "rsc1 (ocf:pacemaker:Dummy) is Started on node1"
  std::vector<std::string> facts;  // what else bears on it: "member 2 of group g", "not managed: maintenance-mode", ...
  std::vector<ExplainedNode> nodes;
  std::string choice;                    // how the node was chosen from the scores
  std::vector<std::string> changes;      // "Move node1 -> node2"; empty: nothing happens
  std::vector<ExplainedAction> actions;  // required ones, with their causes
  std::vector<Explanation> parts;        // members, instances, parts of a bundle
};

// Explains every resource called `name`: a full id, or the id of a cloned resource for all its instances. Empty when
// there is none. The schedule must have been made with Options::explain, by run() or schedule().
std::vector<Explanation> explain(const Schedule& schedule, std::string_view name);
// All names that explain() knows, for messages.
std::vector<std::string_view> explainable_names(const Schedule& schedule);
// A few lines of text, each with a newline.
std::string explanation_text(const Explanation& explanation);

}  // namespace simcluster::scheduler
