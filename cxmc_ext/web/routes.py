"""The shape of a line in the table of addresses."""

from collections.abc import Callable
from typing import NamedTuple

from flask import Response

from cxmc_ext.domain.values import Right
from cxmc_ext.web.visit import RequestContext


class Route(NamedTuple):
    """One address: what it needs and what answers it."""

    method: str
    rule: str
    endpoint: str
    right: Right
    view: Callable[[RequestContext], Response]
    is_press: bool = True
    """A POST that counts as a press; what a page asks by itself while somebody types does not."""
