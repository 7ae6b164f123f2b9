// stats.knet of the map of statistics (TO-10).
#pragma once

#include <cstdint>

#include "engine/base/node_links.h"
#include "engine/membership/cmap.h"

namespace simcluster::membership {

void add_link_statistics(CmapEntries& entries, std::uint32_t node, std::uint8_t link, const NodeLinkStatus& status);
// Of the link that a node has to itself.
NodeLinkStatus own_link_status(const NodeLinkStatus::Traffic& sent);

}  // namespace simcluster::membership
