"""The activation block of the settings page: on or off, how far, and who pressed the button."""

from dataclasses import dataclass

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries import mailings
from cxmc_ext.db.queries import tab as tab_queries
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.operations import ACTIVE_STATES, OperationKind
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.groups import has_lost_opt_out_groups
from cxmc_ext.usecases.shared import system_problems
from cxmc_ext.usecases.shared.system_problems import SystemProblem


@dataclass(frozen=True, slots=True)
class ScheduledCampaign:
    """A campaign that MailChimp sends at its time, whatever becomes of the module."""

    mailing_id: int
    ref: str
    title: str
    send_at: int
    mailable: int


@dataclass(frozen=True, slots=True)
class ScheduledCampaigns:
    """What MailChimp will send by itself, the next one first; shown where something is switched off."""

    campaigns: tuple[ScheduledCampaign, ...] = ()
    can_unschedule: bool = True
    """False if there is no API key that MailChimp accepts."""


@dataclass(frozen=True, slots=True)
class ActivationStatus:
    """`enabled` from the press on the button; `active` once the opt-out tag and groups exist."""

    enabled: bool = False
    active: bool = False
    deactivating: bool = False
    changed_at: int | None = None
    changed_by: str = ""
    late: bool = False
    groups_missing: bool = False
    """The module is active, but an opt-out group is not there any more: nothing is sent."""
    problems: tuple[Problem, ...] = ()
    """Why the activation stopped before the tag and the groups existed, or why a deactivation failed."""
    scheduled: ScheduledCampaigns = ScheduledCampaigns()
    connected: bool = False
    """A MailChimp account is connected, and it accepts our calls."""
    system_problems: tuple[SystemProblem, ...] = ()
    """What is wrong with Redis and the processes, while the module is switched on."""

    @property
    def is_starting(self) -> bool:
        """Whether the opt-out tag and groups are being created."""
        return self.enabled and not self.active and not self.deactivating


def activation_status(services: Services) -> ActivationStatus:
    """Reads how far the activation of the account has come."""
    rows = tab_queries.account_rows(services.session(), services.account_ref)
    account, operation = rows.account, rows.operation
    if account is None:
        return ActivationStatus()
    is_enabled = account.state != AccountState.INACTIVE
    seconds = services.clock() - (account.state_changed_at or 0)
    return ActivationStatus(
        enabled=is_enabled,
        active=account.state == AccountState.ACTIVE,
        deactivating=account.state == AccountState.DEACTIVATING,
        changed_at=account.state_changed_at,
        changed_by=account.state_changed_by,
        late=account.state == AccountState.ACTIVATING and seconds > services.settings.late_after,
        groups_missing=has_lost_opt_out_groups(services.host, account.state),
        problems=_problems(account, operation),
        scheduled=_scheduled_campaigns(services, account),
        connected=bool(account.sealed_key) and not account.key_refused,
        system_problems=_system_problems(services, account) if is_enabled else (),
    )


def _system_problems(services: Services, account: Account) -> tuple[SystemProblem, ...]:
    disabled = SystemProblem(Problem("account_disabled"), severe=True)
    found = system_problems.find_problems(services)
    return (disabled, *found) if account.disabled_at else found


def scheduled_campaigns(services: Services) -> ScheduledCampaigns:
    """Reads what MailChimp will send by itself for this account."""
    account = tab_queries.account_rows(services.session(), services.account_ref).account
    return _scheduled_campaigns(services, account) if account else ScheduledCampaigns()


def _scheduled_campaigns(services: Services, account: Account) -> ScheduledCampaigns:
    found = mailings.may_be_scheduled(services.session(), account.id, services.clock())
    return ScheduledCampaigns(
        campaigns=tuple(
            ScheduledCampaign(
                mailing.id,
                mailing.campaign_ref,
                mailing.campaign_title,
                mailing.schedule_at or 0,
                mailing.mailable_count,
            )
            for mailing in found
        ),
        can_unschedule=bool(account.sealed_key) and not account.key_refused,
    )


def _problems(account: Account, operation: Operation | None) -> tuple[Problem, ...]:
    """Those of the newest operation, if it ended without having switched the module on or off."""
    if operation is None or operation.state in ACTIVE_STATES:
        return ()
    unfinished = {
        OperationKind.ACTIVATE: AccountState.ACTIVATING,
        OperationKind.DEACTIVATION: AccountState.ACTIVE,
    }
    is_unfinished = account.state == unfinished[OperationKind(operation.kind)]
    return problems_from_json(operation.problems) if is_unfinished else ()
