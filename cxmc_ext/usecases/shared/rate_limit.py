"""Limits how often one user may press a button: enough for a person, too little for a program."""

from hashlib import sha256

from cxmc_ext.db.queries import rate_limit as queries
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services

# Presses per user within a window that starts with the first of them.
MAX_PRESSES = 60
WINDOW_SECONDS = 60


def within_rate_limit(services: Services, actor: User) -> bool:
    """Counts a press and commits.

    Returns:
        False if it exceeds the limit; then it is not counted.
    """
    key, now = _user_key(services, actor), services.clock()
    return queries.count_press(services.session(), key, now, MAX_PRESSES, WINDOW_SECONDS)


def _user_key(services: Services, actor: User) -> str:
    """The same user id in two accounts belongs to two people."""
    if services.multi_account_host is None:
        return actor.id[:64]
    return sha256(f"{services.account_ref}\0{actor.id}".encode()).hexdigest()
