#!/usr/bin/env python3
"""Compare cibadmin, crm_verify and the other tools of "simcluster" with the installed ones, on files.

Usage: compare_tools.py PROGRAM FOLDER [--tool NAME]... [--show N] [NAME...]

Every command line below is given to both, on a copy of every NAME.xml of FOLDER (RESOURCE and NODE in it stand for the
first resource and node of the file).  Output, error text, exit status and what became of the file must be the same.
Lines about the schema (Relax-NG there, sentences of our own here) are left out.  A file that is newer than the installed
release, or no valid CIB for it, is left out.

Exit status: 0 no difference, 1 differences, 77 the tools are not installed here.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

import comparison

PRIMITIVE = "'<primitive id=\"new\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>'"
COMMANDS = {
    "crm_verify": ["-x FILE", "-x FILE -V", "-x FILE -VV", "-x FILE -VVV", "-L -V", "-x /nope", "-X nothing", "-X '<a/>'",
                   "-Z", "", "--foo", "-x", "--xml-file", "-p -V < FILE", "-x FILE --output-as=xml",
                   "-x FILE -V --output-as=xml", "-L --output-as=xml", "-x /nope --output-as=xml", "-x FILE --output-as=foo"],
    "crm_resource": [
        "-L", "-l", "", "-O", "-o", "-O -r RESOURCE", "-O -N NODE", "-q -r RESOURCE", "-w -r CLONE", "-q -r GROUP",
        "-q -r nope", "-W -r RESOURCE", "-W -r CLONE", "-W -r GROUP", "-W -Q -r RESOURCE", "-W -r nope", "-W",
        "-a -r RESOURCE", "-A -r RESOURCE", "-Y -r RESOURCE", "-Y", "-Y -N NODE", "-g nope -r RESOURCE",
        "-g target-role --meta -r RESOURCE", "-G type -r RESOURCE", "-p target-role -v Stopped --meta -r RESOURCE",
        "-p target-role -v Stopped -m -r CLONE", "-p foo -v bar -r RESOURCE", "-p foo -v bar -r RESOURCE -s myset",
        "-p foo -v bar -r RESOURCE -i myid", "-p cpu -v 2 -z -r GROUP", "-d nope -r RESOURCE", "-p foo", "-p foo -r nope",
        "-p foo -r RESOURCE", "-M -r RESOURCE", "-M -r RESOURCE -N NODE", "-M -f -r RESOURCE -N NODE",
        "-M -r nope -N NODE", "-M -r RESOURCE -N nope", "-M -r GROUP -N NODE", "-M -r CLONE -N NODE --promoted",
        "-M -r RESOURCE -N NODE -u PT10M", "-B -r RESOURCE", "-B -r RESOURCE -N NODE", "-B -r GROUP", "-B -r CLONE",
        "-B -r CLONE -N NODE --promoted", "-B -r RESOURCE -N NODE -u PT1H", "-U -r RESOURCE", "-U -r nope", "-U",
        "-D -r RESOURCE", "-D -t primitive -r RESOURCE", "-Z", "more words", "-r", "--locate --resource=RESOURCE",
        "-L --output-as=xml", "--output-as=xml", "-W -r RESOURCE --output-as=foo",
        "-W -r RESOURCE --output-as=xml", "-W -r CLONE --output-as=xml", "-W -r nope --output-as=xml", "-l --output-as=xml",
        "-O --output-as=xml", "-o -r RESOURCE --output-as=xml", "-Y --output-as=xml", "-Y -r RESOURCE --output-as=xml",
        "-Y -N NODE --output-as=xml", "-g target-role --meta -r RESOURCE --output-as=xml", "-G type -r RESOURCE --output-as=xml",
        "-M -r RESOURCE -N NODE --output-as=xml", "-p foo -v bar -r RESOURCE --output-as=xml", "-p foo --output-as=xml"],
    "crm_attribute": [
        "-n stonith-enabled -G", "-n stonith-enabled -G -q", "-n nope -G", "-n foo -v bar", "-n stonith-enabled -v true",
        "-n stonith-enabled -D", "-n nope -D", "-N NODE -n foo -v bar", "-N NODE -n foo -G", "-N NODE -n pingd -l reboot -G",
        "-N NODE -n foo -v bar -l reboot", "-N NODE -n pingd -l reboot -D", "-N nope -n foo -G", "-n foo -G -d 5", "", "-G",
        "-t rsc_defaults -N NODE -n a -v 1", "-t status -N NODE", "-t nodes -N NODE -n cpu -v 5 -z",
        "-t crm_config -n foo -v bar -s myset", "-Z", "-n a -v", "-n foo", "-n x -G -t rsc_defaults",
        "-P stonith -G", "-P . -G -N NODE -l reboot", "-P nope -G -N NODE -l reboot", "-P ping -v 5", "-P x -D -t crm_config",
        "-n stonith-enabled -G --output-as=xml", "-n nope -G --output-as=xml", "-N nope -n foo -G --output-as=xml",
        "-n foo -G -d 5 --output-as=xml", "-n foo -v bar --output-as=xml", "-G --output-as=xml", "-G --output-as=foo"],
    "crm_standby": ["-G -N NODE", "-v on -N NODE", "-D -N NODE", "-v off -N NODE -l reboot"],
    "crm_failcount": ["-G -r RESOURCE -N NODE", "-G -r nope -N NODE", "-G -r RESOURCE -N NODE -n monitor -I 10s"],
    "attrd_updater": ["-n pingd -Q", "-n pingd -U 5", "", "-Z"],
    "crm_node": ["-n", "-l", "-p", "-q", "-R NODE", "-Z"],
    "crmadmin": ["-D", "-N", "-S NODE", "-P", "-Z"],
    "cibadmin": [
        "-Q", "-Q -o resources", "-Q -o status", "-Q -o crm_config -n", "-Q -n", "-Q -o tags", "-Q -o foo", "-Q -e",
        "-Q -A //nvpair", "-Q -A //primitive -n", "-Q -A //nvpair -e", "-Q -A //nope", "-Q -A //nvpair/@id -e",
        "-Q -A //primitive[1]", "--query --scope nodes", "--quer --xpath '//op[@name=\"monitor\"]'", "-Q extra", "-Z", "",
        "--foo", "-Q -o", "-Q --xpath", "-a", "-5 -x FILE", "-6 -x FILE", "-5", "-6 -X '<a b=\"c\"><d/></a>'", "-B", "-E",
        "-E -f", "-d -A //nvpair", "-d -f -A //op", "-D -A //op", "-D -A //nope", "-D", "-D -X '<op/>'",
        "-D -X '<nope/>'", "-D -X '<primitive id=\"RESOURCE\"/>'", "-D -o constraints -X '<rsc_location/>'",
        "-C -o resources -X " + PRIMITIVE, "-C -X " + PRIMITIVE, "-C -X '<resources>" + PRIMITIVE[1:-1] + "</resources>'",
        "-C -o resources -X '<primitive id=\"RESOURCE\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>'",
        "-C -o foo -X " + PRIMITIVE, "-C -o tags -X '<tag id=\"t\"><obj_ref id=\"RESOURCE\"/></tag>'",
        "-C -o configuration -X '<tags><tag id=\"t-new\"><obj_ref id=\"RESOURCE\"/></tag></tags>'",
        "-C -o constraints -X '<rsc_location id=\"new\" rsc=\"RESOURCE\" node=\"NODE\" score=\"5\"/>'",
        "-C -o constraints -X '<rsc_location id=\"new\" rsc=\"nope\" node=\"NODE\" score=\"5\"/>'", "-C", "-C -X 'foo'",
        "-C -x /nope", "-C -o resources -x FILE", "-M -X '<primitive id=\"RESOURCE\" description=\"d\"/>'",
        "-M -o resources -X '<primitive id=\"nope\" description=\"d\"/>'", "-M -c -o resources -X " + PRIMITIVE,
        "-M -X '<primitive id=\"RESOURCE\"><meta_attributes id=\"new\"><nvpair id=\"new-1\" name=\"target-role\" "
        "value=\"Stopped\"/></meta_attributes></primitive>'", "-M -X '<cib admin_epoch=\"admin_epoch++\"/>'",
        "-M -X '<cib epoch=\"0\"/>'", "-M -A //resources -X '<resources>" + PRIMITIVE[1:-1] + "</resources>'",
        "-M -o status -X '<node_state id=\"nope\" crmd=\"offline\"/>'", "-M -c -o status -X '<node_state id=\"new\"/>'",
        "-R -o constraints -X '<constraints/>'", "-R -X '<constraints/>'", "-R -x FILE", "-R -X '<cib/>'",
        "-R -o resources -X " + PRIMITIVE, "-R -A //constraints -X '<constraints/>'", "-R -o status -X '<status/>'",
        "-P -X '<diff/>'", "-u", "-u -f", "--md5-sum -X '<a/>'", "-Q -U nobody -o nodes",
    ],
}
SCHEMA_LINE = re.compile(r"Relax-NG|^\S*\.xml:\d+:\d+: |^Entity:\d+:\d+: |^standard input:\d+:\d+: |^Schema validation of|"
                         r"^The cluster will|\[Clusterlabs\]")


def result(program, tool, line, xml, folder):
    """Output, error text, status and the file afterwards, as one text."""
    path = os.path.join(folder, "cib.xml")
    before = comparison.for_installed(xml)
    with open(path, "w", encoding="utf-8") as copy:
        copy.write(before)
    stdin = subprocess.DEVNULL
    if line.endswith(" < FILE"):
        line, stdin = line[:-7], open(path, "rb")
    words = [path if word == "FILE" else word for word in shlex.split(line)]
    done = subprocess.run([tool, *program[1:], *words], executable=program[0], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, timeout=120,
                          env={**os.environ, "CIB_file": path, "TZ": "UTC", "LC_ALL": "C"})
    if stdin is not subprocess.DEVNULL:
        stdin.close()
    errors = [e for e in done.stderr.decode(errors="replace").splitlines() if not SCHEMA_LINE.search(e)]
    with open(path, encoding="utf-8", errors="replace") as after:
        text = after.read()
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "TIME", text)
    output = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", "TIME", done.stdout.decode(errors="replace"))
    changed = text if text != before else "unchanged\n"
    return f"{output}--- errors\n" + "\n".join(errors) + f"\n--- status {done.returncode}\n--- file\n{changed}"


def names_in(xml):
    text = comparison.for_installed(xml)
    first = lambda pattern, default: (re.search(pattern, text) or [None, default])[1]
    return {"RESOURCE": first(r'<primitive [^>]*?\bid="([^"]+)"', "none"), "NODE": first(r'\buname="([^"]+)"', "none"),
            "CLONE": first(r'<clone [^>]*?\bid="([^"]+)"', "none"), "GROUP": first(r'<group [^>]*?\bid="([^"]+)"', "none")}


def main():
    parser = comparison.parser(__doc__, show=3)
    parser.add_argument("--tool", action="append")
    given = parser.parse_intermixed_args()
    given.program = os.path.abspath(given.program)
    tools = given.tool or list(COMMANDS)
    search = os.environ.get("PATH", "") + ":/usr/sbin"
    if not all(shutil.which(tool, path=search) for tool in tools):
        print("the tools of the cluster are not installed on this machine")
        return comparison.NOT_INSTALLED
    version = re.search(r"Pacemaker (\S+)", subprocess.run([shutil.which("crm_verify", path=search), "--version"],
                                                           capture_output=True, text=True).stdout)[1]

    def compare(job):
        tool, line, name = job
        xml = os.path.join(given.folder, name + ".xml")
        for word, stands_for in names_in(xml).items():
            line = re.sub(rf"\b{word}\b", stands_for, line)
        with tempfile.TemporaryDirectory() as folder:
            theirs = result([shutil.which(tool, path=search)], tool, line, xml, folder)
            ours = result([given.program, "--pacemaker", version], tool, line, xml, folder)
        return tool, f"{name}: {tool} {line}", theirs, ours

    names = comparison.case_names(given)
    jobs = [(tool, line, name) for tool in tools for line in COMMANDS[tool] for name in names]
    tally = comparison.Tally(version, given.show)
    tally.run(jobs, compare)
    for tool in tools:
        print(f"{tool:12} {tally.same[tool]} of {len(COMMANDS[tool]) * len(names)} the same")
    return tally.status()


if __name__ == "__main__":
    sys.exit(main())
