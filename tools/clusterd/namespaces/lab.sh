#!/usr/bin/env bash
# A laboratory for clusterd on one machine: every node in network, PID, mount, UTS and IPC namespaces of its own, joined
# by bridges in a namespace that belongs to nobody, and a client that watches a service from the side. Sourced by tests;
# called with "_node N" it is the first process of a node, with "_power" the power switch.
set -u
SELF=$(readlink -f "${BASH_SOURCE[0]}")

lab_fail() { echo "lab: $*" >&2; exit 1; }

# lab_up NODES LINKS: namespaces, networks and files; nothing runs yet. Needs CLUSTERD, CLUSTERCTL (programs).
# LAB_STACK=pacemaker: Debian's Corosync and Pacemaker run on the nodes instead, for comparisons.
lab_up() {
  export LAB_NODES=$1 LAB_LINKS=$2
  LAB=$(mktemp -d /tmp/clusterd-lab.XXXXXX)
  export LAB LAB_ID=cl$BASHPID CLUSTERD CLUSTERCTL LAB_STACK=${LAB_STACK:-clusterd}
  mkdir -p "$LAB/power" "$LAB/sbin"
  local i k
  ip netns add "$LAB_ID-net" || lab_fail "cannot make a network namespace"
  for k in $(seq 0 $((LAB_LINKS - 1))); do
    ip -n "$LAB_ID-net" link add "br$k" type bridge
    ip -n "$LAB_ID-net" link set "br$k" up
  done
  for i in $(seq 1 "$LAB_NODES") client; do
    ip netns add "$LAB_ID-$i"
    ip -n "$LAB_ID-$i" link set lo up
    for k in $(seq 0 $((LAB_LINKS - 1))); do
      ip -n "$LAB_ID-net" link add "p$i-$k" type veth peer name "eth$k" netns "$LAB_ID-$i"
      ip -n "$LAB_ID-net" link set "p$i-$k" master "br$k" up
      ip -n "$LAB_ID-$i" addr add "10.98.$k.${i/client/254}/24" dev "eth$k"
      ip -n "$LAB_ID-$i" link set "eth$k" up
    done
  done
  for i in $(seq 1 "$LAB_NODES"); do mkdir -p "$LAB/node$i/state" "$LAB/node$i/run"; lab_settings "$i"; done
  lab_corosync_conf >"$LAB/corosync.conf"
  lab_first_cib >"$LAB/cib.xml"
  head -c 256 /dev/urandom >"$LAB/authkey"
  chmod 400 "$LAB/authkey"
  lab_fence_agent
  "$SELF" _power </dev/null >"$LAB/power.log" 2>&1 &
  LAB_POWER=$!
}

lab_settings() {
  cat >"$LAB/node$1/clusterd.conf" <<CONF
corosync_conf = $LAB/corosync.conf
authkey = $LAB/authkey
cib = $LAB/cib.xml
node_name = node$1
state_directory = $LAB/node$1/state
control_socket = $LAB/node$1/run/clusterd.sock
reset_command = $LAB/sbin/reset_node
fence_directory = $LAB/sbin
log = stderr
log_priority = ${LAB_LOG:-notice}
pacemaker = ${LAB_PACEMAKER:-3.0.2}
links = ${LAB_TRANSPORT:-knet}
trust_links = ${LAB_TRUST:-yes}
cib_limit = ${LAB_CIB_LIMIT:-16}
CONF
}

# LAB_TOKEN: token time-out in milliseconds. LAB_LINK_MODE: passive, active or rr. LAB_CIPHER: crypto_cipher.
lab_corosync_conf() {
  local i k
  printf 'totem {\n  version: 2\n  cluster_name: lab\n  transport: knet\n  token: %s\n' "${LAB_TOKEN:-1000}"
  printf '  secauth: on\n  crypto_hash: sha256\n  crypto_cipher: %s\n  link_mode: %s\n}\nnodelist {\n' \
    "${LAB_CIPHER:-aes256}" "${LAB_LINK_MODE:-passive}"
  for i in $(seq 1 "$LAB_NODES"); do
    printf '  node {\n    name: node%d\n    nodeid: %d\n' "$i" "$i"
    for k in $(seq 0 $((LAB_LINKS - 1))); do printf '    ring%d_addr: 10.98.%d.%d\n' "$k" "$k" "$i"; done
    printf '  }\n'
  done
  printf '}\nquorum {\n  provider: corosync_votequorum\n'
  [ "$LAB_NODES" = 2 ] && printf '  two_node: 1\n  wait_for_all: 0\n'
  printf '}\n'
}

# All that it says: do not wait twenty seconds for a DC that may be there already.
lab_first_cib() {
  cat <<'CIB'
<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
  <configuration>
    <crm_config>
      <cluster_property_set id="cib-bootstrap-options">
        <nvpair id="cib-bootstrap-options-dc-deadtime" name="dc-deadtime" value="2s"/>
      </cluster_property_set>
    </crm_config>
    <nodes/>
    <resources/>
    <constraints/>
  </configuration>
  <status/>
</cib>
CIB
}

# The fence agent asks the power switch outside, which a node cannot be.
lab_fence_agent() {
  cat >"$LAB/sbin/fence_lab" <<AGENT
#!/bin/bash
while IFS='=' read -r key value; do
  case \$key in action) action=\$value ;; plug|port|nodename) plug=\$value ;; esac
done
ask() {
  local file=$LAB/power/\$\$-\$RANDOM
  echo "\$1 \$2" >"\$file.tmp"; mv "\$file.tmp" "\$file.request"
  for _ in \$(seq 1000); do [ -e "\$file.done" ] && return 0; sleep 0.01; done
  return 1
}
case \$action in
  on|off|reboot) ask "\$action" "\${plug#node}" ;;
  list) for i in \$(seq 1 $LAB_NODES); do echo "node\$i,"; done ;;
  status|monitor|validate-all) exit 0 ;;
  metadata) echo '<resource-agent name="fence_lab"><parameters><parameter name="plug"/></parameters><actions><action name="off"/><action name="on"/><action name="reboot"/></actions></resource-agent>' ;;
  *) exit 1 ;;
esac
AGENT
  cat >"$LAB/sbin/reset_node" <<RESET
#!/bin/bash
echo "reboot \$(hostname | tr -d a-z)" >"$LAB/power/reset-\$\$.tmp"
mv "$LAB/power/reset-\$\$.tmp" "$LAB/power/reset-\$\$.request"
sleep 60
RESET
  chmod 755 "$LAB/sbin/fence_lab" "$LAB/sbin/reset_node"
}

lab_first_process() { pgrep -P "$(cat "$LAB/node$1/launcher" 2>/dev/null)" 2>/dev/null | head -1; }
lab_alive() { [ -e "$LAB/node$1/launcher" ] && [ -n "$(lab_first_process "$1")" ]; }

lab_boot() {
  lab_alive "$1" && return
  setsid ip netns exec "$LAB_ID-$1" unshare --mount --uts --ipc --pid --fork --mount-proc \
    "$SELF" _node "$1" >>"$LAB/node$1/log" 2>&1 </dev/null &
  echo $! >"$LAB/node$1/launcher"
}

# Cuts the power of a node: nothing in it runs on, and its addresses go.
lab_cut() {
  local first
  first=$(lab_first_process "$1")
  [ -n "$first" ] && kill -9 "$first" 2>/dev/null
  for _ in $(seq 200); do lab_alive "$1" || break; sleep 0.01; done
  ip -n "$LAB_ID-$1" -o -4 addr show | awk '$4 !~ /^127\./ && $4 !~ /^10\.98\.[0-9]+\.[0-9]\/24$/ {print $2, $4}' |
    while read -r device address; do ip -n "$LAB_ID-$1" addr del "$address" dev "$device"; done
}

# lab_on NODE COMMAND...: as an operator on the node.
lab_on() {
  local first
  first=$(lab_first_process "$1"); shift
  [ -n "$first" ] || return 1
  nsenter -t "$first" -m -u -i -n -p -- "$@"
}
lab_ctl() {
  local node=$1; shift
  "$CLUSTERCTL" --socket "$LAB/node$node/run/clusterd.sock" "$@"
}
lab_pid() { lab_on "$1" pgrep -x clusterd | head -1; }
lab_signal() { lab_on "$2" pkill "-$1" -x clusterd; }

# lab_wait SECONDS DESCRIPTION COMMAND...: until the command succeeds. The seconds are those of a quiet machine, and
# LAB_PATIENCE times as many are waited.
lab_wait() {
  local deadline=$((SECONDS + $1 * ${LAB_PATIENCE:-10})) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo "lab: waited in vain for: $what" >&2
      return 1
    fi
    sleep 0.05
  done
}

# Nodes of the laboratory that hold an address.
lab_holders() {
  local i
  for i in $(seq 1 "$LAB_NODES"); do
    ip -n "$LAB_ID-$i" -o -4 addr show 2>/dev/null | grep -q " $1/" && echo "$i"
  done
}
lab_held_once() { [ "$(lab_holders "$1" | wc -l)" = 1 ]; }
lab_held_by() { [ "$(lab_holders "$1")" = "$2" ]; }

# A client that asks the address every 10 ms; lab_outages reads its notes: gaps above 30 ms, a line each, in ms. Where no
# question was left without an answer it was the client that was late.
lab_watch() {
  setsid ip netns exec "$LAB_ID-client" ping -n -D -i 0.01 -W 1 "$1" >"$LAB/client.log" 2>&1 &
  LAB_CLIENT=$!
}
lab_watch_end() { kill "$LAB_CLIENT" 2>/dev/null; wait "$LAB_CLIENT" 2>/dev/null; }
lab_outages() {
  awk -F'[][]' '/bytes from/ {
    match($0, /icmp_seq=[0-9]+/); number = substr($0, RSTART + 9, RLENGTH - 9) + 0
    if (last && $2 - last > 0.030 && number != (before + 1) % 65536) printf "%d\n", ($2 - last) * 1000
    last = $2; before = number
  }' "$LAB/client.log"
}

lab_down() {
  local i
  touch "$LAB/power/end"
  for i in $(seq 1 "$LAB_NODES"); do lab_cut "$i"; done
  [ -n "${LAB_CLIENT:-}" ] && kill "$LAB_CLIENT" 2>/dev/null
  kill "$LAB_POWER" 2>/dev/null
  for i in $(seq 1 "$LAB_NODES") client net; do ip netns del "$LAB_ID-$i" 2>/dev/null; done
  [ -n "${LAB_KEEP:-}" ] || rm -rf "$LAB"
}

# --- inside ----------------------------------------------------------------------------------------------------------

node_main() {
  hostname "node$1"
  mount --make-rprivate /
  if [ "$LAB_STACK" = pacemaker ]; then pacemaker_main; fi
  mount -t tmpfs tmpfs /run
  mkdir -p /run/resource-agents /run/lock
  # What the machine's own service manager would do: the daemon is started once, and again when it is called for.
  "$CLUSTERD" --config "$LAB/node$1/clusterd.conf" &
  while true; do
    [ -e "$LAB/node$1/start" ] && { rm -f "$LAB/node$1/start"; "$CLUSTERD" --config "$LAB/node$1/clusterd.conf" & }
    sleep 0.05
  done
}

# Corosync and Pacemaker with directories of the node's own.
pacemaker_main() {
  local directory owner
  for directory in /var/lib/pacemaker /var/lib/corosync /run /dev/shm /var/log /etc/corosync; do
    owner=$(stat -c %u:%g "$directory")
    mount -t tmpfs tmpfs "$directory"
    chown "$owner" "$directory"
  done
  chmod 1777 /dev/shm
  mkdir -p /var/lib/pacemaker/{cib,pengine,cores,blackbox} /var/log/{corosync,pacemaker,cluster,crmsh} \
    /run/{crm,resource-agents,lock}
  chown -R hacluster:haclient /var/lib/pacemaker /run/crm /var/log/pacemaker
  cp "$LAB/corosync.conf" "$LAB/authkey" /etc/corosync/
  install -o hacluster -g haclient -m 600 "$LAB/cib.xml" /var/lib/pacemaker/cib/cib.xml
  mount -t overlay overlay -o "lowerdir=$LAB/sbin:/usr/sbin" /usr/sbin
  corosync
  sleep 0.5
  PCMK_logfile=/var/log/pacemaker/pacemaker.log pacemakerd &
  exec sleep infinity
}

power_main() {
  local request action node
  while [ ! -e "$LAB/power/end" ]; do
    for request in "$LAB"/power/*.request; do
      [ -e "$request" ] || continue
      read -r action node <"$request"
      echo "$action $node"
      case $action in
        off) lab_cut "$node" ;;
        on) lab_boot "$node" ;;
        # A machine needs longer to boot than its cluster to miss it.
        reboot) lab_cut "$node"; [ -n "${LAB_STAYS_OFF:-}" ] || { sleep 3; [ -d "$LAB/power" ] && [ ! -e "$LAB/power/end" ] && lab_boot "$node"; } & ;;
      esac
      mv "$request" "${request%.request}.done"
    done
    sleep 0.01
  done
}

case "${1:-}" in
  _node) node_main "$2" ;;
  _power) power_main ;;
esac
