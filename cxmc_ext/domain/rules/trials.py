"""Rules of a test mail: a handful of named addresses, typed as people type them."""

import re

from cxmc_ext.domain.rules.addresses import normalise
from cxmc_ext.domain.values import Why

MOST = 5
_BETWEEN = re.compile(r"[,;\s]+")
_SHOWN = 60


def named_addresses(typed: str) -> list[str] | Why:
    """The addresses, each once, in the order typed; or what is wrong with them."""
    words = [word for word in _BETWEEN.split(typed) if word]
    wrong = next((word for word in words if normalise(word) is None), None)
    if wrong is not None:
        return Why("test_to_wrong", values={"address": wrong[:_SHOWN]})
    found = list(dict.fromkeys(address for word in words if (address := normalise(word))))
    if not found:
        return Why("test_to_missing")
    return found if len(found) <= MOST else Why("test_to_many", values={"most": str(MOST)})
