"""A scheduler input to be changed, what is often looked for in it, and the changes by name."""

import re
import xml.etree.ElementTree as ET

UUID = "01234567-89ab-cdef-0123-456789abcdef"
CHANGES = {}


def change(function):
    CHANGES[function.__name__] = function
    return function


class Input:
    """A document and what is often looked for in it."""

    def __init__(self, root, rng):
        self.root, self.rng, self.count, self.arguments = root, rng, 0, []
        root.set("validate-with", "pacemaker-3.8")
        root.set("crm_feature_set", "3.16.1")
        self.resources = root.find("configuration/resources")
        self.constraints = root.find("configuration/constraints")
        self.status = root.find("status")
        self.nodes = [n for n in root.findall("configuration/nodes/node") if n.get("uname")]
        entries = [int(e.get("last-rc-change", "0")) for e in root.iter("lrm_rsc_op") if e.get("last-rc-change", "0").isdigit()]
        self.now = int(root.get("execution-date", "0")) or max(entries + [1_500_000_000]) + 100
        if not root.get("execution-date"):
            root.set("execution-date", str(self.now))

    def fresh(self, stem="mut"):
        self.count += 1
        return f"{stem}-{self.count}"

    def one(self, *choices):
        return self.rng.choice(choices)

    def chance(self, percent):
        return self.rng.random() * 100 < percent

    def any(self, found):
        found = list(found)
        return self.rng.choice(found) if found else None

    def parent(self, element):
        return next((p for p in self.root.iter() if element in list(p)), None)

    def primitives(self):
        return list(self.resources.iter("primitive"))

    def plain(self):
        """Primitives that are in nothing and no fencing devices."""
        return [p for p in self.resources.findall("primitive") if p.get("class") != "stonith"]

    def collectives(self):
        return [e for tag in ("group", "clone", "master", "bundle") for e in self.resources.iter(tag)]

    def tops(self):
        return [e for e in self.resources if e.tag in ("primitive", "group", "clone", "master", "bundle") and e.get("class") != "stonith"]

    def pair(self, owner, block, name, value):
        found = owner.find(block)
        if found is None or found.get("id-ref"):
            found = ET.Element(block, id=self.fresh())
            owner.insert(0, found)
        holder = found.find("attributes") if found.find("attributes") is not None else found
        for pair in holder.findall("nvpair"):
            if pair.get("name") == name:
                pair.set("value", value)
                return
        ET.SubElement(holder, "nvpair", id=self.fresh(), name=name, value=value)

    def option(self, name, value):
        config = self.root.find("configuration/crm_config")
        found = config.find("cluster_property_set")
        if found is None:
            found = ET.SubElement(config, "cluster_property_set", id="cib-bootstrap-options")
        self.pair(config, "cluster_property_set", name, value)

    def states(self):
        return [s for s in self.status.findall("node_state") if s.get("uname")]

    def histories(self):
        return [(s, r) for s in self.states() for r in s.findall("lrm/lrm_resources/lrm_resource")]

    def listing(self, state):
        lrm = state.find("lrm")
        if lrm is None:
            lrm = ET.SubElement(state, "lrm", id=state.get("id"))
        found = lrm.find("lrm_resources")
        return found if found is not None else ET.SubElement(lrm, "lrm_resources")

    def attribute(self, state, name, value):
        transient = state.find("transient_attributes")
        if transient is None:
            transient = ET.SubElement(state, "transient_attributes", id=state.get("id"))
        self.pair(transient, "instance_attributes", name, value)

    def names(self):
        return [e.get("id") for e in self.resources.iter() if e.tag in ("primitive", "group", "clone", "master", "bundle") and e.get("id")]

    def entry(self, state, resource, task, interval=0, rc=0, expected=0, status=0, age=10, **extra):
        name = resource.get("id")
        call = 1 + max([int(e.get("call-id", "0")) for e in self.root.iter("lrm_rsc_op") if re.fullmatch("[0-9]+", e.get("call-id", ""))] + [0])
        call = -1 if status == -1 else call
        key = f"{max(call, 1)}:{max(call, 7)}:{expected}:{UUID}"
        ET.SubElement(resource, "lrm_rsc_op", {
            "id": extra.pop("ident", f"{name}_mut_{task}_{interval}_{self.fresh('e')}"), "operation_key": f"{name}_{task}_{interval}", "operation": task,
            "crm_feature_set": "3.16.1", "transition-key": key, "transition-magic": f"{status}:{rc};{key}", "on_node": state.get("uname"),
            "call-id": str(call), "rc-code": str(rc), "op-status": str(status), "interval": str(interval),
            "last-rc-change": str(self.now - age), "exec-time": "3", **extra})

    def holder(self, old, tag, inner, **attributes):
        """OLD goes into a new TAG in its place."""
        parent = self.parent(old)
        place = list(parent).index(old)
        made = ET.Element(tag, id=self.fresh(tag), **attributes)
        parent.remove(old)
        parent.insert(place, made)
        made.extend(inner(old))
        return made

    def drop(self, names):
        """Takes away what names one of these."""
        for parent in list(self.root.find("configuration").iter()):
            for child in list(parent):
                if any(child.get(k) in names for k in ("rsc", "with-rsc", "first", "then")) or (
                        child.tag in ("resource_ref", "obj_ref") and child.get("id") in names):
                    parent.remove(child)
        for parent in list(self.constraints.iter()):
            for child in list(parent):
                if child.tag == "resource_set" and len(child) == 0 or child.tag in ("rsc_location", "rsc_order", "rsc_colocation", "rsc_ticket") and len(
                        child) == 0 and not child.get("rsc") and not child.get("first") and not child.get("rsc-pattern") and not child.get("template"):
                    parent.remove(child)
