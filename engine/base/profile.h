// Stack profiles: what a release changed, as named switches in one table. This is the only place that compares
// versions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace simcluster {

enum class StackComponent : std::uint8_t {
  kKernel,
  kResourceAgents,
  kCorosync,
  kPacemaker,
  kClusterGlue,
  kPmExtras,
  kHeartbeat,
  kNetworkManager
};
inline constexpr std::size_t kStackComponentCount = 8;

// The component's key in a scenario's `stack:` ("kernel", "resource-agents", ...).
std::string_view stack_component_name(StackComponent component);

// switch, component, first version that behaves so ("" = always did), first version that no longer does ("" = still
// does), meaning. Versions compare as RPM compares them. Every switch has a scenario that shows both sides.
#define SIMCLUSTER_SWITCHES(X)                                                                                         \
  X(proc_net_dev_shared_position, kKernel, "", "2.6.18-371",                                                           \
    "readers of /proc/net/dev share one position in the device list (AT-2.12; mended in RHEL 5.10)")                   \
  X(old_address_listing, kKernel, "", "2.6.32", "ip prints neither state nor lifetimes (AT-2.9)")                      \
  X(loopback_mtu_16436, kKernel, "", "3.0", "lo has an MTU of 16436 (AT-2.2)")                                         \
  X(ipaddr2_findif_binary, kResourceAgents, "", "3.9.5", "IPaddr2 generation 1: findif is a program (AT-3.1, AT-3.4)") \
  X(ipaddr2_reads_proc_net_dev, kResourceAgents, "3.9.5-1", "3.9.5-1.310",                                             \
    "IPaddr2 generation 2: looks its interface up in /proc/net/dev (AT-3.5)")                                          \
  X(ipaddr2_checks_interface_by_ip, kResourceAgents, "3.9.5-1.310", "",                                                \
    "IPaddr2 generation 3: ip link show, for start and validate-all only (AT-3.5)")                                    \
  X(ipaddr2_checks_link_status, kResourceAgents, "4.17", "",                                                           \
    "IPaddr2 newest: link state counts, routes sorted, the address is looked at again after start (AT-3.5 to 3.8)")    \
  X(ocf_exit_reason, kResourceAgents, "3.9.6", "", "agents tell why they failed on standard error (AT-1.5)")           \
  X(crm_mon_ruler_header, kPacemaker, "", "1.1", "crm_mon's header stands between rulers (AT-8.2)")                    \
  X(crm_mon_nested_lists, kPacemaker, "2.0", "", "crm_mon prints sections of nested lists (AT-8.5)")                   \
  X(crm_mon_maintenance_flag, kPacemaker, "2.1.6", "", "crm_mon says maintenance instead of unmanaged (S2 D-20.9)")    \
  X(crm_mon_supervisor_line, kPacemaker, "2.1", "2.1.6",                                                               \
    "crm_mon tells the state of pacemakerd in a line of its own (Pacemaker 2.1.5)")                                    \
  X(crm_mon_ignores_hide_headers, kPacemaker, "2.0.4", "2.1.2", "crm_mon -D hides nothing (AT-8.6)")                   \
  X(old_rc_texts, kPacemaker, "", "2.1", "rc 1 reads \"unknown error\", rc 8 \"master\" (AT-1.4)")                     \
  X(plugin_membership, kPacemaker, "", "1.1.10", "Corosync 1 plugin: stack is \"openais\", node ids are names")        \
  X(record_pending, kPacemaker, "2.0", "", "operations in flight are recorded in the CIB (CM-8.5)")                    \
  X(fixed_batch_limit_30, kPacemaker, "", "1.1.11", "batch-limit defaults to 30 (CM A.3)")                             \
  X(dead_node_timers_cancelled, kPacemaker, "1.0.12", "", "actions pending on dead nodes fail at once (CM-13.2)")      \
  X(dc_deadtime_20s, kPacemaker, "1.0.12", "", "dc-deadtime is 20s instead of 60s (CM-13.15)")                         \
  X(terminate_before_kill, kPacemaker, "", "1.1.8", "timed-out agents get SIGTERM, 5 s later SIGKILL (AT-1.1)")        \
  X(timeout_exit_reason, kPacemaker, "2.1.2", "", "a time-out has an exit reason (AT-1.5)")                            \
  X(failcount_per_operation, kPacemaker, "1.1.17", "", "fail counts are kept per operation (CM-9.1)")                  \
  X(failcount_names_by_feature_set, kPacemaker, "1.1.17", "3.0",                                                       \
    "a CIB of a feature set before 3.0.13 has fail counts per resource (2.1.5)")                                       \
  X(ipmi_plugin_broken, kClusterGlue, "", "1.0.9", "the plugin external/ipmi is a syntax error (CM-13.20)")            \
  X(ipmi_plugin_privilege, kClusterGlue, "1.0.9", "", "the plugin external/ipmi knows the parameter priv (CM-13.21)")  \
  X(crm_mon_no_leaving_failures, kPacemaker, "", "1.1.14",                                                             \
    "crm_mon hides failures of nodes that stop or are offline (CM-14.11)")                                             \
  X(crm_mon_stale_failures, kPacemaker, "1.1.14", "1.1.15",                                                            \
    "crm_mon shows failures of nodes that are offline (CM-14.12)")                                                     \
  X(pacemakerd_mistakes_stonithd, kPacemaker, "1.1.14", "1.1.15",                                                      \
    "a restarted pacemakerd takes stonithd for dead (CM-14.20)")                                                       \
  X(unseen_node_stays_unclean, kPacemaker, "1.1.14-1", "1.1.14-1.1",                                                   \
    "a fenced node that was never seen stays unclean (CM-14.16)")                                                      \
  X(last_start_hides_monitor, kPacemaker, "", "1.0.12",                                                                \
    "a monitor right after the start counts as not active (CM-13.5)")                                                  \
  X(demote_clears_failures, kPacemaker, "", "1.0.12", "a successful demote clears previous failures (CM-13.6)")        \
  X(unmanaged_role_forgotten, kPacemaker, "", "1.0.12", "unmanaged masters get the role Slave (CM-13.8)")              \
  X(group_bans_flattened, kPacemaker, "", "1.0.12",                                                                    \
    "a master stays where the group that needs it may not be (CM-13.10)")                                              \
  X(probe_keeps_definition, kPacemaker, "", "1.0.12",                                                                  \
    "a changed definition of what only a probe has seen restarts nothing (CM-13.7)")                                   \
  X(stonith_complete_early, kPacemaker, "", "1.1.14",                                                                  \
    "with other nodes to fence, starts do not wait for the fencing of the DC (CM-14.10)")                              \
  X(pacemaker_has_shell, kPacemaker, "", "1.1.8",                                                                      \
    "the crm shell is Pacemaker's own, its words are older (AT-1.8, AT-7.5)")                                          \
  X(crm_shell_waits, kPacemaker, "1.0.12", "", "crm -w waits until the cluster has settled (CM-13.13)")                \
  X(crm_shell_lists_templates, kPacemaker, "1.0.12", "", "crm configure template list does not fail (CM-13.14)")       \
  X(fencing_limits_count_delays, kPacemaker, "2.1.7", "",                                                              \
    "time limits of fencing count delays (CM-10.12): not in runs of 2.1.5; when it changed is not known")              \
  X(fence_plug_before_port, kPacemaker, "2.1.7", "",                                                                   \
    "an agent with both gets plug, not port (CM-10.2): not in runs of 2.1.5; when it changed is not known")            \
  X(logs_with_function, kPacemaker, "", "1.1", "log lines start with the name of a function (AT-10.2)")                \
  X(daemons_renamed, kPacemaker, "2.0", "", "pacemaker-controld instead of crmd, log texts of 2.x (AT-10.2)")          \
  X(results_name_cib_update, kPacemaker, "2.1", "",                                                                    \
    "results are logged with \"CIB update N, graph action confirmed\" (Pacemaker 2.1.5)")                              \
  X(peer_times_in_status, kPacemaker, "2.1.7", "", "in_ccm and crmd in node_state are times (CM-3.7)")                 \
  X(last_run_recorded, kPacemaker, "", "2.0", "history entries have a last-run (CM-8.16)")                             \
  X(totem_token_3000, kCorosync, "3.1", "", "token defaults to 3000 ms (M 0.3)")                                       \
  X(knet_transport, kCorosync, "3.0", "", "knet is the default transport (M 0.3)")                                     \
  X(corosync_nodelist, kCorosync, "2.0", "", "corosync.conf lists nodes and votes (M 14.4)")                           \
  X(token_coefficient, kCorosync, "2.3.4", "", "token grows with the number of nodes (M V-1)")                         \
  X(processor_is_address, kCorosync, "", "3.0", "processors are known by their addresses (M V-2, V-3)")                \
  X(ring_sequence_raised_at_start, kCorosync, "2.4.6", "",                                                             \
    "a started node adds 1 to its stored ring sequence (M V-4)")                                                       \
  X(ring_sequence_kept_again, kCorosync, "3.0", "3.0.3", "... which these do not (M V-4)")                             \
  X(second_commit_token_ignored, kCorosync, "2.3.5", "", "a doubled commit token in RECOVERY is ignored (M V-5)")      \
  X(flush_drop_logged, kCorosync, "2.3.5", "", "JOINs thrown away before a token are logged (M V-6)")                  \
  X(flush_passes_joins, kCorosync, "2.4.3", "", "JOINs met before a token are passed up (M V-6, SRP-5.4)")             \
  X(bind_retried, kCorosync, "2.4.3", "", "a bind that fails is tried again, and fatal in the end (M V-19, K-18)")     \
  X(token_warning, kCorosync, "3.0", "", "a late token is logged (M V-7)")                                             \
  X(failure_text_names_timeouts, kCorosync, "2.4.6", "", "\"A processor failed\" names the timeouts (M V-9)")          \
  X(failure_text_plain_again, kCorosync, "3.0", "3.1", "\"A processor failed\" without timeouts (M V-9)")              \
  X(ring_id_not_logged, kCorosync, "", "2.0", "the ring id is not logged (M V-10)")                                    \
  X(ring_id_in_decimal, kCorosync, "3.0", "3.0.3", "ring ids are logged as node id and decimal sequence (M V-10)")     \
  X(leave_reported, kCorosync, "2.3.5", "", "members that left without a leave message are named (M 12.7)")            \
  X(quorum_callback_once, kCorosync, "2.3.6", "", "one quorum callback at the end of synchronisation (M V-11)")        \
  X(assembly_switched_late, kCorosync, "2.4.6", "", "assembly buffers are switched after recovery (M V-12)")           \
  X(sync_nodes_logged, kCorosync, "3.1", "", "Sync members/joined/left lines and quorum nodelist (M V-13)")            \
  X(room_for_second_header, kCorosync, "2.4.6", "", "messages leave room for recovery's second header (M V-14)")       \
  X(one_header_again, kCorosync, "3.0", "3.0.3", "... which these do not (M V-14)")                                    \
  X(chosen_downlist_logged, kCorosync, "", "2.0", "the downlist that counts is logged (M CPG-8)")                      \
  X(downlists_logged, kCorosync, "2.4.5", "3.1", "every downlist received is logged (M CPG-8)")                        \
  X(device_excludes_wait_for_all, kCorosync, "2.0", "2.4.0",                                                           \
    "quorum device and wait_for_all exclude each other (M V-17)")                                                      \
  X(rrp_all_faulty_uses_ring_0, kCorosync, "2.4.3", "", "with all rings faulty ring 0 still carries traffic (M V-18)") \
  X(udpu_keeps_identity, kCorosync, "2.4.5", "",                                                                       \
    "udpu keeps its address identity when the interface is lost (M 13.4)")                                             \
  X(rrp_ports_must_differ, kCorosync, "2.3.5", "", "two rings may not share multicast address and port (M RR-2)")      \
  X(rrp_recovery_logged_once, kCorosync, "2.3.5", "", "one \"Automatically recovered\" line per recovery (M RR-14)")   \
  X(duplicate_ids_detected, kCorosync, "2.3.5", "", "a node id that appears twice is refused (M 12.7)")                \
  X(empty_keys_refused, kCorosync, "3.1.8", "", "a line \": value\" is an error (M CF-5; 3.1.7 takes it)")             \
  X(ip_dscp_checked, kCorosync, "3.1.8", "", "totem.ip_dscp is read (M CF-11)")                                        \
  X(encryption_required, kCorosync, "3.2", "", "knet always encrypts and authenticates (M CR-1)")                      \
  X(nodelist_required, kCorosync, "3.0", "", "without a nodelist no local node is found (Corosync 3.1.7)")             \
  X(block_unlisted_ips, kCorosync, "2.4.5", "", "udpu and knet drop what comes from unknown addresses (M V-15)")       \
  X(cancel_token_hold_option, kCorosync, "2.4.6", "", "cancel_token_hold_on_retransmit is read (M V-8)")               \
  X(no_cancel_token_hold_option, kCorosync, "3.0", "3.1.6", "cancel_token_hold_on_retransmit is unknown (M V-8)")      \
  X(assembly_switched_early_again, kCorosync, "3.0", "3.1.6", "assembly buffers are switched early (M V-12)")          \
  X(sync_aborts_at_barrier, kCorosync, "3.2", "", "synchronisation is aborted at its barrier, too (M V-16)")           \
  X(cpg_joins_one_by_one, kCorosync, "", "3.0.2", "a group configuration for every process that joins (M CPG-9)")      \
  X(rrp_decrementer_stops, kCorosync, "2.3.5", "", "problem counters decrease again after a fault (M RR-8)")           \
  X(watchdog_needs_configuration, kCorosync, "2.3.6", "", "the watchdog is used only where configured (M WD-1)")       \
  X(expected_votes_checked_strictly, kCorosync, "3.0.4", "",                                                           \
    "new expected votes must keep a quorate cluster so (M VQ-26)")                                                     \
  X(quorumtool_names_representative, kCorosync, "2.4", "",                                                             \
    "corosync-quorumtool shows the ring's representative (M TO-2)")                                                    \
  X(quorumtool_status_inverted, kCorosync, "", "2.4", "corosync-quorumtool -s exits with 1 when quorate (M TO-5)")     \
  X(onwire_versions_shown, kCorosync, "3.1.8", "", "corosync-cfgtool -n shows Kronosnet's wire versions (M TO-7)")     \
  X(mysql_stop_of_dead_fails, kResourceAgents, "", "3.9.7", "mysql: a server that died cannot be stopped (CM-14.17)")  \
  X(nfsserver_ignores_threads, kResourceAgents, "", "3.9.7", "nfsserver: lost nfsd threads go unnoticed (CM-14.18)")   \
  X(diskd_minds_load, kPmExtras, "", "2.2", "pm_diskd takes a busy disk for a failed one (CM-14.19)")                  \
  X(ifcheckd, kPmExtras, "0", "", "ifcheckd of pm_extras runs where Heartbeat carries the cluster (CM-9.13)")          \
  X(heartbeat_stack, kHeartbeat, "1", "",                                                                              \
    "Heartbeat carries the cluster: nodes have UUIDs, Stack is Heartbeat (AT-8.3)")                                    \
  X(ha_log_entity_31, kClusterGlue, "", "1.0.9",                                                                       \
    "names before log lines of agents are cut after 31 characters, not after 63 (CM-13.23)")                           \
  X(cancelled_in_flight_is_done, kClusterGlue, "", "1.0.9",                                                            \
    "a monitor that is cancelled while it runs counts as done (CM-13.22)")                                             \
  X(four_operations_at_once, kPacemaker, "", "1.1", "the executor runs four operations at a time (CM-8.6)")            \
  X(attributes_outlive_nodes, kPacemaker, "1.1.12", "1.1.14",                                                          \
    "a new writer writes attributes of nodes that have left (CM-14.13)")                                               \
  X(detail_log, kPacemaker, "1.1.14", "", "lines below notice do not go to syslog (CM-14.14)")                         \
  X(scheduler_sets_recheck, kPacemaker, "2.0.3", "", "the scheduler says when it wants to be asked again (CM-7.6)")    \
  X(remote_cib_clients_linger, kPacemaker, "", "1.0.12",                                                               \
    "a stopping CIB manager waits for remote clients that have gone (CM-13.1)")                                        \
  X(probe_keeps_failures, kPacemaker, "", "1.0.12",                                                                    \
    "a probe that finds a resource stopped leaves its failure standing (CM-13.11)")                                    \
  X(cib_edits_noticed, kPacemaker, "2.0", "",                                                                          \
    "who edits the status by hand has attributes written again and the DC chosen anew (CM-9.10)")                      \
  X(daemons_watched, kPacemaker, "2.1", "", "pacemakerd kills daemons that do not answer (CM-11.8)")                   \
  X(ifcheckd_rings, kPmExtras, "2", "", "ifcheckd of pm_extras tells of Corosync's rings (CM-9.14)")                   \
  X(cib_diffs_from_primary, kPacemaker, "", "1.1.12",                                                                  \
    "changes of the CIB are made on the DC and sent as diffs of format 1 (CM-6.7)")                                    \
  X(promotion_decided_again, kPacemaker, "", "1.0.12",                                                                 \
    "who is colocated with a promotable clone has its roles decided again (CM-13.12)")                                 \
  X(hb_report_wants_path, kClusterGlue, "", "1.0.9",                                                                   \
    "hb_report writes to a destination with its whole path only (CM-13.24)")                                           \
  X(upstart, kKernel, "", "3.10", "no systemd: services are begun by upstart or init (CM-11.13)")                      \
  X(sysconfig_is_script, kKernel, "", "3.10",                                                                          \
    "/etc/sysconfig is read by a shell: only exported variables reach the daemons (CM-14.22)")                         \
  X(nm_keeps_addresses, kNetworkManager, "config-server", "", "addresses stay on carrier loss (CM-12.4)")

// The versions of one stack as the user wrote them.
struct StackVersions {
  std::string kernel = "2.6.18-348";
  std::string resource_agents = "3.9.5-1";
  std::string corosync = "1.4.6";
  std::string pacemaker = "1.0.13";
  std::string cluster_glue = "1.0.12";
  std::string pm_extras = "none";
  std::string heartbeat = "none";
  std::string network_manager = "none";

  const std::string& of(StackComponent component) const;
  std::string& of(StackComponent component);
};

struct Profile {
  StackVersions versions;
#define SIMCLUSTER_SWITCH_MEMBER(name, component, first, last, meaning) bool name = false;
  SIMCLUSTER_SWITCHES(SIMCLUSTER_SWITCH_MEMBER)
#undef SIMCLUSTER_SWITCH_MEMBER
};

// Sets every switch from the versions. Names of distribution releases ("rhel5.9", "rhel5.10") stand for their kernels.
// An unreadable version is an error that says what is expected.
Result<Profile> make_profile(StackVersions versions);

// The feature set that a Pacemaker of this version speaks, such as "3.0.1" (CM-1.4).
std::string_view crm_feature_set(const Profile& profile);

// What stands for Pacemaker's version where Corosync runs alone.
inline constexpr std::string_view kNoPacemaker = "none";
inline bool has_pacemaker(const Profile& profile) { return profile.versions.pacemaker != kNoPacemaker; }

// rpmvercmp on "version-release": negative, 0 or positive.
int compare_versions(std::string_view a, std::string_view b);

}  // namespace simcluster
