"""Rules of a test mail: a handful of named addresses, typed as people type them."""

import re

from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import normalize_address

MAX_ADDRESSES = 5
_SEPARATORS = re.compile(r"[,;\s]+")
_MAX_SHOWN = 60


def parse_test_addresses(typed: str) -> list[str] | Problem:
    """The addresses, each once, in the order typed; or what is wrong with them."""
    words = [word for word in _SEPARATORS.split(typed) if word]
    wrong = next((word for word in words if normalize_address(word) is None), None)
    if wrong is not None:
        return Problem("test_to_wrong", values={"address": wrong[:_MAX_SHOWN]})
    found = list(dict.fromkeys(address for word in words if (address := normalize_address(word))))
    if not found:
        return Problem("test_to_missing")
    return (
        found
        if len(found) <= MAX_ADDRESSES
        else Problem("test_to_many", values={"most": str(MAX_ADDRESSES)})
    )
