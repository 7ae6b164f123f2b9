// What the entries of one resource on one node say, one after the other (S2 chapter 11). The state that entries share
// lives in this object; afterwards resource_state.h draws the conclusions.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/scheduler/history.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"

namespace simcluster::scheduler {

class HistoryProcessor {
 public:
  HistoryProcessor(Model& model, Resource& resource, Node& node) : model_(model), rsc_(resource), node_(node) {}

  void process(HistoryId entry);

  // The policy that the failures seen so far ask for.
  OnFail policy() const { return policy_; }

  // S2 E-11.12.
  void set_active();
  // Also used by migration history (S2 G-14.3).
  Model& model() { return model_; }
  Resource& resource() { return rsc_; }
  Node& node() { return node_; }

 private:
  // One entry on its way through the steps: exit status and execution status are remapped, the raw ones stay in
  // `entry`.
  struct Step {
    HistoryId id;
    HistoryEntry& entry;
    int rc;
    ExecStatus status;
    bool expired = false;
  };

  bool is_valid(const HistoryEntry& entry) const;
  bool check_expired(Step& step);
  bool ignores_failure_timeout(const HistoryEntry& entry) const;
  void clear_failures(std::string_view reason);
  bool parameters_changed(Step& step);
  void remap(Step& step);
  void remap_degraded(Step& step);
  void remap_by_exit_code(Step& step);
  bool handle_expired(Step& step, int raw_rc);
  void mask_probe_failure(Step& step);
  void handle_pending(Step& step);
  void handle_failure(Step& step);
  void update_state(Step& step, int rc);
  void clear_past_failure();
  void apply_failure(Step& step, OnFail policy, Role fail_role);
  void apply_failed_task(Step& step, OnFail policy);
  void unrecoverable_stop(const Step& step);
  void record_failed(const Step& step);
  void ban(const Step& step, ScoreReason reason);
  void ban_everywhere_for_role(const Step& step);
  // The resource, or its top when it is not unique (S2 E-11.8, E-11.11).
  ResourceId ban_target() const { return rsc_.unique ? rsc_.self : rsc_.top; }

  Model& model_;
  Resource& rsc_;
  Node& node_;
  HistoryId last_failure_;
  OnFail policy_ = OnFail::kIgnore;
};

}  // namespace simcluster::scheduler
