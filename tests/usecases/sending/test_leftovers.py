"""After “sent” no token of ours remains on any contact."""

import pytest

from tests.support.crm_changes import tick_and_work
from tests.support.databases import on_both
from tests.support.erasure import sync_everything
from tests.support.recruiter import Recruiter

pytestmark = [on_both, pytest.mark.slow]


def tags(recruiter: Recruiter) -> set[str]:
    """The tags of all contacts, as MailChimp shows them."""
    audience = recruiter.audience
    return {
        audience.segments[tag].name for member in audience.members.values() for tag in member.tags
    }


def send_and_wait(recruiter: Recruiter) -> None:
    recruiter.campaign = recruiter.host.add_campaign("Vacatures week 48")
    recruiter.add("ada@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    recruiter.standin.state.advance(60)
    sync_everything(recruiter)
    recruiter.standin.state.advance(3700)
    tick_and_work(recruiter)


@pytest.mark.parametrize(
    ("keeps", "left"),
    [(False, set()), (True, {"Vacatures week 48", "Vacatures week 48 (3)"})],
)
def test_an_hour_later_the_tag_is_gone_or_has_the_campaigns_title(
    recruiter: Recruiter, keeps: bool, left: set[str]
) -> None:
    object.__setattr__(recruiter.services.settings, "keep_segments", keeps)
    for _ in range(2):
        send_and_wait(recruiter)
    assert tags(recruiter) == left
    assert recruiter.mailing.segment_id is None
