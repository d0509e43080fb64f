"""What a measured process reports about itself on stderr: its seconds, of CPU too, and its peak memory."""

import json
import re
import sys
import time
from pathlib import Path


def report_self(started: float) -> None:
    """Write one line of JSON.

    Args:
        started: The start, in seconds of time.perf_counter().
    """
    report = {
        "seconds": time.perf_counter() - started,
        "megabytes": _peak_megabytes(),
        "cpu_seconds": time.process_time(),
    }
    print(json.dumps(report), file=sys.stderr)


def _peak_megabytes() -> float:
    """Not from getrusage: that would include the process which started this one."""
    status = Path("/proc/self/status")
    peak = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return int(peak[1]) * 1024 / 1e6 if peak else 0.0
