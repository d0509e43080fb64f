"""How often one user may press: enough for every person, too little for a program."""

from cxmc_ext.db.queries import rates
from cxmc_ext.domain.values import User
from cxmc_ext.services import Services

MOST = 60
SPAN = 60
"""Presses, and the seconds they are counted in from the first one on."""


def may_press(services: Services, actor: User) -> bool:
    """Counts a press, and commits; False for one too many."""
    return rates.count(services.session(), actor.id[:64], services.clock(), MOST, SPAN)
