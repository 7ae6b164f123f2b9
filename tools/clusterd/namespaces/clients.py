#!/usr/bin/env python3
"""Clients of a control socket as they should not be, for a while: crowds that connect and leave, some that never read,
some that never end a line, some that say anything. Usage: clients.py SOCKET SECONDS. Status 1: a client that
behaves was not answered."""
import json
import random
import socket
import sys
import time

PATH, SECONDS = sys.argv[1], float(sys.argv[2])
CHANCE = random.Random(1)
SEEDS = [
    {"request": "status"},
    {"request": "cib"},
    {"request": "history"},
    {"request": "crm", "command": "resource meta vip show nothing"},
    {"request": "load", "text": "primitive", "method": "update"},
    {"request": "change_cib", "change": "modify", "section": "nodes", "xml": "<nodes>"},
    {"request": "take_cib", "cib": "<cib", "seen": "0.0.0"},
    {"request": "stonith_admin", "arguments": "--history *"},
    {"request": "corosync", "command": "corosync-quorumtool -s"},
]
PIECES = ["null", "[]", "{}", "-1", "1e999", '""', "true", "\\", "\\u0000", '"', "}", ":", "\udcff"]


def connect():
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.connect(PATH)  # waits for its turn
    client.settimeout(20)
    return client


def damaged(text):
    for _ in range(CHANCE.randint(1, 4)):
        at, length = CHANCE.randrange(len(text) + 1), CHANCE.randrange(8)
        kind = CHANCE.randrange(3)
        if kind == 0:
            text = text[:at] + text[at + length:]
        elif kind == 1:
            text = text[:at] + CHANCE.choice(PIECES) + text[at + length:]
        else:
            text = text[:at] + "[" * CHANCE.randrange(3000) + text[at:]
    return text.replace("\n", "")


def line_of(client):
    answer = b""
    while not answer.endswith(b"\n"):
        piece = client.recv(65536)
        if not piece:
            return None
        answer += piece
    return answer


# It does not order anything: only words that change nothing are damaged.
def harmless(text):
    return not any(word in text for word in ("shutdown", "restart", "standby", "reboot"))


def say_anything():
    try:
        say_more(connect())
    except OSError:
        pass  # it was in somebody's way


def say_more(client):
    for _ in range(20):
        text = damaged(json.dumps(CHANCE.choice(SEEDS)))
        if not harmless(text):
            continue
        client.sendall(text.encode("utf-8", "surrogateescape") + b"\n")
        answer = line_of(client)
        if answer is None:
            return  # it was in somebody's way
        if "ok" not in json.loads(answer):
            sys.exit(f"clients: {text!r} is answered by {answer!r}")
    client.close()


def come_and_go():
    crowd = []
    for _ in range(100):
        try:
            crowd.append(connect())
            if CHANCE.random() < 0.3:
                crowd[-1].sendall(b'{"request":')
        except OSError:
            pass
    for client in crowd:
        client.close()


def main():
    counts = {"rounds": 0, "answered": 0, "refused": 0, "longest": 0.0}
    silent, end = [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        counts["rounds"] += 1
        # Up to 40 that hold their place: they never read what they asked for, or never end what they say.
        if len(silent) < 40:
            try:
                client = connect()
                client.setblocking(False)
                try:
                    client.send(b'{"request":"cib"}\n' * 500 if len(silent) % 2 == 0 else b'{"request":"ci')
                except OSError:
                    pass
                silent.append(client)
            except OSError:
                pass
        elif CHANCE.random() < 0.1:
            silent.pop(0).close()
        CHANCE.choice([say_anything, come_and_go])() if CHANCE.random() < 0.5 else None
        began = time.monotonic()
        try:
            client = connect()
            client.sendall(b'{"request":"status"}\n')
            answer = line_of(client)
            client.close()
        except OSError:
            answer = None
        counts["answered" if answer else "refused"] += 1
        counts["longest"] = max(counts["longest"], time.monotonic() - began)
    for client in silent:
        client.close()
    print(f"{counts['rounds']} rounds, {counts['answered']} questions answered, {counts['refused']} refused, "
          f"longest answer {counts['longest'] * 1000:.0f} ms")
    sys.exit(0 if counts["answered"] > counts["refused"] else 1)


main()
