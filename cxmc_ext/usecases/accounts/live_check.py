"""Asks MailChimp whether the stored key can be used: for `flask cxmc doctor --online`, never for a page."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from cxmc_ext.db.queries import accounts, bulk
from cxmc_ext.domain.errors import MailChimpError, NotFound, Refused, Throttled, Unreachable
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.error_problems import problem_for
from cxmc_ext.domain.rules.mailchimp_reasons import key_problem
from cxmc_ext.services import Services
from cxmc_ext.usecases.accounts.webhook import WebhookState, webhook_state
from cxmc_ext.usecases.shared import api_keys
from cxmc_ext.usecases.shared.remote_calls import timed_call

T = TypeVar("T")

_PROBLEM_CODES: dict[type[MailChimpError], str] = {
    NotFound: "audience_gone",
    **dict.fromkeys((Refused, Throttled, Unreachable, MailChimpError), "mailchimp_unreachable"),
}


def stored_key_problem(services: Services) -> Problem | None:
    """Checks the stored key and its audience (`GET /`, `GET /lists/{id}`).

    Returns:
        Why campaigns cannot be sent with the key; None if they can.

    Raises:
        SetupError: There is no key, or it cannot be decrypted.
    """
    session = services.session()
    account = accounts.get_or_transient(session, services.account_ref)
    account_id, list_id = account.id, account.list_id
    connected_account_id, is_login = account.remote_account_id, not account.key_tail
    client = api_keys.client_for(services, account)
    session.rollback()
    try:
        remote = _call(services, account_id, "account", client.account)
        if connected_account_id not in ("", remote.account_id):
            return Problem("key_other_account", values={"name": remote.name})
        problem = key_problem(
            remote, is_login=is_login, require_paid_plan=services.settings.require_paid_plan
        )
        if problem is None:
            _call(services, account_id, "audience", partial(client.audience, list_id))
    except MailChimpError as error:
        return problem_for(error, _PROBLEM_CODES)
    return problem


def has_lost_webhook(services: Services) -> bool:
    """Whether the webhook we registered was deleted or changed at MailChimp (`GET /lists/{id}/webhooks`).

    Raises:
        SetupError: There is no key, or it cannot be decrypted.
        MailChimpError: MailChimp did not answer.
    """
    session = services.session()
    account = accounts.get_or_transient(session, services.account_ref)
    if webhook_state(services.settings, account) is not WebhookState.REGISTERED:
        return False
    account_id, list_id, webhook_id = account.id, account.list_id, account.webhook_id
    client = api_keys.client_for(services, account)
    session.rollback()
    found = _call(services, account_id, "webhooks", partial(client.webhooks, list_id))
    url = services.settings.webhook_url
    return not any(hook.id == webhook_id and hook.url == url for hook in found)


def _call(services: Services, account_id: int, name: str, call: Callable[[], T]) -> T:
    """Makes a call and keeps its outcome, like that of any other call, in the table of remote calls."""

    def record(row: dict[str, Any]) -> None:
        bulk.add_calls(services.session(), account_id, None, [row], step="doctor")
        services.session().commit()

    return timed_call(services, name, call, record)
