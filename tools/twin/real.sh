#!/usr/bin/env bash
# real.sh SCRIPT DIRECTORY: carries out a script of "simcluster twin" on the real Corosync (and Pacemaker) of this
# machine. Every node has its own network, process, mount, host-name and IPC namespaces; the networks are bridges in a
# namespace of their own, so nothing leaves the machine, and the machine's own configuration is not touched.
# DIRECTORY gets events.log (what was done and what tools printed) and NODE/corosync.log. Needs root.
set -euo pipefail

script=$1
dir=$2
id=sc$$
zero=0 # microseconds since the epoch: the start of the run
declare -A ports addresses configured boot_time comes_back
declare -a nodes networks

die() {
  echo "real.sh: $*" >&2
  exit 2
}

# --- what a script may say before "go"

network() { # NAME
  networks+=("$1")
  ip -n "$id-net" link add "br${#networks[@]}" type bridge forward_delay 0
  ip -n "$id-net" link set "br${#networks[@]}" up
}

node() { # NAME [SECONDS-TO-BOOT [CLUSTER-AFTER-RESET]]
  nodes+=("$1")
  boot_time[$1]=${2:-0} comes_back[$1]=${3:-}
  mkdir -p "$dir/$1/disk" "$dir/$1/log" "$dir/$1/cib" "$dir/$1/pacemaker"
  : >"$dir/$1/corosync.conf"
  ip netns add "$id-$1"
  ip -n "$id-$1" link set lo up
  # Frames that a node must not hear are dropped where they arrive.
  on_net "$1" nft add table netdev faults
}

# The management controller at ADDRESS switches NODE, and takes SECONDS for an answer. Nodes reach it by the ipmitool that
# they find in /usr/bin.
switch() { # ADDRESS NODE SECONDS
  mkdir -p "$dir/power" "$dir/bin"
  echo "$2" >"$dir/power/$1"
  cat >"$dir/bin/ipmitool" <<END
#!/usr/bin/env bash
# ipmitool ... -H ADDRESS ... chassis power status|on|off
while [ \$# -gt 1 ]; do
  [ "\$1" != -H ] || address=\$2
  shift
done
sleep $3
exec 9>"$dir/power/lock"
flock 9
echo "\$address \$1" >"$dir/power/request.new"
mv "$dir/power/request.new" "$dir/power/request"
while [ -e "$dir/power/request" ]; do sleep 0.02; done
cat "$dir/power/answer"
END
  chmod 755 "$dir/bin/ipmitool"
}
# Does what the nodes ask the management controllers for.
management() {
  local address what name
  while sleep 0.02; do
    [ -e "$dir/power/request" ] || continue
    read -r address what <"$dir/power/request"
    name=$(cat "$dir/power/$address")
    case $what in
    status)
      if [ -e "$dir/$name/no-power" ]; then echo "Chassis Power is off"; else echo "Chassis Power is on"; fi
      ;;
    off)
      [ -e "$dir/$name/no-power" ] || power_off "$name"
      echo "Chassis Power Control: Down/Off"
      ;;
    on)
      echo "Chassis Power Control: Up/On"
      if [ -e "$dir/$name/no-power" ]; then
        rm "$dir/$name/no-power"
        (boot_again "$name") >/dev/null 2>&1 &
      fi
      ;;
    esac >"$dir/power/answer"
    rm "$dir/power/request"
  done
}

interface() { # NODE INTERFACE NETWORK ADDRESS/PREFIX...
  local name=$1 device=$2 network=$3 number port k
  shift 3
  for number in "${!nodes[@]}"; do [ "${nodes[number]}" = "$name" ] && break; done
  for k in "${!networks[@]}"; do [ "${networks[k]}" = "$network" ] && break; done
  port=p$number-$device
  ip -n "$id-net" link add "$port" type veth peer name "$device" netns "$id-$name"
  ip -n "$id-net" link set "$port" master "br$((k + 1))" up
  configured[$name:$device]=$*
  for address in "$@"; do ip -n "$id-$name" addr add "$address" dev "$device"; done
  # The crm shell looks nodes up by name.
  grep -q " $name\$" "$dir/hosts" 2>/dev/null || echo "${1%/*} $name" >>"$dir/hosts"
  ip -n "$id-$name" link set "$device" up
  ports[$name:$device]=$port
  addresses[$name:$network]=$device
  ingress "$name" "$device" cut
  ingress "$name" "$device" loss
  ip netns exec "$id-net" nft add chain netdev faults "$port" \
    "{ type filter hook ingress device $port priority 0; }"
}

corosync_conf() { # NODE..., from standard input
  file_of_nodes corosync.conf "$@"
}
cib() { # NODE..., from standard input
  file_of_nodes cib/cib.xml "$@"
}
file_of_nodes() { # FILE NODE...
  local file=$1 text
  shift
  text=$(cat)
  for name in "$@"; do printf '%s\n' "$text" >"$dir/$name/$file"; done
}

# --- time

now() { echo "${EPOCHREALTIME/[.,]/}"; }

# Everything above is in place: the run starts.
go() {
  for name in "${nodes[@]}"; do boot "$name"; done
  if [ -e "$dir/power" ]; then management & fi
  sleep 0.5
  zero=$(now)
  echo "zero $(date -d "@$((zero / 1000000))" +%H:%M:%S).$(printf %06d $((zero % 1000000)))" >>"$dir/events.log"
}

wait_until() { # SECONDS.mmm since the start
  local left=$((zero + 10#${1/./} * 1000 - $(now)))
  [ "$left" -le 0 ] || sleep "$(printf '%d.%06d' $((left / 1000000)) $((left % 1000000)))"
}

# at SECONDS.mmm NODE COMMAND...: does it then; NODE is - when it concerns none.
at() {
  local time=$1 name=$2
  shift 2
  wait_until "$time"
  local began=$(($(now) - zero))
  printf 'did %d %s %s\n' $((began / 1000)) "$name" "$*" >>"$dir/events.log"
  "$@"
}

# --- what can be done; NODE first where there is one

on_net() {
  local name=$1
  shift
  ip netns exec "$id-$name" "$@"
}
on() {
  local name=$1
  shift
  nsenter -t "$(init "$name")" -m -u -i -n -p -- "$@"
}

# The first process of the node; it holds the namespaces.
init() { cat "$dir/$1/init"; }
boot() {
  ip netns exec "$id-$1" unshare --mount --uts --ipc --pid --fork --mount-proc \
    "$BASH" "$0" --init "$1" "$dir/$1" </dev/null >>"$dir/$1/console.log" 2>&1 &
  local launcher=$! pid= i
  for i in $(seq 100); do
    pid=$(pgrep -P "$launcher" | head -1) || true
    [ -n "$pid" ] && [ -e "/proc/$pid/root/run/ready" ] && break
    sleep 0.05
  done
  [ -n "$pid" ] || die "node $1 did not boot"
  echo "$pid" >"$dir/$1/init"
  rm -f "$dir/$1/off" "$dir/$1/no-power"
}

start_cluster() {
  on "$1" corosync || true
  # As corosync.service: started is what answers.
  for _ in $(seq 100); do on "$1" corosync-cmapctl -g totem.version >/dev/null 2>&1 && break; sleep 0.02; done
  if on "$1" test -e /run/with-pacemaker; then
    # Nobody outside of the node may wait for it: whoever waits for a process that stands still stands still, too.
    on "$1" sh -c 'PCMK_logfile=/var/log/pacemaker/pacemaker.log setsid pacemakerd </dev/null >/dev/null 2>&1 &'
  fi
}
# Those that run: nobody collects what has ended in a node.
processes() { pgrep -r D,I,R,S,T,t --ns "$(init "$1")" --nslist pid "$2" || true; }
kill_processes() { # NODE NAME SIGNAL
  local pid
  # The kernel keeps fifteen letters of a name.
  for pid in $(processes "$1" "^${2:0:15}\$"); do kill "-$3" "$pid" 2>/dev/null || true; done
}
cluster_signal() { # NODE SIGNAL: to all daemons of the cluster software
  local pid
  # A tool would wait for a daemon that stands still.
  case $2 in 19) touch "$dir/$1/off" ;; 18) rm -f "$dir/$1/off" ;; esac
  for pid in $(processes "$1" '^(corosync|pacemaker)'); do kill "-$2" "$pid" 2>/dev/null || true; done
}
stop_cluster() {
  if [ -n "$(processes "$1" '^pacemakerd$')" ]; then
    (
      kill_processes "$1" pacemakerd TERM
      while [ -n "$(processes "$1" '^pacemakerd$')" ]; do sleep 0.05; done
      kill_processes "$1" corosync TERM
    ) &
  else
    kill_processes "$1" corosync TERM
  fi
}
# Without power there is no carrier either.
power_off() {
  touch "$dir/$1/off" "$dir/$1/no-power"
  kill -9 "$(init "$1")" 2>/dev/null || true
  each_port "$1" down
}
power_on() {
  local key address
  # Addresses that agents have set are gone with the power.
  for key in "${!configured[@]}"; do
    [ "${key%%:*}" = "$1" ] || continue
    ip -n "$id-$1" addr flush dev "${key#*:}"
    for address in ${configured[$key]}; do ip -n "$id-$1" addr add "$address" dev "${key#*:}"; done
  done
  boot "$1"
  each_port "$1" up
}
boot_again() {
  sleep "${boot_time[$1]}"
  [ ! -e "$dir/$1/no-power" ] || return 0
  power_on "$1"
  [ -z "${comes_back[$1]}" ] || start_cluster "$1"
}
each_port() {
  local key
  for key in "${!ports[@]}"; do
    if [ "${key%%:*}" = "$1" ]; then ip -n "$id-net" link set "${ports[$key]}" "$2"; fi
  done
}
cable() { ip -n "$id-net" link set "${ports[$1:$2]}" "$3"; }       # NODE INTERFACE up|down
link() { ip -n "$id-$1" link set "$2" "$3"; }                      # NODE INTERFACE up|down
address_del() { ip -n "$id-$1" addr del "$3" dev "$2"; }           # NODE INTERFACE ADDRESS/PREFIX
address_add() { ip -n "$id-$1" addr add "$3" dev "$2"; }
network_power() { # NETWORK up|down
  local key
  for key in "${!addresses[@]}"; do
    if [ "${key#*:}" = "$1" ]; then
      ip -n "$id-net" link set "${ports[${key%%:*}:${addresses[$key]}]}" "$2"
    fi
  done
}

# --- frames that get lost: nftables where frames arrive

ingress() { # NODE INTERFACE WHAT
  on_net "$1" nft add chain netdev faults "$3-$2" "{ type filter hook ingress device $2 priority 0; }"
}
share() { # PPM: the match that is true for that share of the frames
  if [ "$1" -lt 1000000 ]; then echo "numgen random mod 1000000 < $1"; fi
}
loss() { # NODE INTERFACE both|sending|receiving PPM
  on_net "$1" nft flush chain netdev faults "loss-$2"
  ip netns exec "$id-net" nft flush chain netdev faults "${ports[$1:$2]}"
  [ "$4" -gt 0 ] || return 0
  if [ "$3" != sending ]; then on_net "$1" nft add rule netdev faults "loss-$2" $(share "$4") drop; fi
  if [ "$3" != receiving ]; then
    ip netns exec "$id-net" nft add rule netdev faults "${ports[$1:$2]}" $(share "$4") drop
  fi
}
network_loss() { # NETWORK PPM
  local key
  for key in "${!addresses[@]}"; do
    if [ "${key#*:}" = "$1" ]; then loss "${key%%:*}" "${addresses[$key]}" receiving "$2"; fi
  done
}
deafen() { # TO FROM PPM [NETWORK]: TO does not hear FROM
  local network mac from to
  for network in "${networks[@]}"; do
    [ -z "${4:-}" ] || [ "$4" = "$network" ] || continue
    from=${addresses[$2:$network]:-} to=${addresses[$1:$network]:-}
    [ -n "$from" ] && [ -n "$to" ] || continue
    mac=$(on_net "$2" cat "/sys/class/net/$from/address")
    on_net "$1" nft add rule netdev faults "cut-$to" ether saddr "$mac" $(share "$3") drop
  done
}
# partition NETWORK|- GROUP...: a group is node,node,...
partition() {
  local network=${1#-} a b x y
  shift
  heal
  for a in "$@"; do
    for b in "$@"; do
      [ "$a" != "$b" ] || continue
      for x in ${a//,/ }; do for y in ${b//,/ }; do deafen "$x" "$y" 1000000 "$network"; done; done
    done
  done
}
heal() {
  local key name
  for key in "${!addresses[@]}"; do
    name=${key%%:*}
    on_net "$name" nft flush chain netdev faults "cut-${addresses[$key]}"
  done
}

# What a tool prints, into events.log.
screen() { # NODE COMMAND...
  local name=$1 line
  shift
  [ ! -e "$dir/$name/off" ] || return 0
  on "$name" timeout 20 "$@" 2>&1 | while IFS= read -r line; do printf 'out %s\n' "$line"; done >>"$dir/events.log" || true
}
nothing() { :; }

clean_up() {
  local name pid
  for pid in $(jobs -p); do kill "$pid" 2>/dev/null || true; done
  for name in "${nodes[@]}"; do
    touch "$dir/$name/no-power"
    pid=$(init "$name" 2>/dev/null || true)
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
  done
  sleep 0.2
  for name in "${nodes[@]}"; do ip netns del "$id-$name" 2>/dev/null || true; done
  ip netns del "$id-net" 2>/dev/null || true
}

# Runs as process 1 of a node.
node_init() { # NODE DIRECTORY
  local d own
  hostname "$1"
  mount --make-rprivate /
  for d in /var/lib/corosync /var/lib/pacemaker /run /dev/shm /var/log /etc/corosync; do
    [ -d "$d" ] || continue
    own=$(stat -c %u:%g "$d")
    mount -t tmpfs tmpfs "$d"
    chown "$own" "$d"
  done
  chmod 1777 /dev/shm
  mkdir -p /var/log/{corosync,cluster,crmsh} /run/lock
  if [ -e "$2/../bin" ]; then mount -t overlay overlay -o "lowerdir=$(realpath "$2/../bin"):/usr/bin" /usr/bin; fi
  mount --bind "$2/disk" /var/lib/corosync # survives a power cut
  mount --bind "$2/log" /var/log/corosync
  cp "$2/corosync.conf" /etc/corosync/corosync.conf
  mount --bind "$2/../hosts" /etc/hosts
  if [ -e "$2/cib/cib.xml" ]; then
    mkdir -p /var/lib/pacemaker/{cib,pengine,cores,blackbox} /var/log/pacemaker /run/{crm,resource-agents}
    mount --bind "$2/pacemaker" /var/log/pacemaker
    mount --bind "$2/cib" /var/lib/pacemaker/cib
    chown -R hacluster:haclient /var/lib/pacemaker /run/crm /var/log/pacemaker
    chmod 600 /var/lib/pacemaker/cib/cib.xml
    touch /run/with-pacemaker
  fi
  touch /run/ready
  exec sleep infinity
}

needed="ip nft nsenter unshare pgrep"
if [ "${SIMCLUSTER_STACK:-}" = clusterd ]; then
  # shellcheck source=clusterd.sh
  . "$(dirname "$0")/clusterd.sh"
else
  needed="corosync $needed"
fi

if [ "$script" = --init ]; then node_init "$2" "$3"; fi

[ "$(id -u)" = 0 ] || die "this needs root"
for program in $needed; do
  command -v $program >/dev/null || die "$program is not installed"
done
trap clean_up EXIT
ip netns add "$id-net"
ip netns exec "$id-net" nft add table netdev faults
: >"$dir/events.log"
# shellcheck source=/dev/null
. "$script"
