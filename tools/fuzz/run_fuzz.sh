#!/usr/bin/env bash
# run_fuzz.sh FOLDER SECONDS [TARGET...]: runs the fuzz programs of a build folder one after the other, SECONDS in all
# (half of them for CIBs). Seeds are the corpora of the shared test data, used in place, and this repository's own test
# data; what was found is kept in FOLDER/corpus for the next time. Exit status 1: something was found.
set -euo pipefail
folder=$1
seconds=$2
shift 2
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(cib_fuzz crm_shell_fuzz corosync_conf_fuzz frames_fuzz)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
shared=${SIMCLUSTER_SHARED:-$root/../shared}

# Links to the files of at most 40 KB: large ones make the search slow. Every seed is run once before the search begins;
# a short call takes the small ones only.
largest=40k
[ "$seconds" -ge 300 ] || largest=8k
link_seeds() {
  local to=$1
  shift
  rm -rf "$to"
  mkdir -p "$to"
  find "$@" -type f -size "-$largest" -print0 2>/dev/null | xargs -0 -r ln -sf -t "$to" || true
}

for target in "${targets[@]}"; do
  seeds=$folder/seeds/$target
  case $target in
    cib_fuzz)
      link_seeds "$seeds" "$shared/corpus/scheduler/xml" "$shared/corpus/generated/xml"
      for file in "$root"/engine/scheduler/testdata/*.xml; do [ -f "$file" ] && ln -sf -t "$seeds" "$file"; done
      ;;
    crm_shell_fuzz) link_seeds "$seeds" "$root"/tools/fuzz/seeds/crm "$root"/engine/scheduler/testdata ;;
    corosync_conf_fuzz) link_seeds "$seeds" "$root"/tools/fuzz/seeds/corosync ;;
    *) link_seeds "$seeds" /nonexistent ;;
  esac
  time=$((seconds / 6))
  [ "$target" != cib_fuzz ] || time=$((seconds / 2))
  [ ${#targets[@]} -gt 1 ] || time=$seconds
  mkdir -p "$folder/corpus/$target" "$folder/found"
  echo "fuzz: $target for $time s, $(find "$seeds" -type l | wc -l) seeds"
  log=$folder/$target.log
  # A run of an input has 25 seconds: the sanitizers make everything ten times slower.
  if ! "$folder/$target" -max_total_time="$time" -timeout=25 -rss_limit_mb=3000 -max_len=60000 -print_final_stats=1 \
    -artifact_prefix="$folder/found/$target-" "$folder/corpus/$target" "$seeds" >"$log" 2>&1; then
    grep -aE 'ERROR|SUMMARY|runtime error|BINGO' "$log" | head -20
    found=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    echo "fuzz: $target has found something; again: $folder/$target $found (whole output: $log)"
    exit 1
  fi
  echo "fuzz: $target ran $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, nothing found"
done
