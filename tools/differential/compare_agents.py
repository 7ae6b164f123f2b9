#!/usr/bin/env python3
"""Run the resource agents of this machine beside "simcluster"'s own, and compare what comes of it.

Usage: compare_agents.py PROGRAM [--scripts] [--show N] [SITUATION...]

Each situation is a list of steps: commands of ip(8), and runs of an agent.  The real agents run in namespaces of their own
(network and mounts, so that nothing of this machine changes); ours run in a scenario with one machine.  With --scripts the
same agents run there as well, as scripts in virtual time (agent-scripts), which tells whether the simulated machine answers
their commands as a real one does.  Compared are, after every run of an agent: exit status, exit reasons, log lines, and the addresses of the interface.

Exit status: 0 no difference, 1 differences, 77 no agents or no namespaces here.
"""

import argparse
import difflib
import json
import os
import re
import subprocess
import sys
import tempfile

import comparison

AGENTS = "/usr/lib/ocf/resource.d"
VIP = {"ip": "10.0.0.9", "nic": "eth1", "cidr_netmask": "24"}


def vip(action, **changes):
    params = {name: value for name, value in {**VIP, **changes}.items() if value is not None}
    return ("heartbeat/IPaddr2", action, params)


def plain(agent, *actions, **params):
    return [(agent, action, params) for action in actions]


def address(what, text):
    return ("ip", what, text)


def link(state):
    return ("link", state)


# "recurring": a monitor with an interval. Nothing with directories that do not exist: simulated machines have all.
SITUATIONS = {
    "once": [vip("monitor"), vip("start"), vip("monitor"), vip("recurring"), vip("stop"), vip("monitor")],
    "start-twice": [vip("start"), vip("start"), vip("stop")],
    "stop-twice": [vip("start"), vip("stop"), vip("stop")],
    "gone": [vip("start"), address("del", "10.0.0.9/24"), vip("recurring"), vip("stop")],
    "other-netmask": [address("add", "10.0.0.9/16"), vip("monitor"), vip("recurring"), vip("start"), vip("stop")],
    "there-before": [address("add", "10.0.0.9/24"), vip("monitor"), vip("start"), vip("stop")],
    "label": [vip("start", iflabel="vip"), vip("monitor", iflabel="vip"), vip("stop", iflabel="vip")],
    "label-missing": [address("add", "10.0.0.9/24"), vip("monitor", iflabel="vip"), vip("start", iflabel="vip"),
                      vip("stop", iflabel="vip")],
    "label-too-long": [vip("validate-all", iflabel="a-very-long-label"), vip("start", iflabel="a-very-long-label")],
    "no-such-nic": [vip(action, nic="eth9") for action in ("monitor", "start", "recurring", "stop", "validate-all")],
    "no-nic": [vip(action, nic=None) for action in ("start", "monitor", "stop")],
    "no-nic-no-netmask": [vip(action, nic=None, cidr_netmask=None) for action in ("start", "monitor", "stop")],
    "no-netmask": [vip(action, cidr_netmask=None) for action in ("start", "monitor", "stop")],
    "no-way": [vip(action, ip="192.168.7.7", nic=None, cidr_netmask=None)
               for action in ("monitor", "start", "recurring", "stop", "validate-all")],
    "interface-down": [link("down"), vip("start"), vip("monitor"), vip("stop")],
    "goes-down": [vip("start"), link("down"), vip("recurring"), vip("stop")],
    "bad-ip": [vip(action, ip="10.0.0.999") for action in ("monitor", "start", "stop", "validate-all")],
    "no-ip": [vip(action, ip=None) for action in ("monitor", "start", "stop", "validate-all")],
    "bad-netmask": [vip(action, cidr_netmask="99") for action in ("monitor", "start", "stop", "validate-all")],
    "dotted-netmask": [vip(action, cidr_netmask="255.255.255.0") for action in ("start", "monitor", "stop")],
    "broadcast": [vip(action, broadcast="10.0.0.63") for action in ("start", "stop")],
    "bad-broadcast": [vip(action, broadcast="nowhere") for action in ("start", "validate-all")],
    "bad-arp": [vip("validate-all", arp_interval="x"), vip("start", arp_count="x"), vip("validate-all", arp_sender="me")],
    "noprefixroute": [vip("start", noprefixroute="true"), vip("stop", noprefixroute="true")],
    "host-address": [vip(action, cidr_netmask="32") for action in ("start", "monitor", "stop")],
    "dummy": plain("heartbeat/Dummy", "monitor", "start", "start", "monitor", "recurring", "stop", "stop", "recurring"),
    "dummy-reload": plain("heartbeat/Dummy", "start", "reload", "reload-agent", "migrate_to", "monitor", "nonsense"),
    "pacemaker-dummy": plain("pacemaker/Dummy", "monitor", "start", "monitor", "recurring", "stop", "stop", "recurring"),
    "delay": plain("heartbeat/Delay", "monitor", "start", "start", "status", "monitor", "stop", "stop", "validate-all",
                   startdelay="1", stopdelay="1", mondelay="1"),
    "delay-bad": plain("heartbeat/Delay", "validate-all", "start", startdelay="a", stopdelay="1", mondelay="1"),
}


class Real:
    """A shell in namespaces of its own."""

    def __init__(self):
        self.shell = subprocess.Popen(["unshare", "-n", "-m", "bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
        self.ask("mount -t tmpfs none /run && mkdir -p /run/resource-agents && ip link set lo up && "
                 "ip link add eth1 type veth peer name peer1 && ip link set peer1 up && ip link set eth1 up && "
                 "ip addr add 10.0.0.1/24 brd + dev eth1")

    def ask(self, command):
        self.shell.stdin.write(f"{command}\necho \"--$?\"\n")
        self.shell.stdin.flush()
        text = ""
        while not (line := self.shell.stdout.readline()).startswith("--"):
            if not line:
                raise RuntimeError("the shell has ended: " + text)
            text += line
        return text, int(line[2:])

    def step(self, step):
        if step[0] == "ip":
            self.ask(f"ip addr {step[1]} {step[2]} {'brd + ' if step[1] == 'add' else ''}dev eth1")
            return None
        if step[0] == "link":
            self.ask(f"ip link set eth1 {step[1]}")
            return None
        agent, action, params = step
        environment = {"OCF_ROOT": "/usr/lib/ocf", "OCF_RESOURCE_INSTANCE": "it", "HA_LOGFACILITY": "none",
                       "OCF_RESOURCE_TYPE": agent.split("/")[1], "OCF_RESOURCE_PROVIDER": agent.split("/")[0],
                       **{f"OCF_RESKEY_{name}": value for name, value in params.items()}}
        if action == "recurring":
            environment["OCF_RESKEY_CRM_meta_interval"] = "10000"
        assignments = " ".join(f"{name}={value}" for name, value in environment.items())
        text, status = self.ask(f"env {assignments} {AGENTS}/{agent} {action.replace('recurring', 'monitor')} </dev/null")
        if action == "start" and agent.endswith("IPaddr2") and status == 0:
            self.ask("sleep 1.3")  # until nobody announces the address any more
        lines = [re.sub(r"^.*?((?:INFO|WARNING|ERROR|NOTICE|DEBUG): ?)", r"\1", line) for line in text.splitlines()]
        return status, lines, addresses_of(self.ask("ip -o -4 addr show dev eth1")[0])

    def close(self):
        self.shell.stdin.close()
        self.shell.wait()


def addresses_of(text):
    return [re.sub(r"^\d+: +eth1 +|\\.*| +$", "", line) for line in text.splitlines()]


def scripts_of(steps):
    """The agents of the steps as the scripts that they are."""
    names = {step[0] for step in steps if step[0] not in ("ip", "link")}
    return {"agent-scripts": {"ocf:" + name.replace("/", ":"): f"{AGENTS}/{name}" for name in sorted(names)}}


def scenario_of(steps, scripts):
    """The same as a timeline: one step every five seconds, a look at the addresses after each."""
    timeline = []
    for number, step in enumerate(steps):
        at = f"{10 + 10 * number}s"
        if step[0] == "ip":
            timeline.append({"at": at, {"add": "add-address", "del": "remove-address"}[step[1]]:
                             {"node": "it", "interface": "eth1", "address": step[2]}})
        elif step[0] == "link":
            timeline.append({"at": at, f"interface-{step[1]}": {"node": "it", "interface": "eth1"}})
        else:
            run = {"node": "it", "agent": "ocf:" + step[0].replace("/", ":"), "instance": "it",
                   "action": step[1].replace("recurring", "monitor"), "params": step[2]}
            if step[1] == "recurring":
                run["interval"] = "10s"
            timeline.append({"at": at, "resource-agent": run})
        timeline.append({"at": f"{19 + 10 * number}s", "screen": {"node": "it", "command": "ip addr show dev eth1"}})
    return {"title": "Agents by hand", "until": f"{20 + 10 * len(steps)}s",
            "stack": {"kernel": "debian12", "resource-agents": "4.12.0", "corosync": "3.1.7", "pacemaker": "2.1.5"},
            "networks": {"lan": {}}, "configuration": {"rings": ["lan"]},
            "nodes": {"it": {"start-cluster": False,
                             "interfaces": {"eth1": {"network": "lan", "address": "10.0.0.1/24"}}}},
            "timeline": timeline, **(scripts_of(steps) if scripts else {})}


def ours(program, steps, folder, scripts):
    path = os.path.join(folder, "agents.yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(scenario_of(steps, scripts), file)
    done = subprocess.run([program, "run", "--quiet", "--trace", path + ".jsonl", path], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)
    with open(path + ".jsonl", encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    results = []
    for number, step in enumerate(steps):
        begin = (10 + 10 * number) * 10**9
        here = [event for event in events if begin <= event["t"] < begin + 10**10]
        if step[0] in ("ip", "link"):
            results.append(None)
            continue
        status, lines = 0, []
        for event in here:
            if event["kind"] == "log" and event["daemon"].startswith(step[0].split("/")[1]):
                lines.append(event["text"])
            if event["kind"] == "screen" and "resource.d" in event["command"]:
                for line in event["text"].splitlines():
                    found = re.match(r"\(exit status (\d+)\)", line)
                    if found:
                        status = int(found.group(1))
                    else:
                        lines.append(line)
        shown = [event["text"] for event in here if event["kind"] == "screen" and event["command"].startswith("ip ")]
        inet = [line.strip() for line in shown[-1].splitlines() if line.strip().startswith("inet ")]
        results.append((status, lines, inet))
    return results


def as_text(steps, results):
    text = ""
    for step, result in zip(steps, results):
        text += " ".join(str(part) for part in step) + "\n"
        if result is None:
            continue
        status, lines, inet = result
        text += f"  exit status {status}\n"
        # An exit reason goes to the log as an error as well, which the real library does not print a second time.
        reasons = {"ERROR: " + line.split(":", 1)[1] for line in lines if line.startswith("ocf-exit-reason:")}
        lines = [line.replace(" /var/run/", " /run/") for line in lines if line not in reasons and line.strip() != "INFO:"]
        # What ip says for itself on standard error is not the agent's.
        lines = [line for line in lines if not re.match(r'Device "|Error: ', line)]
        # The order between standard error and log is not kept on our side; blanks at the end are.
        text += "".join(f"  {re.sub(' +', ' ', line)}\n" for line in sorted(lines))
        text += "".join(f"    {line}\n" for line in inet)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("situations", nargs="*")
    parser.add_argument("--scripts", action="store_true", help="the agents in the simulator as well, not its own ones")
    parser.add_argument("--show", type=int, default=100, help="differences to print")
    given = parser.parse_args()
    namespaces = subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True, check=False).returncode == 0
    if not namespaces or not os.path.exists(f"{AGENTS}/heartbeat/IPaddr2"):
        print("skipped: there are no resource agents here, or no namespaces to run them in")
        return comparison.NOT_INSTALLED
    names = given.situations or list(SITUATIONS)
    different = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            steps = SITUATIONS[name]
            real = Real()
            theirs = as_text(steps, [real.step(step) for step in steps])
            real.close()
            mine = as_text(steps, ours(given.program, steps, folder, given.scripts))
            if theirs == mine:
                continue
            different += 1
            if different <= given.show:
                comparison.print_difference(name, theirs, mine, "resource-agents")
    print(f"{len(names)} situations, {different} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
