#!/usr/bin/env python3
"""Shrink a scheduler input on which two programs differ, as compare.py sees it.

Usage: minimize.py PROGRAM FILE.xml KIND OUTPUT.xml [--reference /usr/sbin/crm_simulate]

KIND is graph, dot, scores, summary or status.  Takes away elements and attributes as long as the outputs of that kind
differ and the reference still comes to a regular end.
"""

import argparse
import os
import sys
import tempfile
import xml.etree.ElementTree as ET

from compare import read, results

REFERENCES = ("rsc", "with-rsc", "first", "then", "template", "id-ref")


def interesting(root, options, arguments):
    with tempfile.NamedTemporaryFile("w", suffix=".xml", encoding="utf-8") as file:
        file.write(ET.tostring(root, encoding="unicode"))
        file.flush()
        theirs = results([options.reference], file.name, arguments)
        if theirs["status"] not in ("0 0\n", "1 1\n"):
            return False
        ours = results(options.program.split(), file.name, arguments)
        return theirs[options.kind] != ours[options.kind]


def dangling(root):
    """References that have lost their target: such a document is not valid."""
    ids = {element.get("id") for element in root.iter()}
    return any(element.get(name) not in ids for element in root.iter() for name in REFERENCES if element.get(name))


def candidates(root):
    for parent in list(root.iter()):
        for child in list(parent):
            yield parent, child


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("file")
    parser.add_argument("kind")
    parser.add_argument("output")
    parser.add_argument("--reference", default="/usr/sbin/crm_simulate")
    options = parser.parse_args()
    stem = options.file[:-4]
    arguments = read(stem + ".args").splitlines() if os.path.exists(stem + ".args") else []
    root = ET.parse(options.file).getroot()
    if not interesting(root, options, arguments):
        sys.exit("the outputs do not differ")
    for i in range(0, len(arguments), 2):
        fewer = arguments[:i] + arguments[i + 2:]
        if interesting(root, options, fewer):
            arguments = fewer
            break
    changed = True
    while changed:
        changed = False
        for parent, child in candidates(root):
            if child not in list(parent):
                continue  # gone with its parent
            index = list(parent).index(child)
            users = [(p, c) for p, c in candidates(root)
                     if any(c.get(n) == child.get("id") for n in REFERENCES) or
                     (c.tag == "resource_ref" and c.get("id") == child.get("id"))] if child.get("id") else []
            parent.remove(child)
            removed = []
            if child.tag in ("primitive", "group", "clone", "bundle"):
                for user_parent, user in users:
                    if user in list(user_parent):
                        removed.append((user_parent, list(user_parent).index(user), user))
                        user_parent.remove(user)
            if not dangling(root) and interesting(root, options, arguments):
                changed = True
                continue
            for user_parent, place, user in reversed(removed):
                user_parent.insert(place, user)
            parent.insert(index, child)
        store(root, arguments, options.output)  # an impatient user can stop after any round


def store(root, arguments, output):
    ET.indent(root)
    ET.ElementTree(root).write(output, encoding="unicode")
    with open(output[:-4] + ".args", "w", encoding="utf-8") as file:
        file.writelines(argument + "\n" for argument in arguments)


if __name__ == "__main__":
    main()
