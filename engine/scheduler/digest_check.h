// Digests of operation parameters against what the history recorded (S1 chapter 18, S2 U-18.2, U-18.3, S5 D-36 to
// D-38).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/scheduler/history.h"
#include "engine/scheduler/ids.h"

namespace simcluster::scheduler {

struct Model;
struct Resource;

enum class DigestResult : std::uint8_t { kUnknown, kMatch, kMismatch, kRestart };

struct OperationDigests {
  std::string all;
  std::string restart;          // empty: the history has none to compare with
  std::string secure;           // empty: not needed
  bool own_parameters = false;  // not recurring, and the definition has instance attributes: a mismatch is a restart
  DigestResult result = DigestResult::kUnknown;
};

// The digests of one operation on one node. The first history entry with a key decides, later ones get its result
// (S1 C-18.7a).
const OperationDigests& operation_digests(Model& model, const HistoryEntry& entry, const Resource& resource,
                                          NodeId node);
DigestResult check_digests(Model& model, const HistoryEntry& entry, const Resource& resource, NodeId node);

// Full and secure digest of a virtual operation without history (unfencing).
struct VirtualDigests {
  std::string all;
  std::string secure;
};
VirtualDigests virtual_digests(Model& model, const Resource& resource, NodeId node, std::string_view task);

}  // namespace simcluster::scheduler
