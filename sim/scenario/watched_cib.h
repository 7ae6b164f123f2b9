// What judges and measures take from a CIB: the one that a cluster begins with, and those that its DCs act on later.
#pragma once

#include <string>

#include "engine/cib/document.h"
#include "sim/checks/panel.h"

namespace simcluster::sim {

class World;

// The addresses that resources serve, resources that may run once, mandatory constraints between them, what time
// changes.
WatchedCluster watched_in(const cib::Document& document);

// The parts of a CIB that this is taken from, as text: equal where watched_in() answers the same.
std::string watched_text(const cib::Document& document);

// Reads the CIB of a machine's manager, and answers when its resources, constraints or defaults are others than those
// answered before; `text`: watched_text() of the CIB that the nodes begin with. The world must outlive the reader.
ConfigurationReader configuration_reader(World& world, std::string text);

}  // namespace simcluster::sim
