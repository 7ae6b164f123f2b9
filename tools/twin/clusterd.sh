#!/usr/bin/env bash
# Sourced by real.sh: the nodes run clusterd instead of Corosync and Pacemaker. Needs CLUSTERD and CLUSTERCTL (programs),
# and PACEMAKER and COROSYNC (releases whose words the nodes speak).

# The operator's tools, by the names that scenarios use.
make_tools() {
  local tool
  mkdir -p "$dir/tools"
  tool() { # NAME WORDS...
    printf '#!/bin/sh\nexec "%s" --socket /run/clusterd.sock %s "$@"\n' "$CLUSTERCTL" "${*:2}" >"$dir/tools/$1"
    chmod 755 "$dir/tools/$1"
  }
  tool crm
  tool crm_mon status
  # Only their option -s is asked for.
  for tool in quorumtool:quorum cfgtool:links; do
    printf '#!/bin/sh\nexec "%s" --socket /run/clusterd.sock %s\n' "$CLUSTERCTL" "${tool#*:}" \
      >"$dir/tools/corosync-${tool%:*}"
    chmod 755 "$dir/tools/corosync-${tool%:*}"
  done
  # A node that resets itself stands still at once.
  printf '#!/bin/sh\nkill -9 -1\n' >"$dir/tools/reset_node"
  chmod 755 "$dir/tools/reset_node"
}

start_cluster() {
  cat >"$dir/$1/clusterd.conf" <<END
corosync_conf = $dir/$1/corosync.conf
cib = $dir/$1/cib/cib.xml
node_name = $1
state_directory = $dir/$1/disk
control_socket = /run/clusterd.sock
reset_command = $dir/tools/reset_node
pacemaker = $PACEMAKER
corosync = $COROSYNC
trust_links = no
allow_unauthenticated = yes
log = stderr
log_priority = info
END
  on "$1" sh -c "setsid '$CLUSTERD' --config '$dir/$1/clusterd.conf' </dev/null >>'$dir/$1/clusterd.log' 2>&1 &"
  for _ in $(seq 100); do on "$1" test -e /run/clusterd.sock && break; sleep 0.02; done
}
cluster_signal() { # NODE SIGNAL
  # A tool would wait for a daemon that stands still.
  case $2 in 19) touch "$dir/$1/off" ;; 18) rm -f "$dir/$1/off" ;; esac
  kill_processes "$1" clusterd "$2"
}
stop_cluster() { kill_processes "$1" clusterd TERM; }

# Runs as process 1 of a node.
node_init() { # NODE DIRECTORY
  local d tools bin=
  hostname "$1"
  mount --make-rprivate /
  for d in /run /dev/shm /var/log; do mount -t tmpfs tmpfs "$d"; done
  chmod 1777 /dev/shm
  mkdir -p /run/{lock,resource-agents}
  tools=$(realpath "$2/../tools")
  if [ -e "$2/../bin" ]; then bin=$(realpath "$2/../bin"):; fi
  mount -t overlay overlay -o "lowerdir=$bin$tools:/usr/bin" /usr/bin
  mount -t overlay overlay -o "lowerdir=$tools:/usr/sbin" /usr/sbin
  mount --bind "$2/../hosts" /etc/hosts
  touch /run/ready
  exec sleep infinity
}

if [ "$script" != --init ]; then make_tools; fi
