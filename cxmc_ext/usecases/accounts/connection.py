"""Steps of “Initialize”: try the key, find or make the audience and its fields, then take the key.

Until the last commit nothing of the account changes: a key that is refused leaves the old one in place.
"""

from typing import Any

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.queries import accounts, mailings
from cxmc_ext.domain.errors import Forbidden, MailChimpError, Refused
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.mailchimp import Audience, Audiences, NewAudience, RemoteAccount
from cxmc_ext.domain.operations import OperationState
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.mailchimp_reasons import key_problem
from cxmc_ext.domain.rules.merge_fields import CUSTOM_FIELDS
from cxmc_ext.usecases.accounts.details import domain_rows, template_rows
from cxmc_ext.usecases.operations.context import LISTING_DELAY, OperationContext
from cxmc_ext.usecases.operations.signals import RetryLater, StopOperation, failed, not_ready

_REMINDER = "You receive this mail because you are in contact with us."


def check_key(run: OperationContext) -> None:
    """Whose key it is and what its user may do."""
    found = run.call(run.api.account)
    trouble = _trouble(run, found)
    if trouble is not None:
        raise trouble
    run.commit_progress(
        remote={
            "account_id": found.account_id,
            "name": found.name,
            "email": found.email,
            "plan": found.plan,
            "contact": dict(found.contact),
        }
    )


def find_or_create_audience(run: OperationContext) -> None:
    """The stored audience, else the one of our name, else a new one, else a person chooses."""
    listed = run.call(run.api.audiences)
    account = run.account
    found = _find(run, account, listed)
    if found is None:
        found = _create(run, listed)
    run.commit_progress(list={"id": found.id, "web_id": found.web_id, "name": found.name})


def add_merge_fields(run: OperationContext) -> None:
    """Adds the merge fields that are missing; one that somebody just added is no error."""
    list_id = str(_part(run, "list")["id"])
    have = run.call(run.api.merge_tags, list_id)
    for tag, name in CUSTOM_FIELDS.items():
        if tag not in have:
            _add_field(run, list_id, tag, name)


def store_connection(run: OperationContext) -> None:
    """Reads templates and domains, and in one commit puts the new key in place of the old.

    Unless somebody pressed “Create and send” since the key was looked at.
    """
    templates, domains = run.call(run.api.templates), run.call(run.api.sender_domains)
    remote, chosen, operation = _part(run, "remote"), _part(run, "list"), run.operation
    left_behind = _left_behind(run, str(remote["account_id"]), str(remote["name"]))
    if left_behind is not None:
        raise left_behind
    values: dict[str, Any] = {
        "sealed_key": str(operation.payload["key"]),
        "key_datacenter": str(operation.payload["dc"]),
        "key_tail": str(operation.payload["tail"]),
        "key_stored_at": run.now,
        "key_stored_by": operation.actor_name,
        "key_refused": False,
        "back_off_until": 0,
        "remote_account_id": str(remote["account_id"]),
        "remote_account_name": str(remote["name"])[:200],
        "plan": str(remote["plan"])[:40],
        "list_id": str(chosen["id"]),
        "list_web_id": int(str(chosen["web_id"])),
        "list_name": str(chosen["name"])[:200],
        "audiences": [],
        "templates": template_rows(templates),
        "sender_domains": domain_rows(domains),
        "details_read_at": run.now,
    }
    if remote["account_id"] != run.account.remote_account_id:
        values |= {"change_checked_at": 0, "unsubscribes_cursor": 0}
    # Each of them, whatever was read of the row before: the old key may be refused this very moment.
    accounts.update_columns(run.session, operation.account_id, **values)
    run.commit()


def _trouble(run: OperationContext, found: RemoteAccount) -> StopOperation | None:
    trouble = key_problem(found, require_paid_plan=run.services.settings.require_paid_plan)
    if trouble is not None:
        return StopOperation(OperationState.FAILED, trouble)
    return _left_behind(run, found.account_id, found.name)


def _left_behind(run: OperationContext, account_id: str, name: str) -> StopOperation | None:
    """A campaign that lives in the account we are connected to would lose its report, and who leaves."""
    account = run.account
    other = account.remote_account_id not in ("", account_id)
    if other and mailings.has_remote_campaigns(run.session, account.id):
        return failed("key_other_account", name=name)
    return None


def _find(run: OperationContext, account: Account, listed: Audiences) -> Audience | None:
    """A choice counts before the stored audience, and that before one of our name."""
    chosen = str(run.payload.get("audience_id") or "")
    by_id = {one.id: one for one in listed.items}
    if chosen and chosen not in by_id:
        _offer(run, listed, "audience_unknown")
    same = _part(run, "remote")["account_id"] == account.remote_account_id
    stored = by_id.get(account.list_id) if same else None
    name = run.services.settings.audience_name
    named = next((one for one in listed.items if one.name == name), None)
    return by_id.get(chosen) or stored or named


def _create(run: OperationContext, listed: Audiences) -> Audience:
    """After a lost answer a new audience may appear late: it is looked for before another is made."""
    if not listed.may_create:
        _offer(run, listed, "choose_audience")
    tried = run.payload.get("list_tried_at")
    settle = min(LISTING_DELAY, run.services.settings.settle_seconds)
    left = int(str(tried)) + settle - run.now if tried else 0
    if left > 0:
        raise RetryLater(left, Problem("waiting_settle"))
    run.commit_progress(list_tried_at=run.now)
    try:
        return run.call(run.api.create_audience, _new(run))
    except Forbidden:
        _offer(run, listed, "choose_audience")
        raise
    except MailChimpError as error:
        if error.outcome == "refused":
            run.commit_progress(list_tried_at=None)
        raise


def _offer(run: OperationContext, listed: Audiences, code: str) -> None:
    """What a person may choose from; the key waits in the operation until then."""
    items: list[Json] = [{"id": one.id, "name": one.name} for one in listed.items]
    accounts.update_columns(run.session, run.account.id, audiences=items)
    run.commit()
    raise not_ready(code)


def _new(run: OperationContext) -> NewAudience:
    remote = _part(run, "remote")
    contact = remote["contact"]
    return NewAudience(
        name=run.services.settings.audience_name,
        contact={k: str(v) for k, v in contact.items()} if isinstance(contact, dict) else {},
        permission_reminder=_REMINDER,
        from_name=str(remote["name"]),
        from_email=str(remote["email"]),
    )


def _add_field(run: OperationContext, list_id: str, tag: str, name: str) -> None:
    try:
        run.call(run.api.add_merge_field, list_id, tag, name)
    except Refused:
        if tag not in run.call(run.api.merge_tags, list_id):
            raise


def _part(run: OperationContext, name: str) -> dict[str, Json]:
    """A fact that an earlier step remembered."""
    part = run.payload[name]
    assert isinstance(part, dict)  # noqa: S101 - the step before stored it
    return part
