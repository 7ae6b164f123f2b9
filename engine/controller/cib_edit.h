// Changing a CIB document and noting what changed: merging, replacing, deleting by path (CM-6.6).
#pragma once

#include <string>

#include "engine/cib/document.h"
#include "engine/controller/cib_request.h"

namespace simcluster::controller {

// "/cib/status/node_state[@id='1']".
std::string element_path(const cib::Element& element);

// The element at `path` below the root; none when there is none.
cib::MutableElement find_at(cib::Document& document, const CibPath& path);
// The same; missing elements are appended on the way, with the telling attribute.
cib::MutableElement make_at(cib::Document& document, const CibPath& path, CibUpdate& update);

// The child of `parent` that `payload` means: same name and id, or the first of that name when it has none.
cib::MutableElement matching_child(const cib::MutableElement& parent, const cib::Element& payload);

// Copies attributes that differ (or counts them up, "value++") and merges children, creating what is missing. False
// when `create` is false and something was missing; then the document may be half changed.
bool merge_into(cib::Document& document, const cib::MutableElement& target, const cib::Element& payload, bool create,
                CibUpdate& update);
// Puts a deep copy before a child of `parent`; none: at the end. The copy.
cib::Element create_below(const cib::MutableElement& parent, const cib::Element& payload, CibUpdate& update,
                          const cib::Element& before = {});
void remove_element(cib::MutableElement element, CibUpdate& update);
// The element, with all below it, is new.
void note_created(const cib::Element& element, CibUpdate& update);
// The element has other attributes than before.
void note_modified(const cib::Element& element, CibUpdate& update);

}  // namespace simcluster::controller
