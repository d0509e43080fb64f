"""How often one user may press: enough for every person, too little for a program."""

from hashlib import sha256

from cxmc_ext.db.queries import rate_limit as rate_limit_queries
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services

MAX_PRESSES = 60
WINDOW_SECONDS = 60
"""Presses, and the seconds they are counted in from the first one on."""


def within_rate_limit(services: Services, actor: User) -> bool:
    """Counts a press, and commits; False for one too many."""
    return rate_limit_queries.count_press(
        services.session(),
        _user_key(services, actor),
        services.clock(),
        MAX_PRESSES,
        WINDOW_SECONDS,
    )


def _user_key(services: Services, actor: User) -> str:
    """Two tenants may have a user of the same id; they are two people."""
    if services.multi_account_host is None:
        return actor.id[:64]
    return sha256(f"{services.account_ref}\0{actor.id}".encode()).hexdigest()
