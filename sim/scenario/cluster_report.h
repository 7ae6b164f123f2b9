// What hb_report and crm report pack: logs of a time, CIB, states, configuration and scheduler inputs of all nodes, and
// what stands out in them (AT-9.7).
#pragma once

#include <map>
#include <string>

#include "engine/base/error.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"

namespace simcluster::sim {

class World;

struct ReportRequest {
  std::string name;     // of the folder that the archive unpacks to
  std::string command;  // as it was typed
  Time from;
  Time to;
  NodeIndex where;     // the machine that collects: of those only that it can reach; none: all that have power
  bool alone = false;  // only of the machine that collects
};

// Files by path, and links.
struct ClusterReport {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> links;
};

// In the layout of hb_report where the release has the crm shell in Pacemaker, in that of crm report of later ones. The
// machines must have kept records (records.h).
ClusterReport collect_report(World& world, const ReportRequest& request);
// The bytes of its .tar.bz2.
Result<std::string> packed_report(const ClusterReport& report, Time at);

}  // namespace simcluster::sim
