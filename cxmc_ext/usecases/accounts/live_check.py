"""Asks MailChimp whether the stored key still does: for `flask cxmc doctor --online`, never for a page."""

from collections.abc import Callable
from typing import Any, TypeVar

from cxmc_ext.db.queries import accounts, bulk
from cxmc_ext.domain.errors import Forbidden, KeyRefused, MailChimpError, NotFound
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.mailchimp_reasons import key_problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.shared.remote_calls import timed_call

T = TypeVar("T")


def stored_key_problem(services: Services) -> Problem | None:
    """Why campaigns cannot be sent with the stored key; None when they can.

    :raises SetupError: when there is no key that can be read.
    """
    session = services.session()
    account = accounts.get_or_transient(session, services.account_ref)
    account_id, list_id, owner = account.id, account.list_id, account.remote_account_id
    client = api_keys.client_for(services, account)
    session.rollback()
    try:
        found = _call(services, account_id, "account", client.account)
        if owner not in ("", found.account_id):
            return Problem("key_other_account", values={"name": found.name})
        wrong = key_problem(found, require_paid_plan=services.settings.require_paid_plan)
        if wrong is None:
            _call(services, account_id, "audience", lambda: client.audience(list_id))
    except MailChimpError as error:
        return Problem(_code(error), error.detail)
    return wrong


_CODES: tuple[tuple[type[MailChimpError], str], ...] = (
    (KeyRefused, "key_refused"),
    (Forbidden, "mailchimp_forbids"),
    (NotFound, "audience_gone"),
    (MailChimpError, "mailchimp_unreachable"),
)


def _code(error: MailChimpError) -> str:
    return next(code for kind, code in _CODES if isinstance(error, kind))


def _call(services: Services, account_id: int, name: str, call: Callable[[], T]) -> T:
    """A remote call like any other: its outcome stands in the table of calls."""

    def note(row: dict[str, Any]) -> None:
        bulk.add_calls(services.session(), account_id, None, [row], step="doctor")
        services.session().commit()

    return timed_call(services, name, call, note)
