"""The campaign overview: all campaigns that the viewer may see, and when the scheduled ones are sent."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cxmc_ext.db.queries import overview
from cxmc_ext.db.queries.overview import Averages, OverviewRow
from cxmc_ext.db.queries.overview import OverviewFilter as OverviewFilter
from cxmc_ext.db.queries.overview import OverviewOrder as OverviewOrder
from cxmc_ext.domain.campaigns import Campaign, MailingState
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.campaign_import import importable_count
from cxmc_ext.usecases.screens.models import Viewer

PAGE_SIZE = 25
# The Host decides which campaigns the viewer may see, so a page may have to look at more than it shows: in
# batches of this size, and at no more than so many batches.
_BATCH_SIZE = 50
_MAX_BATCHES = 4
_MAX_SCHEDULED = 50

STATE_GROUPS: Mapping[str, tuple[MailingState, ...]] = {
    "form": (MailingState.NONE,),
    "progress": (MailingState.PREPARING, MailingState.SEND_INTENT, MailingState.SENDING),
    "person": (MailingState.NOT_READY, MailingState.ATTENTION, MailingState.IN_MAILCHIMP),
    "scheduled": (MailingState.SCHEDULED,),
    "sent": (MailingState.SENT,),
    "cancelled": (MailingState.CANCELLED,),
}
# In these states people who are added to the campaign are not mailed any more.
_CLOSED = frozenset({MailingState.SEND_INTENT, MailingState.SENDING, MailingState.SENT})


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One campaign in a list. Times are Unix seconds; a figure is None where there is none yet."""

    ref: str
    title: str
    url: str
    state: MailingState
    at: int | None
    """When it was sent, or is going to be."""
    by: str
    recipients: int | None
    open_rate: float | None
    click_rate: float | None
    is_imported: bool
    """It was created in MailChimp itself."""

    @property
    def is_sent(self) -> bool:
        """Whether it was sent, or is being sent: whoever is added now does not receive it."""
        return self.state in _CLOSED

    @property
    def is_scheduled(self) -> bool:
        """Whether whoever is added now only receives it after “Unschedule”."""
        return self.state is MailingState.SCHEDULED


@dataclass(frozen=True, slots=True)
class Overview:
    """One page of the overview."""

    lines: tuple[CampaignLine, ...]
    next_offset: int | None
    """Where the next page begins; None on the last one."""
    averages: Averages
    """Of what the viewer had sent."""
    scheduled: tuple[CampaignLine, ...]
    """What MailChimp sends at a later time, the next one first."""
    has_more_scheduled: bool
    importable: int
    """How many campaigns the viewer can import."""


def load_overview(
    services: Services, viewer: Viewer, wanted: OverviewFilter, order: OverviewOrder, offset: int
) -> Overview | None:
    """Reads one page. The number of statements depends on nothing but what the Host needs per campaign.

    Args:
        services: The services of the account.
        viewer: The user. Campaigns that they may not see are left out.
        wanted: Which campaigns.
        order: In which order.
        offset: `Overview.next_offset` of the page before; 0 for the first.

    Returns:
        The page; None while the module is off.
    """
    session = services.session()
    account = overview.active_account(session, services.account_ref)
    if account is None:
        return None
    account_id = account.id
    lines, next_offset = _page_of_lines(services, viewer, account_id, wanted, order, offset)
    rows = overview.scheduled(session, account_id, _MAX_SCHEDULED + 1)
    return Overview(
        lines=tuple(lines),
        next_offset=next_offset,
        averages=overview.averages_of(session, account_id, viewer.user.id),
        scheduled=tuple(_visible_lines(services, viewer, rows[:_MAX_SCHEDULED])),
        has_more_scheduled=len(rows) > _MAX_SCHEDULED,
        importable=importable_count(services, viewer, account.importable_campaigns),
    )


def campaign_lines(
    services: Services, viewer: Viewer, refs: Collection[str]
) -> Mapping[str, CampaignLine]:
    """The lines of some campaigns of the Host's own list, by ref. Makes one query of its own.

    Campaigns that have no mailing yet, or that the viewer may not see, are left out; all are while the
    module is off.
    """
    session = services.session()
    account = overview.active_account(session, services.account_ref)
    if account is None:
        return {}
    rows = overview.of_campaigns(session, account.id, refs)
    lines = _visible_lines(services, viewer, list(rows.values()))
    return {line.ref: line for line in lines}


def _page_of_lines(
    services: Services,
    viewer: Viewer,
    account_id: int,
    wanted: OverviewFilter,
    order: OverviewOrder,
    offset: int,
) -> tuple[list[CampaignLine], int | None]:
    """The lines of a page, and where the next one begins. Fewer than fit if the viewer sees few."""
    session, lines = services.session(), list[CampaignLine]()
    for _ in range(_MAX_BATCHES):
        rows = overview.page(session, account_id, wanted, order, offset, _BATCH_SIZE + 1)
        batch = rows[:_BATCH_SIZE]
        visible = {line.ref: line for line in _visible_lines(services, viewer, batch)}
        for position, row in enumerate(batch):
            if row.campaign_ref not in visible:
                continue
            if len(lines) == PAGE_SIZE:
                return lines, offset + position
            lines.append(visible[row.campaign_ref])
        if len(rows) <= _BATCH_SIZE:
            return lines, None
        offset += _BATCH_SIZE
    return lines, offset


def _visible_lines(
    services: Services, viewer: Viewer, rows: Sequence[OverviewRow]
) -> Iterator[CampaignLine]:
    visible = viewer.campaigns(services.host, [row.campaign_ref for row in rows])
    return (
        _line(services, visible[row.campaign_ref], row)
        for row in rows
        if row.campaign_ref in visible
    )


def _line(services: Services, campaign: Campaign, row: OverviewRow) -> CampaignLine:
    state = MailingState(row.state)
    is_frozen = row.people_count > 0
    return CampaignLine(
        ref=row.campaign_ref,
        title=campaign.title,
        url=services.host.tab_url(campaign.ref),
        state=state,
        at=row.sent_at or row.schedule_at,
        by=row.requested_by_name,
        recipients=row.emails_sent or (row.mailable_count if is_frozen else None),
        open_rate=row.open_rate,
        click_rate=row.click_rate,
        is_imported=row.is_imported,
    )
