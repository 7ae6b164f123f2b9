"""The installed crmsh, run on a CIB in a file."""

import os
import re
import subprocess


def run(command, environment=None):
    return subprocess.run(command, env={**os.environ, **(environment or {})}, capture_output=True, text=True,
                          errors="replace", timeout=300)


def crm(cib, *words):
    return run(["crm", "-D", "plain", *words], {"CIB_file": cib})


def empty(schema):
    return f"""<cib validate-with="{schema}" admin_epoch="0" epoch="1" num_updates="0" crm_feature_set="3.16.1">
  <configuration><crm_config/><nodes/><resources/><constraints/></configuration><status/></cib>
"""


def show(cib):
    """The text of a CIB; none where crmsh refuses it."""
    answer = crm(cib, "configure", "show")
    # Among the text are warnings; some tell where in its memory a comment is.
    text = re.sub("^(\x1b\\[\\d*m)?WARNING(\x1b\\[0m)?: .*\n", "", answer.stdout, flags=re.M)
    return text if answer.returncode == 0 and text else None


def load(cib, method, text):
    """The configuration when the text has been loaded, whatever the checks say; none where crmsh refuses it."""
    if crm(cib, "-F", "configure", "load", method, text).returncode != 0:
        return None
    with open(cib) as file:
        return configuration(file.read())


def configuration(cib):
    """A set without content and one that is not there, where an element ends, and how an apostrophe is written, are one."""
    cib = cib.replace("&apos;", "'")
    found = re.search(r"<configuration.*?(</configuration>|<configuration/>)", cib, re.S)
    return re.sub(r"></[a-z_]+>", "/>", found[0]) + "\n" if found else ""
