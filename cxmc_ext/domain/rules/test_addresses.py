"""The addresses of a test mail, as people type them."""

import re

from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import normalize_address

MAX_ADDRESSES = 5
_SEPARATORS = re.compile(r"[,;\s]+")
_MAX_SHOWN = 60


def addresses_in(typed: str) -> list[str]:
    """The valid addresses among what was typed, normalized, each once, in order."""
    found = map(normalize_address, _SEPARATORS.split(typed))
    return list(dict.fromkeys(address for address in found if address))


def parse_test_addresses(typed: str) -> list[str] | Problem:
    """Reads addresses that are separated by commas, semicolons or blanks.

    Returns:
        The normalized addresses, each once, in the order typed; or the problem.
    """
    words = [word for word in _SEPARATORS.split(typed) if word]
    invalid = next((word for word in words if normalize_address(word) is None), None)
    if invalid is not None:
        return Problem("test_to_wrong", values={"address": invalid[:_MAX_SHOWN]})
    addresses = addresses_in(typed)
    if not addresses:
        return Problem("test_to_missing")
    if len(addresses) > MAX_ADDRESSES:
        return Problem("test_to_many", values={"most": str(MAX_ADDRESSES)})
    return addresses
