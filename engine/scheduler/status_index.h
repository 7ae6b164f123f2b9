// Direct access to what the status section holds for one resource on one node, whatever was unpacked so far. Built on
// first use: only migrations and blocking failures ask (S2 C-12.4, G-14.1).
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/cib/document.h"
#include "engine/scheduler/history.h"

namespace simcluster::scheduler {

struct Model;

class StatusIndex {
 public:
  explicit StatusIndex(const cib::Document& document);

  // All `lrm_rsc_op` of `node_state[@uname=node]/lrm/lrm_resources/lrm_resource[@id=resource]`, in document order over
  // all matching elements. Names compare exactly.
  const std::vector<cib::Element>& resource_entries(std::string_view node, std::string_view resource) const;
  // The unique `lrm_resource`, none when there is none or more than one.
  cib::Element unique_resource(std::string_view node, std::string_view resource) const;

 private:
  struct Slot {
    std::vector<cib::Element> entries;
    cib::Element resource;
    int resources = 0;
  };
  const Slot* find(std::string_view node, std::string_view resource) const;

  std::unordered_map<std::string, Slot> slots_;
  std::vector<cib::Element> none_;
};

const StatusIndex& status_index(Model& model);

// Reads the attributes of an `lrm_rsc_op`; nothing is checked.
HistoryEntry read_history_entry(const cib::Element& element);

}  // namespace simcluster::scheduler
