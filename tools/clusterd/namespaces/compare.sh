#!/usr/bin/env bash
# clusterd beside Debian's Corosync and Pacemaker: the same three nodes, networks, token time-out, agents and faults.
# Prints, for each stack: from power cut to service, with and without fencing; from a clean stop to service; a crash of
# all daemons of a node that are begun again at once; CPU of an idle node; memory of a node.
# Usage: compare.sh CLUSTERD CLUSTERCTL [ROUNDS] (0: the last two only). Needs root and both stacks installed.
# COMPARE: which of "idle cut stop crash" (all).
set -u
# shellcheck disable=SC2034  # lab.sh uses them
CLUSTERD=$(readlink -f "$1") CLUSTERCTL=$(readlink -f "$2")
ROUNDS=${3:-3}
HERE=$(dirname "$(readlink -f "$0")")
VIP=10.98.0.100
for tool in corosync pacemakerd crm crm_mon ip nsenter unshare ping; do
  command -v "$tool" >/dev/null || { echo "compare: $tool is not installed" >&2; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "compare: needs root" >&2; exit 77; }
# shellcheck source=lab.sh
. "$HERE/lab.sh"
clear_away() { [ -n "${LAB:-}" ] && lab_down; }
trap clear_away EXIT

# What runs the cluster on a node.
processes() { if [ "$LAB_STACK" = clusterd ]; then echo 'clusterd'; else echo 'corosync|pacemaker.*'; fi; }
pids() { pgrep -x "$(processes)" --ns "$(lab_first_process "$1")" --nslist pid; }
# Nanoseconds that the threads of all nodes have run; the ticks of /proc/PID/stat are too coarse for so little.
cpu_time() {
  local i pid
  for i in 1 2 3; do for pid in $(pids $i); do cat /proc/"$pid"/task/*/schedstat; done; done | awk '{s += $1} END {printf "%.0f", s}'
}
memory_kib() {
  local pid
  for pid in $(pids "$1"); do awk '/^Pss:/ {print $2}' "/proc/$pid/smaps_rollup"; done | awk '{s += $1} END {print s}'
}
# Of a node that has nothing to do: the mean of three, over a minute.
idle_figures() {
  local before after
  export LAB_STACK=$1
  trap clear_away EXIT
  begin true
  before=$(cpu_time)
  sleep 60
  after=$(cpu_time)
  echo "$1 idle_cpu_percent $(awk -v a="$after" -v b="$before" 'BEGIN {printf "%.3f", (a - b) / 3 / 60 / 1e7}')"
  echo "$1 memory_pss_kib $(memory_kib 2)"
}

load() {
  if [ "$LAB_STACK" = clusterd ]; then lab_ctl 1 load update "$1"; else lab_on 1 crm configure load update "$1" 2>/dev/null; fi
}
idle() {
  local i
  if [ "$LAB_STACK" = clusterd ]; then
    for i in 1 2 3; do lab_ctl $i status --json 2>/dev/null | grep -q S_IDLE && return 0; done
    return 1
  fi
  lab_on 1 crm_mon -1 2>/dev/null | grep -q 'Online: \[ node1 node2 node3 \]'
}
stop_cleanly() {
  if [ "$LAB_STACK" = clusterd ]; then lab_ctl "$1" shutdown; else lab_on "$1" pkill -TERM -x pacemakerd; fi
}

# As a service manager with Restart= does it.
crash_and_restart() {
  if [ "$LAB_STACK" = clusterd ]; then
    lab_signal KILL "$1"
    touch "$LAB/node$1/start"
  else
    lab_on "$1" pkill -9 -x 'corosync|pacemaker.*'
    lab_on "$1" setsid bash -c 'corosync; PCMK_logfile=/var/log/pacemaker/pacemaker.log exec pacemakerd' >/dev/null 2>&1 &
  fi
}
all_online() {
  if [ "$LAB_STACK" = clusterd ]; then lab_ctl "$1" status; else lab_on "$1" crm_mon -1; fi 2>/dev/null | grep -q 'Online: \[ node1 node2 node3 \]'
}
# What the address did, and whether the node was fenced for it.
after_crash() {
  local other=1
  [ "$HOLDER" = 1 ] && other=2
  lab_watch $VIP
  sleep 1
  crash_and_restart "$HOLDER"
  sleep 3
  lab_wait 60 "all nodes again" all_online "$other" || exit 1
  lab_wait 60 "the address" lab_held_once $VIP || exit 1
  sleep 2
  lab_watch_end
  echo "$(lab_outages | sort -n | awk '{all += $1} END {print $1 + 0, "in all", all + 0}')" \
    "from node$HOLDER to node$(lab_holders $VIP), fenced: $(tr '\n' ' ' <"$LAB/power.log")"
}

begin() {  # FENCING
  local i
  export LAB_STAYS_OFF=${STAYS_OFF-1}
  lab_up 3 1
  for i in 1 2 3; do lab_boot $i; done
  lab_wait 90 "three nodes" idle || exit 1
  {
    [ "$1" = true ] && echo 'primitive fencing stonith:fence_lab op monitor interval=60s timeout=20s'
    echo "primitive vip ocf:heartbeat:IPaddr2 params ip=$VIP cidr_netmask=24 nic=eth0 op start interval=0 timeout=20s op stop interval=0 timeout=20s op monitor interval=10s timeout=20s"
    echo "property stonith-enabled=$1"
  } >"$LAB/cluster.crm"
  load "$LAB/cluster.crm"
  lab_wait 30 "the address" lab_held_once $VIP || exit 1
  sleep 3
  HOLDER=$(lab_holders $VIP)
}
end() { lab_down; LAB=; }

# Milliseconds for which the client gets no answer after COMMAND.
outage() {
  lab_watch $VIP
  sleep 1
  "$@"
  for _ in $(seq 600); do
    sleep 0.05
    [ -n "$(lab_holders $VIP)" ] && ! lab_held_by $VIP "$HOLDER" && break
  done
  sleep 1
  lab_watch_end
  lab_outages | sort -n | tail -1
}

COMPARE=${COMPARE:-idle cut stop crash}
# Both at the same time: what else the machine does concerns both.
case $COMPARE in *idle*)
  idle_figures clusterd &
  idle_figures pacemaker &
  wait
  ;;
esac
for _ in $(seq "$ROUNDS"); do
  for stack in clusterd pacemaker; do
    export LAB_STACK=$stack
    case $COMPARE in *cut*)
      begin true
      echo "$stack cut_with_fencing_ms $(outage lab_cut "$HOLDER")"
      end
      begin false
      echo "$stack cut_without_fencing_ms $(outage lab_cut "$HOLDER")"
      end
      ;;
    esac
    case $COMPARE in *stop*)
      begin false
      echo "$stack clean_stop_ms $(outage stop_cleanly "$HOLDER")"
      end
      ;;
    esac
    case $COMPARE in *crash*)
      for fencing in true false; do
        STAYS_OFF='' begin $fencing
        echo "$stack crash_and_restart_ms fencing=$fencing $(after_crash)"
        end
      done
      ;;
    esac
  done
done
