"""Settings of an account that an administrator changes on its page."""

import re

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.contacts import OptOutForwarding
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.people import User
from cxmc_ext.domain.problems import Problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.operations.requests import active_account
from cxmc_ext.usecases.shared import audit

MAX_CONTACT_LIMIT = 10_000_000
# As it may be typed: 10000, 10.000, 10,000 or 10 000.
_NUMBER = re.compile(r"[0-9]{1,8}|[0-9]{1,3}([., \u00a0\u202f][0-9]{3}){1,2}", re.ASCII)


def change_settings(
    services: Services, user: User, contact_limit: str, opt_out_forwarding: str
) -> None:
    """Stores the settings, each with its audit entry, and commits. Nothing is stored if nothing changes.

    Args:
        services: Those of the account.
        user: Who changes them.
        contact_limit: How many contacts the plan allows, as typed; empty: unknown.
        opt_out_forwarding: An `OptOutForwarding`; "" leaves it as it is.

    Raises:
        Invalid: A field has a value that is not accepted.
        Conflict: not_active.
    """
    account = active_account(services)
    wanted: dict[str, int | OptOutForwarding] = {
        "contact_limit": _parse_limit(contact_limit),
        "opt_out_forwarding": parse_forwarding(opt_out_forwarding) or account.opt_out_forwarding,
    }
    changed = {name: value for name, value in wanted.items() if value != getattr(account, name)}
    if not changed:
        return
    session = services.session()
    accounts.update_columns(session, account.id, **changed)
    for name, value in changed.items():
        audit.log(services, account.id, AuditAction.SETTINGS, user, subject=f"{name}: {value}")
    session.commit()


def parse_forwarding(text: str) -> OptOutForwarding | None:
    """The choice of a form; None for "".

    Raises:
        Invalid: There is no such choice.
    """
    if text and text not in set(OptOutForwarding):
        raise Invalid({"opt_out_forwarding": Problem("choice_unknown")})
    return OptOutForwarding(text) if text else None


def _parse_limit(text: str) -> int:
    typed = text.strip()
    if not typed:
        return 0
    if not _NUMBER.fullmatch(typed):
        raise Invalid({"contact_limit": Problem("contact_limit_wrong")})
    limit = int(re.sub(r"\D", "", typed))
    if limit > MAX_CONTACT_LIMIT:
        raise Invalid({"contact_limit": Problem("contact_limit_wrong")})
    return limit
