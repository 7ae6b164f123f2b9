"""A cluster to be made in small steps, brought to work by a scheduler, and then troubled."""

import os
import random
import re
import subprocess
import tempfile
import xml.etree.ElementTree as ET

NOW = 1700172800
UUID = "01234567-89ab-cdef-0123-456789abcdef"
FEATURE_SET = "3.16.1"
DUMMY = 'class="ocf" provider="pacemaker" type="Dummy"'
STATEFUL = 'class="ocf" provider="pacemaker" type="Stateful"'


class Situation:
    def __init__(self, seed, area):
        self.rng = random.Random(f"{area} {seed}")
        self.count = 0
        self.options = {"stonith-enabled": "true", "concurrent-fencing": "true"}
        self.resources, self.constraints, self.extra = [], [], []
        self.nodes = [f"n{i + 1}" for i in range(self.rng.choice((2, 2, 3, 4)))]
        self.node_attributes = {node: {} for node in self.nodes}
        self.node_utilization = {node: {} for node in self.nodes}
        self.rsc_defaults, self.op_defaults = {}, {}
        self.tickets = {}
        self.leaves = []  # (id, promotable)
        self.remotes = []
        self.late_options = {}
        self.edits = []
        self.arguments = []
        self.steps = 1 if self.chance(85) else 0

    # ---- little helpers ----
    def chance(self, percent):
        return self.rng.random() * 100 < percent

    def one(self, *choices):
        return self.rng.choice(choices)

    def fresh(self, stem):
        self.count += 1
        return f"{stem}-{self.count}"

    def pairs(self, kind, values, owner="s", rule="", score=None):
        if not values:
            return ""
        ident = self.fresh(owner)
        score = f' score="{score}"' if score is not None else ""
        body = "".join(f'<nvpair id="{ident}-{i}" name="{k}" value="{v}"/>' for i, (k, v) in enumerate(values.items()))
        return f'<{kind} id="{ident}"{score}>{rule}{body}</{kind}>'

    def op(self, name, interval="0", meta=None, **attributes):
        text = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in attributes.items() if v is not None)
        inside = self.pairs("meta_attributes", meta) if meta else ""
        return f'<op id="{self.fresh("op")}" name="{name}" interval="{interval}"{text}>{inside}</op>'

    def primitive(self, ident, agent=DUMMY, meta=None, params=None, ops=None, utilization=None, promotable=False, more="", head=None):
        self.leaves.append((ident, promotable))
        if ops is None:
            if promotable:
                ops = self.op("monitor", "10s", role="Unpromoted") + self.op("monitor", "9s", role="Promoted")
            else:
                ops = self.op("monitor", "10s") if self.chance(80) else ""
        ops = f"<operations>{ops}</operations>" if ops else ""
        return (f'<primitive id="{ident}" {head or agent}>' + self.pairs("instance_attributes", params, ident)
                + self.pairs("meta_attributes", meta, ident) + self.pairs("utilization", utilization, ident) + ops + more + "</primitive>")

    def group(self, ident, count, meta=None, **keywords):
        return f'<group id="{ident}">' + self.pairs("meta_attributes", meta, ident) + "".join(
            self.primitive(f"{ident}-m{i}", **keywords) for i in range(1, count + 1)) + "</group>"

    def clone(self, ident, meta=None, inner=None, promotable=False, **keywords):
        meta = dict(meta or {})
        if promotable:
            meta["promotable"] = "true"
            keywords.setdefault("agent", STATEFUL)
        if inner == "group":
            body = self.group(f"{ident}-g", 2, promotable=promotable, **keywords)
        else:
            body = self.primitive(f"{ident}-r", promotable=promotable, **keywords)
        return f'<clone id="{ident}">' + self.pairs("meta_attributes", meta, ident) + body + "</clone>"

    def bundle(self, ident, replicas=None, promoted=None, meta=None, child=True, per_host=None, **keywords):
        replicas = replicas or self.one(1, 2, 2, 3)
        attributes = f' replicas="{replicas}"' + (f' promoted-max="{promoted}"' if promoted else "") + (
            f' replicas-per-host="{per_host}"' if per_host else "")
        technology = self.one("docker", "podman")
        network = self.one('<network ip-range-start="192.168.122.131" host-interface="eth0" host-netmask="24"/>', '<network control-port="3121"/>') if child else ""
        body = self.primitive(f"{ident}-c", promotable=bool(promoted), agent=STATEFUL if promoted else DUMMY, **keywords) if child else ""
        return f'<bundle id="{ident}">' + self.pairs("meta_attributes", meta, ident) + f'<{technology} image="img"{attributes}/>{network}{body}</bundle>'

    def fencing(self, percent=90, **keywords):
        if self.chance(percent):
            self.resources.append(self.primitive("Fencing", 'class="stonith" type="fence_xvm"', ops=self.op("monitor", "60s"), params=keywords.get("params"), meta=keywords.get("meta")))
            self.leaves.pop()
        else:
            self.options["stonith-enabled"] = "false"

    def location(self, rsc, node, score, **attributes):
        text = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in attributes.items())
        self.constraints.append(f'<rsc_location id="{self.fresh("loc")}" rsc="{rsc}" node="{node}" score="{score}"{text}/>')

    def colocation(self, rsc, with_rsc, score="INFINITY", **attributes):
        text = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in attributes.items())
        self.constraints.append(f'<rsc_colocation id="{self.fresh("col")}" rsc="{rsc}" with-rsc="{with_rsc}" score="{score}"{text}/>')

    def order(self, first, then, **attributes):
        text = "".join(f' {k.replace("_", "-")}="{v}"' for k, v in attributes.items())
        self.constraints.append(f'<rsc_order id="{self.fresh("ord")}" first="{first}" then="{then}"{text}/>')

    # ---- documents ----
    def text(self):
        config = self.pairs("cluster_property_set", self.options, "opt")
        nodes = "".join(f'<node id="{i + 1}" uname="{n}">' + self.pairs("instance_attributes", self.node_attributes[n])
                        + self.pairs("utilization", self.node_utilization[n]) + "</node>" for i, n in enumerate(self.nodes))
        defaults = "".join(f"<{k}>" + self.pairs("meta_attributes", v) + f"</{k}>" for k, v in
                           (("rsc_defaults", self.rsc_defaults), ("op_defaults", self.op_defaults)) if v)
        tickets = "".join(f'<ticket_state id="{t}" {s}/>' for t, s in self.tickets.items())
        masters = {f"master-{ident}": None for ident, promotable in self.leaves if promotable}
        states = ""
        for i, node in enumerate(self.nodes):
            values = {name: self.one("10", "5", "1", "10", "-1", "100") for name in masters if self.chance(90)}
            transient = f'<transient_attributes id="{i + 1}">' + self.pairs("instance_attributes", values, "ta") + "</transient_attributes>" if values else ""
            states += (f'<node_state id="{i + 1}" uname="{node}" in_ccm="true" crmd="online" crm-debug-origin="x" join="member" expected="member">'
                       f'<lrm id="{i + 1}"><lrm_resources/></lrm>{transient}</node_state>')
        return (f'<cib validate-with="pacemaker-3.8" crm_feature_set="{FEATURE_SET}" admin_epoch="0" epoch="1" num_updates="0" have-quorum="1" dc-uuid="1" '
                f'execution-date="{NOW}"><configuration><crm_config>{config}</crm_config><nodes>{nodes}</nodes><resources>{"".join(self.resources)}</resources>'
                f'<constraints>{"".join(self.constraints)}</constraints>{defaults}{"".join(self.extra)}</configuration>'
                f'<status>{"<tickets>" + tickets + "</tickets>" if tickets else ""}{states}</status></cib>')

    def build(self, program):
        text = self.text()
        for _ in range(self.steps):
            with tempfile.TemporaryDirectory() as folder:
                source, target = os.path.join(folder, "a.xml"), os.path.join(folder, "b.xml")
                with open(source, "w", encoding="utf-8") as file:
                    file.write(text)
                done = subprocess.run(program + ["-x", source, "-SQ", "-O", target], capture_output=True, env=dict(os.environ, LC_ALL="C", TZ="UTC"))
                if os.path.exists(target):
                    with open(target, encoding="utf-8") as file:
                        text = file.read()
        text = re.sub(r'crm_feature_set="[^"]*"', f'crm_feature_set="{FEATURE_SET}"', text)
        text = re.sub(r'validate-with="[^"]*"', 'validate-with="pacemaker-3.8"', text)
        self.root = ET.fromstring(text)
        for name, value in self.late_options.items():
            self.set_option(name, value)
        for edit in self.edits:
            edit()
        return ET.tostring(self.root, encoding="unicode")

    # ---- what happens later ----
    def set_option(self, name, value):
        self.set_pair(self.root.find("configuration/crm_config/cluster_property_set"), name, value)

    def set_pair(self, block, name, value):
        for pair in block.findall("nvpair"):
            if pair.get("name") == name:
                pair.set("value", value)
                return
        ET.SubElement(block, "nvpair", id=self.fresh("late"), name=name, value=value)

    def set_meta(self, ident, name, value):
        element = next((e for e in self.root.find("configuration/resources").iter() if e.get("id") == ident), None)
        if element is None:
            return
        block = element.find("meta_attributes")
        if block is None:
            block = ET.Element("meta_attributes", id=self.fresh("late"))
            element.insert(0, block)
        self.set_pair(block, name, value)

    def states(self):
        return [s for s in self.root.find("status").findall("node_state")]

    def state(self, node):
        return next((s for s in self.states() if s.get("uname") == node), None)

    def attribute(self, node, name, value):
        state = self.state(node)
        if state is None:
            return
        transient = state.find("transient_attributes")
        if transient is None:
            transient = ET.SubElement(state, "transient_attributes", id=state.get("id"))
        block = transient.find("instance_attributes")
        if block is None:
            block = ET.SubElement(transient, "instance_attributes", id=self.fresh("late"))
        self.set_pair(block, name, value)

    def histories(self):
        return [(s, r) for s in self.states() for r in s.findall("lrm/lrm_resources/lrm_resource")]

    def fail(self, wanted=None, tasks=("monitor",), rc=None, interval=None, count=True, age=None, status=None):
        """A failed operation of some active resource."""
        found = [(s, r) for s, r in self.histories() if wanted is None or re.fullmatch(wanted, r.get("id"))]
        found = [(s, r) for s, r in found if any(e.get("operation") in ("start", "promote", "migrate_from") for e in r)] or found
        if not found:
            return None
        state, resource = self.rng.choice(found)
        name, node = resource.get("id"), state.get("uname")
        task = self.one(*tasks)
        rc = rc if rc is not None else self.one(1, 1, 7, 5, 2, 9, 3, 4, 6, 8)
        milliseconds = interval if interval is not None else {"monitor": self.one(10000, 10000, 0, 60000)}.get(task, 0)
        when = NOW - (age if age is not None else self.one(5, 100, 1000, 100000))
        call = 1 + max([int(e.get("call-id", "0")) for e in resource] + [0])
        status = status if status is not None else (0 if rc in (0, 7, 8) else self.one(4, 4, 4, 2))
        key = f"{call}:5:{0 if milliseconds or task != 'monitor' else 7}:{UUID}"
        ident = f"{name}_last_failure_0" if self.chance(80) else f"{name}_{task}_{milliseconds}"
        for e in list(resource):
            if e.get("id") == ident:
                resource.remove(e)
        ET.SubElement(resource, "lrm_rsc_op", {
            "id": ident, "operation_key": f"{name}_{task}_{milliseconds}", "operation": task, "crm_feature_set": FEATURE_SET,
            "transition-key": key, "transition-magic": f"{status}:{rc};{key}", "on_node": node, "call-id": str(call), "rc-code": str(rc),
            "op-status": str(status), "interval": str(milliseconds), "last-rc-change": str(when), "exec-time": "5"})
        if count:
            value = self.one("1", "1", "2", "INFINITY" if task in ("start", "stop") else "3")
            self.attribute(node, f"fail-count-{name}#{task}_{milliseconds}", value)
            self.attribute(node, f"last-failure-{name}#{task}_{milliseconds}", str(when))
        return node

    def pending(self, wanted=None, tasks=("start", "stop", "monitor", "promote", "demote", "migrate_to", "migrate_from")):
        found = [(s, r) for s, r in self.histories() if wanted is None or re.fullmatch(wanted, r.get("id"))]
        if not found:
            return
        state, resource = self.rng.choice(found)
        task, name = self.one(*tasks), resource.get("id")
        interval = self.one(0, 10000) if task == "monitor" else 0
        key = f"9:{self.one(4, 6)}:0:{UUID}"
        extra = {}
        if task.startswith("migrate"):
            other = self.one(*self.nodes)
            extra = {"migrate_source": state.get("uname") if task == "migrate_to" else other,
                     "migrate_target": other if task == "migrate_to" else state.get("uname")}
        ET.SubElement(resource, "lrm_rsc_op", {
            "id": f"{name}_{task}_{interval}p", "operation_key": f"{name}_{task}_{interval}", "operation": task, "crm_feature_set": FEATURE_SET,
            "transition-key": key, "transition-magic": f"-1:193;{key}", "on_node": state.get("uname"), "call-id": "-1", "rc-code": "193",
            "op-status": "-1", "interval": str(interval), "last-rc-change": str(NOW - 50), "exec-time": "0", **extra})

    def entry(self, node, name, agent, task, call, rc=0, expected=0, interval=0, status=0, **extra):
        """Adds to a history, which is made when missing."""
        state = self.state(node)
        if state is None:
            return
        lrm = state.find("lrm")
        if lrm is None:
            lrm = ET.SubElement(state, "lrm", id=state.get("id"))
        listing = lrm.find("lrm_resources")
        if listing is None:
            listing = ET.SubElement(lrm, "lrm_resources")
        resource = next((r for r in listing if r.get("id") == name), None)
        if resource is None:
            resource = ET.SubElement(listing, "lrm_resource", dict(re.findall(r'(\w+)="([^"]*)"', agent), id=name))
        key = f"{call}:{extra.pop('transition', call)}:{expected}:{UUID}"
        ET.SubElement(resource, "lrm_rsc_op", {
            "id": extra.pop("ident", f"{name}_{task}_{interval}_{call}"), "operation_key": f"{name}_{task}_{interval}", "operation": task,
            "crm_feature_set": FEATURE_SET, "transition-key": key, "transition-magic": f"{status}:{rc};{key}", "on_node": node,
            "call-id": str(call), "rc-code": str(rc), "op-status": str(status), "interval": str(interval),
            "last-rc-change": str(NOW - 1000 + call), "exec-time": "3", **extra})

    def running(self, node, name, agent=DUMMY, call=10):
        self.entry(node, name, agent, "start", call)
        if self.chance(60):
            self.entry(node, name, agent, "monitor", call + 1, interval=10000)

    def lose(self, node):
        state = self.state(node)
        if state is None:
            return
        how = self.one("lost", "lost", "clean", "pending", "died", "unseen", "shutdown", "standby", "maintenance", "terminate")
        changes = {"lost": dict(in_ccm="false", crmd="offline", join="down", expected="member"),
                   "clean": dict(in_ccm="false", crmd="offline", join="down", expected="down"),
                   "pending": dict(in_ccm="true", crmd="online", join="pending", expected="member"),
                   "died": dict(in_ccm="true", crmd="offline", join="down", expected="member")}
        for name, value in changes.get(how, {}).items():
            state.set(name, value)
        if how == "unseen":
            self.root.find("status").remove(state)
        elif how == "shutdown":
            self.attribute(node, "shutdown", str(NOW - 10))
        elif how in ("standby", "maintenance", "terminate"):
            self.attribute(node, how, "true")

    def trouble(self, wanted=None):
        """Something ordinary goes wrong."""
        kind = self.rng.randrange(9)
        if kind == 0:
            self.lose(self.one(*self.nodes))
        elif kind == 1:
            self.fail(wanted)
        elif kind == 2:
            self.fail(wanted, ("start", "stop", "promote", "demote"))
        elif kind == 3:
            self.pending(wanted)
        elif kind == 4 and self.leaves:
            self.set_meta(self.one(*self.leaves)[0], *self.one(("target-role", "Stopped"), ("is-managed", "false"), ("maintenance", "true"), ("migration-threshold", "1")))
        elif kind == 5:
            self.arguments += [self.one("-d", "-f"), self.one(*self.nodes)]
        elif kind == 6:
            self.set_option(*self.one(("no-quorum-policy", "freeze"), ("no-quorum-policy", "ignore"), ("maintenance-mode", "true"), ("stop-all-resources", "true")))
        elif kind == 7:
            self.root.set("have-quorum", "0")
        else:
            self.attribute(self.one(*self.nodes), "standby", "true")

    def later(self, *functions):
        self.edits += functions

    def maybe_trouble(self, percent=70, wanted=None):
        while self.chance(percent):
            self.later(lambda: self.trouble(wanted))
            percent *= 0.4

    def location_now(self, rsc, node, score):
        ET.SubElement(self.root.find("configuration/constraints"), "rsc_location", id=self.fresh("l"), rsc=rsc, node=node, score=score)
