#include "engine/scheduler/history_processor.h"

#include <algorithm>
#include <string>

#include "engine/scheduler/digest_check.h"
#include "engine/scheduler/failcount.h"
#include "engine/scheduler/failure_messages.h"
#include "engine/scheduler/fencing.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/lookups.h"
#include "engine/scheduler/migration_history.h"
#include "engine/scheduler/node_scores.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

bool HistoryProcessor::is_valid(const HistoryEntry& entry) const {
  return !entry.id.empty() && entry.task != HistoryTask::kOther && entry.status >= -1 && entry.status <= 11 &&
         entry.status != static_cast<int>(ExecStatus::kCancelled) && entry.rc >= 0 && entry.rc <= 255;
}

void HistoryProcessor::process(HistoryId id) {
  HistoryEntry& entry = model_.history_entry(id);
  if (!is_valid(entry)) return;
  Step step{id, entry, entry.rc, static_cast<ExecStatus>(entry.status)};
  step.expired = check_expired(step);
  remap(step);
  if (step.expired && handle_expired(step, entry.rc)) return;
  if (!rsc_.in_bundle && is_maskable_probe_failure(entry)) {
    mask_probe_failure(step);
  } else if (step.status == ExecStatus::kPending) {
    handle_pending(step);
  } else if (step.status == ExecStatus::kDone) {
    update_state(step, step.rc);
  } else {
    handle_failure(step);
  }
}

// --- expiry (S2 E-11.4) ---

bool HistoryProcessor::ignores_failure_timeout(const HistoryEntry& entry) const {
  if (entry.interval == 0 || rsc_.reconnect_interval_ms == 0 || !model_.options.fencing_enabled) return false;
  const NodeId remote = find_node(model_, rsc_.id);
  return remote.valid() && !model_.node(remote).remote_fenced;
}

bool HistoryProcessor::parameters_changed(Step& step) {
  if (rsc_.needs_remote_address) {
    model_.deferred_checks.push_back({step.id, rsc_.self, node_.self, true});
    return false;
  }
  const DigestResult result = check_digests(model_, step.entry, rsc_, node_.self);
  return result != DigestResult::kUnknown && result != DigestResult::kMatch;
}

void HistoryProcessor::clear_failures(std::string_view reason) {
  const ActionId clear = clear_fail_count(model_, rsc_.self, node_.self, reason);
  if (!model_.options.fencing_enabled || rsc_.reconnect_interval_ms == 0) return;
  const NodeId remote = find_node(model_, rsc_.id);
  if (!remote.valid()) return;
  const ActionId fence = fence_action(model_, remote, {}, true, {}, false);
  order(model_, side(model_, fence), side(model_, clear), relation::kFirstImpliesThen);
}

bool HistoryProcessor::check_expired(Step& step) {
  const HistoryEntry& entry = step.entry;
  if (entry.status == static_cast<int>(ExecStatus::kNotInstalled)) return false;
  const bool last_failure_entry = entry.id.ends_with("_last_failure_0");
  bool expired = false;
  std::string_view clear_reason;
  if (rsc_.failure_timeout_ms > 0 && entry.last_change >= 0) {
    const std::int64_t expiry = whole_seconds(rsc_.failure_timeout_ms);
    if (model_.now >= entry.last_change + expiry && !ignores_failure_timeout(entry)) expired = true;
    const FailCount effective = fail_count(model_, rsc_, node_, {.effective = true, .entry = &entry});
    if (effective.count != 0 && model_.now < effective.last_failure + expiry + 1) {
      update_recheck(model_, effective.last_failure + expiry + 1);
    }
    if (expired) {
      const FailCount all = fail_count(model_, rsc_, node_, {.entry = &entry});
      if (all.count != 0) {
        if (effective.count == 0) {
          clear_reason = "it expired";
        } else {
          expired = false;
        }
      } else if (last_failure_entry && rsc_.reconnect_interval_ms != 0) {
        clear_reason = "reconnect interval is set";
      }
    }
  }
  if (!expired && last_failure_entry && (entry.task == HistoryTask::kStart || entry.task == HistoryTask::kMonitor) &&
      parameters_changed(step)) {
    clear_reason = "resource parameters have changed";
  }
  if (!clear_reason.empty()) {
    clear_failures(clear_reason);
  }
  if (expired && entry.is_probe() &&
      (entry.rc == kOcfSuccess || entry.rc == kOcfNotRunning || entry.rc == kOcfRunningPromoted ||
       entry.rc == kOcfDegraded || entry.rc == kOcfDegradedPromoted)) {
    expired = false;
  }
  return expired;
}

// S2 E-11.7. True when the entry is finished.
bool HistoryProcessor::handle_expired(Step& step, int raw_rc) {
  HistoryEntry& entry = step.entry;
  if (!rsc_.in_bundle && is_maskable_probe_failure(entry) && raw_rc != entry.expected) {
    if (rsc_.original_role <= Role::kStopped) rsc_.original_role = Role::kUnknown;
    return true;
  }
  if (step.rc == entry.expected) return false;
  if (entry.interval == 0) return true;
  if (node_.online && !node_.unclean) {
    entry.restart_digest_invalidated = true;  // the monitor will be rescheduled
    log(model_, LogLevel::kNotice, "unpack_rsc_op",
        "Rescheduling {} after failure expired on {} | actual={} expected={} magic={}", entry.key, node_.name, step.rc,
        entry.expected, entry.xml.value("transition-magic"));
    return true;
  }
  return false;
}

// --- remapping (S2 E-11.6) ---

void HistoryProcessor::remap_degraded(Step& step) {
  const int before = step.rc;
  if (step.rc == kOcfDegraded) step.rc = kOcfSuccess;
  if (step.rc == kOcfDegradedPromoted) step.rc = kOcfRunningPromoted;
  if (step.rc != before && !step.expired && (!node_.shutdown || node_.online)) record_failed(step);
}

void HistoryProcessor::unrecoverable_stop(const Step& step) {
  if (step.entry.task != HistoryTask::kStop || can_fence(model_, node_.self)) return;
  rsc_.managed = false;
  rsc_.blocked = true;
}

void HistoryProcessor::remap_by_exit_code(Step& step) {
  const HistoryEntry& entry = step.entry;
  const bool probe = entry.is_probe();
  switch (step.rc) {
    case kOcfSuccess:
      if (probe && entry.expected == kOcfNotRunning) {
        step.status = ExecStatus::kDone;
        tell_found_by_probe(model_, entry, rsc_, node_, false);
      }
      return;
    case kOcfNotRunning:
      if (probe || entry.expected == step.rc || !rsc_.managed) {
        step.status = ExecStatus::kDone;
        if (model_.legacy.probe_keeps_failures && policy_ != OnFail::kIgnore) return;  // CM-13.11
        rsc_.original_role = Role::kStopped;
        policy_ = OnFail::kIgnore;
        rsc_.next_role = Role::kUnknown;
      }
      return;
    case kOcfRunningPromoted:
      if (probe && step.rc != entry.expected) {
        step.status = ExecStatus::kDone;
        tell_found_by_probe(model_, entry, rsc_, node_, true);
      }
      if (!step.expired || step.rc == entry.expected) rsc_.original_role = Role::kPromoted;
      return;
    case kOcfFailedPromoted:
      if (!step.expired) rsc_.original_role = Role::kPromoted;
      step.status = ExecStatus::kError;
      return;
    case kOcfErrConfigured:
      step.status = ExecStatus::kFatalError;
      return;
    case kOcfErrUnimplemented:
      if (entry.interval != 0) {
        step.status = ExecStatus::kNotSupported;
        return;
      }
      [[fallthrough]];
    case kOcfErrInstalled:
    case kOcfErrArgs:
    case kOcfErrPerm:
      if (!step.expired) unrecoverable_stop(step);
      step.status = ExecStatus::kHardError;
      return;
    default:
      if (step.status == ExecStatus::kDone) step.status = ExecStatus::kError;
  }
}

void HistoryProcessor::remap(Step& step) {
  remap_degraded(step);
  if (!rsc_.in_bundle && is_maskable_probe_failure(step.entry) &&
      (step.status != ExecStatus::kDone || step.rc != kOcfNotRunning)) {
    step.status = ExecStatus::kDone;
    step.rc = kOcfNotRunning;
  }
  if (step.status == ExecStatus::kNoFenceDevice || step.status == ExecStatus::kNoSecrets) {
    step.status = ExecStatus::kHardError;
    return;
  }
  if (step.status != ExecStatus::kDone && step.status != ExecStatus::kError) return;
  step.status = step.entry.expected >= 0 && step.rc == step.entry.expected ? ExecStatus::kDone : ExecStatus::kError;
  remap_by_exit_code(step);
}

// --- what entries do ---

void HistoryProcessor::set_active() {
  rsc_.original_role = model_.resource(rsc_.top).promotable ? Role::kUnpromoted : Role::kStarted;
}

// S2 E-11.8.
void HistoryProcessor::mask_probe_failure(Step& step) {
  step.entry.masked = true;
  update_state(step, step.entry.expected);
  record_failed(step);
  ban(step, ScoreReason::kMaskedProbe);
}

// No longer on this node.
void HistoryProcessor::ban(const Step& step, ScoreReason reason) {
  const Because because(model_.recorder.get(), {reason, {}, {}, {}, step.id});
  adjust_score(model_, ban_target(), node_.self, -kInfinity);
}

// S2 E-11.9.
void HistoryProcessor::handle_pending(Step& step) {
  const HistoryEntry& entry = step.entry;
  if (last_failure_.valid()) {
    const HistoryEntry& failure = model_.history_entry(last_failure_);
    if (failure.operation == entry.operation && failure.interval == entry.interval && failure.last_change >= 0 &&
        entry.last_change >= 0 && failure.last_change >= entry.last_change) {
      return;
    }
  }
  if (entry.task == HistoryTask::kStart) {
    rsc_.start_pending = true;
    set_active();
  } else if (entry.task == HistoryTask::kPromote) {
    rsc_.original_role = Role::kPromoted;
  } else if (entry.task == HistoryTask::kMigrateTo && node_.unclean) {
    const NodeId target = find_node(model_, entry.xml.attribute("migrate_target").value_or(""));
    if (target.valid()) request_action(model_, rsc_.self, Task::kStop, target, false);
  }
  if (rsc_.pending_action.empty() && !entry.is_probe()) {
    rsc_.pending_action = entry.operation;
    rsc_.pending_node = node_.self;
  }
}

// S2 E-11.10.
void HistoryProcessor::update_state(Step& step, int rc) {
  const HistoryEntry& entry = step.entry;
  bool clear_past = false;
  if (rc == kOcfErrInstalled || (!rsc_.in_bundle && is_maskable_probe_failure(entry))) {
    rsc_.original_role = Role::kStopped;
  } else if (rc == kOcfNotRunning) {
    clear_past = !model_.legacy.probe_keeps_failures;
  } else {
    switch (entry.task) {
      case HistoryTask::kMonitor:
        clear_past = last_failure_.valid() && model_.history_entry(last_failure_).key == entry.key;
        if (rsc_.original_role < Role::kStarted) set_active();
        break;
      case HistoryTask::kStart:
      case HistoryTask::kMigrateFrom:
        rsc_.original_role = Role::kStarted;
        clear_past = true;
        break;
      case HistoryTask::kStop:
        rsc_.original_role = Role::kStopped;
        clear_past = true;
        break;
      case HistoryTask::kPromote:
        rsc_.original_role = Role::kPromoted;
        clear_past = true;
        break;
      case HistoryTask::kDemote:
        clear_past = policy_ == OnFail::kDemote || model_.legacy.demote_clears_failures;
        rsc_.original_role = Role::kUnpromoted;
        break;
      case HistoryTask::kMigrateTo:
        migrated_to(*this, entry);
        break;
      default:
        if (rsc_.original_role < Role::kStarted) set_active();
    }
  }
  if (clear_past) clear_past_failure();
}

void HistoryProcessor::clear_past_failure() {
  switch (policy_) {
    case OnFail::kStop:
    case OnFail::kBan:
    case OnFail::kStandbyNode:
    case OnFail::kFenceNode:
      return;
    case OnFail::kResetRemote:
      if (rsc_.reconnect_interval_ms != 0) return;
      break;
    default:
      break;
  }
  policy_ = OnFail::kIgnore;
  rsc_.next_role = Role::kUnknown;
}

// --- failures ---

// S2 E-11.14.
void HistoryProcessor::record_failed(const Step& step) {
  if (!node_.online) return;
  std::string name(step.entry.key);
  name += '\n';
  name += lower_case(node_.name);
  if (!model_.lookups->failed_actions.insert(std::move(name)).second) return;
  model_.failed_actions.push_back({step.id, node_.self, rsc_.self});
}

// S2 E-11.11.
void HistoryProcessor::handle_failure(Step& step) {
  const HistoryEntry& entry = step.entry;
  const OperationId definition = find_action_operation(model_, rsc_, entry.operation, entry.interval, false);
  const Pairs meta = operation_meta(model_, rsc_, node_.self, entry.operation, entry.interval, definition);
  const OnFail policy = failure_policy(model_, rsc_, entry.operation, entry.interval, meta.get("on-fail").value_or(""));
  const Role fail_role = role_after_failure(rsc_, entry.operation, policy);
  if (step.status == ExecStatus::kNotInstalled) {
    if (policy == OnFail::kIgnore) {
      tell_missing_agent(model_, entry, rsc_, node_);
      policy_ = OnFail::kBan;
    }
    ban(step, ScoreReason::kNotInstalled);
    apply_failure(step, policy, fail_role);
    return;
  }
  if (step.status == ExecStatus::kNotConnected && node_.is_remote_variant() && node_.connection.valid() &&
      model_.resource(node_.connection).managed) {
    Resource& connection = model_.resource(node_.connection);
    connection.failed = true;
    connection.stop_if_failed = true;
  }
  if (policy == OnFail::kIgnore || (policy == OnFail::kRestartContainer && entry.task == HistoryTask::kStop)) {
    tell_pretended(model_, entry, rsc_, node_);
    update_state(step, entry.expected);
    rsc_.ignore_failure = true;
    record_failed(step);
    if (policy == OnFail::kRestartContainer && policy_ <= OnFail::kRestart) policy_ = OnFail::kRestartContainer;
    return;
  }
  apply_failure(step, policy, fail_role);
  if (step.status == ExecStatus::kHardError) {
    tell_ban(model_, entry, step.rc, model_.resource(ban_target()), node_, false);
    ban(step, ScoreReason::kHardError);
  }
  if (step.status == ExecStatus::kFatalError) {
    tell_ban(model_, entry, step.rc, model_.resource(ban_target()), node_, true);
    const Because because(model_.recorder.get(), {ScoreReason::kFatalError, {}, {}, {}, step.id});
    adjust_score_everywhere(model_, ban_target(), -kInfinity);
  }
}

// S2 E-11.15 step 4.
void HistoryProcessor::apply_failed_task(Step& step, OnFail policy) {
  switch (step.entry.task) {
    case HistoryTask::kStop: {
      const Because because(model_.recorder.get(), {ScoreReason::kFailedStop, {}, {}, {}, step.id});
      adjust_score(model_, rsc_.self, node_.self, -kInfinity);
      return;
    }
    case HistoryTask::kMigrateTo:
      failed_to_migrate_to(*this, step.entry);
      return;
    case HistoryTask::kMigrateFrom:
      failed_to_migrate_from(*this, step.entry);
      return;
    case HistoryTask::kPromote:
      rsc_.original_role = Role::kPromoted;
      return;
    case HistoryTask::kDemote:
      if (policy == OnFail::kBlock) {
        rsc_.original_role = Role::kPromoted;
        rsc_.next_role = Role::kStopped;
      } else {
        rsc_.original_role = step.rc == kOcfNotRunning ? Role::kStopped : Role::kUnpromoted;
      }
      return;
    default:
      return;
  }
}

void HistoryProcessor::ban_everywhere_for_role(const Step& step) {
  const Because because(model_.recorder.get(), {ScoreReason::kStoppedByFailure, {}, {}, {}, step.id});
  Resource& top = model_.resource(rsc_.top);
  forbid_everywhere(model_, top.is_clone() && !top.unique ? top : rsc_);
}

// S2 E-11.15.
void HistoryProcessor::apply_failure(Step& step, OnFail policy, Role fail_role) {
  last_failure_ = step.id;
  tell_unexpected_result(model_, step.entry, step.rc, rsc_, node_, fail_role == Role::kStopped);
  if (model_.options.symmetric || step.rc != kOcfErrInstalled) record_failed(step);
  policy_ = std::max(policy_, policy);
  apply_failed_task(step, policy);
  if (step.entry.is_probe() && step.rc == kOcfErrInstalled) {
    rsc_.original_role = Role::kStopped;
  } else if (rsc_.original_role < Role::kStarted) {
    set_active();
  }
  if (fail_role != Role::kStarted && rsc_.next_role < fail_role) rsc_.next_role = fail_role;
  if (fail_role == Role::kStopped) ban_everywhere_for_role(step);
}

}  // namespace simcluster::scheduler
