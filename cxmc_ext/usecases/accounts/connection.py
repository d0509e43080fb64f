"""Steps of “Initialize”: try the key, find or create the audience and its fields, then store the key.

The account does not change before the last commit: if the new key is refused, the old one stays in use.
"""

from typing import Any, TypeAlias

from cxmc_ext.db.queries import accounts, mailings
from cxmc_ext.domain.audit_actions import AuditAction
from cxmc_ext.domain.errors import Disabled, Forbidden, KeyRefused, MailChimpError, Refused
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import Audience, Audiences, NewAudience, RemoteAccount
from cxmc_ext.domain.operation_payloads import ConnectPayload
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.people import User
from cxmc_ext.domain.rules.api_key import login_key
from cxmc_ext.domain.rules.contact_limit import count_contacts
from cxmc_ext.domain.rules.mailchimp_reasons import key_problem
from cxmc_ext.usecases.accounts.details import domain_rows, read_templates
from cxmc_ext.usecases.accounts.webhook import NO_WEBHOOK
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import StopOperation, failed, not_ready
from cxmc_ext.usecases.opt_outs.members import OPT_OUT_OVERLAP
from cxmc_ext.usecases.sending.audience_opt_outs import import_opt_outs_since
from cxmc_ext.usecases.shared import api_keys, audit

ConnectContext: TypeAlias = OperationContext[ConnectPayload]

# `POST /lists` requires a permission reminder: why the recipients get mail from this audience.
_REMINDER = "You receive this mail because you are in contact with us."


def exchange_login_code(context: ConnectContext) -> None:
    """Step: exchanges the code of a login for a token (`POST /oauth2/token`, `GET /oauth2/metadata`).

    An API key needs no exchange.

    Raises:
        StopOperation: MailChimp refused the code, or its answer cannot be used.
        MailChimpError: MailChimp did not answer.
    """
    services, payload, account_id = context.services, context.payload, context.account.id
    if not payload.sealed_code:
        return
    login = services.login
    if login is None:
        raise failed("login_client")
    code = api_keys.unseal(services, account_id, payload.sealed_code)
    try:
        token = context.call(login.exchange_code, code, payload.redirect_uri, account_id)
        datacenter = context.call(login.datacenter, token, account_id)
    except KeyRefused as error:
        raise failed("login_client", detail=error.text) from None
    except Refused as error:
        raise failed("login_expired", detail=error.text) from None
    key = login_key(token, datacenter)
    if key is None:
        raise failed("login_datacenter")
    sealed_key = api_keys.seal(services, account_id, key)
    context.commit_progress(sealed_key=sealed_key, datacenter=datacenter, sealed_code="")


def check_key(context: ConnectContext) -> None:
    """Step: finds out whose key it is and what its user may do (`GET /`).

    Raises:
        StopOperation: The key cannot be used.
        MailChimpError: The call failed.
    """
    remote = context.call(context.api.account)
    problem = key_problem(
        remote,
        is_login=not context.payload.key_tail,
        require_paid_plan=context.services.settings.require_paid_plan,
    )
    if problem is not None:
        raise StopOperation(OperationState.FAILED, problem)
    _check_same_account(context, remote.account_id, remote.name)
    context.commit_progress(remote_account=remote)


def find_or_create_audience(context: ConnectContext) -> None:
    """Step: takes the stored audience, else the one of our name, else a new one, else the user chooses.

    Raises:
        StopOperation: The user must choose an audience.
        RetryLater: An audience may have been created by a call that got no answer.
        MailChimpError: A call failed.
    """
    listed = context.call(context.api.audiences)
    used = count_contacts(listed.items)
    audience = _find_audience(context, listed) or _create_audience(context, listed)
    context.commit_progress(audience=audience, contacts_used=used)


def import_opt_outs(context: ConnectContext) -> None:
    """Step: opts out who unsubscribed or was cleaned before (`GET /lists/{id}/members`).

    Raises:
        Conflict: The opt-out groups are missing, or the Host has not written everybody.
        MailChimpError: A call failed.
    """
    result = import_opt_outs_since(context, chosen_audience(context).id, 0)
    context.commit_progress(opt_outs_reported=result.reported, opt_outs_known=result.known)


def _audience_values(audience: Audience) -> dict[str, Any]:
    return {
        "list_id": audience.id,
        "list_web_id": audience.web_id,
        "list_name": audience.name[:200],
        "list_subscribe_url": audience.subscribe_url,
    }


def store_connection(context: ConnectContext) -> None:
    """Step: reads templates and sender domains, and replaces the account's key in one commit.

    Raises:
        StopOperation: A campaign has been created in the other account since `check_key`.
        MailChimpError: A call failed.
    """
    templates = read_templates(context)
    domains = context.call(context.api.sender_domains)
    remote, audience = _remote_account(context), chosen_audience(context)
    _check_same_account(context, remote.account_id, remote.name)
    operation, payload = context.operation, context.payload
    values: dict[str, Any] = {
        "sealed_key": payload.sealed_key,
        "key_datacenter": payload.datacenter,
        "key_tail": payload.key_tail,
        "key_stored_at": context.now,
        "key_stored_by": operation.actor_name,
        "key_refused": False,
        "back_off_until": 0,
        "remote_account_id": remote.account_id,
        "remote_account_name": remote.name[:200],
        "plan": remote.plan[:40],
        **_audience_values(audience),
        "merge_fields": [field.to_json() for field in payload.merge_fields],
        "audiences": [],
        "templates": templates,
        "sender_domains": domain_rows(domains),
        "details_read_at": context.now,
        "clicks_notified_until": context.account.clicks_notified_until or context.now,
        "contacts_used": payload.contacts_used,
        "contacts_read_at": context.now,
    }
    values |= _chosen_forwarding(context)
    if remote.account_id != context.account.remote_account_id:
        # Who left before has just been imported; earlier, so that the next import may follow at once.
        cursor = operation.created_at - OPT_OUT_OVERLAP
        values |= {"change_checked_at": 0, "unsubscribes_cursor": cursor, **NO_WEBHOOK}
    # An UPDATE of every column, whatever was read of the row before: a sync turn may find out at this
    # very moment that the old key is refused.
    accounts.update_columns(context.session, operation.account_id, **values)
    context.commit()


def _chosen_forwarding(context: ConnectContext) -> dict[str, Any]:
    """The choice that was made together with the key, if it is another one; the audit names it."""
    choice, operation = context.payload.opt_out_forwarding, context.operation
    if choice in ("", context.account.opt_out_forwarding):
        return {}
    actor, subject = User(operation.actor_id, operation.actor_name), f"opt_out_forwarding: {choice}"
    audit.log(context.services, context.account.id, AuditAction.SETTINGS, actor, subject=subject)
    return {"opt_out_forwarding": choice}


def _check_same_account(context: ConnectContext, remote_account_id: str, name: str) -> None:
    """Mailings of the connected account would lose their reports and unsubscribes in another one."""
    account = context.account
    is_other = account.remote_account_id not in ("", remote_account_id)
    if is_other and mailings.has_remote_campaigns(context.session, account.id):
        raise failed("key_other_account", name=name)


def _find_audience(context: ConnectContext, listed: Audiences) -> Audience | None:
    """The user's choice comes before the stored audience, and that before one of our name."""
    account, by_id = context.account, {audience.id: audience for audience in listed.items}
    chosen_id = context.payload.audience_id
    if chosen_id and chosen_id not in by_id:
        raise _offer_audiences(context, listed, "audience_unknown")
    if chosen_id:
        return by_id[chosen_id]
    is_same_account = _remote_account(context).account_id == account.remote_account_id
    if is_same_account and account.list_id in by_id:
        return by_id[account.list_id]
    name = context.services.settings.audience_name
    return next((audience for audience in listed.items if audience.name == name), None)


def _create_audience(context: ConnectContext, listed: Audiences) -> Audience:
    """Creates the audience, or lets the user choose if the plan allows no further one."""
    if not listed.may_create:
        raise _offer_audiences(context, listed, "choose_audience")
    requested_at = context.payload.audience_requested_at
    if requested_at is not None:  # a creation got no answer: the audience may be listed late
        context.wait_until_listed(requested_at)
    context.commit_progress(audience_requested_at=context.now)
    try:
        return context.call(context.api.create_audience, _new_audience(context))
    except Disabled:
        raise
    except Forbidden:
        raise _offer_audiences(context, listed, "choose_audience") from None
    except MailChimpError as error:
        if error.outcome == "refused":
            context.commit_progress(audience_requested_at=None)
        raise


def _offer_audiences(context: ConnectContext, listed: Audiences, code: str) -> StopOperation:
    """Stores the audiences to choose from; the key waits in the operation until then."""
    items: list[Json] = [{"id": audience.id, "name": audience.name} for audience in listed.items]
    accounts.update_columns(context.session, context.account.id, audiences=items)
    context.commit()
    return not_ready(code)


def _new_audience(context: ConnectContext) -> NewAudience:
    remote = _remote_account(context)
    return NewAudience(
        name=context.services.settings.audience_name,
        contact={name: str(value) for name, value in remote.contact.items()},
        permission_reminder=_REMINDER,
        from_name=remote.name,
        from_email=remote.email,
    )


def _remote_account(context: ConnectContext) -> RemoteAccount:
    remote = context.payload.remote_account
    assert remote is not None  # noqa: S101 - stored by check_key
    return remote


def chosen_audience(context: ConnectContext) -> Audience:
    """The audience that `find_or_create_audience` has found."""
    audience = context.payload.audience
    assert audience is not None  # noqa: S101 - stored by find_or_create_audience
    return audience
