#!/usr/bin/env python3
"""Change scheduler inputs in their structure and state, for compare.py.

Usage: mutate.py FOLDER OUTPUT SEED COUNT [--changes N] [--only KIND,...] [NAME...]

FOLDER holds NAME.xml as the reference understands them, in a schema from 3.0 on (crm_simulate -x OLD -I NEW upgrades).
Makes COUNT inputs of each: a primitive in a group, clone or bundle of its own, a clone opened, a host made a guest,
histories moved, failed or left pending, orders and colocations of other kinds, and so on (the functions of
mutation_structure.py and mutation_state.py, by name).  The same arguments give the same files.  A file's name tells the
changes that were made: NAME.NUMBER.KIND+KIND.xml.
"""

import argparse
import os
import random
import shutil
import xml.etree.ElementTree as ET

import comparison
import mutation_state  # noqa: F401, registers its changes
import mutation_structure  # noqa: F401
from mutation import CHANGES, Input


def mutated(path, rng, wanted, kinds):
    i = Input(ET.parse(path).getroot(), rng)
    if not any(p.get("name") == "concurrent-fencing" for p in i.root.find("configuration/crm_config").iter("nvpair")):
        i.option("concurrent-fencing", "true")  # S5 off by default in 2.1.5
    stem = path[:-4]
    if os.path.exists(stem + ".args"):
        with open(stem + ".args", encoding="utf-8") as file:
            i.arguments = file.read().splitlines()
    done = []
    for _ in range(20):
        if len(done) == wanted:
            break
        kind = rng.choice(kinds)
        if i.resources is not None and i.constraints is not None and CHANGES[kind](i) is not False:
            done.append(kind)
    for element in i.root.iter():
        for name in [name for name, value in element.attrib.items() if value is None]:
            del element.attrib[name]
    for state, history in i.histories():
        for entry in history:
            entry.set("on_node", state.get("uname"))  # S2 O-10.2: 2.1.5 compares entries of any node
    return i, done


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("output")
    parser.add_argument("seed", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--changes", type=int, default=2, help="at most so many changes of one input")
    parser.add_argument("--only", default="")
    given = parser.parse_intermixed_args()
    kinds = given.only.split(",") if given.only else sorted(CHANGES)
    shutil.rmtree(given.output, ignore_errors=True)
    os.makedirs(given.output)
    for name in comparison.case_names(given):
        for number in range(given.seed, given.seed + given.count):
            rng = random.Random(f"{name} {number}")
            i, done = mutated(os.path.join(given.folder, name + ".xml"), rng, rng.randint(1, given.changes), kinds)
            if not done:
                continue
            stem = os.path.join(given.output, f"{name}.{number}.{'+'.join(done)}")
            ET.ElementTree(i.root).write(stem + ".xml", encoding="unicode")
            if i.arguments:
                with open(stem + ".args", "w", encoding="utf-8") as file:
                    file.writelines(a + "\n" for a in i.arguments)


if __name__ == "__main__":
    main()
