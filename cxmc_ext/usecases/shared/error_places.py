"""Says in one line of a log where an error was raised, without its text, which may contain addresses."""

import traceback
from pathlib import Path

_MAX_FRAMES = 4


def describe_error(error: BaseException) -> str:
    """Returns the name of an error and its innermost places, such as "KeyError at a.py:7 > b.py:3"."""
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    place = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {place}"
