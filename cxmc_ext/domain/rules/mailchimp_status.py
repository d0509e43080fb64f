"""What the status of a campaign at MailChimp means for our mailing.

The values are those of `status` in `GET /campaigns/{campaign_id}`:
https://mailchimp.com/developer/marketing/api/campaigns/get-campaign-info/
"""

from collections.abc import Mapping

from cxmc_ext.domain.campaigns import MailingState

DRAFT = "save"
SCHEDULED = "schedule"
SENT = "sent"
# Nothing is on its way to anybody; the campaign may be changed or deleted.
DRAFT_STATUSES = frozenset({DRAFT, "paused"})

# While MailChimp still cancels, its status is read before each report.
CANCELING = "canceling"
# States in which there may be a report to read: a campaign that was cancelled half-way has mailed some
# people, and their events are reported as usual.
REPORT_STATES = frozenset({MailingState.SENT, MailingState.CANCELLED})

# Drafts have no state of their own: what they mean depends on what we asked for.
STATE_BY_STATUS: Mapping[str, MailingState] = {
    SCHEDULED: MailingState.SCHEDULED,
    "sending": MailingState.SENDING,
    SENT: MailingState.SENT,
    # Put away in MailChimp after it was sent; its report stays.
    "archived": MailingState.SENT,
    CANCELING: MailingState.CANCELLED,
    "canceled": MailingState.CANCELLED,
}
