#include "engine/scheduler/lookups.h"

#include <algorithm>

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

void NameBearers::add(ResourceId id) {
  if (!first.valid()) {
    first = id;
  } else {
    more.push_back(id);
  }
}

void NameBearers::remove(ResourceId id) {
  if (first == id) {
    first = ResourceId::none();
    if (!more.empty()) {
      first = more.front();
      more.erase(more.begin());
    }
    return;
  }
  more.erase(std::remove(more.begin(), more.end(), id), more.end());
}

ResourceNames::Bearers& ResourceNames::of(std::string_view name) {
  const Symbol symbol = names.intern(name);
  if (symbol.index() >= bearers.size()) bearers.resize(symbol.index() + 1);
  return bearers[symbol.index()];
}

const ResourceNames::Bearers* ResourceNames::find(std::string_view name) const {
  const Symbol symbol = names.find(name);
  return symbol.valid() ? &bearers[symbol.index()] : nullptr;
}

void index_resource(Model& model, ResourceId resource) {
  model.lookups->resources.of(model.resource(resource).id).by_id.add(resource);
}

void set_history_id(Model& model, ResourceId id, std::string_view history_id) {
  Resource& resource = model.resource(id);
  ResourceNames& names = model.lookups->resources;
  if (!resource.history_id.empty()) names.of(resource.history_id).by_history_id.remove(id);
  resource.history_id = history_id;
  if (!history_id.empty()) names.of(history_id).by_history_id.add(id);
}

namespace {

std::vector<ResourceId> path_of(const Model& model, ResourceId id) {
  std::vector<ResourceId> path;
  for (ResourceId at = id; at.valid(); at = model.resource(at).parent) path.push_back(at);
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

int compare_depth_first(const Model& model, ResourceId a, ResourceId b) {
  if (a == b) return 0;
  const std::vector<ResourceId> x = path_of(model, a);
  const std::vector<ResourceId> y = path_of(model, b);
  std::size_t i = 0;
  while (i < x.size() && i < y.size() && x[i] == y[i]) ++i;
  if (i == x.size()) return -1;
  if (i == y.size()) return 1;
  const std::vector<ResourceId>& siblings = i == 0 ? model.top_level : model.resource(x[i - 1]).children;
  for (const ResourceId sibling : siblings) {
    if (sibling == x[i]) return -1;
    if (sibling == y[i]) return 1;
  }
  return a < b ? -1 : 1;
}

std::vector<ResourceId> find_all_resources(const Model& model, std::string_view name) {
  std::vector<ResourceId> found;
  const ResourceNames::Bearers* bearers = model.lookups->resources.find(name);
  if (bearers == nullptr) return found;
  for (const NameBearers* some : {&bearers->by_id, &bearers->by_history_id}) {
    if (!some->first.valid()) continue;
    found.push_back(some->first);
    found.insert(found.end(), some->more.begin(), some->more.end());
  }
  if (found.size() < 2) return found;
  std::sort(found.begin(), found.end(),
            [&](ResourceId a, ResourceId b) { return compare_depth_first(model, a, b) > 0; });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

ResourceId find_resource(const Model& model, std::string_view name) {
  ResourceId best;
  const ResourceNames::Bearers* bearers = model.lookups->resources.find(name);
  if (bearers == nullptr) return best;
  const auto consider = [&](ResourceId id) {
    if (!best.valid() || compare_depth_first(model, id, best) < 0) best = id;
  };
  for (const NameBearers* some : {&bearers->by_id, &bearers->by_history_id}) {
    if (!some->first.valid()) continue;
    consider(some->first);
    for (const ResourceId id : some->more) consider(id);
  }
  return best;
}

ResourceId find_constraint_resource(const Model& model, std::string_view name) {
  const ResourceId found = find_resource(model, name);
  if (!found.valid() || model.resource(found).id == name) return found;
  return model.resource(found).top;
}

}  // namespace simcluster::scheduler
