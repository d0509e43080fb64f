"""Chooses the screen that the tab of a campaign shows now. Reads our own rows, never MailChimp."""

import zlib
from dataclasses import dataclass, replace
from typing import TypeAlias

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import tab as tab_queries
from cxmc_ext.db.queries.tab import CampaignRows as CampaignRows
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.campaigns import Campaign, MailingState
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind, OperationState
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.connection import (
    NotConnectedScreen,
    SettingsScreen,
    build_settings,
    connection_of,
)
from cxmc_ext.usecases.screens.form import FormScreen, build_form
from cxmc_ext.usecases.screens.mailing_states import StateScreen, build_state_screen
from cxmc_ext.usecases.screens.models import Viewer, account_of, mailing_of
from cxmc_ext.usecases.screens.outcome import EndedOperation, describe_ended
from cxmc_ext.usecases.screens.progress import ProgressScreen, build_progress
from cxmc_ext.usecases.screens.report import ReportScreen, build_report, has_report
from cxmc_ext.usecases.screens.scheduled import ScheduledScreen, build_scheduled
from cxmc_ext.usecases.screens.summary import summarize

Screen: TypeAlias = (
    NotConnectedScreen
    | SettingsScreen
    | FormScreen
    | ProgressScreen
    | StateScreen
    | ScheduledScreen
    | ReportScreen
)


@dataclass(frozen=True, slots=True)
class TabState:
    """What the tab shows now. As long as `version` stays the same, so does the screen."""

    screen: Screen
    version: str
    ended_operation: EndedOperation | None = None


def is_enabled(services: Services) -> bool:
    """Whether the module is switched on, from the moment somebody pressed “Activate”."""
    return _is_on(tab_queries.account_state(services.session(), services.account_ref))


def load_rows(services: Services, campaign_ref: str) -> CampaignRows | None:
    """Reads the rows that the screens of a campaign are built from.

    Returns:
        The rows, with an account; None while the module is off.
    """
    rows = tab_queries.campaign_rows(services.session(), services.account_ref, campaign_ref)
    is_on = rows.account is not None and _is_on(rows.account.state)
    return rows if is_on else None


def tab_state(
    services: Services,
    viewer: Viewer,
    campaign: Campaign,
    rows: CampaignRows,
    *,
    operation_id: int | None = None,
    min_percent: int = 0,
) -> TabState:
    """Chooses what the tab of a campaign shows now.

    Args:
        services: The services of the account.
        viewer: The user who looks at the tab.
        campaign: The campaign as the Host knows it.
        rows: The result of `load_rows`.
        operation_id: The operation on the account that the page follows: a new key, a refresh of the
            templates, or the verification of a domain.
        min_percent: The progress that the page has already shown; it never goes back.
    """
    version = _version(rows)
    if rows.operation and rows.operation.state in ACTIVE_STATES:
        progress = build_progress(services, rows.operation, rows.mailing, min_percent)
        return TabState(progress, version)
    operation = _account_operation(services, rows, operation_id)
    if operation and operation.state in ACTIVE_STATES:
        return TabState(build_progress(services, operation, None, min_percent), version)
    followed = operation is not None and operation.id == operation_id
    ended = describe_ended(operation) if operation and followed else None
    if ended and ended.kind is OperationKind.CONNECT and ended.state is not OperationState.DONE:
        return TabState(build_settings(services, rows), version, ended)
    screen = _settled_screen(services, viewer, campaign, rows)
    return TabState(screen, _with_changes(version, screen), ended)


def settings_tab_state(services: Services, rows: CampaignRows) -> TabState:
    """Shows the form for the API key, or the progress of the key that is being tested."""
    operation = tab_queries.account_operation(services.session(), account_of(rows).id, None)
    if operation and operation.kind == OperationKind.CONNECT:
        return TabState(build_progress(services, operation, None, 0), _version(rows))
    return TabState(build_settings(services, rows), "")


def _settled_screen(
    services: Services, viewer: Viewer, campaign: Campaign, rows: CampaignRows
) -> Screen:
    """The screen of a campaign that no operation is working on."""
    state = MailingState(rows.mailing.state) if rows.mailing else MailingState.NONE
    if state is MailingState.NONE:
        return _form_or_not_connected(services, viewer, campaign, rows)
    mailing = mailing_of(rows)
    if has_report(mailing):
        summary = summarize(mailing, rows.operation)
        return build_report(services, viewer, account_of(rows), mailing, summary)
    if state is MailingState.SCHEDULED:
        return build_scheduled(services, rows)
    return build_state_screen(rows, state)


def _form_or_not_connected(
    services: Services, viewer: Viewer, campaign: Campaign, rows: CampaignRows
) -> Screen:
    account = account_of(rows)
    connection = connection_of(account)
    if connection is None or connection.key_refused or not account.templates:
        return NotConnectedScreen(connection)
    return build_form(services, viewer, campaign, rows, connection)


def _account_operation(
    services: Services, rows: CampaignRows, operation_id: int | None
) -> Operation | None:
    """The operation on the account to show: one that the page follows, or any while there is no key."""
    account = account_of(rows)
    if operation_id is None and account.sealed_key:
        return None
    return tab_queries.account_operation(services.session(), account.id, operation_id)


def _is_on(state: str | None) -> bool:
    return state in {AccountState.ACTIVATING, AccountState.ACTIVE}


def _with_changes(version: str, screen: Screen) -> str:
    """A scheduled campaign's screen changes with the CRM, and when the last check is over."""
    if not isinstance(screen, ScheduledScreen):
        return version
    parts = (version, replace(screen.changes, at=0), screen.follows_crm)
    return f"{zlib.crc32(repr(parts).encode()):08x}"


def _version(rows: CampaignRows) -> str:
    """A short hash that changes whenever a screen that is not polled for progress would change."""
    mailing, operation = rows.mailing, rows.operation
    parts: list[object] = [operation.id, operation.state] if operation else []
    parts.append(account_of(rows).sending_stopped_at)
    if mailing:
        parts += [mailing.state, mailing.generation, mailing.remote_status, mailing.problems]
        parts += [mailing.last_sync_at, mailing.next_sync_at, mailing.sync_lease_until]
        parts += [mailing.counts]
    return f"{zlib.crc32(repr(parts).encode()):08x}"
