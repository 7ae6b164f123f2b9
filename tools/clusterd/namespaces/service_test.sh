#!/usr/bin/env bash
# The shipped unit under a real systemd, which is booted as the first process of namespaces: start, readiness, agents
# within the hardening, reload, watchdog, a crash, stop. Usage: service_test.sh CLUSTERD CLUSTERCTL UNIT.
# Exit 77: cannot run here. Called with "_boot" it becomes that systemd.
set -u
CGROUP=${CGROUP:-}
VIP=10.97.0.100

boot() {
  mount --make-rprivate /
  hostname node1
  mount -t tmpfs tmpfs /run
  mount -t cgroup2 none /sys/fs/cgroup || exit 77
  mount -t tmpfs tmpfs /var/lib
  mkdir -p /run/systemd/system/clusterd.service.d /run/lock /run/resource-agents
  mount -t overlay overlay -o "lowerdir=$PLACE/etc:/etc" /etc || exit 77
  cp "$UNIT" /run/systemd/system/clusterd.service
  cat >/run/systemd/system/clusterd.service.d/test.conf <<CONF
[Unit]
DefaultDependencies=no
[Service]
ExecStart=
ExecStart=$CLUSTERD --config $PLACE/clusterd.conf
WatchdogSec=${WATCHDOG:-10}
RestartSec=1
StandardOutput=append:$PLACE/log
StandardError=append:$PLACE/log
CONF
  printf '[Unit]\nDescription=Test\nDefaultDependencies=no\n' >/run/systemd/system/test.target
  # What the unit waits for is there.
  for unit in network-online nss-lookup time-sync; do
    printf '[Unit]\nDescription=%s\nDefaultDependencies=no\n' $unit >/run/systemd/system/$unit.target
  done
  ip link set lo up
  ip link add eth0 type veth peer name other0 && ip link set other0 up && ip link set eth0 up
  ip addr add 10.97.0.1/24 dev eth0
  export container=namespaces
  exec "$SYSTEMD" --system --unit=test.target
}
[ "${1:-}" = _boot ] && boot

SELF=$(readlink -f "$0")
export CLUSTERD CLUSTERCTL UNIT PLACE SYSTEMD
CLUSTERD=$(readlink -f "$1") CLUSTERCTL=$(readlink -f "$2") UNIT=$(readlink -f "$3")
skip() { echo "skipped: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "needs root"
for tool in ip nsenter unshare systemctl pgrep findmnt; do command -v $tool >/dev/null || skip "$tool is not installed"; done
[ -x /usr/lib/ocf/resource.d/heartbeat/IPaddr2 ] || skip "the resource agents are not installed"
for SYSTEMD in /lib/systemd/systemd /usr/lib/systemd/systemd ''; do [ -x "$SYSTEMD" ] && break; done
[ -n "$SYSTEMD" ] || skip "systemd is not installed"
CGROUPS=$(findmnt -n -t cgroup2 -o TARGET | head -1)
[ -n "$CGROUPS" ] || skip "no unified control groups"
CGROUP=$CGROUPS/clusterd-test-$$
mkdir "$CGROUP" 2>/dev/null || skip "control groups cannot be made here"
PLACE=$(mktemp -d /tmp/clusterd-service.XXXXXX)
MACHINE=
inside() { nsenter -t "$MACHINE" -m -u -i -n -p -C -- "$@"; }
clear_away() {
  local i
  [ -n "$MACHINE" ] && kill -9 "$MACHINE" 2>/dev/null
  for i in $(seq 50); do rmdir $(find "$CGROUP" -depth -type d) 2>/dev/null && break; sleep 0.1; done
  [ -n "${KEEP:-}" ] || rm -rf "$PLACE"
}
trap clear_away EXIT
fail() { echo "FAILED: $*"; tail -n 20 "$PLACE/log" 2>/dev/null; [ -n "$MACHINE" ] && inside systemctl status --no-pager clusterd; exit 1; }
wait_for() {  # SECONDS DESCRIPTION COMMAND...; ten times as long where the machine is busy
  local deadline=$((SECONDS + $1 * 10)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $deadline ] || fail "waited in vain for: $what"; sleep 0.05; done
}
property() { inside systemctl show -p "$1" --value clusterd; }
is() { [ "$(property "$1")" = "$2" ]; }
has_address() { inside ip -o addr show dev eth0 | grep -q " $VIP/"; }

mkdir -p "$PLACE/etc/corosync"
cat >"$PLACE/etc/corosync/corosync.conf" <<CONF
totem {
  version: 2
  cluster_name: service
  transport: knet
}
nodelist {
  node {
    name: node1
    nodeid: 1
    ring0_addr: 10.97.0.1
  }
}
quorum {
  provider: corosync_votequorum
}
CONF
cat >"$PLACE/clusterd.conf" <<CONF
cib = $PLACE/cib.xml
log = stderr
reset_command = /bin/false
allow_unauthenticated = yes
CONF
cat >"$PLACE/cib.xml" <<CIB
<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0"><configuration><crm_config>
<cluster_property_set id="o"><nvpair id="o-1" name="dc-deadtime" value="1s"/><nvpair id="o-2" name="stonith-enabled" value="false"/>
</cluster_property_set></crm_config><nodes/><resources><primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
<instance_attributes id="v"><nvpair id="v-1" name="ip" value="$VIP"/><nvpair id="v-2" name="cidr_netmask" value="24"/>
<nvpair id="v-3" name="nic" value="eth0"/></instance_attributes></primitive></resources><constraints/><op_defaults><meta_attributes id="d"><nvpair id="d-1" name="timeout"
value="120s"/></meta_attributes></op_defaults></configuration><status/></cib>
CIB

# What systemd says of the unit itself.
sed "s|^ExecStart=.*|ExecStart=$CLUSTERD|" "$UNIT" >"$PLACE/clusterd.service"
problems=$(systemd-analyze verify --man=no "$PLACE/clusterd.service" 2>&1 | grep clusterd.service)
[ -z "$problems" ] || fail "systemd-analyze verify: $problems"
systemd-analyze security --offline=true "$PLACE/clusterd.service" 2>/dev/null | tail -1

(echo "$BASHPID" >"$CGROUP/cgroup.procs" && WATCHDOG=3 exec unshare --pid --mount --uts --ipc --cgroup --net --fork --kill-child \
  --mount-proc "$SELF" _boot) >"$PLACE/boot.log" 2>&1 </dev/null &
LAUNCHER=$!
for _ in $(seq 1000); do MACHINE=$(pgrep -P $LAUNCHER | head -1); [ -n "$MACHINE" ] && break; sleep 0.05; done
[ -n "$MACHINE" ] || skip "no namespaces here"
running() { inside systemctl is-system-running --quiet || [ "$(inside systemctl is-system-running)" = degraded ]; }
for _ in $(seq 2000); do running 2>/dev/null && break; kill -0 "$MACHINE" 2>/dev/null || break; sleep 0.05; done
running 2>/dev/null || skip "systemd does not boot here"

inside systemctl start clusterd || fail "the unit does not start"
is ActiveState active || fail "the unit is not active"
[ "$(property StatusErrno)" = 0 ] || fail "an error was told"
echo "started: ready, main process $(property MainPID)"
wait_for 30 "the address" has_address
echo "IPaddr2 works within the hardening"
sleep 4  # longer than the watchdog's time: it is fed
is NRestarts 0 || fail "the watchdog was not fed"
echo "the watchdog is fed"
inside systemctl reload clusterd || fail "reload is refused"
wait_for 5 "the reload" grep -q 'Config reload requested' "$PLACE/log"
echo "reloaded"
inside "$CLUSTERCTL" restart || fail "clusterctl restart is refused"
is NRestarts 0 || fail "the service manager took a part in clusterctl restart"
has_address || fail "clusterctl restart took the address away"
echo "clusterctl restart: the same service, the address stayed"
inside kill -STOP "$(property MainPID)"
wait_for 15 "the service manager's watchdog" is NRestarts 1
wait_for 15 "readiness after the watchdog" is ActiveState active
echo "stood still: killed by the service manager's watchdog and begun anew"
wait_for 30 "the address after the watchdog" has_address
inside kill -KILL "$(property MainPID)"
wait_for 10 "a restart" is NRestarts 2
wait_for 15 "readiness after the crash" is ActiveState active
echo "killed: begun anew"
wait_for 30 "the cluster after the crash" sh -c "nsenter -t $MACHINE -m -u -i -n -p '$CLUSTERCTL' status | grep -q 'vip.*Started'"
inside systemctl stop clusterd || fail "the unit does not stop"
has_address && fail "the address is still there"
is Result success || fail "the stop counts as a failure"
is ActiveState inactive || fail "the unit is still there"
echo "stopped: the address went first"
echo passed
