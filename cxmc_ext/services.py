"""What every use case is handed: one frozen object, made once per app."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from cxmc_ext.config import Settings
from cxmc_ext.domain.ports import Connect, Host, Queue, Vault


@dataclass(frozen=True, slots=True)
class Services:
    """`session()` is the host's current db.session; `clock()` whole Unix seconds, UTC."""

    host: Host
    mailchimp: Connect
    queue: Queue
    vault: Vault
    session: Callable[[], Session]
    clock: Callable[[], int]
    settings: Settings
