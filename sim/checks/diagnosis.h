// Remarks about a run that are no judge's business: what the reader would otherwise look for in vain.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/trace.h"
#include "sim/checks/judge.h"

namespace simcluster::sim {

// Two machines whose clusters know them by one node id form no ring of both, and neither says why (M MV-34).
class Diagnosis {
 public:
  void on_event(const Truth& truth, const TraceEvent& event);
  // Remarks made since the last call, with the machine that each is about.
  std::vector<std::pair<NodeIndex, std::string>> take() { return std::exchange(remarks_, {}); }
  bool something_new() const { return !remarks_.empty(); }

 private:
  std::map<std::string, NodeIndex, std::less<>> owners_;  // by node id: who had it first
  std::set<NodeIndex> told_;
  std::vector<std::pair<NodeIndex, std::string>> remarks_;
};

}  // namespace simcluster::sim
