"""Every status MailChimp documents has one meaning here."""

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.rules.mailchimp_status import DRAFT_STATUSES, STATE_BY_STATUS


def test_a_status_is_a_draft_or_has_one_state() -> None:
    assert not DRAFT_STATUSES & STATE_BY_STATUS.keys()
    assert STATE_BY_STATUS["canceling"] == STATE_BY_STATUS["canceled"] == MailingState.CANCELLED
    assert {STATE_BY_STATUS[s] for s in ("schedule", "sending", "sent")} == {
        MailingState.SCHEDULED,
        MailingState.SENDING,
        MailingState.SENT,
    }
