// Differences of format 1 between two versions of the CIB, as releases before 1.1.12 sent them (CM-6.7): what went and
// what came, each as a tree in which only that stands. The place of a new element among its siblings is not told.
#pragma once

#include <string>
#include <string_view>

#include "engine/cib/document.h"
#include "engine/cib/patch.h"
#include "engine/controller/cib_request.h"

namespace simcluster::controller {

// What replicas must agree on: everything but who wrote last and when, which every node noted for itself at times.
std::string content_digest(const cib::Document& document);

// The `diff` element as XML, of the changes since begin_changes(), which `update` names. Looks at nothing else, but for
// the digest of the whole. The document is as before.
std::string make_diff(cib::Document& document, const CibUpdate& update, std::string_view feature_set);

// Applies what make_diff() made and notes the changes. The document is unchanged unless the outcome is kApplied; then
// its digest is that of the other document.
cib::PatchResult apply_diff(cib::Document& document, std::string_view xml, CibUpdate& update);

}  // namespace simcluster::controller
