"""The step of a resend: those who did not open a mailing become a new campaign.

Robots open mails too: privacy services and image proxies open every mail, security scanners follow every
link. So MailChimp is asked for the activity of people only, and whoever has none did not open the mail.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import accounts, mailings, recipient_pages
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.mailchimp import ActivityPage, ActivityRow
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.rules.addresses import canonical_address, member_hash
from cxmc_ext.domain.rules.events import parse_activity
from cxmc_ext.usecases.sending.follow_up import BATCH_SIZE
from cxmc_ext.usecases.sending.mail_again import FollowUpContext, create_campaign, usable_mailing

# Who bounced, unsubscribed or complained is not mailed again.
_STATUSES = (EventStatus.SENT, EventStatus.OPENED, EventStatus.CLICKED)


@dataclass(slots=True)
class _HumanActivity:
    """Member hashes (hex) of those who opened or clicked, and of those who certainly did not."""

    active: set[str] = field(default_factory=set)
    quiet: set[str] = field(default_factory=set)
    has_ended: bool = False
    """The last page was read."""

    def add(self, row: ActivityRow) -> None:
        has_reacted = parse_activity(row).status >= EventStatus.OPENED
        known = self.active if has_reacted else self.quiet
        # MailChimp keeps the id of a member whose address was changed there (observed 2019).
        known |= {row.hash, member_hash(canonical_address(row.address)).hex()}

    def includes(self, hash_: str, status: EventStatus) -> bool:
        """Whether somebody did not open the mail. What is stored counts for those who are not listed."""
        is_quiet = status is EventStatus.SENT or hash_ in self.quiet
        return is_quiet and hash_ not in self.active


def create_resend(context: FollowUpContext) -> None:
    """Step: creates the campaign, or finds the one that exists (`GET /reports/{id}/email-activity`).

    Raises:
        StopOperation: Everybody has opened it.
        LostLease: Another worker has the operation.
        MailChimpError: The activity could not be read.
    """
    payload, session = context.payload, context.session
    if payload.campaign_ref:
        return
    activity = _read_activity(context, mailings.get(session, payload.mailing_id))
    accounts.lock(session, context.account.id)
    mailing = mailings.get_for_update(session, payload.mailing_id)
    existing = usable_mailing(context.services, mailing.resend_id)
    if existing:
        context.commit_progress(campaign_ref=existing.campaign_ref)
        return
    people = _people(context, mailing.id, activity)
    new = create_campaign(
        context, mailing, people, nobody="everybody_opened", resend_of_id=mailing.id
    )
    mailings.update_columns(session, mailing.id, resend_id=new.mailing_id)
    context.commit_progress(campaign_ref=new.campaign_ref, people=new.people)


def _read_activity(context: FollowUpContext, mailing: Mailing) -> _HumanActivity:
    """Reads who opened or clicked. Without a report at MailChimp, what is stored has to do."""
    activity = _HumanActivity()
    remote_id, expected = mailing.remote_id or "", max(mailing.emails_sent, 1)
    # The number is MailChimp's and may be wrong: a page that is not full is the last one.
    offsets = takewhile(lambda _: not activity.has_ended, range(0, expected, BATCH_SIZE))
    context.commit()
    calls = ((offset, (remote_id, offset)) for offset in offsets)
    try:
        for done, page in context.call_pipelined(context.api.human_activity_page, calls):
            _add_page(activity, page)
            context.set_progress(min(done + BATCH_SIZE, expected), expected)
    except NotFound:
        return _HumanActivity()
    context.commit()
    return activity


def _add_page(activity: _HumanActivity, page: ActivityPage) -> None:
    activity.has_ended = activity.has_ended or page.row_count < BATCH_SIZE
    for row in page.rows:
        activity.add(row)


def _people(
    context: FollowUpContext, mailing_id: int, activity: _HumanActivity
) -> Iterator[Sequence[PersonRef]]:
    """Those who did not open it, in chunks of at most 1,000."""
    for status in _STATUSES:
        for page in recipient_pages.people_with_status(
            context.session, mailing_id, status, BATCH_SIZE
        ):
            people = [row.ref for row in page if activity.includes(row.member_hash.hex(), status)]
            if people:
                yield people
