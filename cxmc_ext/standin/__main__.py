"""Run the stand-in until it is interrupted: `python -m cxmc_ext.standin`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from cxmc_ext.standin import seed_data
from cxmc_ext.standin.server import StandinServer

# How long a campaign stays in the status “sending”.
SEND_SECONDS = 1.5


def main(arguments: list[str] | None = None) -> None:
    options = _parse(arguments)
    data_file = Path(options.data) if options.data else None
    send_seconds = 0.0 if options.fast else SEND_SECONDS
    stop = threading.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, lambda *_: stop.set())
    with StandinServer(options.host, options.port, data_file, send_seconds=send_seconds) as server:
        sys.stdout.write(f"{_greeting(server)}\n")
        sys.stdout.flush()
        stop.wait()


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cxmc_ext.standin", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5010, help="0 picks a free port")
    parser.add_argument("--data", help="a JSON file that keeps the data across restarts")
    parser.add_argument("--fast", action="store_true", help="sending takes no time")
    return parser.parse_args(arguments)


def _greeting(server: StandinServer) -> str:
    keys = [f"  {key.label:<17} {key.key:<38} {key.note}" for key in seed_data.KEYS]
    head = [f"MailChimp stand-in: {server.root}/", f"API root: {server.url}", "API keys:"]
    login = (
        f"  client ID {seed_data.OAUTH_CLIENT_ID}, client secret {seed_data.OAUTH_CLIENT_SECRET}"
    )
    return "\n".join([*head, *keys, "Log in with MailChimp:", login])


if __name__ == "__main__":
    main()
