"""After “sent” no token of ours remains on any contact."""

import pytest

from cxmc_ext.domain.operations import Press
from cxmc_ext.standin import DEMO_KEY
from cxmc_ext.usecases.accounts.connection_requests import request_connection
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


def test_a_campaign_that_was_cancelled_half_way_leaves_no_tag(recruiter: Recruiter) -> None:
    state, actions = recruiter.standin.state, recruiter.standin.actions
    state.switches.change({"send_seconds": 86_400.0, "delivered_at_once": 0.5})
    recruiter.add("ada@kandidaten.example", "bob@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    actions.cancel(recruiter.mailing.remote_id)
    recruiter.standin.state.advance(60)
    sync_everything(recruiter)
    assert recruiter.mailing.state == "cancelled"
    assert tags(recruiter) != set()
    recruiter.standin.state.advance(3700)
    tick_and_work(recruiter)
    assert tags(recruiter) == set()


def test_what_a_deleted_audience_left_open_stops_no_sweep(recruiter: Recruiter) -> None:
    recruiter.standin.state.faults.add("POST /lists/*/segments", "reset_after")
    recruiter.add("ada@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    recruiter.standin.actions.delete_audience(recruiter.audience.id)
    press = Press(recruiter.host.users["admin"][0], recruiter.next_nonce())
    request_connection(recruiter.services, press, DEMO_KEY, None)
    recruiter.run_workers()
    send_and_wait(recruiter)
    assert recruiter.mailing.state == "sent"
    assert tags(recruiter) == set()
