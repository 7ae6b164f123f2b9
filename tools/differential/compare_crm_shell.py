#!/usr/bin/env python3
"""Compare the crm shell's language, both ways, with an installed crmsh.

Usage: compare_crm_shell.py CRM_TEXT FOLDER [--load] [--show N] [NAME...]

CRM_TEXT is the program of that name from the build.  Every NAME.xml of FOLDER is printed by `crm configure show` and by
crm_text.  With --load the text that crmsh printed is loaded into an empty CIB by both, and the configurations are
compared, ids and order included.

Exit status: 0 no difference, 1 differences, 77 there is no crmsh here.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

import comparison

EMPTY = """<cib validate-with="pacemaker-3.9" admin_epoch="0" epoch="1" num_updates="0" crm_feature_set="3.16.1">
  <configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>
"""


def run(command, environment=None):
    return subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True, text=True,
                          errors="replace", timeout=300)


def configuration(text):
    found = re.search(r"<configuration.*?(</configuration>|<configuration/>)", text, re.S)
    # A set without content and one that is not there, and where an element ends, are one.
    return re.sub(r"></[a-z_]+>", "/>", found[0]) if found else text


def main():
    parser = comparison.parser(__doc__, show=10)
    parser.add_argument("--load", action="store_true")
    given = parser.parse_intermixed_args()
    if not shutil.which("crm"):
        print("there is no crmsh on this machine")
        return comparison.NOT_INSTALLED

    def compare(name):
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "cib.xml")
            shutil.copyfile(os.path.join(given.folder, name + ".xml"), copy)
            theirs = run(["crm", "-D", "plain", "configure", "show"], {"CIB_file": copy})
            if theirs.returncode != 0 or not theirs.stdout:
                return "", name, None, None
            if not given.load:
                return "", name, theirs.stdout, run([given.program, "show", copy]).stdout
            text = os.path.join(folder, "text")
            with open(text, "w") as file:
                file.write(theirs.stdout)
            with open(copy, "w") as file:
                file.write(EMPTY)
            loaded = run(["crm", "-F", "configure", "load", "update", text], {"CIB_file": copy})
            if loaded.returncode != 0:
                return "", name, None, None
            ours = run([given.program, "load", text])
            with open(copy) as file:
                return "", name, configuration(file.read()), configuration(ours.stdout + ours.stderr)

    names = comparison.case_names(given)
    tally = comparison.Tally("crmsh", given.show)
    tally.run(names, compare)
    different = tally.different[""]
    print(f"{tally.same['']} of {len(names)} the same, {len(different)} different, {tally.refused['']} that crmsh refuses")
    print("different:", *different)
    return tally.status()


if __name__ == "__main__":
    sys.exit(main())
