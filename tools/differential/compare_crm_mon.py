#!/usr/bin/env python3
"""Compare "simcluster crm_mon" with an installed crm_mon over a folder of saved CIBs.

Usage: compare_crm_mon.py PROGRAM FOLDER [--options=-1 --options=-1rfA ...] [--show N] [NAME...]

Every NAME.xml of FOLDER is shown by both, with every set of options.  Only the line "Last updated" is levelled out.
The installed release is taken from its --version.

Exit status: 0 no difference, 1 differences, 77 there is no crm_mon here.
"""

import argparse
import collections
import difflib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

DEFAULT = ["-1", "-1r", "-1rfA", "-1rot", "-1n", "-1nr", "-1R", "-1rR", "-1nR", "-1D", "-1s", "-1fR", "-1b", "-1rb",
           "-1nb", "-1nrb", "-1c", "-1L", "-1rfAocL"]


def output(command, environment):
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    text = done.stdout.decode(errors="replace")
    return done.returncode, re.sub(r"Last updated: .*", "Last updated: NOW", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--options", action="append")
    parser.add_argument("--show", type=int, default=3, help="differences to print for each set of options")
    given = parser.parse_intermixed_args()
    reference = shutil.which("crm_mon", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not reference:
        print("there is no crm_mon on this machine")
        return 77
    version = re.search(r"Pacemaker (\S+)", subprocess.run([reference, "--version"], capture_output=True,
                                                           text=True).stdout)[1]
    names = given.names or sorted(n[:-4] for n in os.listdir(given.folder) if n.endswith(".xml"))
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}

    def compare(job):
        options, name = job
        path = os.path.join(given.folder, name + ".xml")
        theirs = output([reference, *options.split()], {**environment, "CIB_file": path})
        ours = output([given.program, "crm_mon", "--pacemaker", version, *options.split(), path], environment)
        return options, name, theirs, ours

    same, shown, different = collections.Counter(), collections.Counter(), 0
    jobs = [(options, name) for options in given.options or DEFAULT for name in names]
    with ThreadPoolExecutor(2) as pool:
        for options, name, theirs, ours in pool.map(compare, jobs):
            if theirs == ours:
                same[options] += 1
                continue
            different += 1
            shown[options] += 1
            if shown[options] <= given.show:
                print(f"--- {name} {options}: status {theirs[0]} and {ours[0]}")
                sys.stdout.writelines(difflib.unified_diff(theirs[1].splitlines(True), ours[1].splitlines(True),
                                                           version, "simcluster", n=1))
    for options in given.options or DEFAULT:
        print(f"{options:12} {same[options]} of {len(names)} the same")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
