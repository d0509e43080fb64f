"""A MailChimp made of raw sockets."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.raw_server import ConnectionHandler, RawServer


@pytest.fixture
def raw_server() -> Iterator[Callable[[ConnectionHandler], RawServer]]:
    made: list[RawServer] = []

    def start(behave: ConnectionHandler) -> RawServer:
        made.append(RawServer(behave))
        return made[-1]

    yield start
    for server in made:
        server.close()
