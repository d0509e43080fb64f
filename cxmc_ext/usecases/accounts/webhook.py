"""Steps that register MailChimp's webhook for the connected audience, and delete it again.

The webhook only makes unsubscribes arrive sooner, so a failure of these steps fails no operation: it is kept
in the account and shown there.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import wraps
from typing import Any, TypeVar

from cxmc_ext.config import Settings
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import accounts
from cxmc_ext.db.queries import webhook as queries
from cxmc_ext.domain.errors import MailChimpError, SetupError
from cxmc_ext.domain.mailchimp import Webhook
from cxmc_ext.domain.operation_payloads import ConnectPayload
from cxmc_ext.domain.problems import Problem
from cxmc_ext.usecases.operations.context import AnyContext, OperationContext
from cxmc_ext.usecases.shared import api_keys

ContextT = TypeVar("ContextT", bound=OperationContext[Any])

NO_WEBHOOK: Mapping[str, Any] = {
    "webhook_id": "",
    "webhook_list_id": "",
    "webhook_digest": "",
    "sealed_webhook_key": None,
    "webhook_problem": None,
}


def digest_of(url: str) -> str:
    """What the account keeps of a webhook's URL."""
    return hashlib.sha256(url.encode()).hexdigest()


def _without_failing(step: Callable[[ContextT], None]) -> Callable[[ContextT], None]:
    """Repeats a step like any other; when MailChimp refuses for good, the account keeps the reason."""

    @wraps(step)
    def run(context: ContextT) -> None:
        try:
            step(context)
        except MailChimpError as error:
            is_last = context.operation.attempts + 1 >= (context.spec.max_attempts or 1)
            if not error.permanent and not is_last:
                raise
            secret = context.services.settings.webhook_url.rpartition("/")[2]
            text = error.text.replace(secret, "…") if secret else error.text
            problem = Problem("webhook_refused", text)
            _store(context, webhook_problem=problem.to_json())

    return run


@_without_failing
def register(context: AnyContext) -> None:
    """Step: makes sure that the audience has exactly one webhook of ours, with the present address.

    A creation that got no answer is looked up: the webhook it made is replaced, because what MailChimp
    signs its calls with was in that answer.

    Raises:
        MailChimpError: A call failed and may be repeated.
    """
    account, url = context.account, context.services.settings.webhook_url
    if account.sealed_key is None or account.key_refused:
        return
    list_id = account.list_id
    if account.webhook_id and (account.webhook_list_id != list_id or not url):
        _delete_stored(context)
    if not url:
        return
    found = context.call(context.api.webhooks, list_id)
    ours = [webhook for webhook in found if _is_ours(context, webhook)]
    _keep_or_create(context, url, [webhook for webhook in ours if webhook.url == url])
    for webhook in ours:
        if webhook.url != url:
            context.call(context.api.delete_webhook, list_id, webhook.id)


def _keep_or_create(context: AnyContext, url: str, found: Sequence[Webhook]) -> None:
    """Keeps the webhook of a URL, of which there can be one, or creates it if we cannot check its calls."""
    account_id, list_id = context.account.id, context.account.list_id
    kept = next((webhook for webhook in found if _is_usable(context, webhook)), None)
    values: dict[str, Any] = {}
    if kept is None:
        for webhook in found:
            context.call(context.api.delete_webhook, list_id, webhook.id)
        kept = context.call(context.api.create_webhook, list_id, url)
        key = kept.signing_key
        values["sealed_webhook_key"] = (
            api_keys.seal(context.services, account_id, key) if key else None
        )
    _store(
        context,
        webhook_id=kept.id,
        webhook_list_id=list_id,
        webhook_digest=digest_of(url),
        webhook_problem=None,
        **values,
    )


@_without_failing
def remove(context: AnyContext) -> None:
    """Step: deletes our webhook, unless another tenant uses the audience.

    Raises:
        MailChimpError: The call failed and may be repeated.
    """
    account = context.account
    if account.webhook_id and not account.key_refused:
        _delete_stored(context)


def remove_from_other_account(context: OperationContext[ConnectPayload]) -> None:
    """Step: deletes our webhook from a MailChimp account that is about to be replaced by another one.

    That is tried once, with the old key. A webhook that stays there names an audience we do not know, so
    its calls have no effect.
    """
    account, remote = context.account, context.payload.remote_account
    if remote is None or account.remote_account_id == remote.account_id or not account.webhook_id:
        return
    with suppress(MailChimpError, SetupError):
        client = api_keys.client_for(context.services, account)
        context.call(client.delete_webhook, account.webhook_list_id, account.webhook_id)


def _delete_stored(context: AnyContext) -> None:
    account = context.account
    if queries.is_needed_by_another(context.session, account.id, account.webhook_list_id):
        return
    context.call(context.api.delete_webhook, account.webhook_list_id, account.webhook_id)
    _store(context, **NO_WEBHOOK)


def _is_ours(context: AnyContext, webhook: Webhook) -> bool:
    """Whether we registered it: now or earlier, with this secret or at this address."""
    settings = context.services.settings
    root, _, _ = settings.webhook_url.rpartition("/")
    secret = webhook.url.rpartition("/")[2]
    is_registered = webhook.id == context.account.webhook_id
    return is_registered or webhook.url.startswith(f"{root}/") or secret in settings.webhook_secrets


def _is_usable(context: AnyContext, webhook: Webhook) -> bool:
    """Whether we can check its signature, if it has one."""
    list_id = context.account.list_id
    return not webhook.is_signed or queries.holds_signing_key(context.session, list_id, webhook.id)


def _store(context: AnyContext, **values: Any) -> None:
    accounts.update_columns(context.session, context.account.id, **values)
    context.commit()


class WebhookState(StrEnum):
    """Whether MailChimp tells us of unsubscribes."""

    REGISTERED = "registered"
    MISSING = "missing"
    """There is no webhook for the connected audience."""
    OUTDATED = "outdated"
    """It is registered with another address."""
    NO_ADDRESS = "no_address"
    """It has no address: CXMC_PUBLIC_URL is not set, or this machine's own."""


def webhook_state(settings: Settings, account: Account) -> WebhookState:
    """What our rows say about the webhook of an account. Makes no call."""
    url = settings.webhook_url
    if not url:
        return WebhookState.NO_ADDRESS
    if not account.webhook_id or account.webhook_list_id != account.list_id:
        return WebhookState.MISSING
    is_current = account.webhook_digest == digest_of(url)
    return WebhookState.REGISTERED if is_current else WebhookState.OUTDATED
