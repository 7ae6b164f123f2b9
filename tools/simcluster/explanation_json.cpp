#include "tools/simcluster/explanation_json.h"

#include <nlohmann/json.hpp>

namespace simcluster::tools {

namespace {

using Json = nlohmann::ordered_json;

Json to_json(const scheduler::ExplainedStep& step) {
  Json json = {{"rule", step.rule}, {"text", step.text}};
  if (!step.id.empty()) json["id"] = step.id;
  if (!step.resource.empty()) json["resource"] = step.resource;
  json["score"] = step.score;
  json["replaces"] = step.replaces;
  json["total"] = step.total;
  return json;
}

Json to_json(const scheduler::ExplainedNode& node) {
  Json json = {{"node", node.node}, {"allowed", node.allowed}};
  if (node.allowed) json["score"] = node.score;
  json["chosen"] = node.chosen;
  json["unusable"] = node.unusable;
  json["steps"] = Json::array();
  for (const auto& step : node.steps) json["steps"].push_back(to_json(step));
  return json;
}

Json to_json(const scheduler::Explanation& explanation) {
  Json json = {{"resource", explanation.resource}, {"title", explanation.title}, {"facts", explanation.facts}};
  json["nodes"] = Json::array();
  for (const auto& node : explanation.nodes) json["nodes"].push_back(to_json(node));
  if (!explanation.choice.empty()) json["choice"] = explanation.choice;
  json["changes"] = explanation.changes;
  json["actions"] = Json::array();
  for (const auto& action : explanation.actions) {
    json["actions"].push_back({{"action", action.text}, {"runnable", action.runnable}, {"because", action.because}});
  }
  json["parts"] = Json::array();
  for (const auto& part : explanation.parts) json["parts"].push_back(to_json(part));
  return json;
}

}  // namespace

std::string explanation_json(const std::vector<scheduler::Explanation>& explanations) {
  Json json = Json::array();
  for (const auto& explanation : explanations) json.push_back(to_json(explanation));
  return json.dump(2);
}

}  // namespace simcluster::tools
