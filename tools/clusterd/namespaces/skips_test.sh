#!/usr/bin/env bash
# Where the tests in namespaces cannot run they say why, and are skipped: everything that may be missing is taken away.
# Usage: skips_test.sh CLUSTERD CLUSTERCTL UNIT. Exit 77: cannot run here.
set -u
HERE=$(dirname "$(readlink -f "$0")")
PROGRAMS=("$1" "$2")
UNIT=$3
skip() { echo "skipped: $*"; exit 77; }
# Calls a test, which must be skipped with that sentence.
is_skipped() {  # SENTENCE COMMAND...
  local wanted=$1 said status
  shift
  said=$("$@" 2>&1)
  status=$?
  [ $status = 77 ] && [ "$said" = "skipped: $wanted" ] && { echo "$said"; return; }
  echo "FAILED: expected to be skipped: $wanted; exit status $status, it says: $said"
  exit 1
}
stories=("$HERE/namespaces_test.sh" "${PROGRAMS[@]}" boot)
service=("$HERE/service_test.sh" "${PROGRAMS[@]}" "$UNIT")

if [ "$(id -u)" != 0 ]; then
  is_skipped "needs root for network namespaces" "${stories[@]}"
  is_skipped "needs root" "${service[@]}"
  skip "the rest needs root"
fi
for tool in setpriv unshare mount; do command -v $tool >/dev/null || skip "$tool is not installed"; done
unshare --mount true 2>/dev/null || skip "no namespaces of mounts here"
# As nobody, from a place that everybody can read.
COPY=$(mktemp -d) || exit 1
trap 'rm -rf "$COPY"' EXIT
cp "$HERE"/*.sh "$COPY"
chmod -R a+rX "$COPY"
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
is_skipped "needs root for network namespaces" "${nobody[@]}" "$COPY/namespaces_test.sh" "${PROGRAMS[@]}" boot
is_skipped "needs root" "${nobody[@]}" "$COPY/service_test.sh" "${PROGRAMS[@]}" "$UNIT"

# A PATH with everything but one.
without() {  # TOOL COMMAND...
  local tool=$1 place=$COPY/path-$1
  shift
  mkdir -p "$place"
  IFS=: read -ra directories <<<"$PATH"
  for directory in "${directories[@]}"; do ln -s "$directory"/* "$place/" 2>/dev/null; done
  rm -f "$place/$tool"
  PATH=$place "$@"
}
for tool in ip nsenter unshare ping pgrep awk; do
  is_skipped "$tool is not installed" without $tool "${stories[@]}"
done
for tool in ip nsenter unshare systemctl pgrep findmnt; do
  is_skipped "$tool is not installed" without $tool "${service[@]}"
done
# Without agents, without a systemd.
hidden() { local place=$1; shift; unshare --mount sh -c 'mount -t tmpfs tmpfs "$0" && exec "$@"' "$place" "$@"; }
if [ -x /usr/lib/ocf/resource.d/heartbeat/IPaddr2 ]; then
  is_skipped "the resource agents are not installed (package resource-agents)" hidden /usr/lib/ocf "${stories[@]}"
  is_skipped "the resource agents are not installed" hidden /usr/lib/ocf "${service[@]}"
  [ ! -d /lib/systemd ] || is_skipped "systemd is not installed" hidden "$(readlink -f /lib/systemd)" "${service[@]}"
fi
# Where namespaces cannot be made.
if ip netns add "skips$$" 2>/dev/null; then
  ip netns del "skips$$"
  is_skipped "network namespaces cannot be made here" \
    setpriv --bounding-set -sys_admin --inh-caps -sys_admin "${stories[@]}"
fi
echo passed
