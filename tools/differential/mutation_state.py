"""Changes of nodes, histories and settings."""

import copy
import re
import xml.etree.ElementTree as ET

from mutation import change


# ---- nodes ----
@change
def node_state(i):
    state = i.any(i.states())
    if state is None:
        return False
    if state.get("remote_node"):
        state.set("in_ccm", i.one("false", "true"))
        return None
    state.attrib.update(i.one(
        dict(in_ccm="false", crmd="offline", join="down", expected="member"), dict(in_ccm="false", crmd="offline", join="down", expected="down"),
        dict(in_ccm="true", crmd="online", join="pending", expected="member"), dict(in_ccm="true", crmd="offline", join="down", expected="member"),
        dict(in_ccm="false", crmd="online", join="member", expected="member"), dict(in_ccm="true", crmd="online", join="member", expected="member"),
        dict(in_ccm="true", crmd="online", join="member", expected="down"), dict(in_ccm="true", crmd="online", join="banned", expected="member")))


@change
def node_attribute(i):
    state = i.any(i.states())
    if state is None:
        return False
    i.attribute(state, *i.one(("shutdown", str(i.now - 5)), ("standby", "true"), ("maintenance", "true"), ("terminate", "true"), ("#health-x", "red"), ("#health-y", "yellow")))


@change
def node_setting(i):
    node = i.any(i.nodes)
    if node is None:
        return False
    i.pair(node, "instance_attributes", *i.one(("standby", "on"), ("maintenance", "true"), ("site", "a"), ("resource-discovery-enabled", "false"), ("#health-ip", "red")))


@change
def node_gone(i):
    state = i.any(i.states())
    if state is None:
        return False
    i.status.remove(state)
    node = next((n for n in i.nodes if n.get("uname") == state.get("uname")), None)
    if i.chance(40) and node is not None:
        i.root.find("configuration/nodes").remove(node)


@change
def new_node(i):
    nodes = i.root.find("configuration/nodes")
    if nodes is None:
        return False
    name = i.fresh("zz")
    ET.SubElement(nodes, "node", id=name, uname=name)
    if i.chance(80):
        ET.SubElement(i.status, "node_state", {"id": name, "uname": name, "in_ccm": "true", "crmd": "online", "join": "member", "expected": "member", "crm-debug-origin": "x"})


# ---- histories ----
@change
def history_moved(i):
    found, target = i.any(i.histories()), i.any(i.states())
    if found is None or target is found[0]:
        return False
    listing = i.listing(target)
    for other in list(listing):
        if other.get("id") == found[1].get("id"):
            listing.remove(other)
    listing.append(copy.deepcopy(found[1]))
    if i.chance(60):
        i.parent(found[1]).remove(found[1])


@change
def histories_swapped(i):
    states = [s for s in i.states() if s.find("lrm") is not None]
    if len(states) < 2:
        return False
    a, b = i.rng.sample(states, 2)
    la, lb = a.find("lrm"), b.find("lrm")
    la.set("id", b.get("id"))
    lb.set("id", a.get("id"))
    a.remove(la)
    b.remove(lb)
    a.append(lb)
    b.append(la)


@change
def history_gone(i):
    found = i.any(i.histories())
    if found is None:
        return False
    i.parent(found[1]).remove(found[1])


@change
def entry_gone(i):
    found = i.any((h, e) for _, h in i.histories() for e in h)
    if found is None:
        return False
    found[0].remove(found[1])


@change
def entry_result(i):
    entry = i.any(e for _, h in i.histories() for e in h if ";" in e.get("transition-magic", ""))
    if entry is None:
        return False
    rc = i.one("0", "1", "2", "5", "7", "8", "9", "6", "189")
    status = "0" if rc in ("0", "7", "8", "190", "191") else i.one("4", "4", "2", "5", "7", "1", "3")
    entry.set("rc-code", rc)
    entry.set("op-status", status)
    entry.set("transition-magic", re.sub(r"^[^;]*;", f"{status}:{rc};", entry.get("transition-magic")))


@change
def entry_pending(i):
    found = i.any(i.histories())
    if found is None:
        return False
    task = i.one("start", "stop", "monitor", "promote", "demote", "migrate_to", "migrate_from")
    extra = {}
    if task.startswith("migrate"):
        other = i.any(s.get("uname") for s in i.states()) or found[0].get("uname")
        source, target = (found[0].get("uname"), other) if task == "migrate_to" else (other, found[0].get("uname"))
        extra = {"migrate_source": source, "migrate_target": target}
    i.entry(*found, task, i.one(0, 10000) if task == "monitor" else 0, 193, 0, -1, **extra)


@change
def entry_failed(i):
    found = i.any(i.histories())
    if found is None:
        return False
    task = i.one("start", "stop", "monitor", "promote", "demote", "migrate_to", "migrate_from", "monitor")
    rc = i.one(1, 1, 2, 5, 7, 8, 9, 6, 3, 4)
    extra = {}
    if task.startswith("migrate"):
        other = i.any(s.get("uname") for s in i.states()) or found[0].get("uname")
        source, target = (found[0].get("uname"), other) if task == "migrate_to" else (other, found[0].get("uname"))
        extra = {"migrate_source": source, "migrate_target": target}
    interval = i.one(0, 10000, 60000) if task == "monitor" else 0
    age = i.one(5, 500, 100000)
    name = found[1].get("id")
    if i.chance(50):
        extra["ident"] = name + "_last_failure_0"
        for old in list(found[1]):
            if old.get("id") == extra["ident"]:
                found[1].remove(old)
    i.entry(*found, task, interval, rc, i.one(0, 7) if task == "monitor" else 0, 0 if rc in (7, 8) else i.one(4, 4, 4, 2), age, **extra)
    if i.chance(60):
        stem = re.sub(":[0-9]+$", "", name)
        i.attribute(found[0], f"fail-count-{stem}#{task}_{interval}", i.one("1", "2", "INFINITY"))
        i.attribute(found[0], f"last-failure-{stem}#{task}_{interval}", str(i.now - age))


@change
def entry_done(i):
    found = i.any(i.histories())
    if found is None:
        return False
    i.entry(*found, i.one("start", "stop", "promote", "demote", "monitor"))


@change
def digest(i):
    entry = i.any(e for _, h in i.histories() for e in h if e.get("op-digest"))
    if entry is None:
        return False
    if i.chance(50):
        entry.set("op-digest", "0" * 32)
        if i.chance(50):
            entry.set("op-force-restart", i.one("", " ", " ip ", " state op_sleep "))
            entry.set("op-restart-digest", i.one("0" * 32, "f2317cad3d54cec5d7d7aa7d0bf35cf8"))
    else:
        entry.set("op-restart-digest", "0" * 32)
        entry.set("op-force-restart", " state ")


@change
def parameter(i):
    found = i.any(i.primitives())
    if found is None:
        return False
    i.pair(found, "instance_attributes", i.one("state", "fake", "op_sleep"), i.one("/tmp/x", "1"))


@change
def agent(i):
    found = i.any(i.primitives())
    if found is None or found.get("type") in (None, "remote") or found.get("class") == "stonith":
        return False
    found.set("type", i.one("Stateful", "Dummy", "Other"))


# ---- settings ----
@change
def option(i):
    i.option(*i.one(
        ("no-quorum-policy", "freeze"), ("no-quorum-policy", "ignore"), ("no-quorum-policy", "suicide"), ("no-quorum-policy", "demote"), ("no-quorum-policy", "stop"),
        ("stonith-enabled", "true"), ("stonith-enabled", "false"), ("symmetric-cluster", "false"), ("maintenance-mode", "true"), ("stop-all-resources", "true"),
        ("start-failure-is-fatal", "false"), ("startup-fencing", "false"), ("placement-strategy", "utilization"), ("placement-strategy", "balanced"),
        ("placement-strategy", "minimal"), ("node-health-strategy", "migrate-on-red"), ("node-health-strategy", "only-green"), ("node-health-strategy", "progressive"),
        ("concurrent-fencing", "true"), ("concurrent-fencing", "false"), ("priority-fencing-delay", "15s"), ("shutdown-lock", "true"), ("enable-startup-probes", "false"), ("remove-after-stop", "true"),
        ("stonith-action", "off"), ("have-watchdog", "true"), ("stonith-watchdog-timeout", "10s"),
        ("node-pending-timeout", "10s"), ("cluster-delay", "30s"), ("migration-limit", "1"), ("batch-limit", "3"), ("shutdown-lock-limit", "10s")))
    if i.chance(30):
        i.root.set("have-quorum", "0")


@change
def quorum(i):
    i.root.set("have-quorum", "0" if i.root.get("have-quorum", "1") in ("1", "true") else "1")


@change
def meta(i):
    found = i.any(e for e in list(i.resources.iter()) if e.tag in ("primitive", "group", "clone", "master", "bundle"))
    if found is None:
        return False
    i.pair(found, "meta_attributes", *i.one(
        ("priority", "10"), ("priority", "-5"), ("resource-stickiness", "100"), ("resource-stickiness", "INFINITY"), ("resource-stickiness", "-10"), ("migration-threshold", "1"),
        ("failure-timeout", "60s"), ("failure-timeout", "10000s"), ("multiple-active", "block"), ("multiple-active", "stop_only"), ("multiple-active", "stop_unexpected"), ("requires", "nothing"),
        ("requires", "quorum"), ("requires", "fencing"), ("requires", "unfencing"), ("critical", "false"), ("allow-migrate", "true"), ("maintenance", "true"),
        ("is-managed", "false"), ("target-role", "Stopped"), ("target-role", "Unpromoted"), ("target-role", "Promoted"), ("target-role", "Started"), ("allow-unhealthy-nodes", "true")))


@change
def container(i):
    plain = i.plain()
    if len(plain) < 2:
        return False
    a, b = i.rng.sample(plain, 2)
    i.pair(a, "meta_attributes", "container", b.get("id"))


@change
def operation(i):
    found = i.any(i.primitives())
    if found is None:
        return False
    operations = found.find("operations")
    if operations is None:
        operations = ET.SubElement(found, "operations")
    op = i.any(operations.findall("op"))
    if op is None or i.chance(40):
        name = i.one("monitor", "monitor", "start", "stop", "promote", "demote", "migrate_to", "notify")
        if any(o.get("name") == name for o in operations) and name != "monitor":
            return False
        op = ET.SubElement(operations, "op", {"id": i.fresh(), "name": name, "interval": i.one("10s", "17s") if name == "monitor" else "0"})
        if name == "monitor" and i.chance(40):
            op.set("role", i.one("Stopped", "Promoted", "Unpromoted", "Started"))
    op.set(*i.one(("on-fail", "restart"), ("on-fail", "ignore"), ("on-fail", "block"), ("on-fail", "stop"), ("on-fail", "fence"), ("on-fail", "standby"), ("on-fail", "demote"),
                  ("enabled", "false"), ("record-pending", "true"), ("timeout", "45s"), ("start-delay", "5s"), ("interval-origin", "00:00:00Z")))


@change
def utilization(i):
    i.option("placement-strategy", i.one("utilization", "balanced", "minimal"))
    for node in i.nodes:
        i.pair(node, "utilization", "cpu", i.one("1", "2", "4"))
    for p in i.primitives():
        if i.chance(60) and p.get("class") != "stonith":
            i.pair(p, "utilization", "cpu", i.one("1", "2", "3"))


@change
def unfencing(i):
    devices = [e for e in i.resources.iter("primitive") if e.get("class") == "stonith"]
    if not devices:
        return False
    for device in devices:
        i.pair(device, "meta_attributes", "provides", "unfencing")
    i.option("stonith-enabled", "true")


@change
def arguments(i):
    if any(a.startswith("-") for a in i.arguments):
        return False
    node = i.any(i.nodes)
    name = i.any(p.get("id") for p in i.primitives())
    if node is None or name is None:
        return False
    uname = node.get("uname")
    i.arguments += i.one(["-d", uname], ["-u", uname], ["-f", uname], ["-F", f"{name}_start_0@{uname}=1"], ["-F", f"{name}_stop_0@{uname}=1"],
                         ["-i", f"{name}_monitor_10000@{uname}=1"], ["-i", f"{name}_monitor_0@{uname}=0"], ["-q", "0"], ["-q", "1"], ["-W", "true"], ["-g", "T1"], ["-r", "T1"], ["-b", "T1"],
                         ["-F", f"{name}_monitor_0@{uname}=1"], ["-F", f"{name}_promote_0@{uname}=1"])
