// What schedulers of Pacemaker before 1.0.12 did otherwise. Off in every public result of the corpora.
#pragma once

namespace simcluster::scheduler {

struct Legacy {
  bool last_start_hides_monitor = false;  // recurring operations right at the last start are old (CM-13.5)
  bool demote_clears_failures = false;    // a successful demote clears previous failures (CM-13.6)
  bool unmanaged_role_forgotten = false;  // unmanaged promoted instances are to be unpromoted (CM-13.8, CM-13.9)
};

}  // namespace simcluster::scheduler
