#include "engine/node/operator_timeouts.h"

#include <memory>
#include <utility>

#include <fmt/core.h>

#include "engine/node/operator_agents.h"

namespace simcluster::node {

using cib::Element;
using cib::MutableElement;

namespace {

void set_timeouts(MutableElement primitive, const agents::AgentMetadata& metadata, const Profile& profile) {
  const auto timeout = [&](std::string_view name, std::string_view role) {
    const agents::ActionMetadata* action = advised_action(metadata, name, role, profile);
    const int seconds = action == nullptr ? agents::ActionMetadata{}.timeout_seconds : action->timeout_seconds;
    // Agents of old name no unit.
    return fmt::format("{}{}", seconds, profile.pacemaker_has_shell ? "" : "s");
  };
  const bool typed = primitive.has("type");
  for (MutableElement op : primitive.first_child("operations").children("op")) {
    const std::string_view name = op.value("name"), role = op.value("role");
    const bool known = name == "start" || name == "stop" || advised_action(metadata, name, role, profile) != nullptr;
    if (typed && known && (name == "monitor" || name == "start" || name == "stop"))
      op.set_attribute("timeout", timeout(name, role));
  }
  for (const std::string_view name : {"start", "stop"}) {
    MutableElement operations = primitive.ensure_child("operations");
    bool present = false;
    for (const MutableElement op : operations.children("op")) present = present || op.value("name") == name;
    if (present) continue;
    operations.append_child("op")
        .set_attribute("name", name)
        .set_attribute("timeout", timeout(name, {}))
        .set_attribute("interval", "0")
        .set_attribute("id", fmt::format("{}-{}-0", primitive.id(), name));
  }
}

}  // namespace

TimeoutReport set_default_timeouts(cib::Document& cib, const std::vector<std::string_view>& ids, const Profile& profile,
                                   const NodeAgents& agents) {
  TimeoutReport report;
  for (const std::string_view id : ids) {
    const Element object = std::as_const(cib).find_id(id);
    if (!object || !object.is("primitive")) {
      report.failed = true;
      report.text += object ? fmt::format("WARNING: element {} is not a primitive\n", id)
                            : fmt::format("ERROR: object {} does not exist\n", id);
      continue;
    }
    const Element typed =
        object.has("template") ? cib.find_id(cib.find_name("template"), object.value("template")) : object;
    if (const auto metadata = typed ? installed_metadata(typed, profile, agents) : nullptr)
      set_timeouts(cib.edit(object), *metadata, profile);
    else
      report.text += fmt::format(
          "ERROR: {0}: got no meta-data, does this RA exist?\n"
          "ERROR: {0}: no resource agent found for {1}\n",
          typed ? agent_name(typed) : std::string(object.value("template")), id);
  }
  return report;
}

}  // namespace simcluster::node
