#include "engine/scheduler/status_index.h"

#include "engine/scheduler/lookups.h"
#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

using namespace cib::names;

std::string slot_name(std::string_view node, std::string_view resource) {
  std::string name(node);
  name += '\n';
  name += resource;
  return name;
}

}  // namespace

StatusIndex::StatusIndex(const cib::Document& document) {
  const cib::Element status = document.find_unique(kStatus);
  for (const cib::Element& state : status.children(kNodeState)) {
    for (const cib::Element& lrm : state.children(kLrm)) {
      for (const cib::Element& list : lrm.children(kLrmResources)) {
        for (const cib::Element& resource : list.children(kLrmResource)) {
          Slot& slot = slots_[slot_name(state.value(kUname), resource.id())];
          slot.resource = resource;
          ++slot.resources;
          for (const cib::Element& entry : resource.children(kLrmRscOp)) slot.entries.push_back(entry);
        }
      }
    }
  }
}

const StatusIndex::Slot* StatusIndex::find(std::string_view node, std::string_view resource) const {
  const auto it = slots_.find(slot_name(node, resource));
  return it == slots_.end() ? nullptr : &it->second;
}

const std::vector<cib::Element>& StatusIndex::resource_entries(std::string_view node, std::string_view resource) const {
  const Slot* slot = find(node, resource);
  return slot == nullptr ? none_ : slot->entries;
}

cib::Element StatusIndex::unique_resource(std::string_view node, std::string_view resource) const {
  const Slot* slot = find(node, resource);
  return slot == nullptr || slot->resources != 1 ? cib::Element() : slot->resource;
}

const StatusIndex& status_index(Model& model) {
  if (!model.lookups->status) model.lookups->status = std::make_unique<StatusIndex>(*model.cib);
  return *model.lookups->status;
}

}  // namespace simcluster::scheduler
