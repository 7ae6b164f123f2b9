"""Changes of structure: what holds what, guests and remote nodes, constraints."""

import copy
import xml.etree.ElementTree as ET

from mutation import change


# ---- structure ----
@change
def into_group(i):
    old = i.any(i.plain())
    if old is None:
        return False
    def members(member):
        other = ET.Element("primitive", id=i.fresh("member"), **{"class": "ocf", "provider": "pacemaker", "type": "Dummy"})
        return [member, other] if i.chance(50) else [other, member]
    made = i.holder(old, "group", members)
    if i.chance(30):
        i.pair(made, "meta_attributes", *i.one(("ordered", "false"), ("collocated", "false"), ("target-role", "Started"), ("resource-stickiness", "50")))


def clone_meta(i, made):
    for name, value in (("notify", "true"), ("interleave", "true"), ("ordered", "true"), ("clone-max", i.one("1", "2", "0", "3")), ("clone-node-max", "2"),
                        ("clone-min", "1"), ("globally-unique", "true")):
        if i.chance(20):
            i.pair(made, "meta_attributes", name, value)
            if name == "clone-node-max":  # S4 CR-2: Pacemaker main has another default then
                i.pair(made, "meta_attributes", "globally-unique", i.one("true", "true", "false"))


@change
def into_clone(i):
    old = i.any(i.plain() + i.resources.findall("group"))
    if old is None or any(p.get("class") not in ("ocf", None) for p in old.iter("primitive")) and i.chance(20):
        return False
    clone_meta(i, i.holder(old, "clone", lambda inner: [inner]))


@change
def into_promotable(i):
    old = i.any(p for p in i.plain() if p.get("class") == "ocf")
    if old is None:
        return False
    made = i.holder(old, "clone", lambda inner: [inner])
    old.set("provider", "pacemaker")
    old.set("type", "Stateful")
    for _, history in i.histories():
        if history.get("id") == old.get("id"):
            history.set("provider", "pacemaker")
            history.set("type", "Stateful")
    clone_meta(i, made)
    i.pair(made, "meta_attributes", "promotable", "true")
    for state in i.states():
        if i.chance(80):
            i.attribute(state, "master-" + old.get("id"), i.one("10", "5", "100", "-1", "10"))


@change
def into_bundle(i):
    old = i.any(p for p in i.plain() if p.get("class") == "ocf" and p.get("type") != "remote")
    if old is None:
        return False
    def body(inner):
        engine = ET.Element(i.one("docker", "podman"), image="img", replicas=i.one("1", "2", "3"))
        return [engine, ET.Element("network", {"ip-range-start": "192.168.99.10", "host-interface": "eth0"}), inner]
    i.holder(old, "bundle", body)


@change
def into_master(i):
    old = i.any(i.resources.findall("clone"))
    if old is None:
        return False
    i.pair(old, "meta_attributes", "promotable", i.one("true", "true", "false"))
    for state in i.states():
        for p in old.iter("primitive"):
            i.attribute(state, "master-" + p.get("id"), i.one("10", "5", "100", "-1"))


@change
def open_holder(i):
    old = i.any(e for e in i.resources if e.tag in ("clone", "master", "group"))
    if old is None:
        return False
    place = list(i.resources).index(old)
    inner = [e for e in old if e.tag in ("primitive", "group", "template")]
    i.resources.remove(old)
    for element in reversed(inner):
        i.resources.insert(place, element)
    names = {old.get("id")}
    for e in i.root.find("configuration").iter():
        for key in ("rsc", "with-rsc", "first", "then"):
            if e.get(key) in names:
                e.set(key, inner[0].get("id"))
        if e.tag in ("resource_ref", "obj_ref") and e.get("id") in names:
            e.set("id", inner[0].get("id"))


@change
def clone_settings(i):
    old = i.any(e for e in i.collectives() if e.tag in ("clone", "master"))
    if old is None:
        return False
    clone_meta(i, old)
    if i.chance(40):
        i.pair(old, "meta_attributes", *i.one(("promoted-max", "2"), ("promoted-max", "0"), ("promoted-node-max", "2"), ("globally-unique", "false"), ("clone-max", "1")))


@change
def template(i):
    old = i.any(i.primitives())
    if old is None or old.get("template") or old.get("class") == "stonith":
        return False
    made = ET.Element("template", id=i.fresh("template"), **{k: old.get(k) for k in ("class", "provider", "type") if old.get(k)})
    for key in ("class", "provider", "type"):
        old.attrib.pop(key, None)
    old.set("template", made.get("id"))
    for child in list(old):
        if i.chance(50):
            old.remove(child)
            made.append(child)
    i.resources.insert(0, made)
    if i.chance(50):
        place = i.any(e for e in i.constraints if e.get("rsc") == old.get("id"))
        if place is not None:
            place.set("rsc", made.get("id"))


@change
def tag(i):
    use = i.any((e, k) for e in i.constraints for k in ("rsc", "with-rsc", "first", "then") if e.get(k))
    if use is None:
        return False
    tags = i.root.find("configuration/tags")
    if tags is None:
        tags = ET.SubElement(i.root.find("configuration"), "tags")
    made = ET.SubElement(tags, "tag", id=i.fresh("tag"))
    ET.SubElement(made, "obj_ref", id=use[0].get(use[1]))
    other = i.any(e.get("id") for e in i.tops())
    if i.chance(60) and other and other != use[0].get(use[1]):
        ET.SubElement(made, "obj_ref", id=other)
    use[0].set(use[1], made.get("id"))


@change
def lost_resource(i):
    old = i.any(e for e in i.tops())
    if old is None:
        return False
    i.resources.remove(old)
    i.drop({e.get("id") for e in old.iter() if e.get("id")})
    if i.chance(20):
        i.option(*i.one(("stop-orphan-resources", "false"), ("stop-orphan-actions", "false")))


@change
def one_more_member(i):
    group = i.any(i.resources.iter("group"))
    if group is None:
        return False
    place = i.rng.randrange(len(group) + 1)
    made = ET.Element("primitive", id=i.fresh("member"), **{"class": "ocf", "provider": "pacemaker", "type": "Dummy"})
    members = [n for n, e in enumerate(group) if e.tag == "primitive"]
    group.insert(i.one(*members) if members and place else len(group), made)


@change
def member_gone(i):
    group = i.any(g for g in i.resources.iter("group") if len(g.findall("primitive")) > 1)
    if group is None:
        return False
    old = i.any(group.findall("primitive"))
    group.remove(old)
    i.drop({old.get("id")})


@change
def guest(i):
    host = i.any(i.plain())
    rider = i.any(e for e in i.tops() if e is not host)
    if host is None or rider is None:
        return False
    name = i.fresh("guest")
    i.pair(host, "meta_attributes", "remote-node", name)
    if i.chance(70):
        ET.SubElement(i.constraints, "rsc_location", id=i.fresh(), rsc=rider.get("id"), node=name, score=i.one("INFINITY", "1000"))
    if i.chance(60):
        state = ET.SubElement(i.status, "node_state", {"remote_node": "true", "id": name, "uname": name, "in_ccm": i.one("true", "true", "false"), "crm-debug-origin": "x", "node_fenced": "0"})
        found = i.any((s, h) for s, h in i.histories() if h.get("id") in {p.get("id") for p in rider.iter("primitive")})
        listing = i.listing(state)
        if found is not None and i.chance(70):
            listing.append(copy.deepcopy(found[1]))
            if i.chance(60):
                i.parent(found[1]).remove(found[1])


@change
def remote(i):
    rider = i.any(i.tops())
    if rider is None:
        return False
    name = i.fresh("remote")
    made = ET.SubElement(i.resources, "primitive", id=name, **{"class": "ocf", "provider": "pacemaker", "type": "remote"})
    if i.chance(40):
        i.pair(made, "instance_attributes", "reconnect_interval", "60s")
    operations = ET.SubElement(made, "operations")
    ET.SubElement(operations, "op", {"id": i.fresh(), "name": "monitor", "interval": "60s"})
    where = i.any(i.states())
    if where is not None and i.chance(80):
        listing = i.listing(where)
        history = ET.SubElement(listing, "lrm_resource", {"id": name, "class": "ocf", "provider": "pacemaker", "type": "remote"})
        i.entry(where, history, "start")
        i.entry(where, history, "monitor", 60000, *i.one((0, 0, 0), (0, 0, 0), (1, 0, 4), (1, 0, 2)))
        state = ET.SubElement(i.status, "node_state", {"remote_node": "true", "id": name, "uname": name, "in_ccm": i.one("true", "true", "false"), "crm-debug-origin": "x", "node_fenced": i.one("0", "0", "1")})
        found = i.any((s, h) for s, h in i.histories() if h.get("id") in {p.get("id") for p in rider.iter("primitive")})
        if found is not None:
            i.listing(state).append(copy.deepcopy(found[1]))
            if i.chance(70):
                i.parent(found[1]).remove(found[1])
    if i.chance(60):
        ET.SubElement(i.constraints, "rsc_location", id=i.fresh(), rsc=rider.get("id"), node=name, score=i.one("INFINITY", "1000"))


# ---- constraints ----
@change
def order_kind(i):
    old = i.any(i.constraints.iter("rsc_order"))
    if old is None:
        return False
    for name, values in (("symmetrical", ("false", "true")), ("kind", ("Optional", "Serialize", "Mandatory")), ("first-action", ("stop", "promote", "demote", "start")),
                         ("then-action", ("stop", "promote", "demote", "start"))):
        if i.chance(40):
            if name == "kind":
                old.attrib.pop("score", None)
            if name.endswith("action") and not old.get("first"):
                continue
            old.set(name, i.one(*values))


@change
def colocation_kind(i):
    old = i.any(i.constraints.iter("rsc_colocation"))
    if old is None:
        return False
    if i.chance(60):
        old.set("score", i.one("-INFINITY", "INFINITY", "100", "-100", "5"))
    if old.get("rsc"):
        if i.chance(30):
            old.set("rsc-role", i.one("Promoted", "Started"))
        if i.chance(30):
            old.set("with-rsc-role", i.one("Promoted", "Started", "Unpromoted"))
        if i.chance(20):
            old.set("node-attribute", i.one("#uname", "#kind", "site", "standby"))
        if i.chance(20):
            old.set("influence", i.one("true", "false"))
        if i.chance(20):
            a, b = old.get("rsc"), old.get("with-rsc")
            old.set("rsc", b)
            old.set("with-rsc", a)


@change
def new_order(i):
    names = i.names()
    if len(names) < 2:
        return False
    a, b = i.rng.sample(names, 2)
    made = ET.SubElement(i.constraints, "rsc_order", id=i.fresh(), first=a, then=b)
    if i.chance(40):
        made.set("kind", i.one("Optional", "Serialize"))
    if i.chance(30):
        made.set("symmetrical", "false")
    if i.chance(30):
        made.set("first-action", i.one("stop", "promote", "demote", "start"))
    if i.chance(30):
        made.set("then-action", i.one("stop", "promote", "demote", "start"))


@change
def new_colocation(i):
    names = i.names()
    if len(names) < 2:
        return False
    a, b = i.rng.sample(names, 2)
    made = ET.SubElement(i.constraints, "rsc_colocation", {"id": i.fresh(), "rsc": a, "with-rsc": b, "score": i.one("INFINITY", "-INFINITY", "100", "-100")})
    if i.chance(30):
        made.set("rsc-role", i.one("Promoted", "Started"))
    if i.chance(30):
        made.set("with-rsc-role", i.one("Promoted", "Unpromoted", "Started"))


@change
def new_set(i):
    names = i.names()
    if len(names) < 3:
        return False
    kind = i.one("rsc_order", "rsc_colocation", "rsc_order", "rsc_ticket")
    chosen = i.rng.sample(names, min(len(names), i.one(3, 4)))
    extra = {"rsc_order": i.one({}, {"kind": "Optional"}, {"symmetrical": "false"}, {"kind": "Serialize"}),
             "rsc_colocation": {"score": i.one("INFINITY", "-INFINITY", "200")}, "rsc_ticket": {"ticket": "T1", "loss-policy": i.one("stop", "fence", "freeze", "demote")}}[kind]
    made = ET.SubElement(i.constraints, kind, id=i.fresh(), **extra)
    cut = i.one(1, 2, len(chosen))
    for part in (chosen[:cut], chosen[cut:]):
        if part:
            block = ET.SubElement(made, "resource_set", id=i.fresh())
            for name, values, where in (("sequential", ("false",), ("rsc_order", "rsc_colocation")), ("require-all", ("false",), ("rsc_order",)),
                                        ("action", ("start", "promote", "stop"), ("rsc_order",)), ("role", ("Promoted", "Started"), ("rsc_colocation", "rsc_ticket"))):
                if kind in where and i.chance(30):
                    block.set(name, i.one(*values))
            if kind == "rsc_order" and block.get("require-all"):
                block.set("sequential", "false")
            for name in part:
                ET.SubElement(block, "resource_ref", id=name)


@change
def new_location(i):
    name, node = i.any(i.names()), i.any(i.nodes)
    if name is None or node is None:
        return False
    made = ET.SubElement(i.constraints, "rsc_location", id=i.fresh(), rsc=name)
    if i.chance(50):
        made.set("node", node.get("uname"))
        made.set("score", i.one("-INFINITY", "INFINITY", "100", "-100"))
        if i.chance(20):
            made.set("resource-discovery", i.one("never", "exclusive", "always"))
    else:
        rule = ET.SubElement(made, "rule", id=i.fresh(), score=i.one("-INFINITY", "INFINITY", "100", "-100"))
        if i.chance(30):
            rule.set("role", "Promoted")
        ET.SubElement(rule, "expression", id=i.fresh(), attribute="#uname", operation=i.one("eq", "ne"), value=node.get("uname"))


@change
def ticket(i):
    name = i.any(i.names())
    if name is None:
        return False
    made = ET.SubElement(i.constraints, "rsc_ticket", {"id": i.fresh(), "rsc": name, "ticket": "T1", "loss-policy": i.one("stop", "fence", "freeze", "demote")})
    if i.chance(25):
        made.set("rsc-role", i.one("Promoted", "Started"))
    if i.chance(70):
        tickets = i.status.find("tickets")
        if tickets is None:
            tickets = ET.SubElement(i.status, "tickets")
        if not any(t.get("id") == "T1" for t in tickets):
            ET.SubElement(tickets, "ticket_state", {"id": "T1", "granted": i.one("true", "false"), "last-granted": "1300000000", "standby": i.one("false", "false", "true")})


@change
def constraint_gone(i):
    old = i.any(list(i.constraints))
    if old is None:
        return False
    i.constraints.remove(old)
