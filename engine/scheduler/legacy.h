// What schedulers of old releases of Pacemaker did otherwise: the last one before 1.1.14, all others before 1.0.12. Off
// in every public result of the corpora.
#pragma once

namespace simcluster {
struct Profile;
}

namespace simcluster::scheduler {

struct Legacy {
  bool last_start_hides_monitor = false;  // recurring operations right at the last start are old (CM-13.5)
  bool demote_clears_failures = false;    // a successful demote clears previous failures (CM-13.6)
  bool unmanaged_role_forgotten = false;  // unmanaged promoted instances are to be unpromoted (CM-13.8, CM-13.9)
  bool group_bans_flattened = false;      // where dependents may not be counts as 1 at once (CM-13.10)
  bool probe_keeps_definition = false;    // changed parameters of what a probe found restart nothing (CM-13.7)
  bool probe_keeps_failures = false;      // a probe that finds nothing leaves the failure standing (CM-13.11)
  bool promotion_decided_again = false;   // placed promotable clones are decided on again (CM-13.12)
  bool stonith_complete_early = false;    // with other nodes to fence, starts do not wait for the DC's (CM-14.10)
};

Legacy legacy_of(const Profile& profile);

}  // namespace simcluster::scheduler
