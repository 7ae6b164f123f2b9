#!/usr/bin/env python3
"""Compare the crm shell's language, both ways, with an installed crmsh.

Usage: compare_crm_shell.py CRM_TEXT FOLDER [--load METHOD] [--keep FOLDER] [--show N] [NAME...]

CRM_TEXT is the program of that name from the build.  Every NAME.xml of FOLDER is printed by `crm configure show` and by
crm_text.  With --load (update or replace) the text that crmsh printed is loaded by both into an empty CIB of the
same schema, and the configurations are compared, ids and order included.  --keep is a folder for what crmsh said: what
is there already is not asked again.

Exit status: 0 no difference, 1 differences, 77 there is no crmsh or no such folder here.
"""

import os
import re
import shutil
import sys
import tempfile

import comparison
import crmsh


def main():
    parser = comparison.parser(__doc__, show=10)
    parser.add_argument("--load", choices=("update", "replace"))
    parser.add_argument("--keep")
    given = parser.parse_intermixed_args()
    if not shutil.which("crm"):
        print("skipped: there is no crmsh on this machine")
        return comparison.NOT_INSTALLED
    if not os.path.isdir(given.folder):
        print(f"skipped: there is no {given.folder}")
        return comparison.NOT_INSTALLED
    if given.keep:
        os.makedirs(given.keep, exist_ok=True)

    def kept(name, ask):
        """What ask() returns, from the folder when it is there."""
        path = given.keep and os.path.join(given.keep, name)
        if path and os.path.exists(path):
            with open(path) as file:
                return file.read() or None
        answer = ask()
        if path:
            with open(path, "w") as file:
                file.write(answer or "")
        return answer

    def compare(name):
        source = os.path.join(given.folder, name + ".xml")
        with tempfile.TemporaryDirectory() as folder:
            copy = os.path.join(folder, "cib.xml")
            shutil.copyfile(source, copy)
            shown = kept(name + ".show", lambda: crmsh.show(copy))
            if shown is None:
                return "", name, None, None
            if not given.load:
                return "", name, shown, crmsh.run([given.program, "show", source]).stdout
            text, empty = os.path.join(folder, "text"), os.path.join(folder, "empty.xml")
            with open(text, "w") as file:
                file.write(shown)
            with open(source) as file:
                schema = re.search(r'validate-with="([^"]*)"', file.read())
            for path in copy, empty:
                with open(path, "w") as file:
                    file.write(crmsh.empty(schema[1] if schema else "pacemaker-1.2"))

            loaded = kept(f"{name}.{given.load}", lambda: crmsh.load(copy, given.load, text))
            if loaded is None:
                return "", name, None, None
            ours = crmsh.run([given.program, given.load, text, empty])
            return "", name, loaded, crmsh.configuration(ours.stdout) + ours.stderr

    names = comparison.case_names(given)
    tally = comparison.Tally("crmsh", given.show)
    tally.run(names, compare)
    different = tally.different[""]
    print(f"{tally.same['']} of {len(names)} the same, {len(different)} different, {tally.refused['']} that crmsh refuses")
    print("different:", *different)
    return tally.status()


if __name__ == "__main__":
    sys.exit(main())
