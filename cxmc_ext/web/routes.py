"""The shape of a line in the table of addresses."""

from collections.abc import Callable
from typing import NamedTuple

from flask import Response

from cxmc_ext.domain.values import Right
from cxmc_ext.web.visit import Visit


class Route(NamedTuple):
    """One address: what it needs and what answers it."""

    method: str
    rule: str
    name: str
    right: Right
    view: Callable[[Visit], Response]
    is_press: bool = True
    """A POST that counts as a press; what a page asks by itself while somebody types does not."""
