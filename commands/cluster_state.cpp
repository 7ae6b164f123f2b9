#include "commands/cluster_state.h"

#include "engine/cib/upgrade.h"
#include "engine/scheduler/text.h"

namespace simcluster::commands {

cib::Document in_newest_form(cib::Document cib) {
  cib.root().ensure_child("status");
  cib::upgrade(cib);
  return cib;
}

namespace {

reports::CrmMonOptions options_with(bool inactive, bool constraints) {
  reports::CrmMonOptions options;
  options.inactive = inactive;
  options.bans = constraints;
  return options;
}

}  // namespace

ClusterState::ClusterState(const cib::Document& cib, const Surroundings& surroundings, bool inactive, bool constraints)
    : options_(options_with(inactive, constraints)),
      context_{Time{} + seconds(surroundings.now), surroundings.profile, {}, {}},
      newest_(in_newest_form(cib)),
      view_(cib, newest_, options_, context_) {}

const scheduler::Resource* ClusterState::resource(std::string_view name) const {
  const scheduler::ResourceId id = scheduler::find_resource(model(), name);
  if (id.valid()) return &model().resource(id);
  // The first instance of what nobody has in its history.
  for (const scheduler::Resource& resource : model().resources)
    if (resource.xml_id == name) return &resource;
  return nullptr;
}

const scheduler::Node* ClusterState::node(std::string_view name) const {
  for (const scheduler::Node& node : model().nodes)
    if (scheduler::equal_ignoring_case(node.name, name)) return &node;
  return nullptr;
}

std::string ClusterState::line(const scheduler::Resource& resource, bool with_node) const {
  return reports::ResourceLists(view_, with_node).primitive_text(resource, with_node);
}

}  // namespace simcluster::commands
