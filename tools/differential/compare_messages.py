#!/usr/bin/env python3
"""Compare the messages of "simcluster replay -S -VVV..." on standard error with those of an installed crm_simulate.

Usage: compare_messages.py PROGRAM FOLDER [--level N] [--show N] [--kinds] [NAME...]

FOLDER holds NAME.xml and, optionally, NAME.args (one argument a line).  A level stands for as many V (4: info).
Messages are compared level by level: errors (1), warnings (2), notices (3), info (4), debug (5).

Exit status: 0 no difference, 1 differences, 77 there is no reference program here.
"""

import collections
import difflib
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import comparison

LEVELS = ({"crit", "error"}, {"warning"}, {"notice"}, {"info"}, {"debug"})
LINE = re.compile(r"\((\w+)(?:@[^)]*)?\) *\t(\w+): (.*)")
# Words for exit statuses and whole minutes are others in Pacemaker main.
CUTS = (
    (re.compile(r"\b(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?-interval"),
     lambda m: f"{sum(int(n or 0) * unit for n, unit in zip(m.groups(), (86400, 3600, 60, 1)))}s-interval"),
    (re.compile(r"(Unexpected result|Pretending failed \S+|Ignoring \S+ \S+) \([^:)]*"), r"\1 (RESULT"),
)
# Legacy names are only told by Pacemaker main; what the copy of the CIB file goes through is only told by crm_simulate.
LEFT_OUT = re.compile(r"\(cluster_option_value\) .* legacy name |\(cib[_:]|\(query_node_uuid\)|\(set_effective_date\)|\(update_validation\)")


def messages(program, xml, arguments, level):
    with tempfile.TemporaryDirectory() as folder:
        env = dict(os.environ, LC_ALL="C", TZ="UTC", CIB_shadow_dir=folder)
        command = program + ["-x", xml, "-S", "-" + "V" * level] + arguments
        try:
            done = subprocess.run(command, capture_output=True, env=env, timeout=60)
        except subprocess.TimeoutExpired:
            return ["timeout"]
    found = []
    for line in done.stderr.decode("utf-8", "replace").splitlines():
        if LEFT_OUT.match(line):
            continue
        for pattern, replacement in CUTS:
            line = pattern.sub(replacement, line)
        found.append(line)
    return found


def of_level(lines, level):
    """The lines that are told from LEVEL on up; other lines than messages belong to the first level."""
    wanted = set().union(*LEVELS[:level])
    return [line for line in lines if not (m := LINE.match(line)) or m[2] in wanted]


def kind(line):
    m = LINE.match(line)
    return f"{m[1]} {m[2]}" if m else "(other)"


def main():
    parser = comparison.parser(__doc__, 0, "lines of each difference to show")
    comparison.add_reference(parser)
    parser.add_argument("--level", type=int, default=3)
    parser.add_argument("--kinds", action="store_true", help="functions whose messages differ, by number of inputs")
    options = parser.parse_intermixed_args()
    if not comparison.reference_is_there(options):
        return comparison.NOT_INSTALLED
    names = comparison.case_names(options)

    def compare(name):
        stem = os.path.join(options.folder, name)
        arguments = comparison.case_arguments(stem)
        return (name,) + tuple(
            messages(program, stem + ".xml", arguments, options.level)
            for program in ([options.reference], options.program.split()))

    equal = [0] * options.level
    kinds = collections.Counter()
    inputs = collections.Counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, theirs, ours in pool.map(compare, names):
            for level in range(1, options.level + 1):
                equal[level - 1] += of_level(theirs, level) == of_level(ours, level)
            changes = [line for line in difflib.unified_diff(theirs, ours, lineterm="", n=0)
                       if not line.startswith(("---", "+++", "@@"))]
            kinds.update(line[0] + " " + kind(line[1:]) for line in changes)
            inputs.update({line[0] + " " + kind(line[1:]) for line in changes})
            if changes and options.show:
                print(name)
                for line in changes[: options.show]:
                    print("    " + line[:240])
    for level, count in enumerate(equal, 1):
        print(f"-{'V' * level}: {count} of {len(names)} inputs agree")
    if options.kinds:
        for what, count in inputs.most_common():
            print(f"{count:6} inputs {kinds[what]:8} lines  {what}")
    return 0 if all(count == len(names) for count in equal) else 1


if __name__ == "__main__":
    sys.exit(main())
