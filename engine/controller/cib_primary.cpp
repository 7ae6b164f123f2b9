// Old releases: one node, the DC's, makes the changes; the others get what has changed (CM-6.7).
#include <utility>

#include <fmt/format.h>

#include "engine/base/wire.h"
#include "engine/controller/cib_diff.h"
#include "engine/controller/cib_manager.h"
#include "engine/controller/logs.h"

namespace simcluster::controller {

namespace {

std::string version_text(const Generation& generation) {
  return fmt::format("{}.{}.{}", generation.admin_epoch, generation.epoch, generation.num_updates);
}

}  // namespace

void CibManager::set_primary(bool primary) {
  const bool was = primary_;
  primary_ = primary;
  if (profile_.cib_diffs_from_primary && (was || primary))
    send(Kind::kPrimary, primary ? 1 : 0, ClusterNodeId::none(), node_name_, {});
}

void CibManager::deliver_primary(ClusterNodeId node, bool is_primary) {
  if (is_primary) {
    if (primary_node_ != node) lose_primary();
    primary_node_ = node;
  } else if (primary_node_ == node) {
    lose_primary();
  }
}

// What it had and has not answered is asked again.
void CibManager::lose_primary() {
  primary_node_ = ClusterNodeId::none();
  resync_asked_ = false;
  for (auto& [call, request] : unanswered_) {
    if (!std::exchange(request.delivered, false)) continue;
    send(Kind::kRequest, call, ClusterNodeId::none(), node_name_, request.bytes);
  }
}

void CibManager::apply_as_primary(const membership::GroupMember& sender, std::uint32_t call,
                                  const CibRequest& request) {
  const bool own = sender == group_->self();
  const cib::Document before = store_.document();
  const Result<CibUpdate> update = store_.apply(request, host_.now());
  const bool changed = update && (update->changed() || update->configuration_changed);
  if (changed) {
    send(Kind::kDiff, call, sender.node, request.origin,
         as_bytes_of(make_diff(before, store_.document(), crm_feature_set(profile_))));
    applied(*update);
  } else if (!own) {
    send(Kind::kAnswer, call, sender.node, node_name_,
         as_bytes_of(update ? std::string_view() : std::string_view(update.error().message)));
  }
  if (own) answer(call, update ? Result<void>() : Result<void>(tl::unexpected(update.error())));
}

void CibManager::deliver_diff(ClusterNodeId sender, std::uint32_t call, ClusterNodeId asked_by, std::string_view origin,
                              std::string_view diff) {
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
