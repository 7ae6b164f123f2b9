#include "engine/controller/child_index.h"

namespace simcluster::controller {

namespace {
constexpr std::size_t kFew = 8;
}

ChildIndex::ChildIndex(const cib::Element& parent, std::size_t lookups) : parent_(parent), table_(lookups > kFew) {
  if (!table_) return;
  for (const cib::Element child : parent.children()) add(child);
}

cib::Element ChildIndex::find(std::string_view name, std::string_view id) const {
  if (table_) {
    if (!parent_) return {};
    const auto found = by_name_and_id_.find({parent_.document().find_name(name), id});
    return found == by_name_and_id_.end() ? cib::Element() : found->second;
  }
  for (const cib::Element child : parent_.children()) {
    if (child.name() == name && child.id() == id) return child;
  }
  return {};
}

void ChildIndex::add(const cib::Element& child) {
  if (table_) by_name_and_id_.emplace(std::pair(child.name_id(), child.id()), child);
}

}  // namespace simcluster::controller
