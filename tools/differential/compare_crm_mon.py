#!/usr/bin/env python3
"""Compare "simcluster crm_mon" with an installed crm_mon over a folder of saved CIBs.

Usage: compare_crm_mon.py PROGRAM FOLDER [--options=-1 --options=-1rfA ...] [--show N] [NAME...]

Every NAME.xml of FOLDER is shown by both, with every set of options.  Only the line "Last updated" is levelled out.
The installed release is taken from its --version.

Exit status: 0 no difference, 1 differences, 77 there is no crm_mon here.
"""

import os
import re
import shutil
import subprocess
import sys

import comparison

DEFAULT = ["-1", "-1r", "-1rfA", "-1rot", "-1n", "-1nr", "-1R", "-1rR", "-1nR", "-1D", "-1s", "-1fR", "-1b", "-1rb",
           "-1nb", "-1nrb", "-1c", "-1L", "-1rfAocL", "--output-as=xml"]


def output(command, environment):
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    text = re.sub(r"Last updated: .*", "Last updated: NOW", done.stdout.decode(errors="replace"))
    text = re.sub(r'<last_update time="[^"]*"', '<last_update time="NOW"', text)
    text = re.sub(r'request="[^"]*"', 'request=""', text)
    return f"{text}exit status {done.returncode}\n"


def main():
    parser = comparison.parser(__doc__, show=3)
    parser.add_argument("--options", action="append")
    given = parser.parse_intermixed_args()
    reference = shutil.which("crm_mon", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not reference:
        print("there is no crm_mon on this machine")
        return comparison.NOT_INSTALLED
    version = re.search(r"Pacemaker (\S+)", subprocess.run([reference, "--version"], capture_output=True,
                                                           text=True).stdout)[1]
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C"}

    def compare(job):
        options, name = job
        path = os.path.join(given.folder, name + ".xml")
        theirs = output([reference, *options.split()], {**environment, "CIB_file": path})
        ours = output([given.program, "crm_mon", "--pacemaker", version, *options.split(), path], environment)
        return options, f"{name} {options}", theirs, ours

    names, sets = comparison.case_names(given), given.options or DEFAULT
    tally = comparison.Tally(version, given.show)
    tally.run([(options, name) for options in sets for name in names], compare)
    for options in sets:
        print(f"{options:12} {tally.same[options]} of {len(names)} the same")
    return tally.status()


if __name__ == "__main__":
    sys.exit(main())
