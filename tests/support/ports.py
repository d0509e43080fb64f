"""Ports for the processes that tests start, reserved so that no other process gets them."""

import socket

# Bound and never listening: connections are refused, and the kernel gives the port to nobody else.
_RESERVED: list[socket.socket] = []


def free_port() -> int:
    """A port of 127.0.0.1, reserved until this process ends.

    A server with SO_REUSEADDR, as all of ours, can bind it, end, and bind it again. A port that is
    merely found free may belong to another process by the time its server starts: parallel tests
    open and close thousands.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    _RESERVED.append(reserved)
    return int(reserved.getsockname()[1])
