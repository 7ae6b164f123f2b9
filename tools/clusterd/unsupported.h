// What a CIB may ask for and clusterd does not do: told, instead of odd behaviour.
#pragma once

#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/cib/document.h"

namespace simcluster::clusterd {

// A sentence for each of them, with its place in the document: bundles, remote and guest nodes, agents of class upstart
// and nagios, alerts, ACLs.
std::vector<Error> unsupported_in(const cib::Document& cib);

// enable-acl: rules say who may see and do what. clusterd does not know them.
bool acls_are_on(const cib::Document& cib);

}  // namespace simcluster::clusterd
