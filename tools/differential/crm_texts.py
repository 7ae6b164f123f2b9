#!/usr/bin/env python3
"""What an installed crmsh makes of texts as people write them.

Usage: crm_texts.py [--measure] FILE...

A file has cases: a line "=== what it is about", the text, and, as often as wanted, a line "--- then update" (or
replace) and more text.  What follows a line "--- cib" are the sections of the configuration that has come of it when
all texts have been loaded one after the other into an empty CIB, behind "--- shown" stands what `crm configure show`
prints of that.  Instead there is "--- refused" with what crmsh complains about.  --measure runs crmsh and writes these
answers into the files; without it, they are compared with what is there.

Exit status: 0 no difference, 1 differences, 77 there is no crmsh here.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import comparison
import crmsh

ANSWERS = ("cib", "shown", "refused")
# What the checks say of a configuration, not of a text.
CHECKS = re.compile(r"\(unpack_|crm_verify: |got no meta-data|parameter .* is not known|required parameter|interval in|"
                    r"\(cluster_status\)|no such resource agent|\(main\)|role .* already|\(unpack|\((\w+)\) \t")


def cases(path):
    """(title, [(method, text)], recorded answer) of every case."""
    with open(path, encoding="utf-8") as file:
        for case in re.split(r"^=== ", file.read(), flags=re.M)[1:]:
            title, rest = case.split("\n", 1)
            parts = re.split(r"^--- (.*)\n", rest, flags=re.M)
            texts, answer = [("update", parts[0])], ""
            for name, text in zip(parts[1::2], parts[2::2]):
                if name.startswith("then "):
                    texts.append((name[5:], text))
                else:
                    answer += f"--- {name}\n{text}"
            yield title, texts, answer


def complaints(output):
    lines = [re.sub("\x1b\\[\\d*m", "", line) for line in output.split("Traceback", 1)[0].splitlines()]
    return [line for line in lines if line.startswith("ERROR") and not CHECKS.search(line)]


def answer_to(texts):
    with tempfile.TemporaryDirectory() as folder:
        cib, file = os.path.join(folder, "cib.xml"), os.path.join(folder, "text")
        with open(cib, "w", encoding="utf-8") as stream:
            stream.write(crmsh.empty("pacemaker-3.9"))
        said = []
        for method, text in texts:
            with open(file, "w", encoding="utf-8") as stream:
                stream.write(text)
            run = crmsh.crm(cib, "-F", "configure", "load", method, file)
            said += complaints(run.stdout + run.stderr)
            if run.returncode != 0 and not said:
                said.append("(a configuration that no schema allows)")
        if said:
            return "--- refused\n" + "".join(line + "\n" for line in said)
        with open(cib, encoding="utf-8") as stream:
            sections = crmsh.configuration(stream.read())
        lines = [line[4:] for line in sections.splitlines()[1:-1]]
        kept = "".join(line + "\n" for line in lines if not re.fullmatch(r"<\w+/>", line))
        return f"--- cib\n{kept}--- shown\n{crmsh.show(cib) or ''}"


def written(title, texts, answer):
    more = "".join(f"--- then {method}\n{text}" for method, text in texts[1:])
    return f"=== {title}\n{texts[0][1]}{more}{answer}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("files", nargs="+")
    given = parser.parse_args()
    if not shutil.which("crm"):
        print("skipped: there is no crmsh on this machine")
        return comparison.NOT_INSTALLED
    different = 0
    for path in given.files:
        all_cases = list(cases(path))
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda case: answer_to(case[1]), all_cases))
        if given.measure:
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(written(title, texts, answer) for (title, texts, _), answer in zip(all_cases, answers))
            continue
        for (title, _, recorded), answer in zip(all_cases, answers):
            if answer != recorded:
                different += 1
                comparison.print_difference(f"{path}: {title}", answer, recorded, "crmsh")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
