"""The screen of a scheduled campaign: to whom MailChimp sends it, and what the CRM changed since."""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.domain.problems import Problem, problems_from_json
from cxmc_ext.domain.rules.schedule_times import local_date_and_time
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.groups import has_lost_opt_out_groups
from cxmc_ext.usecases.screens.form import SendForm
from cxmc_ext.usecases.screens.models import account_of, mailing_of
from cxmc_ext.usecases.screens.summary import CampaignSummary, summarize
from cxmc_ext.usecases.sending.campaign_changes import find_changes_within
from cxmc_ext.usecases.sending.change_counts import FoundChanges, count_changes
from cxmc_ext.usecases.sending.maintenance_requests import LAST_CHECK

# A page compares campaigns of up to this many people itself (one chunk of the Host); for larger ones it
# shows what the hourly comparison found.
MAX_COMPARED = 1000
_CHANGE_SHOWN_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class TimeChange:
    """“Change time” has ended; with problems the campaign kept its time."""

    by: str
    at: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ScheduledScreen:
    """MailChimp sends the campaign at a later time."""

    summary: CampaignSummary
    """Its numbers are those of when it was scheduled."""
    send_at: int
    mailable: int
    """To how many people it is sent, as far as is known."""
    changes: FoundChanges
    """What changed in the CRM. `removed` includes the people whom a check has left out already."""
    is_last_check_over: bool
    """Changes have no effect any more."""
    key_refused: bool
    """Nobody can check the campaign or take it off the schedule from here."""
    groups_missing: bool
    """An opt-out group is missing: the next check takes the campaign off the schedule."""

    form: SendForm
    """Date and time as the form writes them."""
    time_change: TimeChange | None = None
    """The last change of the time, within a day."""

    @property
    def follows_crm(self) -> bool:
        """Whether changes are applied before the campaign is sent."""
        return not self.is_last_check_over and not self.key_refused


def build_scheduled(services: Services, rows: CampaignRows) -> ScheduledScreen:
    """Builds the screen. Reads the campaign's people only if they are few."""
    mailing, account = mailing_of(rows), account_of(rows)
    send_at = mailing.schedule_at or 0
    found = _found_changes(services, mailing)
    is_last_check_over = send_at - services.clock() <= LAST_CHECK
    is_followed = not is_last_check_over and not account.key_refused
    summary = summarize(mailing, rows.operation)
    left_out = summary.left_out_by_reason.get(ExclusionReason.REMOVED, 0) if is_followed else 0
    return ScheduledScreen(
        summary=_when_scheduled(summary, left_out),
        send_at=send_at,
        mailable=found.mailable if is_followed and found.at else mailing.mailable_count,
        changes=replace(found, removed=found.removed + left_out),
        is_last_check_over=is_last_check_over,
        key_refused=account.key_refused,
        groups_missing=has_lost_opt_out_groups(services.host, account.state),
        form=_form_of(send_at, services.settings.zone),
        time_change=_time_change(rows.operation, services.clock()),
    )


def _when_scheduled(summary: CampaignSummary, left_out: int) -> CampaignSummary:
    """The numbers before the checks, in which people who were removed later still take part."""
    reasons = dict(summary.left_out_by_reason)
    if left_out:
        del reasons[ExclusionReason.REMOVED]
    return replace(summary, mailable=summary.mailable + left_out, left_out_by_reason=reasons)


def _form_of(send_at: int, zone: ZoneInfo) -> SendForm:
    date, time = local_date_and_time(send_at, zone)
    return SendForm(date=date, time=time)


def _time_change(operation: Operation | None, now: int) -> TimeChange | None:
    if operation is None or operation.kind != OperationKind.RESCHEDULE:
        return None
    at = operation.ended_at or 0
    is_recent = now - at < _CHANGE_SHOWN_SECONDS
    problems = problems_from_json(operation.problems)
    return TimeChange(operation.actor_name, at, problems) if is_recent else None


def _found_changes(services: Services, mailing: Mailing) -> FoundChanges:
    session = services.session()
    changes = find_changes_within(services, mailing, MAX_COMPARED)
    if changes is None:
        return FoundChanges.from_json(mailing.campaign_changes or {}) or FoundChanges()
    return count_changes(session, mailing, changes, services.clock())
