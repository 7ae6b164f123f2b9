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

void index_resource(Model& model, ResourceId resource) {
  model.lookups->by_id[model.resource(resource).id].add(resource);
}

void set_history_id(Model& model, ResourceId id, std::string_view history_id) {
  Resource& resource = model.resource(id);
  auto& index = model.lookups->by_history_id;
  if (!resource.history_id.empty()) {
    if (const auto it = index.find(resource.history_id); it != index.end()) it->second.remove(id);
  }
  resource.history_id = history_id;
  if (!history_id.empty()) index[history_id].add(id);
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
  const auto add_all = [&](const std::unordered_map<std::string_view, NameBearers>& index) {
    const auto it = index.find(name);
    if (it == index.end() || !it->second.first.valid()) return;
    found.push_back(it->second.first);
    found.insert(found.end(), it->second.more.begin(), it->second.more.end());
  };
  add_all(model.lookups->by_id);
  add_all(model.lookups->by_history_id);
  if (found.size() < 2) return found;
  std::sort(found.begin(), found.end(),
            [&](ResourceId a, ResourceId b) { return compare_depth_first(model, a, b) > 0; });
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

ResourceId find_resource(const Model& model, std::string_view name) {
  ResourceId best;
  const auto look = [&](const std::unordered_map<std::string_view, NameBearers>& index) {
    const auto it = index.find(name);
    if (it == index.end() || !it->second.first.valid()) return;
    const auto consider = [&](ResourceId id) {
      if (!best.valid() || compare_depth_first(model, id, best) < 0) best = id;
    };
    consider(it->second.first);
    for (const ResourceId id : it->second.more) consider(id);
  };
  look(model.lookups->by_id);
  look(model.lookups->by_history_id);
  return best;
}

ResourceId find_constraint_resource(const Model& model, std::string_view name) {
  const ResourceId found = find_resource(model, name);
  if (!found.valid() || model.resource(found).id == name) return found;
  return model.resource(found).top;
}

}  // namespace simcluster::scheduler
