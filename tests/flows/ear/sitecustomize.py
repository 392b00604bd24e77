"""Python imports this at the start of every process that has this folder on PYTHONPATH.

It writes each process down, and each host outside this machine that a process looks up or connects to, into the folder
that `EAR` names. It sees what goes through Python's own sockets, which is how everything here talks.
"""

import os
import socket
import sys

INSIDE = {None, "", "localhost", "::", "::1", "0.0.0.0", socket.gethostname()}
ADDRESS_AT = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}


def note(file, line):
    with open(os.path.join(os.environ["EAR"], file), "a", encoding="utf-8") as lines:  # noqa: PTH118, PTH123
        lines.write(line.replace("\n", " ") + "\n")


def listen(event, arguments):
    if event not in ADDRESS_AT:
        return
    host = arguments[ADDRESS_AT[event]]
    if isinstance(host, tuple):
        host = host[0]
    elif event in ("socket.connect", "socket.sendto"):
        return  # a Unix socket
    host = host.decode() if isinstance(host, bytes) else host
    if host not in INSIDE and not str(host).startswith("127.") and not isinstance(host, int):
        note("outside", f"{host} {event} {' '.join(sys.orig_argv)}")


if "EAR" in os.environ:
    note("processes", " ".join(sys.orig_argv))
    sys.addaudithook(listen)
