"""One mailing through the product: ``python -m benchmarks.contest COMMAND``.

The commands are setup, sync, count, push, freeze and send.

The environment says where:

- BENCH_URL: the server; its API is at /3.0 below.
- BENCH_KEY: the API key.
- BENCH_CAMPAIGN: id of the campaign, which was sent there.
- BENCH_DB: SQLAlchemy URL of the database.
- BENCH_REDIS: optional; limits concurrent calls over several processes.

Each command is a module of its own, so that a sync loads no more than it needs.
"""

import gc
import os
import sys
import time
from importlib import import_module

from benchmarks.self_report import report_self
from cxmc_ext.adapters.malloc import use_single_arena

COMMANDS = ("setup", "sync", "count", "push", "freeze", "send")


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m benchmarks.contest {' | '.join(COMMANDS)}")
    use_single_arena()
    gc.disable()  # looking for cycles among what is imported takes a fifth of the start
    crm = import_module("benchmarks.crm")
    started = time.perf_counter()
    command = import_module(f"benchmarks.product_{sys.argv[1]}")
    gc.enable()
    services = crm.open_services(os.environ["BENCH_URL"], os.environ["BENCH_DB"])
    try:
        command.run(services)
    finally:
        services.session().close()
    report_self(started)


if __name__ == "__main__":
    main()
