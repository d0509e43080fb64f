"""The counts of the form and the preview are the people who are mailed."""

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.usecases.screens import tab as tab_screen
from cxmc_ext.usecases.screens.eligibility import count_recipients
from cxmc_ext.usecases.screens.preview import build_preview
from tests.support.factories import SUPPORT_TEMPLATE_ID
from tests.support.recruiter import Recruiter


@pytest.fixture
def shared_addresses(recruiter: Recruiter) -> Recruiter:
    """Two addresses of which another owner opted out, one of them outside the campaign."""
    opted_out, _ = recruiter.add("info@klanten.example", "INFO@klanten.example")
    recruiter.add("bram@klanten.example", "carla@klanten.example", "carla@klanten.example")
    recruiter.opt_out(opted_out, recruiter.host.add_person("bram@klanten.example"))
    return recruiter


def test_the_form_counts_exactly_the_people_who_are_mailed(shared_addresses: Recruiter) -> None:
    recruiter = shared_addresses
    counts = count_recipients(recruiter.services, recruiter.campaign)
    assert counts.mailable == 1
    assert counts.left_out_by_reason == {
        ExclusionReason.OPTED_OUT: 3,
        ExclusionReason.DUPLICATE: 1,
    }
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == ["carla@klanten.example"]
    assert recruiter.mailing.counts["reason"] == {"opted_out": 3, "duplicate": 1}
    mailed = recruiter.fetch_all(select(Recipient.id).where(Recipient.reason.is_(None)))
    is_duplicate = Recipient.reason == ExclusionReason.DUPLICATE
    assert recruiter.fetch_all(select(Recipient.primary_id).where(is_duplicate)) == mailed


def test_the_preview_shows_only_people_who_are_mailed(shared_addresses: Recruiter) -> None:
    recruiter = shared_addresses
    rows = tab_screen.load_rows(recruiter.services, recruiter.campaign)
    assert rows is not None
    preview = build_preview(
        recruiter.services, recruiter.campaign, rows, SUPPORT_TEMPLATE_ID, position=1
    )
    assert preview is not None
    assert (preview.recipient_count, preview.address) == (1, "carla@klanten.example")
