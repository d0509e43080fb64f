"""python -m cxmc_ext.standin: serve until interrupted."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from cxmc_ext.standin import seed_data
from cxmc_ext.standin.server import StandinServer


def main(arguments: list[str] | None = None) -> None:
    options = _options(arguments)
    data = Path(options.data) if options.data else None
    seconds = 0.0 if options.fast else 1.5
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    with StandinServer(options.host, options.port, data, send_seconds=seconds) as server:
        sys.stdout.write(f"{_greeting(server)}\n")
        sys.stdout.flush()
        stop.wait()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cxmc_ext.standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5010, help="0 picks a free one")
    parser.add_argument("--data", help="a JSON file that keeps everything over restarts")
    parser.add_argument("--fast", action="store_true", help="sending takes no time")
    return parser.parse_args(arguments)


def _greeting(server: StandinServer) -> str:
    rows = [f"  {each.label:<17} {each.key:<38} {each.note}" for each in seed_data.KEYS]
    head = [f"MailChimp stand-in: {server.root}/", f"API root: {server.url}", "API keys:"]
    return "\n".join(head + rows)


if __name__ == "__main__":
    main()
