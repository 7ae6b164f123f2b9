#include "engine/node/operator_words.h"

#include <fmt/core.h>

#include "engine/cib/nvpairs.h"

namespace simcluster::node {

using controller::CibPath;
using controller::step;

CibPath path_of(cib::Element element) {
  CibPath path;
  for (; element && !element.is("cib"); element = element.parent()) {
    path.insert(path.begin(), element.id().empty() ? step(element.name()) : step(element.name(), element.id()));
  }
  return path;
}

PairPlace place_of_pair(const cib::Element& owner, std::string_view set_name, std::string_view name,
                        std::string_view new_set) {
  PairPlace place;
  const cib::Element set = owner.first_child(set_name);
  place.set_id = set ? std::string(set.id()) : std::string(new_set);
  const cib::Element pair = cib::find_pair(owner, set_name, name);
  place.exists = static_cast<bool>(pair);
  place.pair_id = pair ? std::string(pair.id()) : fmt::format("{}-{}", place.set_id, name);
  return place;
}

controller::CibRequest pair_request(const cib::Element& owner, std::string_view set_name, const PairPlace& place,
                                    std::string_view name, std::string_view value) {
  cib::Document document;
  cib::MutableElement payload = document.create_root(set_name);
  payload.set_attribute("id", place.set_id);
  payload.append_child("nvpair")
      .set_attribute("id", place.pair_id)
      .set_attribute("name", name)
      .set_attribute("value", value);
  controller::CibRequest request;
  request.merge(path_of(owner), document.root());
  return request;
}

}  // namespace simcluster::node
