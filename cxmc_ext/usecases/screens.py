"""Which screen a campaign shows now: chosen from rows alone, never from MailChimp."""

import zlib
from collections.abc import Callable, Mapping

from cxmc_ext.db.models import Account, Mailing, Operation
from cxmc_ext.db.queries import screens as rows
from cxmc_ext.db.queries.screens import Look as Look
from cxmc_ext.domain.values import (
    ACTIVE_STATES,
    AccountState,
    Campaign,
    MailingState,
    OperationKind,
    OperationState,
    Why,
    whys_of,
)
from cxmc_ext.services import Services
from cxmc_ext.usecases import screens_form, screens_report
from cxmc_ext.usecases.screens_pending import pending
from cxmc_ext.usecases.screens_values import (
    Attention,
    Cancelled,
    Connection,
    Facts,
    InMailChimp,
    NotConnected,
    NotReady,
    Outcome,
    Scheduled,
    Screen,
    SettingsOpen,
    Shown,
    Viewer,
)


def enabled(services: Services) -> bool:
    """True from the press on “Activate” on."""
    return _switched_on(rows.account_state(services.session(), services.account_ref))


def look(services: Services, campaign_ref: str) -> Look | None:
    """The rows behind a campaign's screens; None while the module is off."""
    found = rows.look(services.session(), services.account_ref, campaign_ref)
    on = found.account is not None and _switched_on(found.account.state)
    return found if on else None


def show(
    services: Services,
    viewer: Viewer,
    campaign: Campaign,
    found: Look,
    *,
    operation_id: int | None = None,
    floor: int = 0,
) -> Shown:
    """The screen of this moment.

    :param operation_id: an operation of the account the page follows (a key, the templates).
    :param floor: percent the page has shown already; progress never goes back.
    """
    version = _version(found)
    if found.operation and found.operation.state in ACTIVE_STATES:
        screen: Screen = pending(services, found.operation, found.mailing, floor)
        return Shown(screen, version)
    aside = _aside(services, found, operation_id)
    if aside and aside.state in ACTIVE_STATES:
        return Shown(pending(services, aside, None, floor), version)
    outcome = _outcome(aside) if aside and aside.id == operation_id else None
    if outcome and _opens_settings(outcome):
        return Shown(settings(found), version, outcome)
    state = MailingState(found.mailing.state) if found.mailing else MailingState.NONE
    return Shown(_SCREENS[state](services, viewer, campaign, found), version, outcome)


def open_settings(services: Services, found: Look) -> Shown:
    """Where a key is entered; while one is being tried, how far that is."""
    assert found.account is not None  # noqa: S101 - `look` returns no other
    aside = rows.account_operation(services.session(), found.account.id, None)
    if aside and aside.kind == OperationKind.CONNECT:
        return Shown(pending(services, aside, None, 0), _version(found))
    return Shown(settings(found), "")


def settings(found: Look) -> SettingsOpen:
    assert found.account is not None  # noqa: S101 - `look` returns no other
    choices = tuple((str(a["id"]), str(a["name"])) for a in found.account.audiences or ())
    return SettingsOpen(connection(found.account), choices)


def connection(account: Account) -> Connection | None:
    if not account.key_sealed:
        return None
    return Connection(
        name=account.remote_name,
        dc=account.key_dc,
        tail=account.key_tail,
        at=account.key_at,
        by=account.key_by,
        audience=account.list_name,
        plan=account.plan,
        refused=account.key_refused,
    )


def facts(mailing: Mailing, operation: Operation | None) -> Facts:
    return Facts(
        title=mailing.campaign_title,
        subject=mailing.subject,
        from_name=mailing.from_name,
        from_email=mailing.from_email,
        template=mailing.template_name,
        people=mailing.people,
        receivers=mailing.receivers,
        left={name: n for name, n in _reasons(mailing).items() if n},
        by=operation.actor_name if operation else "",
        linked=mailing.web_id is not None,
        schedule_at=mailing.schedule_at,
    )


def _reasons(mailing: Mailing) -> Mapping[str, int]:
    counts = mailing.counts if isinstance(mailing.counts, dict) else {}
    return {str(name): int(n) for name, n in (counts.get("reason") or {}).items()}


def _switched_on(state: str | None) -> bool:
    return state in {AccountState.ACTIVATING, AccountState.ACTIVE}


def _aside(services: Services, found: Look, wanted: int | None) -> Operation | None:
    """An operation of the account is worth a look when the page follows it, or no key is there."""
    account = found.account
    if account is None or (wanted is None and account.key_sealed):
        return None
    return rows.account_operation(services.session(), account.id, wanted)


def _outcome(operation: Operation) -> Outcome:
    kind, state = OperationKind(operation.kind), OperationState(operation.state)
    return Outcome(kind, state, whys_of(operation.why))


def _opens_settings(outcome: Outcome) -> bool:
    return outcome.kind is OperationKind.CONNECT and outcome.state is not OperationState.DONE


def _version(found: Look) -> str:
    """Changes whenever a settled screen would look different."""
    mailing, operation = found.mailing, found.operation
    parts: list[object] = [operation.id, operation.state] if operation else []
    if mailing:
        parts += [mailing.state, mailing.generation, mailing.remote_status, mailing.why]
        parts += [mailing.last_sync_at, mailing.next_sync_at, mailing.sync_until, mailing.counts]
    return f"{zlib.crc32(repr(parts).encode()):08x}"


def _free(services: Services, viewer: Viewer, campaign: Campaign, found: Look) -> Screen:
    account = found.account
    linked = connection(account) if account else None
    if account is None or linked is None or linked.refused or not account.templates:
        return NotConnected(linked)
    return screens_form.form(services, viewer, campaign, found, linked)


def _not_ready(services: Services, viewer: Viewer, campaign: Campaign, found: Look) -> Screen:
    mailing = _mailing(found)
    ready, code_for = screens_form.domain_line(found, mailing.from_email)
    return NotReady(
        facts(mailing, found.operation),
        whys_of(mailing.why) or _last_words(found),
        (ready,) if ready.tone == "bad" else (),
        code_for,
    )


def _attention(services: Services, viewer: Viewer, campaign: Campaign, found: Look) -> Screen:
    mailing = _mailing(found)
    reasons = whys_of(mailing.why) or _last_words(found)
    return Attention(
        facts(mailing, found.operation), reasons, mailing.state == MailingState.ATTENTION
    )


def _scheduled(services: Services, viewer: Viewer, campaign: Campaign, found: Look) -> Screen:
    mailing = _mailing(found)
    return Scheduled(facts(mailing, found.operation), mailing.schedule_at or 0)


def _in_mailchimp(services: Services, viewer: Viewer, campaign: Campaign, found: Look) -> Screen:
    return InMailChimp(facts(_mailing(found), found.operation))


def _cancelled(services: Services, viewer: Viewer, campaign: Campaign, found: Look) -> Screen:
    mailing = _mailing(found)
    return Cancelled(facts(mailing, found.operation), whys_of(mailing.why))


def _results(services: Services, viewer: Viewer, campaign: Campaign, found: Look) -> Screen:
    mailing = _mailing(found)
    return screens_report.results(services, mailing, facts(mailing, found.operation))


def _last_words(found: Look) -> tuple[Why, ...]:
    return whys_of(found.operation.why) if found.operation else ()


def _mailing(found: Look) -> Mailing:
    assert found.mailing is not None  # noqa: S101 - only a mailing has these states
    return found.mailing


_Chooser = Callable[[Services, Viewer, Campaign, Look], Screen]
_SCREENS: Mapping[MailingState, _Chooser] = {
    MailingState.NONE: _free,
    MailingState.PREPARING: _attention,
    MailingState.NOT_READY: _not_ready,
    MailingState.SENDING_INTENT: _attention,
    MailingState.IN_MAILCHIMP: _in_mailchimp,
    MailingState.SCHEDULED: _scheduled,
    MailingState.SENDING: _results,
    MailingState.SENT: _results,
    MailingState.CANCELLED: _cancelled,
    MailingState.ATTENTION: _attention,
}
"""Preparing or intending without an active operation is nobody's plan: a person must look."""
