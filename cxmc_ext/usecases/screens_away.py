"""Where a campaign is in MailChimp's own pages, or whether it is on its way there."""

from dataclasses import dataclass

from cxmc_ext.db.queries.screens import Look
from cxmc_ext.domain.values import ACTIVE_STATES


@dataclass(frozen=True, slots=True)
class Target:
    """`web_id` None: there is none; `coming` True while a worker makes it."""

    dc: str
    web_id: int | None
    coming: bool


def target(found: Look) -> Target:
    account, mailing, operation = found.account, found.mailing, found.operation
    return Target(
        dc=account.key_dc if account else "",
        web_id=mailing.web_id if mailing else None,
        coming=operation is not None and operation.state in ACTIVE_STATES,
    )
