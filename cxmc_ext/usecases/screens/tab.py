"""Which screen a campaign shows now: chosen from rows alone, never from MailChimp."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import tab as rows
from cxmc_ext.db.queries.tab import CampaignRows as CampaignRows
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import Campaign, MailingState
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind, OperationState
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import form as form_screen
from cxmc_ext.usecases.screens import report as report_screen
from cxmc_ext.usecases.screens.form import FormScreen
from cxmc_ext.usecases.screens.mailing_states import (
    AttentionScreen,
    CancelledScreen,
    InMailChimpScreen,
    NotReadyScreen,
    ScheduledScreen,
)
from cxmc_ext.usecases.screens.models import CampaignSummary, Connection, Viewer
from cxmc_ext.usecases.screens.progress import ProgressScreen, build_progress
from cxmc_ext.usecases.screens.report import ReportScreen


def is_enabled(services: Services) -> bool:
    """True from the press on “Activate” on."""
    return _is_on(rows.account_state(services.session(), services.account_ref))


def load_rows(services: Services, campaign_ref: str) -> CampaignRows | None:
    """The rows behind a campaign's screens; None while the module is off."""
    found = rows.campaign_rows(services.session(), services.account_ref, campaign_ref)
    on = found.account is not None and _is_on(found.account.state)
    return found if on else None


def connection(account: Account) -> Connection | None:
    if not account.sealed_key:
        return None
    return Connection(
        account_name=account.remote_account_name,
        dc=account.key_datacenter,
        key_tail=account.key_tail,
        connected_at=account.key_stored_at,
        connected_by=account.key_stored_by,
        audience_name=account.list_name,
        plan=account.plan,
        key_refused=account.key_refused,
    )


@dataclass(frozen=True, slots=True)
class NotConnectedScreen:
    """No usable key, or no template: nothing can be sent yet."""

    connection: Connection | None


@dataclass(frozen=True, slots=True)
class SettingsScreen:
    """Where a key is entered."""

    connection: Connection | None
    audiences: tuple[tuple[str, str], ...]


Screen: TypeAlias = (
    NotConnectedScreen
    | SettingsScreen
    | FormScreen
    | ProgressScreen
    | NotReadyScreen
    | AttentionScreen
    | ScheduledScreen
    | InMailChimpScreen
    | CancelledScreen
    | ReportScreen
)


@dataclass(frozen=True, slots=True)
class EndedOperation:
    """How an operation of the account that the page followed has ended."""

    kind: OperationKind
    state: OperationState
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class TabState:
    """The screen of a moment; the same `version` means nothing has changed."""

    screen: Screen
    version: str
    ended_operation: EndedOperation | None = None


def tab_state(
    services: Services,
    viewer: Viewer,
    campaign: Campaign,
    found: CampaignRows,
    *,
    operation_id: int | None = None,
    min_percent: int = 0,
) -> TabState:
    """The screen of this moment.

    :param operation_id: an operation of the account the page follows (a key, the templates).
    :param floor: percent the page has shown already; progress never goes back.
    """
    version = _version(found)
    if found.operation and found.operation.state in ACTIVE_STATES:
        screen: Screen = build_progress(services, found.operation, found.mailing, min_percent)
        return TabState(screen, version)
    aside = _account_operation(services, found, operation_id)
    if aside and aside.state in ACTIVE_STATES:
        return TabState(build_progress(services, aside, None, min_percent), version)
    outcome = _ended_operation(aside) if aside and aside.id == operation_id else None
    if outcome and _reopens_settings(outcome):
        return TabState(settings_screen(found), version, outcome)
    state = MailingState(found.mailing.state) if found.mailing else MailingState.NONE
    return TabState(_SCREEN_BUILDERS[state](services, viewer, campaign, found), version, outcome)


def settings_tab_state(services: Services, found: CampaignRows) -> TabState:
    """Where a key is entered; while one is being tried, how far that is."""
    assert found.account is not None  # noqa: S101 - `look` returns no other
    aside = rows.account_operation(services.session(), found.account.id, None)
    if aside and aside.kind == OperationKind.CONNECT:
        return TabState(build_progress(services, aside, None, 0), _version(found))
    return TabState(settings_screen(found), "")


def settings_screen(found: CampaignRows) -> SettingsScreen:
    assert found.account is not None  # noqa: S101 - `look` returns no other
    choices = tuple((str(a["id"]), str(a["name"])) for a in found.account.audiences or ())
    return SettingsScreen(connection(found.account), choices)


def campaign_summary(mailing: Mailing, operation: Operation | None) -> CampaignSummary:
    return CampaignSummary(
        title=mailing.campaign_title,
        subject=mailing.subject,
        from_name=mailing.from_name,
        from_email=mailing.from_email,
        template_name=mailing.template_name,
        people=mailing.people_count,
        mailable=mailing.mailable_count,
        left_out_by_reason={name: n for name, n in _exclusion_counts(mailing).items() if n},
        requested_by=operation.actor_name if operation else "",
        has_remote_campaign=mailing.web_id is not None,
        schedule_at=mailing.schedule_at,
    )


def _exclusion_counts(mailing: Mailing) -> Mapping[str, int]:
    counts = mailing.counts if isinstance(mailing.counts, dict) else {}
    return {str(name): int(n) for name, n in (counts.get("reason") or {}).items()}


def _is_on(state: str | None) -> bool:
    return state in {AccountState.ACTIVATING, AccountState.ACTIVE}


def _account_operation(
    services: Services, found: CampaignRows, wanted: int | None
) -> Operation | None:
    """An operation of the account is worth a look when the page follows it, or no key is there."""
    account = found.account
    if account is None or (wanted is None and account.sealed_key):
        return None
    return rows.account_operation(services.session(), account.id, wanted)


def _ended_operation(operation: Operation) -> EndedOperation:
    kind, state = OperationKind(operation.kind), OperationState(operation.state)
    return EndedOperation(kind, state, problems_from_json(operation.problems))


def _reopens_settings(outcome: EndedOperation) -> bool:
    return outcome.kind is OperationKind.CONNECT and outcome.state is not OperationState.DONE


def _version(found: CampaignRows) -> str:
    """Changes whenever a settled screen would look different."""
    mailing, operation = found.mailing, found.operation
    parts: list[object] = [operation.id, operation.state] if operation else []
    if mailing:
        parts += [mailing.state, mailing.generation, mailing.remote_status, mailing.problems]
        parts += [
            mailing.last_sync_at,
            mailing.next_sync_at,
            mailing.sync_lease_until,
            mailing.counts,
        ]
    return f"{zlib.crc32(repr(parts).encode()):08x}"


def _build_form(
    services: Services, viewer: Viewer, campaign: Campaign, found: CampaignRows
) -> Screen:
    account = found.account
    linked = connection(account) if account else None
    if account is None or linked is None or linked.key_refused or not account.templates:
        return NotConnectedScreen(linked)
    return form_screen.build_form(services, viewer, campaign, found, linked)


def _build_not_ready(
    services: Services, viewer: Viewer, campaign: Campaign, found: CampaignRows
) -> Screen:
    mailing = _require_mailing(found)
    ready, code_for = form_screen.domain_readiness(found, mailing.from_email)
    return NotReadyScreen(
        campaign_summary(mailing, found.operation),
        problems_from_json(mailing.problems) or _operation_problems(found),
        (ready,) if ready.tone == "bad" else (),
        code_for,
    )


def _build_attention(
    services: Services, viewer: Viewer, campaign: Campaign, found: CampaignRows
) -> Screen:
    mailing = _require_mailing(found)
    reasons = problems_from_json(mailing.problems) or _operation_problems(found)
    return AttentionScreen(
        campaign_summary(mailing, found.operation), reasons, mailing.state == MailingState.ATTENTION
    )


def _build_scheduled(
    services: Services, viewer: Viewer, campaign: Campaign, found: CampaignRows
) -> Screen:
    mailing = _require_mailing(found)
    return ScheduledScreen(campaign_summary(mailing, found.operation), mailing.schedule_at or 0)


def _build_in_mailchimp(
    services: Services, viewer: Viewer, campaign: Campaign, found: CampaignRows
) -> Screen:
    return InMailChimpScreen(campaign_summary(_require_mailing(found), found.operation))


def _build_cancelled(
    services: Services, viewer: Viewer, campaign: Campaign, found: CampaignRows
) -> Screen:
    mailing = _require_mailing(found)
    return CancelledScreen(
        campaign_summary(mailing, found.operation), problems_from_json(mailing.problems)
    )


def _build_report(
    services: Services, viewer: Viewer, campaign: Campaign, found: CampaignRows
) -> Screen:
    mailing = _require_mailing(found)
    return report_screen.build_report(services, mailing, campaign_summary(mailing, found.operation))


def _operation_problems(found: CampaignRows) -> tuple[Problem, ...]:
    return problems_from_json(found.operation.problems) if found.operation else ()


def _require_mailing(found: CampaignRows) -> Mailing:
    assert found.mailing is not None  # noqa: S101 - only a mailing has these states
    return found.mailing


_ScreenBuilder = Callable[[Services, Viewer, Campaign, CampaignRows], Screen]


_SCREEN_BUILDERS: Mapping[MailingState, _ScreenBuilder] = {
    MailingState.NONE: _build_form,
    MailingState.PREPARING: _build_attention,
    MailingState.NOT_READY: _build_not_ready,
    MailingState.SEND_INTENT: _build_attention,
    MailingState.IN_MAILCHIMP: _build_in_mailchimp,
    MailingState.SCHEDULED: _build_scheduled,
    MailingState.SENDING: _build_report,
    MailingState.SENT: _build_report,
    MailingState.CANCELLED: _build_cancelled,
    MailingState.ATTENTION: _build_attention,
}
"""Preparing or intending without an active operation is nobody's plan: a person must look."""
