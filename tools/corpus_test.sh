#!/usr/bin/env bash
# corpus_test.sh PROGRAM CORPUS: compares "PROGRAM replay" with one scheduler corpus of the shared test data, all four
# outputs, byte for byte. Exit status 77: the data or python3 is not there, nothing was tested.
set -euo pipefail
program=$1
corpus=$2
shared=${SIMCLUSTER_SHARED:-$(dirname "${BASH_SOURCE[0]}")/../../shared}
if [ ! -d "$shared/corpus/$corpus" ]; then
  echo "skipped: there is no scheduler corpus in $shared/corpus/$corpus (set SIMCLUSTER_SHARED to its parent)"
  exit 77
fi
if ! command -v python3 >/dev/null; then
  echo "skipped: python3, which the corpus's judge needs, is not installed"
  exit 77
fi
exec python3 "$shared/tools/score_corpus.py" "$program replay" "$shared/corpus/$corpus" --list-failing
