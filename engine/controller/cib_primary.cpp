// Old releases: one node, the DC's, makes the changes; the others get what has changed (CM-6.7).
#include <utility>

#include <fmt/core.h>

#include "engine/base/wire.h"
#include "engine/controller/cib_diff.h"
#include "engine/controller/cib_manager.h"
#include "engine/controller/logs.h"

namespace simcluster::controller {

// A request is made once, whoever is primary in the end: between its announcement and the moment when everybody has
// got that, a node makes no changes; what it has not made is asked of it, or of the next one, again. Diffs of a node
// that nobody takes for the primary are not looked at.
void CibManager::set_primary(bool primary) {
  if (process_.puts_off([this, primary] { set_primary(primary); })) return;
  const bool was = primary_;
  primary_ = primary;
  if (!profile_.cib_diffs_from_primary || (!was && !primary) || !group_) return;
  ++announcements_;
  send(Kind::kPrimary, primary ? 1 : 0, ClusterNodeId::none(), node_name_, {});
}

void CibManager::deliver_primary(ClusterNodeId node, bool is_primary) {
  if (!is_primary && primary_node_ != node) return;
  // This node has made changes that came too late to count: the next primary has another document.
  const bool too_late = is_primary && node != group_->self().node && diffs_under_way_ > 0;
  primary_node_ = is_primary ? node : ClusterNodeId::none();
  ask_again();
  if (!too_late) return;
  outrun_ = true;
  send(Kind::kSyncRequest, 0, node, node_name_, {});
}

void CibManager::lose_primary() {
  primary_node_ = ClusterNodeId::none();
  ask_again();
}

// What the primary had and has not answered.
void CibManager::ask_again() {
  resync_asked_ = false;
  for (auto& [call, request] : unanswered_) {
    if (!std::exchange(request.delivered, false)) continue;
    send(Kind::kRequest, call, ClusterNodeId::none(), node_name_, request.bytes);
  }
}

void CibManager::apply_as_primary(const membership::GroupMember& sender, std::uint32_t call,
                                  const CibRequest& request) {
  const bool own = sender == group_->self();
  std::string diff;
  const Result<CibUpdate> update = store_.apply(request, host_.now(), &diff);
  const Result<void> result = update ? Result<void>() : Result<void>(tl::unexpected(update.error()));
  if (!update) note_refusal(update.error(), request.origin);
  if (!diff.empty()) {
    ++diffs_under_way_;
    send(Kind::kDiff, call, sender.node, request.origin, as_bytes_of(diff));
    applied(*update);
    if (own) reply(call, result);  // asked again where the diff comes too late
    return;
  }
  if (own) {
    answer(call, result);
  } else {
    send(Kind::kAnswer, call, sender.node, node_name_,
         as_bytes_of(update ? std::string_view() : std::string_view(update.error().message)));
  }
}

void CibManager::own_diff_delivered(std::uint32_t call, ClusterNodeId asked_by) {
  if (diffs_under_way_ > 0) --diffs_under_way_;
  if (primary_node_ == group_->self().node && asked_by == group_->self().node) unanswered_.erase(call);
}

void CibManager::deliver_diff(ClusterNodeId sender, std::uint32_t call, ClusterNodeId asked_by, std::string_view origin,
                              std::string_view diff) {
  if (sender != primary_node_) return;
  if (outrun_) {  // the whole document is on its way
    if (asked_by == group_->self().node) answer(call, {});
    return;
  }
  CibUpdate update;
  update.origin = origin;
  const std::string had = version_text(generation());
  const cib::PatchResult result = store_.apply_diff(diff, update);
  if (result.outcome == cib::PatchOutcome::kApplied) {
    applied(update);
  } else {
    log_line(host_, profile_, LogPriority::kInfo, Daemon::kCib, "cib_process_diff",
             fmt::format("Diff not applied to {}: {}", had, result.reason));
    const bool old = result.outcome == cib::PatchOutcome::kOldData;
    if (!old && !std::exchange(resync_asked_, true)) {
      log_line(host_, profile_, LogPriority::kInfo, Daemon::kCib, "cib_server_process_diff",
               "Requesting re-sync from peer");
      send(Kind::kSyncRequest, 0, sender, node_name_, {});
    }
  }
  if (asked_by == group_->self().node) answer(call, {});
}

void CibManager::deliver_answer(std::uint32_t call, std::string_view refusal) {
  answer(call, refusal.empty() ? Result<void>() : Result<void>(fail(std::string(refusal))));
}

}  // namespace simcluster::controller
