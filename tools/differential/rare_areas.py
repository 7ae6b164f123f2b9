"""More areas of scheduler inputs: what is configured less often, alone and together."""

from situation import DUMMY, STATEFUL

UNFENCER = 'class="stonith" type="fence_scsi"'
REMOTE = 'class="ocf" provider="pacemaker" type="remote"'
MACHINE = 'class="ocf" provider="heartbeat" type="VirtualDomain"'


def some(s, percent, **values):
    """Each of the values with this chance; a tuple means one of its elements."""
    return {k: s.one(*v) if isinstance(v, tuple) else v for k, v in values.items() if s.chance(percent)}


def leaf(s, name, meta=None):
    """Anything with this id; tells whether it can be promoted."""
    kind = s.one("p", "p", "g", "c", "cg", "m", "mg")
    made = {"p": lambda: s.primitive(name, meta=meta), "g": lambda: s.group(name, s.one(2, 3), meta), "c": lambda: s.clone(name, meta),
            "cg": lambda: s.clone(name, meta, inner="group"), "m": lambda: s.clone(name, meta, promotable=True),
            "mg": lambda: s.clone(name, meta, promotable=True, inner="group")}[kind]()
    s.resources.append(made)
    return kind[0] == "m"


def network(s, ident, number):
    attributes = {}
    if s.chance(60):
        attributes["ip-range-start"] = f"192.168.{number}.{s.one(10, 252, 253)}"
        attributes.update(some(s, 50, **{"host-interface": "eth1", "host-netmask": "24", "add-host": ("true", "false")}))
    if not attributes or s.chance(30):
        attributes["control-port"] = str(3121 + number)
    ports = "".join(f'<port-mapping id="{s.fresh("pm")}" {p}/>' for p in
                    s.one([], ['port="80"'], ['range="2000-2010"', 'port="81" internal-port="8081"']))
    return "<network " + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + f">{ports}</network>"


def storage(s):
    mappings = [f'source-dir="/data" target-dir="{s.one("/srv", "/var/log")}"', 'source-dir-root="/logs" target-dir="/l" options="ro,Z"']
    chosen = s.one([], mappings[:1], mappings[1:], mappings)
    return "<storage>" + "".join(f'<storage-mapping id="{s.fresh("sm")}" {m}/>' for m in chosen) + "</storage>" if chosen else ""


def full_bundle(s, name, number, meta=None, child=True, child_meta=None):
    promoted = s.one(None, None, "1", "2")
    attributes = {"image": "img:1", "replicas": s.one("1", "2", "3")}
    attributes.update(some(s, 20, **{"run-command": "/sbin/run", "options": ("", "--log 1"), "network": ("host", "br0")}))
    if promoted:
        attributes["promoted-max"] = promoted
    net = network(s, name, number)
    if "ip-range-start" in net and s.chance(15):
        attributes["replicas-per-host"] = "2"
    body = s.primitive(f"{name}-c", promotable=bool(promoted), agent=STATEFUL if promoted else DUMMY, meta=child_meta) if child else ""
    s.resources.append(f'<bundle id="{name}">' + s.pairs("meta_attributes", meta, name) + f"<{s.one('docker', 'podman')} "
                       + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + "/>" + net + storage(s) + body + "</bundle>")
    return bool(promoted)


def role_attributes(s, one, other):
    made = {}
    if one and s.chance(50):
        made["rsc_role"] = s.one("Promoted", "Unpromoted", "Started")
    if other and s.chance(50):
        made["with_rsc_role"] = s.one("Promoted", "Unpromoted", "Started")
    return made


def tie(s, a, b, a_promotable=False, b_promotable=False, mandatory=60):
    """Constraints of a with b."""
    if s.chance(70):
        more = role_attributes(s, a_promotable, b_promotable)
        more.update(some(s, 20, influence=("true", "false")))
        s.colocation(a, b, "INFINITY" if s.chance(mandatory) else s.one("100", "-INFINITY", "-100", "1"), **more)
    if s.chance(60):
        first, then = s.one(("start", "start"), ("promote", "start"), ("promote", "promote"), ("demote", "stop")) if b_promotable and a_promotable else (
            s.one(("start", "start"), ("promote", "start")) if b_promotable else ("start", "start"))
        more = {} if (first, then) == ("start", "start") else {"first_action": first, "then_action": then}
        more.update(some(s, 25, kind=("Mandatory", "Optional", "Serialize"), symmetrical=("true", "false")))
        if more.get("kind") == "Serialize":
            more.pop("symmetrical", None)
        s.order(b, a, **more)


# ---- areas ----

def bundles(s):
    """Bundles of all forms, with each other and with others."""
    s.fencing(85)
    promotable = {}
    for number, name in enumerate(("b", "d")[:s.one(1, 2, 2)]):
        meta = some(s, 15, **{"notify": "true", "interleave": "true", "is-managed": "false", "maintenance": "true", "target-role": ("Stopped", "Unpromoted"),
                              "priority": ("2", "9"), "resource-stickiness": ("0", "50"), "container-attribute-target": "host"})
        child_meta = some(s, 15, **{"container-attribute-target": "host", "notify": "true", "migration-threshold": ("1", "2"), "critical": "false"})
        promotable[name] = full_bundle(s, name, number, meta, s.chance(88), child_meta)
    if s.chance(50):
        promotable["x"] = leaf(s, "x")
    names = list(promotable)
    for a, b in zip(names[1:], names):
        tie(s, a, b, promotable[a], promotable[b])
    if s.chance(30):
        s.location(s.one(*names), s.one(*s.nodes), s.one("-INFINITY", "100", "INFINITY"), **some(s, 30, role=("Promoted", "Started")))
    if s.chance(15):
        s.options["placement-strategy"] = "balanced"
    s.steps = s.one(0, 1, 1, 2)
    s.later(lambda: s.one(lambda: s.fail("[bd]-.*"), lambda: s.fail("[bd]-[0-9]", ("monitor", "start", "stop")), lambda: s.lose(s.one(*s.nodes)), lambda: s.pending("[bd]-.*"),
                          lambda: s.set_meta(s.one(*names), *s.one(("target-role", "Stopped"), ("is-managed", "false"), ("maintenance", "true"))))())
    s.maybe_trouble(40)


def unfencing(s):
    """Remote nodes and devices that unfence."""
    s.resources.append(s.primitive("unfencer", UNFENCER, meta={"provides": "unfencing"}, params={"pcmk_host_list": " ".join(s.nodes), "devices": "/dev/sda"}, ops=s.op("monitor", "60s")))
    s.leaves.pop()
    if s.chance(50):
        s.fencing(100)
    if s.chance(60):
        s.resources.append(s.primitive("rem1", REMOTE, ops=s.op("monitor", "60s"), params=some(s, 30, reconnect_interval="60s")))
        s.remotes.append("rem1")
    for i in range(s.one(1, 2)):
        meta = some(s, 40, requires=("unfencing", "fencing", "quorum", "nothing"))
        leaf(s, f"r{i}", meta)
        if s.remotes and s.chance(60):
            s.location(f"r{i}", "rem1", s.one("INFINITY", "100"))
    for node in s.nodes:
        s.node_attributes[node].update(some(s, 35, **{"#node-unfenced": ("0", "1700000000"), "#digests-all": ("unfencer:fence_scsi:abc,", "x"), "#digests-secure": "unfencer:fence_scsi:def,"}))
    s.steps = s.one(0, 1, 1)
    s.later(lambda: s.one(lambda: s.lose(s.one(*s.nodes)), lambda: s.fail(), lambda: s.set_meta("unfencer", "target-role", "Stopped"), lambda: None)())
    s.maybe_trouble(40)


def nested(s):
    """Guest nodes with addresses, machines in groups, resources that a container launches, all of them moving."""
    s.fencing(85)
    kind = s.one("guest", "guest", "container")
    for i in range(s.one(1, 2)):
        meta = {"remote-node": f"g{i}"} if kind == "guest" else {}
        meta.update(some(s, 25, **{"remote-addr": "10.0.0.5", "remote-port": "3200", "remote-connect-timeout": "90s", "allow-migrate": "true", "remote-allow-migrate": ("true", "false"),
                                   "priority": "5", "resource-stickiness": "100", "migration-threshold": "1"}) if kind == "guest" else some(s, 25, **{"allow-migrate": "true"}))
        machine = s.primitive(f"vm{i}", MACHINE, meta=meta)
        s.resources.append(machine if s.chance(75) else f'<group id="gr{i}">{machine}' + s.primitive(f"side{i}") + "</group>")
        if kind == "guest":
            s.remotes.append(f"g{i}")
    names = []
    for i in range(s.one(1, 2, 3)):
        meta = {"container": "vm0"} if kind == "container" and s.chance(70) else some(s, 25, **{"allow-migrate": "true", "notify": "true", "container-attribute-target": "host"})
        names.append((f"r{i}", leaf(s, f"r{i}", meta)))
        if s.remotes and s.chance(60):
            s.location(f"r{i}", s.one(*s.remotes), s.one("INFINITY", "100"))
    for (a, ap), (b, bp) in zip(names[1:], names):
        tie(s, a, b, ap, bp)
    if s.chance(40):
        tie(s, names[0][0], "vm0")
    s.steps = s.one(0, 1, 1, 2)
    s.later(lambda: s.one(lambda: s.fail("(vm|g)[0-9]", ("monitor", "start", "stop", "migrate_to")), lambda: s.lose(s.one(*s.nodes)), lambda: s.fail("r.*"), lambda: s.pending("vm.*"),
                          lambda: s.location_now(f"vm0", s.one(*s.nodes), "-INFINITY"), lambda: s.set_meta("vm0", *s.one(("target-role", "Stopped"), ("maintenance", "true"))))())
    s.maybe_trouble(40)


def ticketsets(s):
    s.fencing(85)
    for ticket in ("t", "u"):
        s.tickets[ticket] = s.one('granted="true"', 'granted="true"', 'granted="false"', 'granted="true" standby="true"', 'granted="false" standby="true"')
    promotable = {name: leaf(s, name) for name in ("a", "b", "c")[:s.one(2, 3)]}
    policy = lambda: f' loss-policy="{s.one("stop", "demote", "fence", "freeze")}"' if s.chance(80) else ""
    role = lambda name: f'role="{s.one("Promoted", "Started", "Unpromoted", "Stopped")}"' if promotable[name] and s.chance(60) else ""
    if s.chance(60):
        s.constraints.append(f'<rsc_ticket id="{s.fresh("ts")}" ticket="t"{policy()}>' + "".join(
            f'<resource_set id="{s.fresh("set")}" {role(name)}><resource_ref id="{name}"/></resource_set>' for name in promotable) + "</rsc_ticket>")
    for name in promotable:
        if s.chance(50):
            text = role(name)
            s.constraints.append(f'<rsc_ticket id="{s.fresh("tk")}" rsc="{name}" ticket="{s.one("t", "u", "v")}"{policy()} {text and "rsc-" + text}/>')
    if s.chance(40):
        tie(s, "b", "a", promotable["b"], promotable["a"])
    def change():
        for state in s.root.findall("status/tickets/ticket_state"):
            if s.chance(60):
                state.set(*s.one(("granted", "false"), ("granted", "true"), ("standby", "true"), ("standby", "false")))
    s.later(change)
    if s.chance(30):
        s.arguments += [s.one("-g", "-r", "-b", "-e"), s.one("t", "u", "v", "w")]
    s.maybe_trouble(35)


def cohorts(s):
    """Clones of all kinds with each other: groups in them, order and interleaving, enough instances."""
    s.fencing(88)
    promotable = {}
    for name in ("c", "d", "e")[:s.one(2, 2, 3)]:
        meta = some(s, 25, **{"interleave": ("true", "false"), "notify": "true", "ordered": ("true", "false"), "clone-min": ("1", "2"), "clone-max": ("1", "2", "3"), "promoted-max": ("1", "2"),
                              "promoted-node-max": ("1", "2"), "target-role": ("Unpromoted", "Stopped", "Promoted"), "resource-stickiness": ("0", "INFINITY"), "priority": "3"})
        promotable[name] = leaf(s, name, meta)
    names = list(promotable)
    for a, b in zip(names[1:], names):
        tie(s, a, b, promotable[a], promotable[b])
    if s.chance(30):
        members = "".join(f'<resource_ref id="{n}"/>' for n in names)
        if s.chance(50):
            s.constraints.append(f'<rsc_order id="so" kind="{s.one("Mandatory", "Optional")}"><resource_set id="sos" {s.one("", "require-all=" + chr(34) + "false" + chr(34) + " sequential=" + chr(34) + "false" + chr(34))}>{members}</resource_set></rsc_order>')
        else:
            s.constraints.append(f'<rsc_colocation id="sc" score="{s.one("INFINITY", "20", "-20")}"><resource_set id="scs" {s.one("", "role=" + chr(34) + "Promoted" + chr(34))}>{members}</resource_set></rsc_colocation>')
    if s.chance(40):
        s.location(s.one(*names), s.one(*s.nodes), s.one("-INFINITY", "100", "-5"), **some(s, 40, role=("Promoted", "Unpromoted", "Started")))
    s.steps = s.one(0, 1, 1, 2)
    s.later(s.one(lambda: s.fail(), lambda: s.fail(None, ("promote", "demote", "start", "stop")), lambda: s.lose(s.one(*s.nodes)), lambda: s.attribute(s.one(*s.nodes), "standby", "true")))
    s.maybe_trouble(45)


def naming(s):
    """Templates, tags, patterns, submatches, attributes as scores, values from parameters."""
    s.fencing(90)
    s.resources.append(f'<template id="tpl" {DUMMY}>' + s.pairs("instance_attributes", {"p": "1", "site": "a"}, "tpl") + s.pairs("meta_attributes", some(s, 50, **{"priority": "4", "resource-stickiness": "11", "zone": "b"}), "tpl")
                       + s.pairs("utilization", some(s, 50, cpu="1"), "tpl") + "<operations>" + s.op("monitor", "10s", timeout="45s") + s.op("start", "0", timeout="33s") + "</operations></template>")
    for node in s.nodes:
        s.node_attributes[node].update(some(s, 60, **{"site": ("a", "b"), "pref": ("10", "-20", "INFINITY", "junk", ""), "has-r1": "7", "r": "3"}))
    for i in range(s.one(3, 4)):
        if s.chance(60):
            s.resources.append(s.primitive(f"r{i}", head='template="tpl"', ops=s.one(None, s.op("monitor", "20s")), meta=some(s, 30, zone=("a", "b")), params=some(s, 30, site=("a", "b"))))
        else:
            leaf(s, f"r{i}", some(s, 30, zone=("a", "b")))
    s.extra.append('<tags><tag id="tg"><obj_ref id="r0"/><obj_ref id="r1"/></tag></tags>')
    for _ in range(s.one(1, 2)):
        a, b = s.one(("tpl", "r2"), ("r2", "tpl"), ("tg", "r2"), ("r2", "tg"))
        if "tpl" in (a, b) and not any('template="tpl"' in r for r in s.resources):
            continue
        s.one(lambda: s.colocation(a, b, s.one("INFINITY", "50", "-INFINITY", "-50"), **some(s, 20, node_attribute="site")), lambda: s.order(a, b, **some(s, 30, kind=("Optional", "Serialize", "Mandatory"))),
              lambda: s.location(a, s.one(*s.nodes), s.one("INFINITY", "-INFINITY", "9")))()
    expression = lambda: (f'<expression id="{s.fresh("e")}" attribute="{s.one("site", "pref", "has-%0", "%1", "#uname", "zone")}" operation="{s.one("eq", "ne", "gt", "lte")}" value="{s.one("site", "zone", "a", "3")}"'
                          + s.one("", ' value-source="param"', ' value-source="meta"', ' value-source="literal"', ' type="integer"') + "/>")
    for _ in range(s.one(1, 2)):
        score = s.one('score="40"', 'score="-INFINITY"', 'score-attribute="pref"', 'score-attribute="%0"', 'score-attribute="has-%0"')
        who = s.one('rsc-pattern="^(r)[0-9]"', 'rsc-pattern="!r1"', 'rsc-pattern="r[01]$"', 'rsc="r0"')
        discovery = s.one("", "", ' resource-discovery="never"', ' resource-discovery="exclusive"')
        if s.chance(70):
            s.constraints.append(f'<rsc_location id="{s.fresh("lp")}" {who}{discovery}><rule id="{s.fresh("ru")}" {score} boolean-op="{s.one("and", "or")}">{expression()}{s.one("", expression())}</rule></rsc_location>')
        else:
            s.constraints.append(f'<rsc_location id="{s.fresh("lp")}" {who}{discovery} node="{s.one(*s.nodes)}" score="{s.one("15", "-INFINITY")}"/>')
    s.steps = s.one(0, 1)
    s.maybe_trouble(40)


def upkeep(s):
    """Maintenance at every level, over bundles and guests, too, while something else happens."""
    s.fencing(80)
    full_bundle(s, "b", 1)
    s.resources.append(s.primitive("vm0", MACHINE, meta={"remote-node": "g0"}))
    names = ["b", "vm0"]
    for name in ("x", "y")[:s.one(1, 2)]:
        leaf(s, name)
        names.append(name)
    if s.chance(50):
        tie(s, names[-1], s.one("b", "vm0", "x") if names[-1] != "x" else "vm0")
    def keep():
        kind = s.rng.randrange(5)
        ids = [e.get("id") for e in s.root.find("configuration/resources").iter() if e.tag in ("primitive", "group", "clone", "bundle")]
        if kind == 0:
            s.set_option("maintenance-mode", "true")
        elif kind == 1:
            s.set_meta(s.one(*ids), *s.one(("maintenance", "true"), ("is-managed", "false")))
        elif kind == 2:
            s.attribute(s.one(*s.nodes, "g0"), "maintenance", "true")
        elif kind == 3:
            s.set_meta(s.one(*ids), "is-managed", "true")
        else:
            s.set_meta(s.one(*ids), "target-role", "Stopped")
    s.later(*[keep for _ in range(s.one(1, 2, 3))])
    s.maybe_trouble(70)


def retries(s):
    """Failures that expire, thresholds, reconnecting, at all levels of defaults."""
    s.fencing(80)
    s.rsc_defaults = some(s, 30, **{"failure-timeout": ("60s", "10min"), "migration-threshold": ("1", "3"), "resource-stickiness": "5"})
    s.op_defaults = some(s, 30, **{"timeout": "17s", "on-fail": ("restart", "block", "fence"), "record-pending": "false"})
    if s.chance(40):
        s.options["start-failure-is-fatal"] = "false"
    for i in range(s.one(1, 2, 3)):
        leaf(s, f"r{i}", some(s, 35, **{"failure-timeout": ("30s", "PT1H", "0"), "migration-threshold": ("1", "2", "0"), "critical": ("true", "false")}))
    if s.chance(30):
        s.resources.append(s.primitive("rem1", REMOTE, ops=s.op("monitor", "60s"), params={"reconnect_interval": s.one("60s", "2h")}, meta=some(s, 40, **{"failure-timeout": "5min"})))
        s.location("r0", "rem1", "100")
    if s.chance(40):
        tie(s, "r0", "r1") if any('id="r1"' in r for r in s.resources) else None
    s.later(*[lambda: s.fail(None, ("monitor", "monitor", "start", "stop", "promote")) for _ in range(s.one(1, 2, 3, 4))])
    s.maybe_trouble(25)


def pressure(s):
    """Utilization with collectives, priorities, and nodes that differ."""
    s.fencing(90)
    s.options["placement-strategy"] = s.one("utilization", "minimal", "balanced")
    for node in s.nodes:
        s.node_utilization[node] = some(s, 90, cpu=("1", "3", "5", "8"), ram=("2", "4", "x", "100"))
    needs = lambda: some(s, 65, cpu=("1", "2", "3"), ram=("1", "2", "5"))
    promotable = {}
    for i in range(s.one(2, 3, 4)):
        name, meta = f"r{i}", some(s, 25, **{"priority": ("1", "5"), "resource-stickiness": ("10", "0"), "interleave": "true", "clone-max": ("1", "2")})
        kind = s.one("p", "p", "g", "c", "cg", "m")
        promotable[name] = kind == "m"
        s.resources.append({"p": lambda: s.primitive(name, meta=meta, utilization=needs()), "g": lambda: s.group(name, 2, meta, utilization=needs()), "c": lambda: s.clone(name, meta, utilization=needs()),
                            "cg": lambda: s.clone(name, meta, inner="group", utilization=needs()), "m": lambda: s.clone(name, meta, promotable=True, utilization=needs())}[kind]())
    names = list(promotable)
    for a, b in zip(names[1:], names):
        if s.chance(50):
            tie(s, a, b, promotable[a], promotable[b], 75)
    if s.chance(30):
        full_bundle(s, "b", 1)
        s.colocation(s.one(*names), "b", s.one("INFINITY", "30"))
    s.steps = s.one(0, 1, 1)
    s.maybe_trouble(70)


def knobs(s):
    """Cluster options that change little, and node attributes that say what may be probed or run."""
    s.fencing(85)
    s.options.update(some(s, 30, **{"node-action-limit": "1", "batch-limit": "2", "migration-limit": "1", "cluster-delay": "90s", "stop-all-resources": "true", "symmetric-cluster": "false",
                                    "enable-startup-probes": "false", "remove-after-stop": "true", "node-pending-timeout": "2h", "stonith-timeout": "99s", "fence-reaction": "panic",
                                    "no-quorum-policy": ("demote", "freeze", "stop", "suicide", "ignore"), "startup-fencing": "false", "load-threshold": "50%"}))
    for i in range(s.one(2, 3)):
        leaf(s, f"r{i}", some(s, 25, **{"description": "x", "resource-stickiness": ("-5", "default"), "target-role": ("started", "stopped", "#default"), "requires": ("quorum", "nothing")}))
        if s.chance(50):
            s.location(f"r{i}", s.one(*s.nodes), s.one("0", "100", "INFINITY"))
    for node in s.nodes:
        s.node_attributes[node].update(some(s, 15, **{"resource-discovery-enabled": "false", "standby": ("on", "true"), "maintenance": "on", "terminate": "true"}))
    s.steps = s.one(0, 1)
    s.later(lambda: s.root.set(*s.one(("have-quorum", "0"), ("no-quorum-panic", "1"), ("dc-uuid", "2"))))
    s.maybe_trouble(60)


def turnover(s):
    """Agents and parameters that changed under running resources, and monitors that went."""
    s.fencing(85)
    for i in range(s.one(2, 3)):
        leaf(s, f"r{i}", some(s, 20, **{"allow-migrate": "true", "is-managed": "false"}))
    if s.chance(40):
        tie(s, "r1", "r0")
    def change():
        chosen = s.one(*s.leaves)[0]
        element = next((e for e in s.root.iter("primitive") if e.get("id") == chosen), None)
        kind = s.rng.randrange(5)
        if element is None:
            return
        if kind == 0:
            element.set("type", s.one("Other", "Dummy"))
        elif kind == 1:
            for op in element.iter("op"):
                op.set(*s.one(("interval", "15s"), ("timeout", "77s"), ("enabled", "false"), ("on-fail", "block")))
        elif kind == 2:
            for _, r in s.histories():
                for e in r:
                    if r.get("id").split(":")[0] == chosen:
                        e.set("op-digest", s.one("0" * 32, "f2317cad3d54cec5d7d7aa7d0bf35cf8"))
                        if s.chance(40):
                            e.set("op-force-restart", " state "), e.set("op-restart-digest", s.one("0" * 32, "f2317cad3d54cec5d7d7aa7d0bf35cf8"))
        elif kind == 3:
            for operations in element.findall("operations"):
                element.remove(operations)
        else:
            s.set_meta(chosen, *s.one(("is-managed", "false"), ("maintenance", "true"), ("target-role", "Stopped")))
    s.later(*[change for _ in range(s.one(1, 2, 3))])
    s.maybe_trouble(40)


RARE_AREAS = (bundles, unfencing, nested, ticketsets, cohorts, naming, upkeep, retries, pressure, knobs, turnover)
