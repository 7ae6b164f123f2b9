// The children of one element by name and id. Few are looked through; for many a table is made, so that comparing or
// merging a level takes a time that grows with its size and not with its square.
#pragma once

#include <map>
#include <string_view>
#include <utility>

#include "engine/cib/document.h"

namespace simcluster::controller {

class ChildIndex {
 public:
  // `lookups`: how many elements are going to be looked for.
  ChildIndex(const cib::Element& parent, std::size_t lookups);

  // The first child of that name and id, an empty one also where there is none. None when there is no such child.
  cib::Element find(std::string_view name, std::string_view id) const;
  // A child has been appended.
  void add(const cib::Element& child);

 private:
  cib::Element parent_;
  bool table_ = false;
  std::map<std::pair<cib::Name, std::string_view>, cib::Element> by_name_and_id_;
};

}  // namespace simcluster::controller
