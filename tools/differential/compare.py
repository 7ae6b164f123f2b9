#!/usr/bin/env python3
"""Compare "simcluster replay" with an installed crm_simulate over a folder of scheduler inputs.

Usage: compare.py PROGRAM FOLDER [--reference /usr/sbin/crm_simulate] [--show N] [NAME...]

FOLDER holds NAME.xml and, optionally, NAME.args (one argument a line), as random_cib makes them.  Both programs run
twice on each input: with -S, and with -sSQ writing graph and picture.  Differences that are documented between
Pacemaker main and 2.1.5 are levelled out: attributes of <transition_graph>, feature sets, the labels of scores.

Exit status: 0 no difference, 1 differences, 77 there is no reference program here.
"""

import difflib
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import comparison

# What Pacemaker main is known to do otherwise than 2.1.5.
CUTS = (
    (re.compile(r"<transition_graph [^>]*>"), "<transition_graph>"),
    (re.compile(r' crm_feature_set="[^"]*"'), ""),
    # S4 appendix B: names of score lines; CR-3.30: instances that got no node
    (re.compile(r"pcmk__(clone|bundle)_allocate"), r"pcmk__\1_assign"),
    (re.compile(r"promotion score on none: \S+"), "promotion score (inactive): -INFINITY"),
    # S2 D-20.10: "maintenance" and "unmanaged" were one, and came in another order
    (re.compile(r"\(([A-Za-z, ]*\b(?:unmanaged|maintenance|disabled)\b[A-Za-z, ]*)\)"), lambda m: flags(m[1])),
    # S5 L-11: times of now, and counts that were written as they were to be computed
    (re.compile(r"(last-failure-[^=]*=)[0-9]+"), r"\1TIME"),
    (re.compile(r"(fail-count-[^=]*=)(?:value\+\+|(?:1|INFINITY)\b)"), r"\1COUNT"),
    # S2 chapter 6, V-1.3: other words
    (re.compile(r"'termination was requested'"), "'fencing was requested'"),
    (re.compile(r"((?:\t Stopped [^(]*|\* Stopped )\()([A-Z])(?=[a-z ]+\))"), lambda m: m[1] + m[2].lower()),
    # S5 B-8 step 8
    (re.compile(r' CRM_meta_on_fail="ignore"(?= CRM_meta_on_node="[^"]*" CRM_meta_on_node_uuid="[^"]*" CRM_meta_timeout="20000")'), ""),
    # S5 D-15: of two entries of one operation the last tells the call; S4 CR-12.5: the later values hold
    (re.compile(r' CRM_meta_(?:call_id|notify_stop_resource|notify_stop_uname)="[^"]*"'), ""),
    # S1 C-11.8
    (re.compile(r' CRM_meta_timeout="(?:0|20000)"'), ""),
    # S5 G-18 step 2: the reason of a lost migration is told
    (re.compile(r"due to unmigrateable "), "due to unrunnable "),
)
FENCING = re.compile(r'(<(?:crm|pseudo)_event [^>]*operation="stonith"[^>]*>\s*<attributes )([^>]*)(/>)')
STOP = re.compile(r'(<(?:rsc_op|pseudo_event) [^>]*operation="stop"[^>]*>(?:\s*<primitive [^>]*/>)?\s*<attributes [^>]*)')
KEPT = ("on_node", "on_node_uuid", "stonith_action", "digests_all", "digests_secure", "priority_fencing_delay")


ACTION = re.compile(r'<(?:rsc_op|pseudo_event|crm_event) ([^>]*)>')
SYNAPSE = re.compile(r"  <synapse id=.*?</synapse>\n", re.S)
TRIGGER = re.compile(r"      <trigger>.*?</trigger>\n", re.S)


def without_numbers(graph):
    """Actions named by key and node instead of number, synapses and triggers sorted: numbers of notifications differ
    between releases (S4 appendix B), and with them everything that is made later."""
    names = {}
    for attributes in ACTION.findall(graph):
        pairs = dict(re.findall(r'(\S+)="([^"]*)"', attributes))
        names[pairs["id"]] = pairs.get("internal_operation_key", pairs["operation_key"]) + "@" + pairs.get("on_node", "")
    graph = re.sub(r'(<(?:rsc_op|pseudo_event|crm_event) (?:mode="cib" )?id=")([0-9]+)', lambda m: m[1] + names[m[2]], graph)

    def synapse(match):
        triggers = sorted(TRIGGER.findall(match[0]))
        return re.sub(r'(<synapse id=")[0-9]+', r"\1N", TRIGGER.sub(lambda _: triggers.pop(0), match[0]))

    synapses = sorted(SYNAPSE.sub(synapse, found) for found in SYNAPSE.findall(graph))
    return SYNAPSE.sub(lambda _: synapses.pop(0), graph)


def flags(text):
    return "(" + ", ".join(sorted(set(text.replace("maintenance", "unmanaged").split(", ")))) + ")"


def level(text):
    for pattern, replacement in CUTS:
        text = pattern.sub(replacement, text)
    # S5 E-4: the target's attributes were all handed on
    text = FENCING.sub(
        lambda m: m[1] + " ".join(a for a in re.findall(r'CRM_meta_\S+="[^"]*"', m[2])
                                  if a[9:a.index("=")] in KEPT) + m[3], text)
    # S5 B-8 step 8: a stop that fails has not all the ways
    return STOP.sub(lambda m: re.sub(r' ?CRM_meta_on_fail="(stop|standby|demote)"', "", m[1]), text)


def without_instances(scores):
    """Without the lines of tries to place instances: how instances are tried on their nodes has changed (S4 CR-3.13)."""
    return "".join(line for line in scores.splitlines(True) if not re.match(r"pcmk__primitive_assign: \S+:[0-9]+ ", line))


def run(program, arguments, folder):
    env = dict(os.environ, LC_ALL="C", TZ="UTC", CIB_shadow_dir=folder)
    try:
        done = subprocess.run(program + arguments, capture_output=True, env=env, timeout=20)
    except subprocess.TimeoutExpired:
        return "timeout", "", ""
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return "(none)\n"


def results(program, xml, arguments):
    """Texts by kind."""
    with tempfile.TemporaryDirectory() as folder:
        status, summary, error = run(program, ["-x", xml, "-S"] + arguments, folder)
        dot, graph = os.path.join(folder, "dot"), os.path.join(folder, "graph")
        status2, scores, _ = run(program, ["-x", xml, "-D", dot, "-G", graph, "-sSQ"] + arguments, folder)
        lines = read(dot).splitlines(True)
        # How often a score is printed depends on the tries (S4 CR-3.29, CR-10.40).
        scores = level("".join(sorted(set(scores.splitlines(True)))))
        return {
            "status": f"{status} {status2}\n",
            "graph": without_numbers(level(read(graph))),
            "numbers": level(read(graph)),
            "dot": level("".join(lines[:1] + sorted(set(lines[1:-1])) + lines[-1:])),
            "scores": without_instances(scores),
            "tries": scores,
            "summary": level(summary),
        }


def main():
    parser = comparison.parser(__doc__, 0, "lines of each difference to show")
    comparison.add_reference(parser)
    parser.add_argument("--all", action="store_true", help="numbers of actions and synapses, and tries of instances, must be equal, too")
    options = parser.parse_intermixed_args()
    if not comparison.reference_is_there(options):
        return comparison.NOT_INSTALLED
    names = options.names or sorted(comparison.case_names(options), key=lambda n: (len(n), n))

    def compare(name):
        stem = os.path.join(options.folder, name)
        arguments = comparison.case_arguments(stem)
        theirs = results([options.reference], stem + ".xml", arguments)
        ours = results(options.program.split(), stem + ".xml", arguments)
        return name, arguments, theirs, ours

    different = {}
    ended = {}  # the reference crashed or did not come to an end
    with ThreadPoolExecutor(options.jobs) as pool:
        for name, arguments, theirs, ours in pool.map(compare, names):
            kinds = [kind for kind in theirs if theirs[kind] != ours[kind]]
            if not options.all:
                kinds = [kind for kind in kinds if kind not in ("numbers", "tries")]
            if theirs["status"] not in ("0 0\n", "1 1\n", "78 78\n"):
                ended[name] = theirs["status"].strip()
                if ours["status"] in ("0 0\n", "1 1\n"):
                    continue
            if not kinds:
                continue
            different[name] = kinds
            print(f"{name}: {' '.join(kinds)}  (reference status {theirs['status'].strip()}) {' '.join(arguments)}", flush=True)
            for kind in kinds[: 4 if options.show else 0]:
                diff = difflib.unified_diff(theirs[kind].splitlines(), ours[kind].splitlines(), "reference " + kind, "ours", lineterm="", n=1 if options.show < 20 else 0)
                for i, line in enumerate(diff):
                    if i >= options.show:
                        break
                    print("    " + line[:220])
    print(f"{len(names)} inputs, {len(different)} differ; the reference itself failed on {len(ended)}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
