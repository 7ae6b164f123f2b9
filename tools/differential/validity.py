#!/usr/bin/env python3
"""Compare what "simcluster replay" and an installed crm_simulate accept and refuse, over systematically broken CIBs.

Usage: validity.py PROGRAM FILE... [--count N] [--seed N] [--keep FOLDER] [--reference /usr/sbin/crm_simulate]

Every input gets one random defect (a wrong word for an enumeration, a reference to nowhere, an id used twice, a missing
or unknown attribute, an element misplaced or unknown) or one harmless change.  Both programs must agree on refusing it.
Exit status: 0 they agree, 1 they do not, 77 there is no reference program here.
"""

import argparse
import copy
import os
import random
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

WORDS = ("", "banana", "0", "1", "-1", "1.5", "true", "INFINITY", "+INFINITY", "-INFINITY", "infinity", " 5 ", "5s", "Started",
         "Promoted", "Master", "start", "Mandatory", "always", "a b", "a,b", "and", "in_range", "eq", "stop", "1a", "é", "x:y")
ELEMENTS = ("nvpair", "op", "primitive", "rsc_location", "rule", "expression", "banana", "meta_attributes", "resource_set",
            "utilization", "node", "lifetime", "operations", "tag", "template")


def configuration(root):
    return [e for e in root.find("configuration").iter()]


def parents(root):
    return {child: parent for parent in root.iter() for child in parent}


def change(root, rng):
    """One change; its description."""
    elements = configuration(root)
    element = rng.choice(elements)
    parent = parents(root)
    kind = rng.choice(("value", "value", "value", "drop", "drop", "extra", "duplicate", "copy", "move", "rename", "new",
                       "remove", "id"))
    names = sorted(element.attrib)
    if kind in ("value", "drop") and names:
        name = rng.choice(names)
        if kind == "drop":
            del element.attrib[name]
            return f"{element.tag}: without {name}"
        element.set(name, rng.choice(WORDS))
        return f"{element.tag}: {name}={element.get(name)!r}"
    if kind == "extra":
        other = rng.choice([e for e in elements if e.attrib])
        name = rng.choice(sorted(other.attrib) + ["banana", "score", "role", "description", "id-ref", "kind", "node"])
        if name not in element.attrib:
            element.set(name, other.get(name) or rng.choice(WORDS))
            return f"{element.tag}: additional {name}={element.get(name)!r}"
    if kind in ("duplicate", "copy") and element in parent and element is not elements[0]:
        twin = copy.deepcopy(element)
        if kind == "copy":
            for i, e in enumerate(twin.iter()):
                if e.get("id") and e.tag != "resource_ref":
                    e.set("id", f"copy{i}-{e.get('id')}")
        parent[element].append(twin)
        return f"{element.tag}: {kind} in {parent[element].tag}"
    if kind == "move" and element is not elements[0]:
        target = rng.choice(elements)
        if target not in element.iter():
            parent[element].remove(element)
            target.append(element)
            return f"{element.tag}: moved into {target.tag}"
    if kind == "rename" and element is not elements[0]:
        old = element.tag
        element.tag = rng.choice(ELEMENTS)
        return f"{old}: renamed {element.tag}"
    if kind == "new":
        ET.SubElement(element, rng.choice(ELEMENTS), {} if rng.random() < 0.5 else {"id": "brand-new"})
        return f"{element.tag}: new {element[-1].tag} {element[-1].attrib}"
    if kind == "id":
        element.set("id", rng.choice([e.get("id") for e in elements if e.get("id")] + ["1x", "a b", "fine", ""]))
        return f"{element.tag}: id={element.get('id')!r}"
    if kind == "remove" and element is not elements[0]:
        parent[element].remove(element)
        return f"{element.tag}: removed from {parent[element].tag}"
    return None


def run(program, file):
    done = subprocess.run(program + ["-x", file], capture_output=True, env=dict(os.environ, LC_ALL="C"), timeout=60)
    return done.returncode, done.stderr.decode("utf-8", "replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="folder for the documents of disagreement")
    parser.add_argument("--schema", default="pacemaker-3.9", help="what the documents declare")
    parser.add_argument("--reference", default="/usr/sbin/crm_simulate")
    options = parser.parse_intermixed_args()
    if not os.access(options.reference, os.X_OK):
        print(f"skipped: there is no {options.reference}")
        return 77
    rng = random.Random(options.seed)
    refused = different = done = 0
    while done < options.count:
        name = rng.choice(options.files)
        root = ET.parse(name).getroot()
        root.set("validate-with", options.schema)
        what = change(root, rng)
        if what is None:
            continue
        done += 1
        with tempfile.NamedTemporaryFile("wb", suffix=".xml") as file:
            file.write(ET.tostring(root))
            file.flush()
            theirs, text = run([options.reference], file.name)
            ours, message = run(options.program.split(), file.name)
            refused += theirs == 78
            if (theirs == 78) != (ours == 78):
                different += 1
                why = text if theirs == 78 else message
                print(f"{os.path.basename(name)}: {what}: reference {theirs}, ours {ours}: {why.splitlines()[0][-160:] if why else ''}",
                      flush=True)
                if options.keep:
                    ET.ElementTree(root).write(os.path.join(options.keep, f"{done}.xml"))
    print(f"{done} documents, {refused} refused by the reference, {different} judged differently")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
