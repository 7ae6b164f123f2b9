#!/usr/bin/env python3
"""Scheduler inputs, each about one area, for compare.py.

Usage: areas.py PROGRAM FOLDER AREA FIRST COUNT     (AREA "all": one after the other, by seed)

PROGRAM ("build/release/simcluster replay") brings a fresh cluster to work; then things go wrong in the area's way.  The
same arguments give the same files.
"""

import os
import sys
import xml.etree.ElementTree as ET

from rare_areas import RARE_AREAS
from situation import DUMMY, NOW, STATEFUL, Situation


def remote(s):
    s.fencing(85)
    params = {"reconnect_interval": "60s"} if s.chance(40) else {}
    for name in ("rem1", "rem2")[:s.one(1, 1, 2)]:
        ops = s.op("monitor", "60s", on_fail=s.one(None, None, None, "restart", "ignore", "fence", "standby")) + (s.op("start", "0", timeout="60s") if s.chance(50) else "")
        meta = {} if s.chance(70) else {s.one("target-role"): "Stopped"} if s.chance(20) else {"allow-migrate": s.one("true", "false")}
        s.resources.append(s.primitive(name, 'class="ocf" provider="pacemaker" type="remote"', params=params, meta=meta, ops=ops))
        s.remotes.append(name)
    for i in range(s.one(1, 2, 3)):
        kind = s.one("p", "p", "c", "g", "m")
        name = f"r{i}"
        s.resources.append({"p": lambda: s.primitive(name), "c": lambda: s.clone(name), "g": lambda: s.group(name, 2), "m": lambda: s.clone(name, promotable=True)}[kind]())
        s.location(name, s.one(*s.remotes), s.one("INFINITY", "100"))
    def perturb():
        kind = s.rng.randrange(8)
        target = s.one(*s.remotes)
        if kind == 0:
            s.fail(target, ("monitor", "start", "stop"), rc=s.one(1, 7, 1), interval=None)
        elif kind == 1:
            s.lose(s.one(*s.nodes))
        elif kind == 2:
            s.set_meta(target, *s.one(("target-role", "Stopped"), ("is-managed", "false"), ("maintenance", "true")))
        elif kind == 3 and s.state(target) is not None:
            s.attribute(target, *s.one(("standby", "true"), ("maintenance", "true"), ("shutdown", str(NOW)), ("resource-discovery-enabled", "false")))
        elif kind == 4 and s.state(target) is not None:
            s.state(target).set(*s.one(("node_fenced", "1"), ("node_in_maintenance", "1")))
        elif kind == 5:
            s.fail("r[0-9].*")
        elif kind == 6:
            for parent in s.root.iter():
                for child in list(parent):
                    if child.get("id") == target and child.tag == "primitive":
                        parent.remove(child)
            for c in list(s.root.find("configuration/constraints")):
                if target in (c.get("rsc"), c.get("with-rsc"), c.get("first"), c.get("then")):
                    s.root.find("configuration/constraints").remove(c)
        else:
            ET.SubElement(s.root.find("configuration/constraints"), "rsc_location", id=s.fresh("l"), rsc=target, node=s.one(*s.nodes), score="-INFINITY")
    s.later(perturb)
    if s.chance(40):
        s.later(perturb)
    s.maybe_trouble(25)


def guest(s):
    s.fencing(85)
    for i in range(s.one(1, 1, 2)):
        meta = {"remote-node": f"g{i}"}
        if s.chance(30):
            meta["allow-migrate"] = "true"
        if s.chance(15):
            meta["remote-allow-migrate"] = "true"
        s.resources.append(s.primitive(f"vm{i}", 'class="ocf" provider="heartbeat" type="VirtualDomain"', meta=meta))
        s.remotes.append(f"g{i}")
    for i in range(s.one(1, 2)):
        kind = s.one("p", "c", "g", "m")
        name = f"r{i}"
        s.resources.append({"p": lambda: s.primitive(name), "c": lambda: s.clone(name, {"notify": "true"} if s.chance(30) else {}), "g": lambda: s.group(name, 2), "m": lambda: s.clone(name, promotable=True)}[kind]())
        if s.chance(70):
            s.location(name, s.one(*s.remotes), s.one("INFINITY", "100"))
    def perturb():
        kind = s.rng.randrange(6)
        i = s.rng.randrange(len(s.remotes))
        if kind == 0:
            s.fail(s.one(f"vm{i}", f"g{i}"), ("monitor", "start", "stop"))
        elif kind == 1:
            s.lose(s.one(*s.nodes))
        elif kind == 2:
            s.set_meta(f"vm{i}", *s.one(("target-role", "Stopped"), ("is-managed", "false"), ("maintenance", "true")))
        elif kind == 3 and s.state(f"g{i}") is not None:
            s.attribute(f"g{i}", *s.one(("standby", "true"), ("maintenance", "true"), ("shutdown", str(NOW))))
        elif kind == 4:
            s.fail("r[0-9].*")
        else:
            ET.SubElement(s.root.find("configuration/constraints"), "rsc_location", id=s.fresh("l"), rsc=f"vm{i}", node=s.one(*s.nodes), score="-INFINITY")
    s.later(perturb)
    if s.chance(40):
        s.later(perturb)
    s.maybe_trouble(25)


def bundle(s):
    s.fencing(85)
    promoted = s.one(None, None, "1", "2")
    meta = {}
    if s.chance(15):
        meta[s.one("notify", "interleave", "is-managed", "target-role")] = "true"
    if meta.get("target-role"):
        meta["target-role"] = "Stopped"
    if meta.get("is-managed"):
        meta["is-managed"] = "false"
    s.resources.append(s.bundle("b", promoted=promoted, meta=meta, child=s.chance(85), per_host=s.one(None, None, None, "2")))
    if s.chance(40):
        s.resources.append(s.one(s.primitive, s.clone)("x"))
        if s.chance(60):
            s.order("b", "x")
        if s.chance(50):
            s.colocation("x", "b", s.one("INFINITY", "100", "-INFINITY"), **({"with_rsc_role": "Promoted"} if promoted and s.chance(50) else {}))
    if s.chance(20):
        s.location("b", s.one(*s.nodes), s.one("-INFINITY", "100", "INFINITY"))
    def perturb():
        kind = s.rng.randrange(6)
        if kind == 0:
            s.fail("b-(docker|podman)-[0-9]", ("monitor", "start", "stop"))
        elif kind == 1:
            s.fail("b-[0-9]", ("monitor", "start"))
        elif kind == 2:
            s.fail("b-c.*", ("monitor", "start", "stop", "promote"))
        elif kind == 3:
            s.lose(s.one(*s.nodes))
        elif kind == 4:
            for e in s.root.iter():
                if e.tag in ("docker", "podman"):
                    e.set("replicas", s.one("1", "2", "3"))
        else:
            s.set_meta("b", *s.one(("target-role", "Stopped"), ("is-managed", "false"), ("maintenance", "true")))
    s.later(perturb)
    if s.chance(30):
        s.later(perturb)
    s.maybe_trouble(20)


def ticket(s):
    s.fencing(85)
    s.tickets["t"] = s.one('granted="true"', 'granted="true"', 'granted="false"', 'granted="true" standby="true"', 'granted="false" last-granted="1700000000"')
    for i in range(s.one(1, 2)):
        kind = s.one("p", "c", "g", "m")
        name = f"r{i}"
        s.resources.append({"p": lambda: s.primitive(name), "c": lambda: s.clone(name), "g": lambda: s.group(name, 2), "m": lambda: s.clone(name, promotable=True)}[kind]())
        role = f' rsc-role="{s.one("Promoted", "Started", "Unpromoted")}"' if s.chance(40) else ""
        policy = f' loss-policy="{s.one("stop", "demote", "fence", "freeze")}"' if s.chance(80) else ""
        s.constraints.append(f'<rsc_ticket id="{s.fresh("tk")}" rsc="{name}" ticket="t"{role}{policy}/>')
    def change():
        state = s.root.find("status/tickets/ticket_state")
        if state is not None:
            state.set(*s.one(("granted", "false"), ("granted", "true"), ("standby", "true"), ("standby", "false")))
    s.later(change)
    if s.chance(30):
        s.arguments += [s.one("-g", "-r", "-b", "-e"), "t"]
    s.maybe_trouble(30)


def sets(s):
    s.fencing(90)
    names = []
    for i in range(s.one(3, 4, 5)):
        name = f"r{i}"
        s.resources.append(s.one(s.primitive, s.primitive, s.clone)(name) if s.chance(85) else s.group(name, 2))
        names.append(name)
    def make_set(members, ordering):
        attributes = ""
        if s.chance(50):
            attributes += f' sequential="{s.one("true", "false")}"'
        if ordering and s.chance(45):
            attributes += f' require-all="{s.one("false", "false", "true")}"'
        if ordering and s.chance(30):
            attributes += f' action="{s.one("start", "stop")}"'
        if ordering and s.chance(15):
            attributes += f' kind="{s.one("Optional", "Mandatory", "Serialize")}"'
        if not ordering and s.chance(20):
            attributes += f' ordering="{s.one("group", "listed")}"'
        if not ordering and s.chance(20):
            attributes += f' score="{s.one("100", "INFINITY")}"'
        return f'<resource_set id="{s.fresh("set")}"{attributes}>' + "".join(f'<resource_ref id="{m}"/>' for m in members) + "</resource_set>"
    for _ in range(s.one(1, 1, 2)):
        cut = s.rng.randrange(1, len(names))
        parts = [names[:cut], names[cut:]]
        if s.chance(25):
            parts = [names]
        if s.chance(50):
            kind = f' kind="{s.one("Mandatory", "Optional", "Serialize")}"' if s.chance(60) else ""
            if s.chance(20):
                kind += f' symmetrical="{s.one("true", "false")}"'
            s.constraints.append(f'<rsc_order id="{s.fresh("os")}"{kind}>' + "".join(make_set(p, True) for p in parts) + "</rsc_order>")
        else:
            s.constraints.append(f'<rsc_colocation id="{s.fresh("cs")}" score="{s.one("INFINITY", "100", "-INFINITY", "-50")}">' + "".join(make_set(p, False) for p in parts) + "</rsc_colocation>")
    if s.chance(40):
        tag = s.rng.sample(names, 2)
        s.extra.append(f'<tags><tag id="tg"><obj_ref id="{tag[0]}"/><obj_ref id="{tag[1]}"/></tag></tags>')
        other = s.one(*[n for n in names if n not in tag] or tag)
        s.one(lambda: s.order("tg", other), lambda: s.order(other, "tg"), lambda: s.colocation("tg", other), lambda: s.colocation(other, "tg", "100"), lambda: s.location("tg", s.nodes[0], "-INFINITY"))()
    if s.chance(50):
        s.later(lambda: s.set_meta(s.one(*names), *s.one(("target-role", "Stopped"), ("is-managed", "false"))))
    s.maybe_trouble(60)


def utilization(s):
    s.fencing(90)
    s.options["placement-strategy"] = s.one("utilization", "minimal", "balanced")
    for node in s.nodes:
        s.node_utilization[node] = {"cpu": s.rng.randrange(1, 7), "ram": s.one("1", "4", "9")}
    def needs():
        return {"cpu": s.one("1", "2", "3"), "ram": "1"} if s.chance(75) else {}
    for i in range(s.one(3, 4, 5)):
        name = f"r{i}"
        kind = s.one("p", "p", "p", "g", "c")
        meta = {"priority": str(s.rng.randrange(4))} if s.chance(30) else {}
        if s.chance(30):
            meta["allow-migrate"] = "true"
        s.resources.append({"p": lambda: s.primitive(name, utilization=needs(), meta=meta), "g": lambda: s.group(name, 2, utilization=needs()), "c": lambda: s.clone(name, utilization=needs())}[kind]())
    for _ in range(s.one(0, 1, 2)):
        a, b = s.rng.sample(range(3), 2)
        s.one(s.colocation, s.order)(f"r{a}", f"r{b}")
    s.rsc_defaults = s.one({}, {"resource-stickiness": "100"})
    s.maybe_trouble(80)


def health(s):
    s.fencing(90)
    s.options["node-health-strategy"] = s.one("migrate-on-red", "only-green", "progressive", "custom", "none")
    for name in ("node-health-red", "node-health-yellow", "node-health-green", "node-health-base"):
        if s.chance(30):
            s.options[name] = s.one("-10", "5", "100", "-INFINITY", "0")
    for node in s.nodes:
        for attribute in ("#health-a", "#health-b"):
            if s.chance(40):
                s.node_attributes[node][attribute] = s.one("red", "yellow", "green", "-10", "7", "RED", "banana")
    for i in range(2):
        meta = {"allow-unhealthy-nodes": "true"} if s.chance(20) else {}
        s.resources.append(s.one(lambda: s.primitive(f"r{i}", meta=meta), lambda: s.clone(f"r{i}", meta), lambda: s.group(f"r{i}", 2, meta))())
    s.maybe_trouble(50)


def fencing(s):
    provides = {"provides": "unfencing"} if s.chance(50) else {}
    s.fencing(95, params={"pcmk_host_list": " ".join(s.nodes), **({"pcmk_monitor_timeout": "77s"} if s.chance(30) else {})}, meta=provides)
    s.options.update({k: v for k, v in {"concurrent-fencing": s.one("true", "false"), "startup-fencing": s.one("true", "true", "false"),
                                        "priority-fencing-delay": s.one("0", "15s"), "stonith-action": s.one("reboot", "off"),
                                        "no-quorum-policy": s.one("stop", "ignore", "suicide", "freeze", "demote"), "have-watchdog": s.one("false", "true")}.items() if s.chance(35)})
    for i in range(2):
        meta = {"requires": s.one("fencing", "quorum", "nothing", "unfencing")} if s.chance(50) else {}
        if s.chance(40):
            meta["priority"] = str(s.rng.randrange(5))
        s.resources.append(s.one(lambda: s.primitive(f"r{i}", meta=meta), lambda: s.clone(f"r{i}", meta), lambda: s.clone(f"r{i}", meta, promotable=True))())
    if s.chance(40):
        node = s.one(*s.nodes)
        s.node_attributes[node]["#node-unfenced"] = s.one("0", "1700000000", "1")
    s.later(lambda: s.lose(s.one(*s.nodes)))
    if s.chance(40):
        s.later(lambda: s.lose(s.one(*s.nodes)))
    if s.chance(25):
        s.later(lambda: s.root.set("have-quorum", "0"))
    if s.chance(25):
        s.later(lambda: s.root.set("no-quorum-panic", "1"))
    if s.chance(30):
        s.later(lambda: s.fail(None, ("stop",), rc=1))


def maintenance(s):
    s.fencing(80)
    for i in range(s.one(2, 3)):
        s.resources.append(s.one(lambda: s.primitive(f"r{i}"), lambda: s.clone(f"r{i}", {"notify": s.one("true", "false")}), lambda: s.clone(f"r{i}", promotable=True), lambda: s.group(f"r{i}", 2), lambda: s.clone(f"r{i}", inner="group"))())
    def perturb():
        kind = s.rng.randrange(4)
        if kind == 0:
            s.set_option("maintenance-mode", "true")
        elif kind == 1:
            s.set_meta(s.one(*[e.get("id") for e in s.root.find("configuration/resources").iter() if e.tag in ("primitive", "group", "clone")]), *s.one(("maintenance", "true"), ("is-managed", "false"), ("target-role", "Stopped")))
        elif kind == 2:
            s.attribute(s.one(*s.nodes), "maintenance", "true")
        else:
            s.fail()
    for _ in range(s.one(1, 2, 3)):
        s.later(perturb)
    s.maybe_trouble(50)


def lock(s):
    s.fencing(90)
    s.options["shutdown-lock"] = "true"
    if s.chance(50):
        s.options["shutdown-lock-limit"] = s.one("5min", "30min", "1000000h")
    for i in range(s.one(2, 3)):
        s.resources.append(s.one(lambda: s.primitive(f"r{i}"), lambda: s.clone(f"r{i}"), lambda: s.group(f"r{i}", 2))())
    def locked():
        if not s.histories():
            return
        state, resource = s.rng.choice(s.histories())
        resource.set("shutdown-lock", str(NOW - s.one(10, 400, 100000)))
        if s.chance(60):
            for e in list(resource):
                resource.remove(e)
        if s.chance(60):
            state.set("in_ccm", "false"), state.set("crmd", "offline"), state.set("join", "down"), state.set("expected", "down")
    s.later(s.one(locked, lambda: s.attribute(s.one(*s.nodes), "shutdown", s.one(str(NOW - 100), "0", "1", "true"))))
    if s.chance(30):
        s.later(locked)
    s.maybe_trouble(40)


def timeout(s):
    s.fencing(80)
    for i in range(2):
        meta = {"failure-timeout": s.one("30s", "10min", "2h"), "migration-threshold": s.one("1", "2", "INFINITY")}
        ops = s.op("monitor", "10s", on_fail=s.one(None, None, "block", "stop", "standby", "ignore", "fence")) + s.op("start", "0", on_fail=s.one(None, "block"))
        s.resources.append(s.one(lambda: s.primitive(f"r{i}", meta=meta, ops=ops), lambda: s.clone(f"r{i}", meta, ops=ops), lambda: s.group(f"r{i}", 2, meta, ops=ops))())
    for _ in range(s.one(1, 2, 3)):
        s.later(lambda: s.fail(None, ("monitor", "monitor", "start", "stop")))
    s.maybe_trouble(20)


def migration(s):
    s.fencing(85)
    names = []
    for i in range(s.one(1, 2, 3)):
        name = f"r{i}"
        names.append(name)
        s.resources.append(s.primitive(name, meta={"allow-migrate": "true"} if s.chance(80) else {}) if s.chance(80) else s.group(name, 2, {"allow-migrate": "true"}))
    for _ in range(s.one(0, 1, 2)):
        a, b = s.one(*names), s.one(*names)
        if a != b:
            s.one(lambda: s.order(a, b, **({"symmetrical": "false"} if s.chance(20) else {})), lambda: s.colocation(a, b, s.one("INFINITY", "-INFINITY", "100")))()
    def move():
        ET.SubElement(s.root.find("configuration/constraints"), "rsc_location", id=s.fresh("l"), rsc=s.one(*names), node=s.one(*s.nodes), score=s.one("-INFINITY", "INFINITY"))
    def dangling():
        name = s.one(*[n for n, _ in s.leaves])
        a, b = s.rng.sample(s.nodes, 2)
        status, rc = s.one((0, 0), (0, 0), (-1, 193), (4, 1))
        s.entry(a, name, DUMMY, "start", 20)
        s.entry(a, name, DUMMY, "migrate_to", 21, rc=rc, status=status, ident=f"{name}_migrate_to_0", migrate_source=a, migrate_target=b)
        if s.chance(60):
            status, rc = s.one((0, 0), (-1, 193), (4, 1), (0, 0))
            s.entry(b, name, DUMMY, "migrate_from", 22, rc=rc, status=status, ident=f"{name}_migrate_from_0", migrate_source=a, migrate_target=b)
        if s.chance(30):
            s.entry(s.one(a, b), name, DUMMY, s.one("stop", "start"), s.one(23, 19))
        if s.chance(20):
            s.entry(s.one(a, b), name, DUMMY, "monitor", 24, rc=s.one(0, 7), expected=7)
    s.later(s.one(move, dangling, dangling))
    s.maybe_trouble(45)


def multiple(s):
    s.fencing(80)
    for i in range(s.one(1, 2)):
        meta = {"multiple-active": s.one("stop_start", "stop_only", "block", "stop_unexpected")}
        if s.chance(30):
            meta["requires"] = s.one("nothing", "quorum")
        s.resources.append(s.one(lambda: s.primitive(f"r{i}", meta=meta), lambda: s.group(f"r{i}", 3, meta))())
    def again():
        name = s.one(*[n for n, _ in s.leaves])
        for node in s.rng.sample(s.nodes, 2):
            s.running(node, name)
    s.later(again)
    s.maybe_trouble(50)


def orphan(s):
    s.fencing(85)
    s.options["stop-orphan-resources"] = s.one("true", "true", "false")
    s.options["stop-orphan-actions"] = s.one("true", "true", "false")
    for i in range(s.one(2, 3)):
        s.resources.append(s.one(lambda: s.primitive(f"r{i}"), lambda: s.clone(f"r{i}"), lambda: s.clone(f"r{i}", promotable=True), lambda: s.group(f"r{i}", 2))())
    def gone():
        resources = s.root.find("configuration/resources")
        if not list(resources):
            return
        victim = s.rng.choice(list(resources))
        kind = s.rng.randrange(4)
        if kind == 0:
            resources.remove(victim)
        elif kind == 1:
            for parent in victim.iter():
                for child in parent.findall("operations"):
                    parent.remove(child)
        elif kind == 2:
            for child in victim.iter("primitive"):
                child.set("type", s.one("Other", "Dummy"))
        else:
            s.running(s.one(*s.nodes), s.one("ghost", "ghost:0", "r0:3", "r1-r:4"), s.one(DUMMY, STATEFUL, 'class="lsb" type="x"'))
    for _ in range(s.one(1, 2)):
        s.later(gone)
    if s.chance(40):
        s.later(lambda: s.fail())
    s.maybe_trouble(40)


def onfail(s):
    s.fencing(75)
    for i in range(s.one(1, 2)):
        promotable = s.chance(50)
        value = lambda task: s.one(None, None, "ignore", "block", "stop", "restart", "standby", "fence", "demote")
        if promotable:
            ops = s.op("monitor", "10s", role="Unpromoted", on_fail=value("monitor")) + s.op("monitor", "9s", role="Promoted", on_fail=value("monitor"))
            ops += s.op("promote", "0", on_fail=value("promote")) + s.op("demote", "0", on_fail=value("demote"))
        else:
            ops = s.op("monitor", "10s", on_fail=value("monitor"))
        ops += s.op("start", "0", on_fail=value("start")) + s.op("stop", "0", on_fail=value("stop"))
        if promotable:
            s.resources.append(s.clone(f"r{i}", promotable=True, ops=ops, inner=s.one(None, None, "group")))
        else:
            s.resources.append(s.one(lambda: s.primitive(f"r{i}", ops=ops), lambda: s.group(f"r{i}", 2, ops=ops), lambda: s.clone(f"r{i}", ops=ops))())
    s.op_defaults = s.one({}, {}, {"on-fail": "block"}, {"on-fail": "stop"})
    for _ in range(s.one(1, 1, 2)):
        s.later(lambda: s.fail(None, s.one(("monitor",), ("start",), ("stop",), ("promote", "demote")), interval=None if s.chance(50) else s.one(9000, 10000)))
    s.maybe_trouble(20)


def promotable(s):
    s.fencing(90)
    for i in range(s.one(1, 2)):
        meta = {k: v for k, v in {"promoted-max": s.one("1", "2", "0"), "promoted-node-max": s.one("1", "2"), "notify": "true", "interleave": "true", "ordered": "true",
                                  "target-role": s.one("Unpromoted", "Promoted", "Stopped"), "clone-max": s.one("1", "2", "3")}.items() if s.chance(25)}
        s.resources.append(s.clone(f"m{i}", meta, promotable=True, inner=s.one(None, None, None, "group")))
    for i in range(s.one(0, 1, 2)):
        name = f"p{i}"
        s.resources.append(s.one(s.primitive, s.clone)(name))
        role = {k: s.one("Promoted", "Unpromoted", "Started") for k in ("rsc_role", "with_rsc_role") if s.chance(50)}
        s.colocation(*s.one((name, "m0"), ("m0", name)), s.one("INFINITY", "-INFINITY", "100", "-100"), **role)
        if s.chance(50):
            s.order("m0", name, first_action=s.one("promote", "demote", "start"), then_action=s.one("start", "start", "stop"))
    if len(s.resources) > 2 and any('id="m1"' in r for r in s.resources):
        if s.chance(50):
            s.colocation("m1", "m0", s.one("INFINITY", "100", "-INFINITY"), **{k: "Promoted" for k in ("rsc_role", "with_rsc_role") if s.chance(60)})
        if s.chance(50):
            s.order("m0", "m1", first_action="promote", then_action=s.one("promote", "start"))
    if s.chance(40):
        s.constraints.append(f'<rsc_location id="{s.fresh("lr")}" rsc="m0"><rule id="{s.fresh("ru")}" score="{s.one("INFINITY", "-INFINITY", "50")}" role="{s.one("Promoted", "Unpromoted", "Started")}">'
                             f'<expression id="{s.fresh("ex")}" attribute="#uname" operation="{s.one("eq", "ne")}" value="{s.nodes[0]}"/></rule></rsc_location>')
    s.steps = s.one(1, 1, 2)
    s.later(lambda: s.attribute(s.one(*s.nodes), "master-" + s.one(*[n for n, p in s.leaves if p]), s.one("20", "-1", "-INFINITY", "INFINITY", "0")))
    s.maybe_trouble(60)


def notify(s):
    s.fencing(90)
    names = []
    for i in range(s.one(1, 2, 2)):
        meta = {"notify": "true", **{k: "true" for k in ("interleave", "ordered", "globally-unique") if s.chance(30)}}
        if meta.get("globally-unique"):
            meta["clone-node-max"] = "2"
        s.resources.append(s.clone(f"c{i}", meta, promotable=s.chance(40), inner=s.one(None, None, "group")))
        names.append(f"c{i}")
    if len(names) > 1:
        if s.chance(70):
            s.order(*names, **({"kind": s.one("Mandatory", "Optional")} if s.chance(40) else {}))
        if s.chance(40):
            s.colocation(names[1], names[0])
    s.later(s.one(lambda: s.lose(s.one(*s.nodes)), lambda: s.fail(None, ("monitor", "stop", "start")), lambda: s.set_meta(s.one(*names), "target-role", "Stopped"),
                  lambda: s.set_meta(s.one(*names), "clone-max", "1"), lambda: s.attribute(s.one(*s.nodes), "standby", "true")))
    s.maybe_trouble(40)


def rules(s):
    s.fencing(90)
    def date():
        ident = s.fresh("d")
        return s.one(f'<date_expression id="{ident}" operation="gt" start="{s.one("2023-11-16", "2024-01-01", "2023-11-16 22:13:20Z")}"/>',
                     f'<date_expression id="{ident}" operation="lt" end="{s.one("2023-11-17", "2020-01-01", "2023-11-16 22:13:21Z")}"/>',
                     f'<date_expression id="{ident}" operation="in_range" start="2023-11-16" end="{s.one("2023-11-18", "2023-11-16 22:13:20Z", "2023-11-16 22:13:19Z")}"/>',
                     f'<date_expression id="{ident}" operation="in_range" start="2023-11-15"><duration id="{s.fresh("du")}" {s.one("hours", "days", "weeks", "months", "years")}="{s.one(1, 2, 46)}"/></date_expression>',
                     f'<date_expression id="{ident}" operation="date_spec"><date_spec id="{s.fresh("ds")}" {s.one("hours", "weekdays", "months", "monthdays", "years", "yeardays", "weeks", "weekyears")}="{s.one("1-5", "22", "4", "11", "16", "320", "46", "2023", "9-17", "20-")}"/></date_expression>')
    def attribute():
        operation = s.one("eq", "ne", "lt", "gt", "lte", "gte", "defined", "not_defined")
        text = f'<expression id="{s.fresh("e")}" attribute="{s.one("#uname", "zone", "num", "none", "ver", "#id")}" operation="{operation}"'
        if "defined" not in operation:
            text += f' value="{s.one("n1", "a", "3", "10", "1.5", "2.0.1")}"'
        if s.chance(40):
            text += f' type="{s.one("string", "integer", "number", "version")}"'
        return text + "/>"
    def rule(score=True, conditions=(attribute, date)):
        op = s.one("", ' boolean-op="or"', ' boolean-op="and"')
        mark = f' score="{s.one("INFINITY", "-INFINITY", "100", "-5") if score else "INFINITY"}"'
        inner = "".join(sorted((s.one(*conditions)() for _ in range(s.one(1, 1, 2))), reverse=True))  # expressions first
        if score and s.chance(15):
            inner += f'<rule id="{s.fresh("r")}" score="0" boolean-op="{s.one("and", "or")}">{attribute()}{date()}</rule>'
        return f'<rule id="{s.fresh("r")}"{op}{mark}>{inner}</rule>'
    for node in s.nodes:
        s.node_attributes[node] = {k: v for k, v in {"zone": s.one("a", "b", "A"), "num": s.one("3", "10", "-1", "x"), "ver": s.one("2.0.1", "2.0.10", "1.5")}.items() if s.chance(60)}
    for i in range(2):
        more = ""
        if s.chance(30):
            more = s.pairs("meta_attributes", {"resource-stickiness": "7", "target-role": s.one("Stopped", "Started")}, rule=rule(False, (date,)), score=s.one("1", "5"))
        if s.chance(30):
            more += s.pairs("instance_attributes", {"p": "by-rule"}, rule=rule(False), score="9")
        s.resources.append(s.primitive(f"r{i}", params={"p": "plain"} if s.chance(50) else {}, more="", ops=s.op("monitor", "10s")).replace("</primitive>", more + "</primitive>"))
        s.constraints.append(f'<rsc_location id="{s.fresh("lr")}" rsc="r{i}">{rule()}</rsc_location>')
    if s.chance(40):
        s.extra.append("<rsc_defaults>" + s.pairs("meta_attributes", {"priority": "3", "target-role": "Stopped"}, rule=f'<rule id="{s.fresh("r")}" score="INFINITY"><rsc_expression id="{s.fresh("re")}" class="ocf" provider="pacemaker" type="{s.one("Dummy", "Other")}"/></rule>') + "</rsc_defaults>")
    if s.chance(40):
        s.extra.append("<op_defaults>" + s.pairs("meta_attributes", {"timeout": "99s"}, rule=f'<rule id="{s.fresh("r")}" score="INFINITY"><op_expression id="{s.fresh("oe")}" name="{s.one("monitor", "start")}"/></rule>') + "</op_defaults>")
    s.steps = s.one(0, 1)


def clones(s):
    s.fencing(85)
    for i in range(s.one(1, 2)):
        meta = {k: v for k, v in {"clone-max": s.one("1", "2", "3", "0"), "ordered": "true", "interleave": "true", "notify": "true", "clone-min": s.one("1", "2"), "resource-stickiness": s.one("0", "100")}.items() if s.chance(30)}
        if s.chance(35):
            meta["globally-unique"], meta["clone-node-max"] = s.one(("true", "2"), ("true", "1"), ("false", "1"))
        s.resources.append(s.clone(f"c{i}", meta, inner=s.one(None, None, "group")))
    if len(s.resources) > 2:
        s.one(lambda: s.order("c0", "c1"), lambda: s.colocation("c1", "c0"), lambda: (s.order("c0", "c1"), s.colocation("c1", "c0")))()
    s.steps = s.one(0, 0, 1)
    def history():
        name = s.one(*[n for n, _ in s.leaves])
        s.running(s.one(*s.nodes), name + s.one("", "", ":0", ":1", ":2", ":5"), DUMMY, s.one(10, 30))
    for _ in range(s.one(1, 2, 3)):
        s.later(history)
    s.maybe_trouble(50)


def probes(s):
    s.fencing(85)
    s.steps = 0
    if s.chance(20):
        s.options["symmetric-cluster"] = "false"
    for i in range(s.one(2, 3)):
        s.resources.append(s.one(lambda: s.primitive(f"r{i}"), lambda: s.clone(f"r{i}"), lambda: s.clone(f"r{i}", promotable=True), lambda: s.group(f"r{i}", 2))())
        if s.chance(40):
            s.location(f"r{i}", s.one(*s.nodes), s.one("0", "100", "-INFINITY"), resource_discovery=s.one("always", "never", "exclusive"))
    def probed():
        name, prom = s.one(*s.leaves)
        rc, status = s.one((7, 0), (0, 0), (8, 0), (1, 4), (5, 0), (5, 7), (2, 4), (6, 4), (3, 3), (193, -1), (9, 4), (190, 0), (191, 0), (4, 4))
        s.entry(s.one(*s.nodes), name, STATEFUL if prom else DUMMY, "monitor", s.one(5, 6) if status != -1 else -1, rc=rc, expected=7, status=status, ident=s.one(f"{name}_last_0", f"{name}_last_failure_0", f"{name}_monitor_0"))
    for _ in range(s.one(1, 2, 4, 6)):
        s.later(probed)
    s.maybe_trouble(30)


def groups(s):
    s.fencing(85)
    for i in range(s.one(1, 2)):
        meta = {k: v for k, v in {"ordered": "false", "collocated": "false", "resource-stickiness": s.one("100", "INFINITY"), "is-managed": "false", "migration-threshold": "1"}.items() if s.chance(18)}
        s.resources.append(s.group(f"g{i}", s.one(2, 3), meta))
    for i in range(s.one(0, 1, 2)):
        s.resources.append(s.primitive(f"p{i}"))
        s.one(lambda: s.colocation(f"p{i}", "g0", s.one("INFINITY", "-INFINITY", "100", "-100")), lambda: s.colocation("g0", f"p{i}", s.one("INFINITY", "-INFINITY", "100")),
              lambda: s.colocation("g0-m2", f"p{i}"), lambda: s.colocation(f"p{i}", "g0-m1"), lambda: s.order(f"p{i}", "g0"), lambda: s.order("g0", f"p{i}"))()
    if len(s.resources) > 2 and any('id="g1"' in r for r in s.resources):
        s.one(lambda: s.colocation("g1", "g0", s.one("INFINITY", "-INFINITY", "-100")), lambda: s.order("g0", "g1"), lambda: None)()
    if s.chance(40):
        s.later(lambda: s.set_meta(f"g0-m{s.one(1, 2)}", *s.one(("target-role", "Stopped"), ("is-managed", "false"), ("critical", "false"), ("migration-threshold", "1"))))
    s.maybe_trouble(80)


def lifecycle(s):
    s.fencing(85)
    for i in range(s.one(2, 3)):
        ops = s.op("monitor", "10s", start_delay=s.one(None, "5s", "1min"), interval_origin=None)
        if s.chance(30):
            ops = s.op("monitor", "3600s", interval_origin=s.one("2020-01-01 00:10:00Z", "2023-11-16 21:00:00Z"))
        if s.chance(40):
            ops += s.op("monitor", "20s", role="Stopped", timeout="33s")
        if s.chance(20):
            ops += s.op("monitor", "15s", enabled=s.one("false", "true"))
        ops += s.op("start", "0", record_pending="true") if s.chance(30) else ""
        s.resources.append(s.one(lambda: s.primitive(f"r{i}", ops=ops), lambda: s.group(f"r{i}", 2, ops=ops), lambda: s.clone(f"r{i}", ops=ops))())
    if s.chance(50):
        s.order("r0", "r1", kind=s.one("Optional", "Mandatory", "Serialize"))
    if s.chance(50):
        def parameters():
            block = s.root.find(".//primitive[@id='%s']" % s.one(*[n for n, _ in s.leaves]))
            if block is not None:
                inner = ET.Element("instance_attributes", id=s.fresh("ia"))
                ET.SubElement(inner, "nvpair", id=s.fresh("nv"), name="fake", value="new")
                block.insert(0, inner)
            for _, r in s.histories():
                for e in r:
                    if s.chance(30):
                        e.set("op-force-restart", " state ")
                        e.set("op-restart-digest", "f2317cad3d54cec5d7d7aa7d0bf35cf8")
        s.later(parameters)
    s.maybe_trouble(60)


def twice(s):
    """Active more than once, with somebody's maintenance."""
    s.fencing(80)
    for i in range(s.one(1, 2)):
        meta = {"multiple-active": s.one("stop_start", "stop_only", "block", "stop_unexpected")} if s.chance(60) else {}
        if s.chance(30):
            meta["requires"] = s.one("nothing", "quorum")
        if s.chance(30):
            meta["allow-migrate"] = "true"
        ops = s.op("monitor", "10s") + (s.op("monitor", "20s", role="Stopped") if s.chance(40) else "")
        s.resources.append(s.one(lambda: s.primitive(f"r{i}", meta=meta, ops=ops), lambda: s.primitive(f"r{i}", meta=meta, ops=ops), lambda: s.group(f"r{i}", 2, meta, ops=ops),
                                 lambda: s.clone(f"r{i}", meta, ops=ops), lambda: s.clone(f"r{i}", meta, promotable=True))())
    def again():
        name, prom = s.one(*s.leaves)
        for node in s.rng.sample(s.nodes, 2):
            s.running(node, name, STATEFUL if prom else DUMMY)
            if prom and s.chance(50):
                s.entry(node, name, STATEFUL, "promote", 15)
    def rest():
        kind = s.rng.randrange(4)
        if kind == 0:
            s.set_option("maintenance-mode", "true")
        elif kind == 1:
            s.set_meta(s.one(*s.leaves)[0], *s.one(("maintenance", "true"), ("is-managed", "false")))
        elif kind == 2:
            s.attribute(s.one(*s.nodes), "maintenance", "true")
        else:
            s.set_meta(s.one(*s.leaves)[0], "target-role", "Stopped")
    s.later(again, rest)
    if s.chance(40):
        s.later(rest)
    s.maybe_trouble(30)


def blocking(s):
    """Dependents of what is placed but cannot start."""
    s.fencing(85)
    s.resources.append(s.primitive("z"))
    kinds = {}
    for name in ("a", "b", "c")[:s.one(2, 3)]:
        kind = kinds[name] = s.one("p", "p", "g", "c", "m")
        s.resources.append({"p": lambda: s.primitive(name), "g": lambda: s.group(name, 2), "c": lambda: s.clone(name, {"interleave": "true"} if s.chance(40) else {}),
                            "m": lambda: s.clone(name, promotable=True)}[kind]())
    s.order("z", "a", **({"first_action": "start", "then_action": "promote"} if kinds["a"] == "m" and s.chance(50) else {}))
    names = list(kinds)
    for x, y in zip(names[1:], names):
        role = {}
        if kinds[y] == "m" and s.chance(60):
            role["with_rsc_role"] = "Promoted"
        if kinds[x] == "m" and s.chance(50):
            role["rsc_role"] = "Promoted"
        s.colocation(x, y, s.one("INFINITY", "INFINITY", "INFINITY", "100"), **role)
        if s.chance(40):
            s.order(y, x, **({"first_action": "promote", "then_action": "start"} if kinds[y] == "m" else {}))
    s.steps = s.one(0, 0, 1)
    s.later(s.one(lambda: s.set_meta("z", "target-role", "Stopped"), lambda: s.root.set("have-quorum", "0"), lambda: s.set_meta("z", "is-managed", "false"),
                  lambda: s.fail("a.*", ("start", "stop"), rc=1), lambda: s.entry(s.nodes[0], "z", DUMMY, "stop", 9, rc=1, status=4)))
    s.maybe_trouble(40)


AREAS = (remote, guest, bundle, ticket, sets, utilization, health, fencing, maintenance, lock, timeout, migration, multiple, orphan, onfail, promotable, notify,
         rules, clones, probes, groups, lifecycle, twice, blocking) + RARE_AREAS


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    program, folder, wanted, first, count = sys.argv[1].split(), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
    chosen = [a for a in AREAS if wanted in ("all", a.__name__)]
    for seed in range(first, first + count):
        area = chosen[seed % len(chosen)]
        situation = Situation(seed, area.__name__)
        area(situation)
        text = situation.build(program)
        stem = os.path.join(folder, f"{area.__name__}{seed}")
        with open(stem + ".xml", "w", encoding="utf-8") as file:
            file.write(text)
        with open(stem + ".args", "w", encoding="utf-8") as file:
            file.writelines(a + "\n" for a in situation.arguments)


if __name__ == "__main__":
    main()
