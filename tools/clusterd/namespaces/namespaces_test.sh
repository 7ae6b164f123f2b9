#!/usr/bin/env bash
# Three clusterd nodes in namespaces hold a virtual address with the installed IPaddr2 agent, and lose it in every way.
# Usage: namespaces_test.sh CLUSTERD CLUSTERCTL [STORY...]; without stories, all of them. Exit 77: cannot run here.
# LAB_JOBS: how many stories run at a time, each in a laboratory of its own; 1 when absent.
set -u
CLUSTERD=$(readlink -f "$1") CLUSTERCTL=$(readlink -f "$2")
shift 2
HERE=$(dirname "$(readlink -f "$0")")
VIP=10.98.0.100

skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "needs root for network namespaces"
for tool in ip nsenter unshare ping pgrep awk; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done
[ -x /usr/lib/ocf/resource.d/heartbeat/IPaddr2 ] || skip "the resource agents are not installed (package resource-agents)"
ip netns add "cl$$-try" 2>/dev/null || skip "network namespaces cannot be made here"
possible() {
  ip -n "cl$$-try" link add br0 type bridge && ip -n "cl$$-try" link add veth0 type veth peer name veth1 &&
    ip netns exec "cl$$-try" unshare --mount --uts --ipc --pid --fork --mount-proc mount -t tmpfs tmpfs /run
}
possible >/dev/null 2>&1
impossible=$?
ip netns del "cl$$-try"
[ $impossible = 0 ] || skip "bridges, veth or namespaces of processes and mounts cannot be made here"
# shellcheck source=lab.sh
. "$HERE/lab.sh"

story=
say() { printf '%s %s: %s\n' "$(date +%H:%M:%S.%3N)" "$story" "$*"; }
fail() {
  local i
  for i in $(seq 1 "$LAB_NODES"); do echo "--- node$i"; tail -n 25 "$LAB/node$i/log"; done
  say "FAILED: $*"
  exit 1
}

state_is() { lab_ctl "$1" status --json 2>/dev/null | grep -q "\"controller_state\": \"$2\""; }
idle() { local i; for i in "$@"; do state_is "$i" S_IDLE && return 0; done; return 1; }
# All the nodes given see as many members.
members_are() {
  local count=$1 i; shift
  for i in "$@"; do [ "$(lab_ctl "$i" status --json | grep -c '^    "node')" = "$count" ] || return 1; done
}
moved_from() { local now; now=$(lab_holders $VIP); [ -n "$now" ] && [ "$now" != "$1" ] && lab_held_once $VIP; }
online_again() { lab_ctl "$2" status | grep -q "Online: .*node$1 .*\]"; }
life_of() { cat "$LAB/node$1/state/"life.* | sort -n | tail -1; }
runs_no_more() { ! lab_on "$1" pgrep -x clusterd; }
leave() {
  lab_ctl "$1" shutdown || fail "shutdown is refused"
  lab_wait 20 "clusterd's end on node$1" runs_no_more "$1" || fail "clusterd still runs"
}
# So many packets that it could not make out were dropped by a node.
has_refused() {
  local count
  count=$(lab_ctl "$1" status --json | awk -F'[:,]' '/"unauthenticated"/ {print $2 + 0}')
  [ "${count:-0}" -ge "$2" ]
}
# Node $2 runs and talks, and node $1 has heard it for a while and understood nothing.
stays_out() {
  local before
  before=$(lab_ctl "$1" status --json | awk -F'[:,]' '/"unauthenticated"/ {print $2 + 0}')
  lab_wait 20 "a ring of node$2 alone" members_are 1 "$2" || fail "node$2 has no ring of its own"
  lab_wait 20 "packets of node$2" has_refused "$1" $((before + 20)) || fail "node$2 is not heard"
  sleep 1
  members_are 2 "$1" || fail "node$2 joined"
  members_are 1 "$2" || fail "node$2 sees others"
}
other_than() { local i; for i in 1 2 3; do [ "$i" != "$1" ] && { echo "$i"; return; }; done; }

# The cluster of the stories: three nodes (NODES), an address, fencing.
begin() {
  NODES=${NODES:-3}
  lab_up "$NODES" "${LINKS:-1}"
  trap lab_down EXIT
  for i in $(seq "$NODES"); do lab_boot "$i"; done
  lab_wait 60 "a DC" idle $(seq "$NODES") || fail "no DC"
  lab_wait 20 "all members" members_are "$NODES" $(seq "$NODES") || fail "the nodes do not see each other"
  cat >"$LAB/cluster.crm" <<'CRM'
primitive fencing stonith:fence_lab op monitor interval=60s timeout=120s
primitive vip ocf:heartbeat:IPaddr2 params ip=10.98.0.100 cidr_netmask=24 nic=eth0 \
	op start interval=0 timeout=120s op stop interval=0 timeout=120s op monitor interval=1s timeout=120s
property stonith-enabled=true
rsc_defaults resource-stickiness=100
CRM
  lab_ctl 1 load update "$LAB/cluster.crm" || fail "the configuration is refused"
  lab_wait 20 "the address" lab_held_once $VIP || fail "nobody has the address"
  lab_wait 20 "idle" idle $(seq "$NODES")
  HOLDER=$(lab_holders $VIP)
  OTHER=$(other_than "$HOLDER")
  say "node$HOLDER has the address"
  lab_watch $VIP
  sleep 0.5
}

# The address is with somebody else, the client saw one outage, the node that was fenced is back.
came_back() {
  lab_wait 40 "the address elsewhere" moved_from "$HOLDER" || fail "the address did not move"
  say "the address is on node$(lab_holders $VIP)"
  grep -q "reboot $HOLDER" "$LAB/power.log" || fail "node$HOLDER was not fenced"
  lab_wait 60 "node$HOLDER again" online_again "$HOLDER" "$OTHER" || fail "node$HOLDER is not back"
  lab_watch_end
  say "longest outage $(lab_outages | sort -n | tail -1) ms"
}

story_boot() {
  begin
  shows_address() { lab_ctl "$OTHER" status | grep -q 'vip.*Started node'; }
  lab_wait 5 "the status" shows_address || fail "the status does not show the address"
  lab_ctl "$OTHER" quorum | grep -q 'Quorate: *Yes' || fail "no quorum"
}

story_kill() {
  begin
  lab_signal KILL "$HOLDER" || fail "no process to kill"
  came_back
}

# With nobody but itself to hear, and with Corosync's patience.
story_kill_one_of_two() { NODES=2 LAB_TRUST=no LAB_TOKEN=3000 story_kill; }

story_stop_signal() {  # a node that stands still is fenced before anybody else has its address
  begin
  lab_signal STOP "$HOLDER" || fail "no process to stop"
  came_back
}

story_link_loss() {
  begin
  ip -n "$LAB_ID-net" link set "p$HOLDER-0" down
  lab_wait 40 "fencing" grep -q "reboot $HOLDER" "$LAB/power.log" || fail "node$HOLDER was not fenced"
  ip -n "$LAB_ID-net" link set "p$HOLDER-0" up
  came_back
}

story_one_of_two_links() {  # nothing happens
  LINKS=2 begin
  ip -n "$LAB_ID-net" link set "p$OTHER-1" down
  sleep 6
  members_are 3 1 2 3 || fail "a node was lost with one link of two"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
  ip -n "$LAB_ID-net" link set "p$OTHER-1" up
}

story_first_of_two_links() {  # the one in use: the other one takes over before the token is lost
  LINKS=2 begin
  ip -n "$LAB_ID-net" link set "p$OTHER-0" down
  sleep 6
  members_are 3 1 2 3 || fail "a node was lost with one link of two"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
}

story_all_links_at_once() { LAB_LINK_MODE=active story_first_of_two_links; }
story_links_in_turn() { LAB_LINK_MODE=rr story_first_of_two_links; }
story_udp() { LAB_TRANSPORT=udp LAB_CIPHER=none story_kill; }  # the engine's own links

story_address_removed() {  # by an administrator's mistake: the monitor sees it, the address comes back where it was
  begin
  lab_on "$HOLDER" ip addr del $VIP/24 dev eth0
  lab_wait 20 "the address again" lab_held_once $VIP || fail "the address did not come back"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  lab_wait 10 "a fail count" sh -c "'$CLUSTERCTL' --socket '$LAB/node$OTHER/run/clusterd.sock' status -f | grep -q 'fail-count=1'" ||
    fail "the failure is not counted"
}

story_handover() {  # a clean stop
  begin
  lab_signal TERM "$HOLDER" || fail "no process to stop"  # the service manager's way
  lab_wait 20 "clusterd's end on node$HOLDER" runs_no_more "$HOLDER" || fail "clusterd still runs"
  lab_wait 10 "the address elsewhere" moved_from "$HOLDER" || fail "the address did not move"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  lab_watch_end
  local gap
  gap=$(lab_outages | sort -n | tail -1)
  say "longest outage ${gap:-0} ms"
  [ "${gap:-0}" -lt 20000 ] || fail "the handover took too long"
}

story_rolling_restart() {  # all three daemons one after the other, the address stays where it is
  begin
  local i other before after
  for i in 1 2 3; do
    other=$(other_than "$i")
    before=$(life_of "$i")
    lab_ctl "$i" restart || fail "node$i is not restarted"
    after=$(life_of "$i")
    [ "$after" -gt "$before" ] || fail "the daemon of node$i is the same"
    online_again "$i" "$other" || fail "node$i is not back"
  done
  lab_wait 30 idle idle 1 2 3
  sleep 3
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  lab_ctl "$OTHER" cib query | grep -q 'maintenance-mode\|restarting-node\|restart-until' && fail "the maintenance mode stays"
  lab_watch_end
  local gap
  gap=$(lab_outages | sort -n | tail -1)
  say "longest gap at the client ${gap:-0} ms"
  [ "${gap:-0}" -lt 500 ] || fail "the address was away"
  # It is managed again.
  lab_signal KILL "$HOLDER"
  lab_wait 40 "the address elsewhere" moved_from "$HOLDER" || fail "the address did not move"
}

# The daemon does not come back from a restart: the maintenance mode ends by itself, but not before the node, whose
# resources run on, is fenced.
story_restart_without_return() {
  export LAB_STAYS_OFF=1
  begin
  lab_ctl "$HOLDER" restart 30 >"$LAB/restart.log" 2>&1 &
  lab_wait 20 "the daemon's leave" members_are 2 "$OTHER" || fail "the daemon did not leave"
  lab_wait 5 "a process to kill" lab_signal KILL "$HOLDER" || fail "no process to kill"
  sleep 2
  lab_held_by $VIP "$HOLDER" || fail "the address moved in maintenance mode"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced too early"
  lab_wait 40 "the address elsewhere" moved_from "$HOLDER" || fail "the address did not move"
  grep -q "reboot $HOLDER" "$LAB/power.log" || fail "node$HOLDER was not fenced"
  lab_wait 20 "the end of the maintenance mode" no_restart_is_marked || fail "the maintenance mode stays"
}
no_restart_is_marked() { ! lab_ctl "$OTHER" cib query | grep -q 'maintenance-mode\|restarting-node\|restart-until'; }

story_wrong_key() {  # never joins, and does not disturb
  begin
  head -c 256 /dev/urandom >"$LAB/wrongkey"
  chmod 400 "$LAB/wrongkey"
  leave "$OTHER"
  sed -i "s|^authkey.*|authkey = $LAB/wrongkey|" "$LAB/node$OTHER/clusterd.conf"
  touch "$LAB/node$OTHER/start"
  stays_out "$HOLDER" "$OTHER"
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
}

# Another key and cipher while the cluster runs: nobody notices; the old key is worth nothing afterwards.
story_new_key() {
  LAB_LOG=info begin
  local ring
  ring_of() { lab_ctl "$1" quorum | awk '/Ring ID/ {print $3}'; }
  ring=$(ring_of 1)
  cp "$LAB/authkey" "$LAB/oldkey"
  head -c 256 /dev/urandom >"$LAB/newkey"
  chmod 400 "$LAB/newkey" "$LAB/oldkey"
  mv "$LAB/newkey" "$LAB/authkey"
  sed -i 's/crypto_cipher: .*/crypto_cipher: aes128/' "$LAB/corosync.conf"
  lab_ctl "$OTHER" reload || fail "the reload is refused"
  for i in 1 2 3; do
    lab_wait 20 "the new key" grep -q 'crypto reconfigured: aes128/sha256' "$LAB/node$i/log" ||
      fail "node$i has no new key"
  done
  [ "$(ring_of 1)" = "$ring" ] || fail "the ring was lost"
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  lab_watch_end
  [ -z "$(lab_outages)" ] || say "longest gap at the client $(lab_outages | sort -n | tail -1) ms"
  # With the old key nobody joins any more, with the new one he does.
  leave "$OTHER"
  sed -i "s|^authkey.*|authkey = $LAB/oldkey|" "$LAB/node$OTHER/clusterd.conf"
  touch "$LAB/node$OTHER/start"
  stays_out "$HOLDER" "$OTHER"
  lab_signal TERM "$OTHER"
  lab_wait 20 "clusterd's end on node$OTHER" runs_no_more "$OTHER" || fail "clusterd still runs"
  sed -i "s|^authkey.*|authkey = $LAB/authkey|" "$LAB/node$OTHER/clusterd.conf"
  touch "$LAB/node$OTHER/start"
  lab_wait 40 "node$OTHER again" members_are 3 1 2 3 || fail "node$OTHER is not back with the new key"
}

story_two_clusters() {  # on one network, with keys of their own
  begin
  leave "$OTHER"
  head -c 256 /dev/urandom >"$LAB/otherkey"
  chmod 400 "$LAB/otherkey"
  sed 's/cluster_name: lab/cluster_name: other/' "$LAB/corosync.conf" >"$LAB/other.conf"
  sed -i "s|^authkey.*|authkey = $LAB/otherkey|; s|^corosync_conf.*|corosync_conf = $LAB/other.conf|" "$LAB/node$OTHER/clusterd.conf"
  touch "$LAB/node$OTHER/start"
  stays_out "$HOLDER" "$OTHER"
}

story_corosync_key() {  # links come up beside a real Corosync with the same file and key: the words mean the same to both
  command -v corosync >/dev/null || { say "skipped: corosync is not installed"; return; }
  lab_up 2 1
  trap lab_down EXIT
  LAB_STACK=pacemaker lab_boot 1
  lab_boot 2
  up_at_both() {
    lab_on 1 corosync-cfgtool -s | grep -q 'nodeid: *2:[[:space:]]*connected' &&
      lab_ctl 2 links | grep -q 'nodeid: *1:[[:space:]]*connected'
  }
  lab_wait 40 "the link" up_at_both || {
    lab_on 1 corosync-cfgtool -s
    lab_ctl 2 links
    fail "the link does not come up"
  }
  # What each sends is none of the other's business.
  sleep 2
  members_are 1 2 || fail "they formed a ring"
}

story_full_disk() {  # the state cannot be written: said so, the service goes on
  begin
  lab_on "$OTHER" mount -t tmpfs -o size=4k tmpfs "$LAB/node$OTHER/state" || fail "no small disk"
  lab_on "$OTHER" sh -c "cat /dev/zero >'$LAB/node$OTHER/state/filler' 2>/dev/null"
  lab_ctl "$HOLDER" configure property cluster-delay=61s || fail "the change is refused"
  sleep 2
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
  members_are 3 "$HOLDER" || fail "a node was lost"
}

# The disk hangs (opening the next file waits for a reader that never comes): the node says so, stays a member and keeps
# its resources; it can still be asked to leave, hands them over, and ends.
story_hanging_disk() {
  begin
  local newest next
  newest=$(ls "$LAB/node$HOLDER/state" | grep '^cib%2Exml\.[0-9]*$' | sort | tail -1)
  next=$(printf '%020d' $((10#${newest##*.} + 1)))
  mkfifo "$LAB/node$HOLDER/state/cib%2Exml.$next.new" || fail "no fifo"
  lab_ctl "$OTHER" configure property cluster-delay=61s || fail "the change is refused"
  lab_wait 20 "what it says of its disk" grep -q 'has not written anything' "$LAB/node$HOLDER/log" || fail "nothing is said"
  for i in $(seq 20); do lab_ctl "$OTHER" configure property cluster-delay="7${i}s" || fail "a change is refused"; done
  is_changed() { lab_ctl "$HOLDER" cib query | grep -q 'cluster-delay" value="720s"'; }
  lab_wait 10 "the change" is_changed || fail "node$HOLDER does not take part"
  members_are 3 1 2 3 || fail "a node was lost"
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  leave "$HOLDER"
  grep -q 'what waits for it is not saved' "$LAB/node$HOLDER/log" || fail "it does not say what is lost"
  lab_wait 10 "the address elsewhere" moved_from "$HOLDER" || fail "the address did not move"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  # The disk works again, and what the others know counts.
  rm "$LAB/node$HOLDER/state/cib%2Exml.$next.new"
  touch "$LAB/node$HOLDER/start"
  lab_wait 40 "node$HOLDER again" members_are 3 1 2 3 || fail "node$HOLDER is not back"
  lab_wait 20 "the change" is_changed || fail "node$HOLDER has an old CIB"
}

# Datagrams that are cut, endless, empty and none of the protocol's, from a node of the cluster: counted, and nothing else.
story_garbage() {
  begin
  throw() {
    for size in 1 7 40 1400 60000; do
      for _ in 1 2 3 4 5; do
        lab_on "$OTHER" bash -c "head -c $size /dev/urandom >/dev/udp/10.98.0.$HOLDER/5405"
      done
    done 2>/dev/null
    has_refused "$HOLDER" 25
  }
  lab_wait 20 "the count" throw || fail "the packets are not counted"
  sleep 2
  [ ! -s "$LAB/power.log" ] || fail "somebody was fenced"
  members_are 3 1 2 3 || fail "a node was lost"
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
}

story_garbage_udp() { LAB_TRANSPORT=udp LAB_CIPHER=none story_garbage; }
story_wrong_key_udp() { LAB_TRANSPORT=udp LAB_CIPHER=none story_wrong_key; }
story_two_clusters_udp() { LAB_TRANSPORT=udp LAB_CIPHER=none story_two_clusters; }

# A client that adds to the CIB without end is refused before the cluster's own room is used up, by all nodes alike; what
# makes it smaller is taken; the cluster goes on.
story_full_cib() {
  LAB_CIB_LIMIT=1 begin
  filler 600000 >"$LAB/filler.xml"
  lab_ctl 1 cib create "$LAB/filler.xml" crm_config || fail "a large change is refused"
  is_full() { [ "$(lab_ctl "$1" cib query | wc -c)" -gt 600000 ]; }
  for i in 1 2 3; do lab_wait 20 "the large CIB" is_full "$i" || fail "node$i has not the large CIB"; done
  filler 500000 >"$LAB/filler.xml"
  lab_ctl 1 cib create "$LAB/filler.xml" crm_config 2>"$LAB/refusal" && fail "too large a change is taken"
  grep -q 'the CIB would have more than 896 KiB' "$LAB/refusal" || fail "the refusal says: $(cat "$LAB/refusal")"
  # A node that would allow more: the least limit counts, and it refuses alike.
  sed 's/^cib_limit.*/cib_limit = 16/' -i "$LAB/node$OTHER/clusterd.conf"
  leave "$OTHER"
  touch "$LAB/node$OTHER/start"
  lab_wait 40 "node$OTHER again" members_are 3 1 2 3 || fail "node$OTHER is not back"
  lab_wait 30 "node$OTHER online" online_again "$OTHER" "$HOLDER" || fail "node$OTHER is not online"
  lab_wait 30 "idle" idle 1 2 3
  for i in 1 2 3; do
    lab_ctl "$i" cib create "$LAB/filler.xml" crm_config 2>"$LAB/refusal" && fail "node$i takes too large a change"
    grep -q 'the CIB would have more than 896 KiB' "$LAB/refusal" || fail "node$i says: $(cat "$LAB/refusal")"
  done
  # There is room again when something is deleted.
  echo '<cluster_property_set id="filler-600000"/>' >"$LAB/deletion.xml"
  lab_ctl 1 cib delete "$LAB/deletion.xml" crm_config || fail "a deletion is refused"
  is_small() { [ "$(lab_ctl "$1" cib query | wc -c)" -lt 600000 ]; }
  lab_wait 20 "the small CIB" is_small "$HOLDER" || fail "nothing is deleted"
  lab_ctl "$OTHER" cib create "$LAB/filler.xml" crm_config || fail "a change for which there is room is refused"
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  lab_signal KILL "$HOLDER"
  lab_wait 40 "the address elsewhere" moved_from "$HOLDER" || fail "the cluster does not work any more"
}

# A node that allows less than the CIB has: all tell it, the cluster goes on working and fails over, deletions help.
story_large_cib_joins() {
  LAB_CIB_LIMIT=16 begin
  filler 1200000 >"$LAB/filler.xml"
  lab_ctl 1 cib create "$LAB/filler.xml" crm_config || fail "a large change is refused"
  sed 's/^cib_limit.*/cib_limit = 1/' -i "$LAB/node$OTHER/clusterd.conf"
  leave "$OTHER"
  touch "$LAB/node$OTHER/start"
  lab_wait 40 "node$OTHER again" members_are 3 1 2 3 || fail "node$OTHER is not back"
  lab_wait 30 "node$OTHER online" online_again "$OTHER" "$HOLDER" || fail "node$OTHER is not online"
  lab_wait 30 "idle" idle 1 2 3
  local say_so='more than the 1024 KiB that all nodes allow'
  for i in 1 2 3; do
    grep -q "$say_so; up to 2048 KiB are taken" "$LAB/node$i/log" || fail "node$i does not say it"
    lab_ctl "$i" status 2>&1 >/dev/null | grep -q "$say_so" || fail "status of node$i does not tell"
    lab_ctl "$i" configure property cluster-delay="7${i}s" || fail "a small change is refused by node$i"
    lab_ctl "$i" cib create "$LAB/filler.xml" crm_config 2>"$LAB/refusal" && fail "node$i takes a large change"
    grep -q 'the CIB would have more than 1792 KiB' "$LAB/refusal" || fail "node$i says: $(cat "$LAB/refusal")"
  done
  lab_signal KILL "$HOLDER"
  lab_wait 40 "the address elsewhere" moved_from "$HOLDER" || fail "the cluster does not work"
  lab_wait 60 "node$HOLDER again" online_again "$HOLDER" "$OTHER" || fail "node$HOLDER is not back"
  echo '<cluster_property_set id="filler-1200000"/>' >"$LAB/deletion.xml"
  lab_ctl "$OTHER" cib delete "$LAB/deletion.xml" crm_config || fail "a deletion is refused"
  quiet() { ! lab_ctl "$1" status 2>&1 >/dev/null | grep -q KiB; }
  for i in 1 2 3; do lab_wait 20 "nothing to tell" quiet "$i" || fail "node$i still tells of a large CIB"; done
}
# $1 bytes in values of 10 kB.
filler() {
  local i
  echo "<cluster_property_set id=\"filler-$1\">"
  for i in $(seq $(($1 / 10000))); do
    printf '<nvpair id="filler-%d-%d" name="f%d-%d" value="%010000d"/>\n' "$1" "$i" "$1" "$i" 0
  done
  echo '</cluster_property_set>'
}

# Every command of clusterctl, as an operator types it.
story_commands() {
  begin
  # status: crm_mon's text, JSON, a view that refreshes.
  lab_ctl 1 status -r -A | grep -q 'Full List of Resources' || fail "status does not take crm_mon's options"
  for member in '"ok": true' '"quorate": true' '"malformed": 0' '"dc": "node' '"node_id": 1' '"pacemaker": "3.0.2"'; do
    lab_ctl 1 status --json | grep -q "$member" || fail "status --json has no $member: $(lab_ctl 1 status --json)"
  done
  members_are 3 1 || fail "status --json: $(lab_ctl 1 status --json)"
  lab_ctl 1 status --watch >"$LAB/watch" &
  local watcher=$!
  refreshed() { [ "$(grep -c $'\033\\[H\033\\[2J' "$LAB/watch")" -ge "$1" ]; }
  lab_wait 10 "a second screen" refreshed 2 || fail "the view does not refresh"
  # node standby, online, maintenance, ready
  lab_ctl 1 node standby "node$HOLDER" || fail "node standby"
  lab_wait 20 "the address elsewhere" moved_from "$HOLDER" || fail "standby moves nothing"
  shown() { tail -n 25 "$LAB/watch" | grep -q "$1"; }
  lab_wait 10 "standby on the screen" shown 'standby' || fail "the view does not follow"
  kill "$watcher"
  lab_ctl 1 node online "node$HOLDER" || fail "node online"
  lab_ctl 1 node maintenance "node$OTHER" || fail "node maintenance"
  shows() { lab_ctl "$1" status "${@:3}" | grep -q "$2"; }
  lab_wait 10 "maintenance" shows 1 "Node node$OTHER.*maintenance" || fail "no maintenance"
  lab_ctl 1 node ready "node$OTHER" || fail "node ready"
  # resource move, clear, stop, start, cleanup
  lab_ctl 1 resource move vip "node$HOLDER" || fail "resource move"
  lab_wait 20 "the address back" lab_held_by $VIP "$HOLDER" || fail "resource move moves nothing"
  lab_ctl 1 resource clear vip || fail "resource clear"
  lab_ctl 1 resource stop vip || fail "resource stop"
  nowhere() { [ -z "$(lab_holders $VIP)" ]; }
  lab_wait 20 "no address" nowhere || fail "the address is still there"
  lab_ctl 1 resource start vip || fail "resource start"
  lab_wait 20 "the address" lab_held_once $VIP || fail "the address does not come back"
  # resource status, locate, restart, constraints, operations: crmsh's words
  has_status() { lab_ctl 1 resource status | grep -q 'vip.*IPaddr2):.*Started'; }
  lab_wait 20 "the address" has_status || fail "resource status: $(lab_ctl 1 resource status)"
  lab_wait 20 "idle" idle 1 2 3
  HOLDER=$(lab_holders $VIP)
  lab_ctl 1 resource locate vip | grep -q "^resource vip is running on: node$HOLDER *$" || fail "resource locate"
  lab_ctl 1 resource locate nothing 2>"$LAB/refusal" && fail "an unknown resource is located"
  grep -q "Resource 'nothing' not found" "$LAB/refusal" || fail "resource locate says: $(cat "$LAB/refusal")"
  lab_ctl 1 resource operations vip | grep -q "vip_start_0 (node=node$HOLDER" || fail "resource operations"
  starts_of() { lab_ctl 1 cib query | grep -o 'id="vip_last_0"[^>]*operation="start"[^>]*last-rc-change="[0-9]*"'; }
  local start_before
  start_before=$(starts_of)
  sleep 1
  lab_ctl 1 resource restart vip >"$LAB/restarted" || fail "resource restart"
  [ "$(cat "$LAB/restarted")" = $'INFO: ordering vip to stop\nINFO: ordering vip to start' ] ||
    fail "resource restart says: $(cat "$LAB/restarted")"
  started_again() { local now; now=$(starts_of); [ -n "$now" ] && [ "$now" != "$start_before" ]; }
  lab_wait 20 "another start" started_again || fail "resource restart starts nothing"
  lab_wait 20 "the address" lab_held_once $VIP || fail "resource restart leaves it stopped"
  lab_ctl 1 resource unmanage vip || fail "resource unmanage"
  lab_ctl 1 resource restart nothing 2>"$LAB/refusal" && fail "an unknown resource is restarted"
  grep -q 'nothing is not configured' "$LAB/refusal" || fail "resource restart says: $(cat "$LAB/refusal")"
  lab_ctl 1 resource manage vip || fail "resource manage"
  HOLDER=$(lab_holders $VIP)
  # node show
  lab_ctl 1 node show | grep -q '^node1(1): member' || fail "node show: $(lab_ctl 1 node show)"
  HOLDER=$(lab_holders $VIP)
  lab_on "$HOLDER" ip addr del $VIP/24 dev eth0
  lab_wait 20 "a fail count" shows 1 'fail-count=1' -f || fail "the failure is not counted"
  lab_ctl 1 resource cleanup vip || fail "resource cleanup"
  forgotten() { ! lab_ctl 1 status -f | grep -q 'fail-count=1'; }
  lab_wait 20 "no fail count" forgotten || fail "cleanup forgets nothing"
  # cib query, replace; load (crm shell text); attribute
  lab_ctl 1 configure property cluster-delay=76s || fail "configure"
  lab_wait 10 "the change" shows_in_cib 'value="76s"' || fail "configure changes nothing"
  # Any agent that is installed may be named, with whatever it takes; one that is not is refused.
  lab_ctl 1 configure primitive mails ocf:heartbeat:MailTo params email=root anything=1 meta target-role=Stopped ||
    fail "an installed agent is refused"
  lab_wait 10 "the resource" shows_in_cib 'id="mails"' || fail "configure primitive adds nothing"
  lab_ctl 1 configure delete mails || fail "configure delete"
  lab_ctl 1 configure primitive nothing ocf:heartbeat:nosuch 2>"$LAB/refusal"; [ $? = 1 ] || fail "a missing agent is no 1"
  grep -q 'ocf:heartbeat:nosuch: no such resource agent' "$LAB/refusal" || fail "the refusal says: $(cat "$LAB/refusal")"
  lab_ctl 1 cib query | sed 's/value="76s"/value="77s"/' >"$LAB/new.xml"
  lab_ctl 1 cib replace "$LAB/new.xml" || fail "cib replace"
  lab_wait 10 "the replacement" shows_in_cib 'value="77s"' || fail "cib replace changes nothing"
  lab_ctl 1 attribute colour blue || fail "attribute"
  lab_wait 10 "the attribute" shows 1 'colour.*blue' -A || fail "no attribute"
  lab_ctl 1 quorum | grep -q 'Quorate: *Yes' || fail "quorum"
  lab_ctl 1 links | grep -q 'connected' || fail "links"
  # wait: until all is done, and what is left when that takes too long
  cat >"$LAB/slow.crm" <<'CRM'
primitive slow ocf:pacemaker:Dummy params op_sleep=4 op start interval=0 timeout=120s op stop interval=0 timeout=120s op monitor interval=60s timeout=120s
CRM
  lab_ctl 1 load update "$LAB/slow.crm" || fail "load"
  lab_ctl 1 wait 1 2>"$LAB/refusal"; [ $? = 124 ] || fail "wait does not end in time"
  grep -q $'^\tAction .*: slow_.*\ton node' "$LAB/refusal" || fail "wait says: $(cat "$LAB/refusal")"
  lab_ctl 1 wait || fail "wait"
  lab_ctl 1 status | grep -q 'slow.*Started' || fail "wait did not wait: $(lab_ctl 1 status)"
  lab_ctl 1 --wait resource stop slow || fail "--wait resource stop"
  lab_ctl 1 status -r | grep -q 'slow.*Stopped' || fail "--wait did not wait: $(lab_ctl 1 status -r)"
  # fence, and its history
  lab_ctl "$HOLDER" fence "node$OTHER" || fail "fence"
  lab_wait 30 "fencing" grep -q "reboot $OTHER" "$LAB/power.log" || fail "nobody is fenced"
  told() { lab_ctl "$HOLDER" fence history "node$OTHER" | grep -q "reboot node node$OTHER on behalf"; }
  lab_wait 20 "the history" told || fail "no history"
  lab_wait 60 "node$OTHER again" members_are 3 1 2 3 || fail "node$OTHER is not back"
  # history and replay: the last input through this program and the original
  local input simulator
  simulator=$(dirname "$CLUSTERCTL")
  for i in 1 2 3; do [ -n "$(lab_ctl "$i" history)" ] && break; done
  input=$(lab_ctl "$i" history | tail -1)
  [ -s "$input" ] || fail "history names no file: $input"
  if [ -x "$simulator/simcluster" ]; then
    PATH="$simulator:$PATH" lab_ctl "$i" replay >"$LAB/replayed" || fail "replay"
    grep -q 'Revised Cluster Status' "$LAB/replayed" || fail "replay prints: $(cat "$LAB/replayed")"
    PATH="$simulator:$PATH" lab_ctl "$i" replay "$(basename "$input" .bz2)" --show-scores | grep -q 'allocation score' ||
      fail "replay takes no options"
    PATH="$simulator:$PATH" lab_ctl "$i" replay pe-error-77 2>"$LAB/refusal"; [ $? = 2 ] || fail "an input that is not there is replayed"
    grep -q 'pe-error-77 is not kept' "$LAB/refusal" || fail "replay says: $(cat "$LAB/refusal")"
  fi
  # what is not right is told
  lab_ctl 1 dance 2>/dev/null; [ $? = 2 ] || fail "an unknown command is no 2"
  lab_ctl 1 node standby nobody 2>"$LAB/refusal"; [ $? = 1 ] || fail "an unknown node is no 1"
  leave "$HOLDER"
  lab_wait 20 "the address elsewhere" moved_from "$HOLDER" || fail "shutdown moves nothing"
}
shows_in_cib() { lab_ctl 1 cib query | grep -q "$1"; }

# A promotable resource: its agent sets scores with crm_attribute, which is clusterctl; the promoted one is killed.
story_promoted() {
  [ -x /usr/lib/ocf/resource.d/pacemaker/Stateful ] || { say "skipped: ocf:pacemaker:Stateful is not installed"; return; }
  begin
  lab_watch_end
  cat >"$LAB/promoted.crm" <<'CRM'
primitive db ocf:pacemaker:Stateful op monitor interval=10s role=Promoted timeout=60s op monitor interval=11s role=Unpromoted timeout=60s \
	op start interval=0 timeout=60s op promote interval=0 timeout=60s
clone dbs db meta promotable=true
CRM
  lab_ctl 1 load update "$LAB/promoted.crm" || fail "the configuration is refused"
  # Not from status: an instance with a pending operation is not in its list `Promoted: [ ]`.
  promoted() { lab_ctl "$1" resource locate dbs | awk '$NF ~ /^(Promoted|Master)$/ {print $(NF - 1)}'; }
  is_promoted() { [ -n "$(promoted "$1")" ]; }
  lab_wait 40 "a promoted instance" is_promoted 1 || fail "nobody is promoted: $(lab_ctl 1 status)"
  scores() { [ "$(lab_ctl "$1" status -A | grep -c 'master-db[[:space:]]*:')" = "$2" ]; }
  lab_wait 20 "three scores" scores 1 3 || fail "the scores are: $(lab_ctl 1 status -A)"
  lab_wait 20 "idle" idle 1 2 3
  local first victim other
  first=$(promoted 1)
  [ -n "$first" ] || fail "the promoted instance is gone: $(lab_ctl 1 resource locate dbs)"
  victim=${first#node}
  other=$(other_than "$victim")
  say "promoted on $first"
  lab_signal KILL "$victim"
  elsewhere() { local now; now=$(promoted "$other"); [ -n "$now" ] && [ "$now" != "$first" ]; }
  lab_wait 40 "a promoted instance elsewhere" elsewhere || fail "nobody else is promoted: $(lab_ctl "$other" status)"
  grep -q "reboot $victim" "$LAB/power.log" || fail "$first was not fenced"
  say "promoted on $(promoted "$other")"
  lab_wait 60 "$first again" online_again "$victim" "$other" || fail "$first is not back"
  lab_wait 30 "three scores again" scores "$other" 3 || fail "the scores are: $(lab_ctl "$other" status -A)"
}

# An installed fence agent, as it is delivered: fence_dummy switches what a file says, and the power switch follows the
# file. It names neither plug nor port in its metadata, and complains of options that it does not know.
story_installed_fence_agent() {
  command -v fence_dummy >/dev/null || { say "skipped: fence_dummy is not installed"; return; }
  cat >"${TMPDIR:-/tmp}/fence_recorded.$$" <<AGENT
#!/bin/bash
tee -a "\${0%/*}/../asked" | $(command -v fence_dummy) 2> >(tee -a "\${0%/*}/../complaints" >&2)
AGENT
  begin
  install -m 755 "${TMPDIR:-/tmp}/fence_recorded.$$" "$LAB/sbin/fence_recorded"
  rm -f "${TMPDIR:-/tmp}/fence_recorded.$$"
  for i in 1 2 3; do
    printf on >"$LAB/power/file$i"
    echo "primitive power$i stonith:fence_recorded params type=file status_file=$LAB/power/file$i pcmk_host_list=node$i power_wait=1 pcmk_reboot_action=off op monitor interval=60s timeout=120s"
  done >"$LAB/fence.crm"
  lab_ctl 1 load update "$LAB/fence.crm" || fail "the configuration is refused"
  lab_ctl 1 resource stop fencing || fail "resource stop"
  devices_run() { [ "$(lab_ctl 1 status | grep -c 'power[123].*Started')" = 3 ]; }
  lab_wait 60 "the devices" devices_run || fail "the devices do not start: $(lab_ctl 1 status)"
  lab_wait 20 "no other device" lab_held_once $VIP
  (while [ -d "$LAB/power" ]; do
    for i in 1 2 3; do [ "$(cat "$LAB/power/file$i" 2>/dev/null)" = off ] && lab_alive "$i" && lab_cut "$i"; done
    sleep 0.02
  done) &
  local switch=$!
  HOLDER=$(lab_holders $VIP) OTHER=$(other_than "$HOLDER")
  lab_signal KILL "$HOLDER" || fail "no process to kill"
  lab_wait 60 "the address elsewhere" moved_from "$HOLDER" || fail "the address did not move"
  [ "$(cat "$LAB/power/file$HOLDER")" = off ] || fail "the agent switched nothing"
  told() { lab_ctl "$OTHER" fence history "node$HOLDER" | grep -q "able to reboot node node$HOLDER on behalf"; }
  lab_wait 20 "the history" told || fail "no history: $(lab_ctl "$OTHER" fence history "node$HOLDER")"
  grep -q '^action=metadata' "$LAB/asked" || fail "nobody asked what the agent can"
  grep -q '^action=off' "$LAB/asked" || fail "the agent was not asked to switch off"
  grep -q 'unknown option' "$LAB/complaints" && fail "the agent complains: $(sort -u "$LAB/complaints")"
  printf on >"$LAB/power/file$HOLDER"
  lab_boot "$HOLDER"
  lab_wait 60 "node$HOLDER again" online_again "$HOLDER" "$OTHER" || fail "node$HOLDER is not back"
  kill "$switch"
}

# What clusterd does not do it says, and ACLs that it does not know close the door.
story_unsupported() {
  begin
  cat >"$LAB/more.xml" <<'XML'
<resources><primitive id="old" class="upstart" type="job"><meta_attributes id="old-m"><nvpair id="old-m-t" name="target-role" value="Stopped"/></meta_attributes></primitive></resources>
XML
  lab_ctl 1 cib modify "$LAB/more.xml" resources || fail "the change is refused"
  says() { grep -q "not supported: $2" "$LAB/node$1/log"; }
  for i in 1 2 3; do
    lab_wait 20 "what it says" says "$i" 'primitive old: clusterd does not run agents of class upstart' || fail "node$i says nothing"
  done
  lab_ctl 1 status --json | grep -q 'does not run agents of class upstart' || fail "status --json does not tell"
  lab_ctl 1 configure property enable-acl=true || fail "configure"
  lab_wait 20 "what it says" says 1 'enable-acl: clusterd knows no ACLs' || fail "nothing is said of ACLs"
  lab_ctl 1 status >/dev/null || fail "root is refused"
  sed -i 's/^control_group.*//' "$LAB/node$OTHER/clusterd.conf"
  leave "$OTHER"
  printf 'control_group = daemon\nothers_may_read = yes\n' >>"$LAB/node$OTHER/clusterd.conf"
  touch "$LAB/node$OTHER/start"
  lab_wait 40 "node$OTHER again" members_are 3 1 2 3 || fail "node$OTHER is not back"
  chmod 755 "$LAB" "$LAB/node$OTHER" "$LAB/node$OTHER/run"
  cp "$CLUSTERCTL" "$LAB/clusterctl"
  as_member() { setpriv --reuid 65534 --regid 65534 --groups daemon "$LAB/clusterctl" --socket "$LAB/node$OTHER/run/clusterd.sock" "$@"; }
  as_member status >"$LAB/answer" 2>&1 && fail "a member of the group may look while ACLs are on"
  grep -q 'only root and hacluster may' "$LAB/answer" || fail "the refusal says: $(cat "$LAB/answer")"
  lab_ctl 1 configure property enable-acl=false || fail "configure"
  may_look() { as_member status; }
  lab_wait 20 "the rights of the group" may_look || fail "the group has no rights: $(as_member status 2>&1)"
}

# Whatever happened to the files of the state: the last good version, with a word about it, or a refusal.
story_damaged_state() {
  begin
  local file state=$LAB/node$OTHER/state
  leave "$OTHER"
  for file in $(ls "$state" | grep '\.[0-9]*$' | sed 's/\.[0-9]*$//' | sort -u); do
    file=$(ls "$state/$file".* | sort | tail -1)
    [ "$(ls "${file%.*}".* | wc -l)" -gt 1 ] && truncate -s $(($(stat -c %s "$file") / 2)) "$file"
  done
  touch "$LAB/node$OTHER/start"
  lab_wait 40 "node$OTHER again" members_are 3 1 2 3 || fail "node$OTHER does not start"
  grep -q 'is damaged; the one before is used' "$LAB/node$OTHER/log" || fail "nothing is said of it"
  leave "$OTHER"
  cp -r "$state" "$LAB/state.kept"
  for file in "$state"/cib%2Exml.*; do echo rubbish >"$file"; done
  "$CLUSTERD" --config "$LAB/node$OTHER/clusterd.conf" --check >"$LAB/check" 2>&1
  grep -q '^problem: .*every version of cib%2Exml is damaged' "$LAB/check" || fail "--check says: $(cat "$LAB/check")"
  touch "$LAB/node$OTHER/start"
  says() { grep -q 'every version of cib%2Exml is damaged' "$LAB/node$OTHER/log"; }
  lab_wait 20 "a refusal" says || fail "it does not refuse"
  lab_wait 10 "its end" runs_no_more "$OTHER" || fail "it runs without a CIB"
  rm "$state"/cib%2Exml.*
  touch "$LAB/node$OTHER/start"
  lab_wait 40 "node$OTHER again" members_are 3 1 2 3 || fail "node$OTHER does not start without"
  has_cib() { lab_ctl "$OTHER" cib query | grep -q '<primitive id="vip"'; }
  lab_wait 20 "the others' CIB" has_cib || fail "it has no CIB"
  [ ! -s "$LAB/power.log" ] || fail "somebody was fenced"
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
}

# Clients that come and go in crowds, never read, never speak, and say anything: the node works, and forgets them.
story_clients() {
  command -v python3 >/dev/null || { say "skipped: python3 is not installed"; return; }
  begin
  local before after pid seconds=${CLIENTS_SECONDS:-10}
  pid=$(pgrep -x clusterd -P "$(lab_first_process "$HOLDER")")
  descriptors() { ls "/proc/$pid/fd" | wc -l; }
  before=$(descriptors)
  python3 "$HERE/clients.py" "$LAB/node$HOLDER/run/clusterd.sock" "$seconds" || fail "the clients"
  settled() { [ "$(descriptors)" -le $((before + 2)) ]; }
  lab_wait 10 "the descriptors" settled || fail "descriptors: $before before, $(descriptors) after"
  [ "$pid" = "$(pgrep -x clusterd -P "$(lab_first_process "$HOLDER")")" ] || fail "it is another process"
  members_are 3 1 2 3 || fail "a node was lost"
  lab_held_by $VIP "$HOLDER" || fail "the address moved"
  [ -s "$LAB/power.log" ] && fail "somebody was fenced"
  lab_ctl "$HOLDER" status >/dev/null || fail "no answer"
}

# The daemon is killed and its service manager begins it anew at once, as Restart= does: what the others do about it.
story_crash_and_restart() {
  begin
  lab_signal KILL "$HOLDER" || fail "no process to kill"
  lab_wait 5 "its end" runs_no_more "$HOLDER"
  touch "$LAB/node$HOLDER/start"
  lab_wait 60 "all members" members_are 3 1 2 3 || fail "node$HOLDER is not back"
  lab_wait 60 "idle" idle 1 2 3
  lab_wait 20 "the address" lab_held_once $VIP || fail "the address is on $(lab_holders $VIP | wc -l) nodes"
  lab_watch_end
  if [ -s "$LAB/power.log" ]; then say "fenced: $(tr '\n' ' ' <"$LAB/power.log")"; else say "nobody was fenced"; fi
  say "the address was on node$HOLDER and is on node$(lab_holders $VIP); longest outage $(lab_outages | sort -n | tail -1) ms"
}

# What the scheduler was given is kept, in three series; simcluster and the original crm_simulate plan the same from it.
story_inputs() {
  local simulator count=0 inputs input planned dc
  simulator=$(dirname "$CLUSTERD")/simcluster
  [ -x "$simulator" ] || { say "skipped: no simcluster beside clusterd"; return; }
  command -v crm_simulate >/dev/null || { say "skipped: crm_simulate is not installed"; return; }
  LAB_PACEMAKER=2.1.5 begin  # a feature set that Debian's crm_simulate knows
  # A node that must be fenced makes a pe-warn of the input.
  dc=$(lab_ctl "$OTHER" status --json | awk -F'"node' '/"dc"/ {print $2 + 0}')
  lab_signal KILL "$(other_than "$dc")" || fail "no process to kill"
  warned() { lab_ctl "$dc" history | grep -q '/pe-warn-[0-9]*\.bz2$'; }
  lab_wait 30 "a pe-warn" warned || fail "no pe-warn: $(lab_ctl "$dc" history)"
  lab_wait 60 "all members" members_are 3 1 2 3 || fail "the node is not back"
  lab_wait 30 "idle" idle 1 2 3
  # Listed as they were written, and found by their names.
  lab_ctl "$dc" history | xargs stat -c %.9Y | sort -cn || fail "the order is: $(lab_ctl "$dc" history)"
  PATH="$(dirname "$CLUSTERD"):$PATH" lab_ctl "$dc" replay pe-warn-0 >"$LAB/replayed" || fail "replay pe-warn-0"
  grep -q 'Fencing\|Fence' "$LAB/replayed" || fail "pe-warn-0 fences nobody: $(cat "$LAB/replayed")"
  # As many as the CIB asks for; then the numbers begin again.
  lab_ctl "$dc" configure property pe-input-series-max=3 || fail "configure"
  for i in 1 2 3 4 5; do
    lab_ctl "$dc" configure property cluster-delay="7${i}s" || fail "configure"
    lab_wait 20 "idle" idle 1 2 3
    sleep 0.5
  done
  wrapped() { lab_ctl "$dc" history | tail -1 | grep -q 'pe-input-[0-2]\.bz2$'; }
  lab_wait 20 "small numbers" wrapped || fail "the last one is $(lab_ctl "$dc" history | tail -1)"
  for i in 1 2 3; do
    inputs=$(lab_ctl "$i" history)
    for input in $inputs; do
      "$simulator" replay --xml-file "$input" --simulate >"$LAB/ours" 2>&1
      crm_simulate --xml-file "$input" --simulate >"$LAB/theirs" 2>&1
      planned='/Transition Summary/,/Revised Cluster Status/p'
      if ! diff <(sed -n "$planned" "$LAB/ours" | grep ' \* ') <(sed -n "$planned" "$LAB/theirs" | grep ' \* '); then
        fail "$input: the plans differ"
      fi
      grep -q ' \* Online: \[ node1 node2 node3 \]' "$LAB/theirs" && count=$((count + 1))
    done
  done
  [ "$count" -gt 0 ] || fail "no input was kept"
  say "$count inputs with the same plans"
}

story_patch() {  # what the original crm_diff makes of two CIBs
  command -v crm_diff >/dev/null || { say "skipped: crm_diff is not installed"; return; }
  begin
  lab_ctl 1 cib query >"$LAB/before.xml"
  sed 's/<primitive id="vip" /<primitive id="vip" description="patched" /' "$LAB/before.xml" >"$LAB/after.xml"
  crm_diff --no-version --original "$LAB/before.xml" --new "$LAB/after.xml" >"$LAB/difference.xml"
  grep -q 'format="2"' "$LAB/difference.xml" || fail "crm_diff made no difference of format 2"
  lab_ctl 1 cib patch "$LAB/difference.xml" || fail "the patch is refused"
  is_patched() { lab_ctl "$OTHER" cib query | grep -q 'description="patched"'; }
  lab_wait 5 "the change everywhere" is_patched || fail "the CIB of node$OTHER is not patched"
  sed -i 's/vip/nothing/g' "$LAB/difference.xml"
  lab_ctl 1 cib patch "$LAB/difference.xml" 2>"$LAB/refusal" && fail "a patch that does not fit is taken"
  grep -q 'does not fit' "$LAB/refusal" || fail "the refusal says: $(cat "$LAB/refusal")"
}

# One line for one fencing on every node, also when they have told each other, and after the whole cluster was down.
story_fencing_history() {
  begin
  lab_signal KILL "$HOLDER" || fail "no process to kill"
  came_back
  told() {
    local i
    for i in 1 2 3; do
      [ "$(lab_ctl "$i" fence history '*' | grep -c "reboot node node$HOLDER on behalf")" = 1 ] || return 1
    done
  }
  lab_wait 20 "the history everywhere" told || fail "the nodes do not remember the same"
  sleep 8  # the DC tells what it knows some seconds after a node has joined
  told || fail "the nodes do not remember the same"
  for i in 1 2 3; do lab_signal TERM "$i"; done
  for i in 1 2 3; do lab_wait 20 "clusterd's end on node$i" runs_no_more "$i" || fail "clusterd still runs"; done
  for i in 1 2 3; do touch "$LAB/node$i/start"; done
  lab_wait 60 "all members" members_are 3 1 2 3 || fail "the cluster does not come back"
  lab_wait 20 "the history after a restart" told || fail "the fencing is forgotten"
}

# Random faults for a while; the address is never on two live nodes, and in the end it is on one.
story_soak() {
  begin
  lab_watch_end
  local end=$((SECONDS + ${SOAK_SECONDS:-60})) victim round=0 holders
  RANDOM=${SOAK_SEED:-1}
  while [ $SECONDS -lt "$end" ]; do
    round=$((round + 1))
    victim=$((RANDOM % 3 + 1))
    case $((RANDOM % 4)) in
      0) say "kill -9 on node$victim"; lab_signal KILL "$victim" ;;
      1) say "node$victim loses its link"; ip -n "$LAB_ID-net" link set "p$victim-0" down ;;
      2) say "node$victim stands still for 3 s"; lab_signal STOP "$victim"; (sleep 3; lab_signal CONT "$victim") & ;;
      3) say "the address is removed"; for i in $(lab_holders $VIP); do ip -n "$LAB_ID-$i" addr del $VIP/24 dev eth0; done ;;
    esac
    for _ in $(seq 200); do
      holders=$(lab_holders $VIP | wc -l)
      # A node without a link or that stands still is being fenced: others start the address only after that.
      [ "$holders" -le 1 ] || fail "the address is on $holders nodes: $(lab_holders $VIP | tr '\n' ' ')"
      sleep 0.05
    done
    for i in 1 2 3; do ip -n "$LAB_ID-net" link set "p$i-0" up; done
    lab_wait 90 "peace" members_are 3 1 2 3 || fail "the cluster did not heal in round $round"
  done
  lab_wait 60 "the address" lab_held_once $VIP || fail "the address is nowhere"
  say "$round faults"
}

# By hand: traffic for a long time, and what the nodes that live through it take: memory, descriptors, disk. Node 3
# leaves, comes back, is killed and fenced; clients of node 1 behave badly. MEMORY_MINUTES: when to look, the first look
# is what the others are measured by.
story_memory() {
  begin
  lab_watch_end
  local start=$SECONDS round=0 minute last=0 first=() i pid
  local minutes=(${MEMORY_MINUTES:-5 20 40 60})
  python3 "$HERE/clients.py" "$LAB/node1/run/clusterd.sock" $((${minutes[-1]} * 60)) >"$LAB/clients" &
  local clients=$!
  for minute in "${minutes[@]}"; do
    while [ $((SECONDS - start)) -lt $((minute * 60)) ]; do memory_round $((round++)); done
    for i in 1 2; do
      last=$(memory_of "$i")
      first[i]=${first[i]:-$last}
      pid=$(pgrep -x clusterd -P "$(lab_first_process "$i")")
      say "after $minute minutes node$i: $last KiB, $(ls "/proc/$pid/fd" | wc -l) descriptors," \
        "$(du -sk "$LAB/node$i/state" | cut -f1) KiB of state in $(find "$LAB/node$i/state" -type f | wc -l) files," \
        "$(lab_ctl "$i" cib query | wc -c) bytes of CIB, round $round"
      [ "$last" -lt $((first[i] + 2048)) ] || fail "the memory of node$i grows"
    done
  done
  wait "$clients" || fail "the clients: $(cat "$LAB/clients")"
  say "clients of node1: $(cat "$LAB/clients")"
  lab_held_once $VIP || lab_wait 60 "the address" lab_held_once $VIP || fail "the address is nowhere"
}
# Anonymous and locked pages that are the daemon's own.
memory_of() { awk '/^Pss:/ {print $2}' "/proc/$(pgrep -x clusterd -P "$(lab_first_process "$1")")/smaps_rollup"; }
memory_round() {
  local n=$1 i
  for i in 1 2 3; do lab_ctl "$i" attribute "load$((n % 7))" "$n"; done
  [ $((n % 5)) = 0 ] && lab_ctl $((n % 2 + 1)) configure property "cluster-delay=$((60 + n % 10))s"
  [ $((n % 10)) = 5 ] && lab_ctl 1 resource move vip "node$((n / 10 % 2 + 1))"
  [ $((n % 10)) = 9 ] && lab_ctl 2 resource clear vip
  case $((n % 60)) in
    20) lab_ctl 3 shutdown ;;
    30) touch "$LAB/node3/start" ;;
    45) lab_signal KILL 3 ;;
  esac
  lab_ctl $((n % 2 + 1)) status
  sleep 1
} >/dev/null 2>&1

ALL="boot kill kill_one_of_two stop_signal link_loss one_of_two_links first_of_two_links all_links_at_once links_in_turn udp
  address_removed handover rolling_restart restart_without_return crash_and_restart wrong_key wrong_key_udp new_key
  two_clusters two_clusters_udp garbage garbage_udp corosync_key full_disk hanging_disk full_cib large_cib_joins inputs patch commands
  promoted installed_fence_agent unsupported damaged_state clients fencing_history soak"
[ $# -gt 0 ] || set -- $ALL
for story in "$@"; do
  declare -F "story_$story" >/dev/null || { echo "unknown story $story; expected of: $ALL" >&2; exit 2; }
done
# Each on its own stays visible while it runs; several at a time are told one after the other.
tell() { if ( "story_$story" ); then say "passed"; else exit 1; fi; }
if [ "${LAB_JOBS:-1}" = 1 ]; then
  for story in "$@"; do tell; done
  exit 0
fi
OUTPUTS=$(mktemp -d) || exit 1
trap 'rm -rf "$OUTPUTS"' EXIT
declare -A running=()
failed=0
# Waits for any one of those that run.
take_one() {
  local pid status
  wait -n -p pid "${!running[@]}"
  status=$?
  cat "$OUTPUTS/${running[$pid]}"
  unset "running[$pid]"
  [ $status = 0 ] || failed=1
}
for story in "$@"; do
  [ "${#running[@]}" -lt "$LAB_JOBS" ] || take_one
  (trap - EXIT; tell) >"$OUTPUTS/$story" 2>&1 &
  running[$!]=$story
done
while [ "${#running[@]}" -gt 0 ]; do take_one; done
exit $failed
