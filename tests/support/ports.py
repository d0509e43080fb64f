"""Ports for processes that a test starts: once given away, nobody else on this machine comes by one."""

import socket

_HELD: list[socket.socket] = []
"""Bound and never listening: connections are refused, and the kernel gives the port to nobody."""


def free_port() -> int:
    """A port of 127.0.0.1 that stays free until this process ends, for whoever asks for it by number.

    A server that reuses addresses (SO_REUSEADDR, as all of ours do) binds it, ends and binds it again.
    A port that is closed before its server starts may be a stranger's by then: tests of four
    processes open and close thousands.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    _HELD.append(held)
    return int(held.getsockname()[1])
