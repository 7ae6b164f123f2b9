#!/usr/bin/env bash
# /dev/watchdog on a machine of its own: qemu boots a kernel with a watchdog driver and clusterd on it. Fed while it
# works, disarmed by a clean end, and the machine goes down when clusterd stands still or is killed. By hand: it needs a
# kernel with its modules and takes some minutes where qemu must emulate the processor.
# Usage: watchdog_test.sh CLUSTERD KERNEL MODULES [DRIVER...], such as
#   watchdog_test.sh build/release/clusterd /boot/vmlinuz-6.1.0-18-amd64 /lib/modules/6.1.0-18-amd64 softdog i6300esb
# Exit 77: cannot run here.
set -u
skip() { echo "skipped: $*"; exit 77; }
[ $# -ge 3 ] || { sed -n '2,8p' "$0"; exit 2; }
CLUSTERD=$(readlink -f "$1") KERNEL=$2 MODULES=$3
shift 3
[ $# -gt 0 ] || set -- softdog i6300esb
BUSYBOX=${BUSYBOX:-$(command -v busybox)}
for tool in qemu-system-x86_64 ldd; do command -v $tool >/dev/null || skip "$tool is not installed"; done
[ -x "$BUSYBOX" ] || skip "busybox is not installed (package busybox-static)"
[ -r "$KERNEL" ] || skip "$KERNEL cannot be read"
PLACE=$(mktemp -d /tmp/clusterd-watchdog.XXXXXX)
trap 'rm -rf "$PLACE"' EXIT
fail() { echo "FAILED: $*"; tail -n 30 "$PLACE/console"; exit 1; }

# What the machine has: clusterd with its libraries, a shell, the drivers.
ROOT=$PLACE/root
mkdir -p "$ROOT"/{bin,dev,proc,sys,run,tmp,etc/corosync,var/lib/simcluster,modules}
cp "$BUSYBOX" "$ROOT/bin/busybox"
cp "$CLUSTERD" "$ROOT/bin/clusterd"
for library in $(ldd "$CLUSTERD" | grep -o '/[^ ]*'); do
  mkdir -p "$ROOT$(dirname "$library")"
  cp -L "$library" "$ROOT$library"
done
for driver in watchdog "$@"; do
  find "$MODULES" -name "$driver.ko*" -exec cp {} "$ROOT/modules/" \;
done
cat >"$ROOT/etc/corosync/corosync.conf" <<'CONF'
totem {
  version: 2
  cluster_name: watchdog
  transport: knet
}
nodelist {
  node {
    name: node1
    nodeid: 1
    ring0_addr: 127.0.0.1
  }
}
quorum {
  provider: corosync_votequorum
}
CONF
cat >"$ROOT/etc/clusterd.conf" <<'CONF'
node_name = node1
allow_unauthenticated = yes
watchdog_device = /dev/watchdog
CONF
grep -v watchdog_device "$ROOT/etc/clusterd.conf" >"$ROOT/etc/without.conf"
# $story: what is done to clusterd; it says where it is on the console.
cat >"$ROOT/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mount -t tmpfs tmp /run; mount -t tmpfs tmp /tmp
for word in $(cat /proc/cmdline); do case $word in driver=*|story=*) eval "$word" ;; esac; done
ip link set lo up
say() { echo "machine: $*"; }
[ -e /modules/watchdog.ko ] && insmod /modules/watchdog.ko
insmod /modules/$driver.ko || say "no driver"
dog=/sys/class/watchdog/watchdog0
state() { say "$1: state $(cat $dog/state), timeout $(cat $dog/timeout) s, $(cat $dog/identity)"; }
begin() {
  clusterd --config /etc/$1.conf >/tmp/log 2>&1 &
  pid=$!
  for i in $(seq 300); do [ -S /run/simcluster/clusterd.sock ] && break; sleep 0.2; done
  sleep 2
  [ -d /proc/$pid ] || { say "clusterd does not run"; cat /tmp/log; poweroff -f; }
}
if [ "$story" = without ]; then begin without; else begin clusterd; fi
state "running"
sleep 20
say "runs for 20 s"
case $story in
  stop)
    kill -TERM $pid; wait $pid
    say "ended with status $?"
    state "after the end"
    sleep 20; say "still up 20 s later" ;;
  STOP|KILL) kill -$story $pid; say "signal $story"; sleep 60; say "still up 60 s later" ;;
  without) kill -KILL $pid; say "signal KILL"; sleep 20; say "still up 20 s later" ;;
esac
poweroff -f
INIT
chmod 755 "$ROOT/init"
(cd "$ROOT" && find . | "$BUSYBOX" cpio -o -H newc 2>/dev/null) >"$PLACE/initrd"

# The machine's console, until it is off; a reset ends it.
run() {  # DRIVER STORY
  local device=() machine=()
  [ "$1" = i6300esb ] && device=(-device i6300esb -action watchdog=reset)
  [ -w /dev/kvm ] && grep -qE 'vmx|svm' /proc/cpuinfo && machine=(-enable-kvm -cpu host)
  timeout "${LIMIT:-900}" qemu-system-x86_64 -m 512 -nographic -no-reboot "${machine[@]}" "${device[@]}" -kernel "$KERNEL" \
    -initrd "$PLACE/initrd" -append "console=ttyS0 quiet panic=-1 driver=$1 story=$2" >"$PLACE/console" 2>&1 </dev/null
  grep -aq 'machine: running: state active, timeout 6 s' "$PLACE/console" || [ "$2" = without ] || fail "$1 $2: not armed"
  grep -aq 'machine: runs for 20 s' "$PLACE/console" || fail "$1 $2: not fed"
}
said() { grep -aq "machine: $1" "$PLACE/console"; }
for driver in "$@"; do
  [ -n "$(find "$ROOT/modules" -name "$driver.ko*")" ] || skip "$MODULES has no $driver"
  run "$driver" stop
  said 'ended with status 0' && said 'after the end: state inactive' && said 'still up 20 s later' ||
    fail "$driver: not disarmed by a clean end"
  echo "$driver: $(grep -ao 'machine: running: .*' "$PLACE/console" | tr -d '\r' | cut -d' ' -f3-); fed for 20 s, disarmed by a clean end"
  for signal in STOP KILL; do
    run "$driver" $signal
    said "signal $signal" || fail "$driver: no signal"
    said 'still up' && fail "$driver: the machine lives on after signal $signal"
    echo "$driver: the machine was reset after signal $signal$(grep -ao 'softdog: Initiating system reboot' "$PLACE/console" | sed 's/^/: /')"
  done
  run "$driver" without
  said 'still up 20 s later' || fail "$driver: without watchdog_device the machine goes down, too"
  echo "$driver: without watchdog_device nothing happens"
done
echo passed
