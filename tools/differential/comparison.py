"""What the comparisons of whole folders of CIBs share: their arguments, the loop over all cases, the differences shown."""

import argparse
import collections
import difflib
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

NOT_INSTALLED = 77


def parser(description, show, show_help="differences to print, for each set of options"):
    """PROGRAM FOLDER [NAME...] and how many differences to print; for parse_intermixed_args()."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("program")
    made.add_argument("folder")
    made.add_argument("names", nargs="*")
    made.add_argument("--show", type=int, default=show, help=show_help)
    return made


def add_reference(made):
    """The program that ours is held against, and how many inputs are run at a time."""
    made.add_argument("--reference", default="/usr/sbin/crm_simulate")
    made.add_argument("--jobs", type=int, default=2)


def reference_is_there(given):
    """False, with a word about it, where the reference is not installed."""
    if os.access(given.reference, os.X_OK):
        return True
    print(f"skipped: there is no {given.reference}")
    return False


def case_arguments(stem):
    """The command-line arguments that belong to STEM.xml: the lines of STEM.args."""
    if not os.path.exists(stem + ".args"):
        return []
    with open(stem + ".args", encoding="utf-8") as file:
        return file.read().splitlines()


def case_names(given):
    """Those asked for, else every NAME.xml of the folder."""
    return given.names or sorted(n[:-4] for n in os.listdir(given.folder) if n.endswith(".xml"))


def for_installed(path):
    """The text of a CIB as 2.1.5 understands it: its names of options, its newest schema, its feature set."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    text = re.sub(r'name="fencing-(enabled|action|timeout|watchdog-timeout|max-attempts)"', r'name="stonith-\1"', text)
    text = text.replace('validate-with="pacemaker-3.10"', 'validate-with="pacemaker-3.9"')
    return re.sub(r'(<cib\b[^>]*\bcrm_feature_set=")3\.(?:1[7-9]|2)[^"]*', r"\g<1>3.16.1", text, count=1)


def print_difference(title, theirs, ours, reference):
    print(f"--- {title}")
    sys.stdout.writelines(difflib.unified_diff(theirs.splitlines(True), ours.splitlines(True), reference, "simcluster",
                                               n=1))


class Tally:
    """Runs compare(job) for every job, two at a time, and counts by the job's kind what came of it.

    compare() returns (kind, title, theirs, ours); theirs is None where the reference refuses the input.
    """

    def __init__(self, reference, show):
        self.reference = reference
        self.show = show
        self.same, self.refused = collections.Counter(), collections.Counter()
        self.different = collections.defaultdict(list)

    def run(self, jobs, compare):
        with ThreadPoolExecutor(2) as pool:
            for kind, title, theirs, ours in pool.map(compare, jobs):
                if theirs is None:
                    self.refused[kind] += 1
                elif theirs == ours:
                    self.same[kind] += 1
                else:
                    self.different[kind].append(title)
                    if len(self.different[kind]) <= self.show:
                        print_difference(title, theirs, ours, self.reference)

    def status(self):
        return 1 if any(self.different.values()) else 0
