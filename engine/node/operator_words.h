// What the files of the operator's shell share: paths in the CIB, names and pairs of attribute sets.
#pragma once

#include <string>
#include <string_view>

#include "engine/cib/document.h"
#include "engine/controller/cib_request.h"

namespace simcluster::node {

inline constexpr std::string_view kMetaSet = "meta_attributes";
inline constexpr std::string_view kParameterSet = "instance_attributes";
inline constexpr std::string_view kUtilization = "utilization";

// Path of an element from below the root, by ids.
controller::CibPath path_of(cib::Element element);

// A pair in the first set of this kind below `owner` that has one of that name; where there is none, it goes into the
// first set of this kind, or into a new one that is called `new_set`.
struct PairPlace {
  std::string set_id;
  std::string pair_id;
  bool exists = false;
};
PairPlace place_of_pair(const cib::Element& owner, std::string_view set_name, std::string_view name,
                        std::string_view new_set);
// Gives the pair at `place` a value.
controller::CibRequest pair_request(const cib::Element& owner, std::string_view set_name, const PairPlace& place,
                                    std::string_view name, std::string_view value);

}  // namespace simcluster::node
