#!/usr/bin/env python3
"""Compare the options of "simcluster replay" with those of an installed crm_simulate, alone and in combinations.

Usage: options.py PROGRAM FOLDER [--reference /usr/sbin/crm_simulate] [--show N] [--every N] [NAME...]

PROGRAM is called by the name crm_simulate (the link in build/release).  FOLDER holds NAME.xml; names of options, the
schema and the feature set are rewritten for the reference.  Each input runs with every command line below, as it is and
with XML as its output; standard output, standard error, exit status and every file written are compared.  In a command
line, @NAME is a file in a directory of its own, {node}, {rsc}, {ticket} stand for the first ones of the input, {copy} for
a copy of the input.  What Pacemaker main is known to do otherwise than 2.1.5 is levelled out.

Exit status: 0 no difference, 1 differences, 77 there is no reference program or no input here.
"""

import argparse
import collections
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import compare  # noqa: E402
import comparison  # noqa: E402

# Command lines, one a line; each runs on every input.
COMMANDS = """
-x {xml}
-R -x {xml}
-S -x {xml}
-Q -x {xml}
-RQ -x {xml}
-SQ -x {xml}
-s -x {xml}
-sU -x {xml}
-U -x {xml}
-UQ -x {xml}
-sSQ -x {xml}
-A -x {xml}
-c -x {xml}
-AcS -x {xml}
-j -S -x {xml}
-a -x {xml}
-aD @dot -x {xml}
-D @dot -x {xml}
-VD @dot -x {xml}
-G @graph -x {xml}
-G @graph -D @dot -I @in -O @out -S -x {xml}
-I @in -x {xml}
-O @out -x {xml}
-O @out -S -x {xml}
-O @out -SQ -x {xml}
-I @in -O @out -d {node} -S -x {xml}
-I @in -O @out -u fresh -S -x {xml}
-I @in -O @out -f {node} -S -x {xml}
-X -x {copy}
-X -O @out -x {copy}
-X -Q -x {copy}
-t 2020-01-01 -S -x {xml}
-t 2020-01-01T12:00:00+02:00 -R -x {xml}
-t nonsense -R -x {xml}
-t '' -x {xml}
-q true -S -x {xml}
-q false -R -x {xml}
-q false -u {node} -R -x {xml}
-q nonsense -d {node} -R -x {xml}
-w true -R -x {xml}
-w false -S -x {xml}
-w nonsense -O @out -R -x {xml}
-q 0 -w 1 -I @in -R -x {xml}
-u {node} -S -x {xml}
-d {node} -S -x {xml}
-f {node} -S -x {xml}
-u fresh -d {node} -S -x {xml}
-u fresh -u fresh -S -x {xml}
-d unknown -S -x {xml}
-f unknown -S -x {xml}
-d {node} -Q -x {xml}
-g t1 -I @in -S -x {xml}
-r t1 -I @in -S -x {xml}
-b t1 -I @in -R -x {xml}
-e t1 -I @in -R -x {xml}
-g {ticket} -R -x {xml}
-r {ticket} -S -x {xml}
-b {ticket} -S -x {xml}
-e {ticket} -g {ticket} -S -x {xml}
-g '' -R -x {xml}
-i {rsc}_monitor_10000@{node}=7 -S -x {xml}
-i {rsc}_monitor_0@{node}=0 -S -x {xml}
-i {rsc}_start_0@{node}=1 -I @in -O @out -S -x {xml}
-i {rsc}_stop_0@{node}=1 -S -x {xml}
-i {rsc}_monitor_10000@unknown=7 -S -x {xml}
-i unknown_monitor_10000@{node}=7 -S -x {xml}
-i {rsc}_monitor_10000 -S -x {xml}
-i {rsc} -R -x {xml}
-i {rsc}_monitor_10000@{node} -R -x {xml}
-i {rsc}_monitor_10000@{node}=x -R -x {xml}
-i {rsc}_monitor_x@{node}=1 -R -x {xml}
-i '' -R -x {xml}
-i =7 -R -x {xml}
-i @=7 -R -x {xml}
-i {rsc}@{node}=7 -R -x {xml}
-i {rsc}_monitor@{node}=7 -R -x {xml}
-i {rsc}_monitor_10s@{node}=7 -R -x {xml}
-i {rsc}_monitor_-5@{node}=7 -R -x {xml}
-i {rsc}_monitor_10000@{node}=-1 -R -x {xml}
-i {rsc}_monitor_10000@{node}=7x -R -x {xml}
-i {rsc}_flush_0@{node}=0 -R -x {xml}
-i {rsc}_migrate_to_0@{node}=1 -R -x {xml}
-i {rsc}_promote_0@{node}=1 -O @out -R -x {xml}
-i {rsc}_notify_0@{node}=1 -O @out -R -x {xml}
-F {rsc}_start_0@{node}=1 -x {xml}
-F {rsc}_stop_0@{node}=1 -O @out -x {xml}
-F {rsc}_monitor_0@{node}=1 -x {xml}
-F {rsc}_start_0@{node} -x {xml}
-F {rsc}_start_0@{node}=x -x {xml}
-F '' -x {xml}
-F nonsense -x {xml}
-F {rsc}_start_0@{node}=1 -Q -x {xml}
-p -R < {xml}
-R < {xml}
-R -x - < {xml}
-S --output-as=none -x {xml}
-S --output-as=console -x {xml}
-S --output-as=html -x {xml}
-S --output-as -x {xml}
-S --output-to=@text -x {xml}
-S --output-to=- -x {xml}
-S --output-to= -x {xml}
-S --output-to=@missing/text -x {xml}
-S --output-as=xml --output-to=@text -x {xml}
-D @missing/dot -S -x {xml}
-G @missing/graph -S -x {xml}
-I @missing/in -S -x {xml}
-O @missing/out -S -x {xml}
-D '' -R -x {xml}
-N 3 -R -x {xml}
-N x -R -x {xml}
-N -R -x {xml}
-N -3 -x {xml}
-L -R
-L -x {xml}
-x {xml} -L
-p -x {xml} -R
-x {xml} -p -R < {xml}
--xml-file={xml} --run
--xml-file {xml} --simulate --quiet
--xml {xml}
-x{xml} -R
-Rx {xml}
-x {xml} -- -S
-x {xml} -R surplus
-x {xml} --surplus
-x {xml} -R -5
-x {xml} -Z
-x {xml} --run=yes
-x {xml} --text-fancy
--text-fancy -S -x {xml}
-x missing.xml
-x missing.xml -X
-x '' -R
-x /dev/null -R
-R < /dev/null
-x /tmp
-x
--version
-$
--help-output
--help-operations
--help-synthetic
--help-artifact
--help-source
--help-nonsense
-h
-?
--help-all
-P /nonexistent
-P {folder} -N x
-P
-AcsSUQ -x {xml}
-AcS -d {node} -x {xml}
-c -i {rsc}_monitor_10000@{node} -S -x {xml}
-A -u fresh -R -x {xml}
-AQ -S -x {xml}
-cQ -R -x {xml}
-jQ -S -x {xml}
-a -S -x {xml}
-aV -D @dot -S -x {xml}
-sU -Q -D @dot -G @graph -x {xml}
-sQ -d {node} -x {xml}
-UQ -d {node} -x {xml}
-sQ -u fresh -x {xml}
-sQ -t 2035-01-01 -x {xml}
-t 2035-01-01 -c -R -x {xml}
-t 20350101T120000Z -S -x {xml}
-t @1700000000 -R -x {xml}
-q 1 -d {node} -f {node} -S -x {xml}
-d {node} -u {node} -S -x {xml}
-f {node} -u {node} -I @in -R -x {xml}
-f {node} -F {rsc}_stop_0@{node}=1 -x {xml}
-d {node} -F {rsc}_start_0@{node}=1 -O @out -x {xml}
-F {rsc}_start_0@{node}=1 -F {rsc}_stop_0@{node}=1 -x {xml}
-F {rsc}_monitor_10000@{node}=7 -G @graph -x {xml}
-F {rsc}_start_0@{node}=5 -c -x {xml}
-F {rsc}_start_0@{node}=193 -x {xml}
-F {rsc}_promote_0@{node}=1 -x {xml}
-F {rsc}_demote_0@{node}=1 -x {xml}
-g {ticket} -r {ticket} -I @in -S -x {xml}
-b {ticket} -e {ticket} -I @in -S -x {xml}
-g {ticket} -g t2 -S -x {xml}
-w true -D @dot -x {xml}
-w true -d {node} -S -x {xml}
-q true -w true -g {ticket} -u {node} -S -x {xml}
-X -d {node} -x {copy}
-X -I @in -G @graph -D @dot -x {copy}
-X -F {rsc}_start_0@{node}=1 -x {copy}
-I @in -O @out -G @graph -D @dot -sUQ -x {xml}
-I @same -O @same -S -x {xml}
-N 0 -R -x {xml}
-p -S -I @in < {xml}
-x {xml} -x {xml} -R
-x nothing -x {xml} -R
-R -R -x {xml}
-SR -x {xml}
--node-down={node} --simulate --xml-file={xml}
--node-down {node} --quorum true --save-input @in --run --xml-file {xml}
--op-fail={rsc}_start_0@{node}=1 --xml-file={xml}
--set-datetime=2020-01-01 --run --xml-file={xml}
--show-scores --quiet --xml-file={xml}
--show-attrs --show-failcounts --run --xml-file={xml}
--all-actions --save-dotfile=@dot --xml-file={xml}
--pending --simulate --xml-file={xml}
--in-place --quiet --xml-file={copy}
--ticket-grant={ticket} --watchdog=true --simulate --xml-file={xml}
--node-down
--op-inject
-d
-i
-G
--help=yes
"""

# Parts of command lines whose results are different on purpose, with the reason.
DIFFERENT = {
    "--version": "tells its own version",
    "-$": "tells its own version",
    "--help-output": "other formats",
    "--help-all": "other formats and --why",
    "--help-operations": "--why",
    "--text-fancy": "main has no such option",
    "--output-as=console": "a format here",
    "-s -x": "main prints headings unless -Q is given (S5 M-5)",
    "-sU -x": "the same",
    "-U -x": "the same",
    "_monitor_10000@{node}=7": "2.1.5 writes the count as value++ and reads 0",
    "=5 -c -x": "the same",
    "-q nonsense": "2.1.5 aborts: the document becomes invalid",
    "-d unknown": "2.1.5 aborts: there is no such node",
    "-f unknown": "the same",
    "@unknown": "the same",
    "_migrate_to_0@": "2.1.5 aborts",
    "_notify_0@": "2.1.5 aborts",
    "_start_0@{node}=1 -I": "the fail count becomes infinite (S5 M-6)",
    "=-1 -R": "2.1.5 takes -1 for an exit status of an operation",
    "_flush_0@": "2.1.5 takes the resource for running after an unknown operation",
    "-L": "another message without a live cluster (S5 M-4)",
    "missing.xml": "2.1.5 goes on without a document (S5 M-4)",
    "-x '' ": "the same",
    "/dev/null": "the same",
    "-x /tmp": "the same",
    "--output-to= ": "2.1.5 has no name for the default format",
    "--output-to=@missing": "the same",
    "-x{xml}": "main warns (S5 M-1)",
    "-P /nonexistent": "2.1.5 says nothing and ends with 0 (S5 M-4)",
}

CUTS = (
    # The schema that is newest, and what it made of options (S1 C-1.12).
    (re.compile(r'validate-with="[^"]*"'), "validate-with"),
    (re.compile(r'"(last-rc-change|last-run|exec-time|queue-time)="[0-9]*"'), r"\1"),
    (re.compile(r'(last-rc-change)="1[0-9]{9}"'), r"\1"),
    (re.compile(r'(name="last-failure-[^"]*" value)="[0-9]+"'), r"\1"),
    (re.compile(r"last-failure='[^']*'"), "last-failure"),
    (re.compile(r"last-rc-change='[^']*'"), "last-rc-change"),
    # S5 L-6: main tells the node
    (re.compile(r' on_node="[^"]*"(?=[^>]* op-digest|/>)'), ""),
    (re.compile(r'(crm-debug-origin="crm_simulate"[^>]*?) on_node="[^"]*"'), r"\1"),
    (re.compile(r'op-digest="[^"]*"'), "op-digest"),
    # S2 V-1.2, V-1.3: other words
    (re.compile(r"'Error occurred'"), "'error'"),
    (re.compile(r"status='Done'"), "status='complete'"),
    (re.compile(r"status='Timed out'"), "status='Timed Out'"),
    (re.compile(r"pacemaker.org|clusterlabs.org\S*"), "clusterlabs"),
    (re.compile(r'(name="fail-count-[^"]*" value)="(?:[0-9]+|INFINITY|value\+\+)"'), r"\1"),
    # S3 A-9: the function that assigns
    (re.compile(r"pcmk__finalize_assignment"), "pcmk__assign_resource"),
    (re.compile(r' (?:api-version|request)="[^"]*"'), ""),
    (re.compile(r' (?:maintenance|locked_to|execution_code|execution_message)="[^"]*"'), ""),
    # validate-with="none"
    (re.compile(r"Schema validation of configuration is disabled \([^)]*\)"), "Schema validation is disabled"),
)


# Command lines that tell of an output, or of no run at all, have no form of their own in XML.
NOT_XML = re.compile(r"--output|help|^-[h?$]$|--version|text-fancy|surplus|^-P")


def command_lines(only):
    """Those that are compared: as text, and with XML as their output."""
    lines = [line for line in COMMANDS.strip().splitlines() if not any(part in line for part in DIFFERENT)]
    for line in [line for line in lines if not NOT_XML.search(line)]:
        lines.append(f"--output-as=xml {line}")
    return [line for line in dict.fromkeys(lines) if not only or only in line]


def level(text, folder):
    text = compare.level(text.replace(folder, "DIR"))
    for pattern, replacement in CUTS:
        text = pattern.sub(replacement, text)
    return re.sub(r"'[A-Z][a-z ]+' \((?=\d+\): call)", lambda m: m[0].lower(), text)


def run(program, line, xml, names):
    """Everything that came of one command line, by kind."""
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "copy.xml")
        if "{copy}" in line:
            shutil.copy(xml, copy)
            os.chmod(copy, 0o644)
        line, _, given = line.partition(" < ")
        values = dict(names, xml=xml, copy=copy, folder=os.path.dirname(xml))
        arguments = [a.format(**values) for a in shlex.split(line)]
        arguments = [re.sub(r"^(--[a-z-]+=)?@(?=[a-z])", lambda m: (m[1] or "") + folder + "/", a) for a in arguments]
        env = dict(os.environ, LC_ALL="C", TZ="UTC", CIB_shadow_dir=folder)
        with open(given.format(**values) if given else "/dev/null", "rb") as standard_input:
            try:
                done = subprocess.run([program] + arguments, stdin=standard_input, capture_output=True, env=env, timeout=30)
            except subprocess.TimeoutExpired:
                return {"status": "timeout"}
        result = {
            "status": str(done.returncode),
            "stdout": level(done.stdout.decode("utf-8", "replace"), folder),
            "stderr": level(done.stderr.decode("utf-8", "replace"), folder),
        }
        for name in sorted(os.listdir(folder)):
            if not name.startswith("shadow."):
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    result["file " + name] = level(file.read(), folder)
        return result


def first(pattern, text, otherwise):
    match = re.search(pattern, text)
    return match[1] if match else otherwise


def names_of(xml):
    with open(xml, encoding="utf-8") as file:
        text = file.read()
    return {
        "node": first(r'<node [^>]*\buname="([^"]*)"', text, "node1"),
        "rsc": first(r'<primitive [^>]*\bid="([^"]*)"', text, "rsc1"),
        "ticket": first(r'\bticket="([^"]*)"', text, "ticketA"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--reference", default="/usr/sbin/crm_simulate")
    parser.add_argument("--show", type=int, default=8, help="lines of each difference to show")
    parser.add_argument("--every", type=int, default=1, help="only every n-th input")
    parser.add_argument("--only", help="only the command lines that have this text")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_intermixed_args()
    if not os.access(options.reference, os.X_OK):
        print(f"skipped: there is no {options.reference}")
        return comparison.NOT_INSTALLED
    if not os.path.isdir(options.folder):
        print(f"skipped: there is no {options.folder}")
        return comparison.NOT_INSTALLED
    names = comparison.case_names(options)[:: options.every]
    lines = command_lines(options.only)
    with tempfile.TemporaryDirectory() as inputs:
        for name in names:
            with open(os.path.join(inputs, name + ".xml"), "w", encoding="utf-8") as file:
                file.write(comparison.for_installed(os.path.join(options.folder, name + ".xml")))
        return compare_all(options, names, lines, inputs)


def compare_all(options, names, lines, inputs):
    def both(task):
        name, line = task
        xml = os.path.join(inputs, name + ".xml")
        found = names_of(xml)
        return name, line, run(options.reference, line, xml, found), run(os.path.abspath(options.program), line, xml, found)

    tasks = [(name, line) for line in lines for name in names]
    by_line = collections.Counter()
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, line, theirs, ours in pool.map(both, tasks):
            kinds = [k for k in sorted(set(theirs) | set(ours)) if theirs.get(k) != ours.get(k)]
            if not kinds:
                continue
            by_line[line] += 1
            print(f"{name}: {line}", flush=True)
            for kind in kinds:
                old, new = theirs.get(kind, "(none)"), ours.get(kind, "(none)")
                diff = difflib.unified_diff(old.splitlines(), new.splitlines(), "reference " + kind, "ours", lineterm="", n=0)
                for shown in list(diff)[: options.show + 2]:
                    print("    " + shown[:240])
    for line, count in by_line.most_common():
        print(f"{count:5} {line}")
    print(f"{len(tasks)} runs of {len(lines)} command lines, {sum(by_line.values())} differ")
    return 1 if by_line else 0


if __name__ == "__main__":
    sys.exit(main())
