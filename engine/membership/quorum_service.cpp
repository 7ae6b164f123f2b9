#include "engine/membership/quorum_service.h"

#include <algorithm>
#include <string>

#include <fmt/core.h>

namespace simcluster::membership {

namespace {

bool holds(const std::vector<ClusterNodeId>& list, ClusterNodeId id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

std::vector<ClusterNodeId> ids_of(const ProcessorList& list) {
  std::vector<ClusterNodeId> ids;
  for (const Processor& p : list) ids.push_back(p.id());
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::string joined_text(std::span<const ClusterNodeId> ids) {
  std::string text;
  for (const ClusterNodeId id : ids) text += (text.empty() ? "" : " ") + std::to_string(id.value);
  return text;
}

}  // namespace

void QuorumService::log(LogPriority priority, std::string_view text) {
  host_.log(priority, "corosync", fmt::format("[QUORUM] {}", text));
}

// VSF-2b: a record holds at most 63 characters; a longer list goes on in the next one.
void QuorumService::log_list(LogPriority priority, std::string_view what, std::span<const ClusterNodeId> ids) {
  constexpr std::size_t kLineLength = 63;
  const std::string head = fmt::format("{}[{}]:", what, ids.size());
  std::string line = head;
  for (const ClusterNodeId id : ids) {
    const std::string next = fmt::format(" {}", id.value);
    if (line.size() + next.size() > kLineLength) {
      log(priority, line + "\\");
      line = head;
    }
    line += next;
  }
  log(priority, line);
}

void QuorumService::track(QuorumClient& client) {
  clients_.push_back(&client);
  if (known_) client.on_quorum({quorate_, ring_, members_});
}

void QuorumService::tell(std::span<const ClusterNodeId> members, bool quorate, const RingId& ring, bool traced) {
  if (quorate != quorate_)
    log(LogPriority::kNotice, quorate
                                  ? "This node is within the primary component and will provide service."
                                  : "This node is within the non-primary component and will NOT provide any services.");
  quorate_ = quorate;
  known_ = true;
  ring_ = ring;
  members_.assign(members.begin(), members.end());
  if (has_provider_) log_list(LogPriority::kNotice, "Members", members_);
  if (traced && has_provider_ && host_.tracing(TraceKind::kQuorum))
    host_.trace(TraceKind::kQuorum, {{"quorate", quorate ? 1 : 0}, {"members", joined_text(members_)}});
  const std::vector<QuorumClient*> clients = clients_;
  for (QuorumClient* client : clients)
    if (std::find(clients_.begin(), clients_.end(), client) != clients_.end())
      client->on_quorum({quorate_, ring_, members_});
}

// VSF-3.
void QuorumService::sync_init(const ProcessorList& transitional, const ProcessorList& members, const Ring& ring) {
  const std::vector<ClusterNodeId> together = ids_of(transitional);
  new_members_ = ids_of(members);
  new_ring_ = {ring.representative.id(), ring.sequence};
  joined_.clear();
  left_.clear();
  for (const ClusterNodeId id : completed_members_)
    if (!holds(together, id) || !holds(new_members_, id)) left_.push_back(id);
  for (const ClusterNodeId id : new_members_)
    if (!holds(completed_members_, id) || holds(left_, id)) joined_.push_back(id);
  if (!profile_.sync_nodes_logged) return;
  log_list(LogPriority::kNotice, "Sync members", new_members_);
  if (!joined_.empty()) log_list(LogPriority::kNotice, "Sync joined", joined_);
  if (!left_.empty()) log_list(LogPriority::kNotice, "Sync left", left_);
}

void QuorumService::sync_activate() {
  completed_members_ = new_members_;
  const std::vector<QuorumClient*> clients = clients_;
  for (QuorumClient* client : clients)
    if (std::find(clients_.begin(), clients_.end(), client) != clients_.end())
      client->on_nodes({new_ring_, new_members_, joined_, left_});
  // Without a provider every membership is quorate (VSF-1).
  if (!has_provider_) update(new_members_, true, new_ring_);
}

}  // namespace simcluster::membership
