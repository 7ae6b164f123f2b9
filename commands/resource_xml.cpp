#include "commands/resource_xml.h"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "commands/resource_queries.h"
#include "commands/xml_result.h"

namespace simcluster::commands {

namespace {

constexpr std::array<std::string_view, 8> kAnswers = {
    "list", "list-raw", "list-operations", "list-all-operations", "locate", "get-parameter", "get-property", "why"};
constexpr std::array<std::string_view, 7> kChanges = {
    "set-parameter", "delete-parameter", "set-property", "move", "ban", "clear", "delete"};

class Answer {
 public:
  Answer(const ResourceQuestion& question, const ClusterState& state, reports::XmlWriter& xml)
      : question_(question), state_(state), xml_(xml) {}

  void names() {
    const std::vector<std::string> ids = raw_names(state_);
    xml_.open("list", {{"name", "resource names"}, {"count", std::to_string(ids.size())}});
    for (const std::string& id : ids) xml_.text("item", id, {{"name", "resource"}});
    xml_.close();
  }

  void operations(bool active) {
    const std::vector<ListedOperation> listed = listed_operations(state_, question_.asked, question_.node, active);
    if (listed.empty()) return;
    xml_.open("operations");
    for (const ListedOperation& one : listed) {
      xml_.open("operation",
                {{"op", one.key}, {"node", one.node}, {"call", one.call}, {"rc", one.rc}, {"status", one.status}});
      const scheduler::Resource* resource = state_.resource(one.resource);
      xml_.attribute("rsc", resource != nullptr ? state_.view().name_of(*resource) : one.resource);
      if (resource != nullptr)
        xml_.attribute("agent", fmt::format("{}:{}:{}", resource->agent_class, resource->provider, resource->type));
      if (!one.changed.empty()) xml_.attribute("last-rc-change", one.changed);
      if (!one.changed.empty() && !one.exec_time.empty()) xml_.attribute("exec-time", one.exec_time);
      xml_.close();
    }
    xml_.close();
  }

  void places() {
    xml_.open("nodes", {{"resource", question_.asked}});
    for (const std::string& place : locations(state_, *question_.resource, question_.asked)) {
      const auto blank = place.find(' ');
      if (blank == std::string::npos) {
        xml_.text("node", place);
      } else {
        xml_.text("node", place.substr(0, blank), {{"state", "promoted"}});
      }
    }
    xml_.close();
  }

  void value(std::string_view list) {
    if (question_.value.empty()) return;
    xml_.open("list", {{"name", list}, {"count", "1"}});
    xml_.text("item", question_.value, {{"name", question_.name}});
    xml_.close();
  }

  void reasons() {
    xml_.open("reason");
    if (question_.resource != nullptr) {
      if (question_.node.empty()) xml_.attribute("running", reports::yes_no(runs(*question_.resource)));
      check(*question_.resource);
    } else {
      xml_.open("resources");
      const scheduler::Model& model = state_.model();
      for (const scheduler::ResourceId id :
           question_.node.empty() ? model.top_level : state_.node(question_.node)->running) {
        const scheduler::Resource& resource = model.resource(id);
        xml_.open("resource", {{"id", resource.id}, {"running", reports::yes_no(runs(resource))}});
        xml_.optional_attribute("host", question_.node);
        check(resource);
        xml_.close();
      }
      xml_.close();
    }
    xml_.close();
  }

 private:
  bool runs(const scheduler::Resource& resource) const { return !active_nodes(state_, resource).empty(); }

  void check(const scheduler::Resource& resource) {
    const Obstacles against = obstacles_of(state_, resource);
    xml_.open("check", {{"id", against.resource}});
    if (against.stopped) xml_.attribute("remain_stopped", "true");
    if (against.unpromoted) xml_.attribute("promotable", "false");
    if (against.unmanaged) xml_.attribute("unmanaged", "true");
    xml_.close();
  }

  const ResourceQuestion& question_;
  const ClusterState& state_;
  reports::XmlWriter& xml_;
};

}  // namespace

bool has_xml_form(std::string_view command) {
  return std::ranges::find(kAnswers, command) != kAnswers.end() ||
         std::ranges::find(kChanges, command) != kChanges.end();
}

void write_resource_answer(const ResourceQuestion& question, const ClusterState& state, const Profile& profile,
                           reports::XmlWriter& xml) {
  Answer answer(question, state, xml);
  const std::string_view command = question.command;
  if (command == "list") reports::write_resources_xml(state.view().report().resources, xml_form(profile), xml);
  if (command == "list-raw") answer.names();
  if (command == "list-operations" || command == "list-all-operations") answer.operations(command == "list-operations");
  if (command == "locate") answer.places();
  if (command == "get-parameter") answer.value("attributes");
  if (command == "get-property") answer.value("properties");
  if (command == "why") answer.reasons();
}

}  // namespace simcluster::commands
