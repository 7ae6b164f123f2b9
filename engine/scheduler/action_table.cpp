// Storage and indexes of actions and relations.
#include <algorithm>

#include "engine/scheduler/action.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

bool has_capitals(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return lower(c) != c; });
}

std::uint64_t key_word(Symbol key_task, std::uint32_t interval) {
  return std::uint64_t{key_task.value} << 32 | interval;
}

}  // namespace

ActionTable::ActionTable() {
  for (std::size_t i = 0; i < kTaskCount; ++i) known_tasks_[i] = key_tasks_.intern(task_name(static_cast<Task>(i)));
}

Symbol ActionTable::key_task(std::string_view text) {
  return has_capitals(text) ? key_tasks_.intern(lower_case(text)) : key_tasks_.intern(text);
}

Symbol ActionTable::find_key_task(std::string_view text) const {
  return has_capitals(text) ? key_tasks_.find(lower_case(text)) : key_tasks_.find(text);
}

ActionId ActionTable::oldest(ResourceId resource, Symbol key_task, std::uint32_t interval) const {
  const Chain* chain = by_key_.find(resource.value, key_word(key_task, interval));
  return chain == nullptr ? ActionId() : chain->oldest;
}

ActionId ActionTable::newest(ResourceId resource, Task task) const {
  const ActionId* id = by_task_.find(resource.value, static_cast<std::uint64_t>(task));
  return id == nullptr ? ActionId() : *id;
}

Action& ActionTable::add(ResourceId resource, Symbol key_task, std::uint32_t interval, Task task) {
  if (size_ % kBlock == 0) blocks_.push_back(std::make_unique<Action[]>(kBlock));
  const ActionId id(static_cast<std::uint32_t>(size_++));
  Action& action = (*this)[id];
  action.self = id;
  action.resource = resource;
  action.key_task = key_task;
  action.interval = interval;
  action.task = task;
  Chain& chain = by_key_(resource.value, key_word(key_task, interval));
  if (chain.newest.valid()) {
    (*this)[chain.newest].next_same_key = id;
  } else {
    chain.oldest = id;
  }
  chain.newest = id;
  if (resource.valid())
    action.older_same_task = std::exchange(by_task_(resource.value, static_cast<std::uint64_t>(task)), id);
  return action;
}

void ActionTable::change_task(ActionId id, Task task) {
  Action& action = (*this)[id];
  // Out of the old chain.
  ActionId* link = &by_task_(action.resource.value, static_cast<std::uint64_t>(action.task));
  while (*link != id) link = &(*this)[*link].older_same_task;
  *link = action.older_same_task;
  // Into the new one, which is sorted newest first.
  action.task = task;
  link = &by_task_(action.resource.value, static_cast<std::uint64_t>(task));
  while (link->valid() && *link > id) link = &(*this)[*link].older_same_task;
  action.older_same_task = *link;
  *link = id;
}

bool ActionTable::relate(ActionId first, ActionId then, RelationFlags flags) {
  if (flags == relation::kNone || !first.valid() || !then.valid()) return false;
  // Configured orderings of a resource with itself; the reference ends with a failed assertion (2.1.5).
  if (first == then) return false;
  RelationFlags& known = related_(first.value, then.value);
  if ((known & flags) != 0) return false;
  known |= flags;
  const auto add_to = [&](RelationId& head, ActionId other) {
    relations_.push_back(Relation{other, flags, head, false});
    head = RelationId(static_cast<std::uint32_t>(relations_.size() - 1));
  };
  add_to((*this)[first].after, then);
  add_to((*this)[then].before, first);
  return true;
}

}  // namespace simcluster::scheduler
