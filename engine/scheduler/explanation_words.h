// The words for single rules, nodes and actions of an explanation.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/scheduler/recorder.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

// A short, stable name of a rule, for programs.
std::string_view rule_name(ScoreReason reason);
// One rule in words.
std::string record_text(Model& model, const ScoreRecord& record);
// Why nothing is placed on a node: "offline", "standby", ...; empty: it could be.
std::vector<std::string> unusable_reasons(const Model& model, const NodeVerdict& verdict);
// How a primitive's node was found.
std::string decision_text(const Model& model, const Decision& decision);
// "monitor of a failed on n1: Not running (7)".
std::string failure_text(const Model& model, const HistoryId entry, ResourceId resource, NodeId node);
// What bears on a resource besides scores: membership, roles, management, failures, quorum, tickets.
std::vector<std::string> resource_facts(Model& model, const Resource& resource);

}  // namespace simcluster::scheduler
