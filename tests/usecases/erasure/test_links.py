"""“Erase a person”: clicked links lose the address and keep their clicks."""

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import ClickedLink
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.people import User
from tests.support.databases import on_both
from tests.support.erasure import (
    ANNA,
    BOB,
    find_traces,
    record_click,
    request_erasure,
    resync_before_worker,
    resync_from_scratch,
    send_and_sync,
    sync_everything,
)
from tests.support.recruiter import Recruiter

pytestmark = on_both


@pytest.mark.slow
def test_links_that_hold_the_address_lose_it_and_their_clicks_stay_counted(
    recruiter: Recruiter, admin_user: User
) -> None:
    """Clicked by herself and by somebody she passed the mail on to; read again nothing is added."""
    send_and_sync(recruiter)
    plain, coded = (
        f"https://cv.example/?email={ANNA}",
        "https://cv.example/?e=ANNA%40Kandidaten.Example",
    )
    other = f"https://cv.example/?email={BOB}"
    clicks = [(ANNA, plain, 10), (ANNA, plain, 11), (ANNA, coded, 12), (BOB, plain, 13)]
    for address, url, after in [*clicks, (BOB, other, 14)]:
        record_click(recruiter, address, url, after)
    sync_everything(recruiter)
    before = recruiter.mailing
    assert find_traces(recruiter, ANNA, "ANNA%40")
    told = request_erasure(recruiter, admin_user)
    recruiter.run_workers()
    assert recruiter.operation(told).state == "done"
    assert find_traces(recruiter, ANNA, "ANNA%40") == []
    erased, stay = before.report["links"], recruiter.mailing.report["links"]
    assert [figures for _, *figures in stay] == [figures for _, *figures in erased]
    assert [other, 1, 1] in [link[:3] for link in stay]
    resync_from_scratch(recruiter)
    after = recruiter.mailing
    assert (after.counts, after.report["links"]) == (before.counts, stay)
    assert len(recruiter.session.scalars(select(ClickedLink)).all()) == 3
    assert find_traces(recruiter, ANNA, "ANNA%40") == []
    record_click(recruiter, ANNA, f"https://new.example/{ANNA}", 20)
    resync_from_scratch(recruiter)
    assert recruiter.mailing.counts["events"]["clicked"] == 6
    assert find_traces(recruiter, ANNA, "ANNA%40") == []


def test_a_link_that_was_read_between_press_and_erasure_is_one_link(
    recruiter: Recruiter, admin_user: User
) -> None:
    """It stands there under its new name already, with the clicks that the report told of again."""
    send_and_sync(recruiter)
    url = f"https://cv.example/?email={ANNA}"
    record_click(recruiter, BOB, url, 10)
    record_click(recruiter, BOB, url, 11)
    sync_everything(recruiter)
    told = request_erasure(recruiter, admin_user)
    resync_before_worker(recruiter)
    assert len(recruiter.session.scalars(select(ClickedLink)).all()) == 2
    recruiter.run_workers()
    assert recruiter.operation(told).state == "done"
    resync_from_scratch(recruiter)
    assert recruiter.mailing.counts["events"]["clicked"] == 2
    assert len(recruiter.session.scalars(select(ClickedLink)).all()) == 1
    assert find_traces(recruiter, ANNA) == []


def test_links_of_another_account_and_of_other_campaigns(
    recruiter: Recruiter, admin_user: User
) -> None:
    """Every campaign of the account, none of a stranger's."""
    send_and_sync(recruiter)
    first, own = recruiter.mailing.id, recruiter.account.id
    session, url = recruiter.services.session(), f"mailto:{ANNA}"
    stranger = Account(ref="stranger")
    session.add(stranger)
    session.flush()
    mine, theirs = (Mailing(account_id=one, campaign_ref="other") for one in (own, stranger.id))
    session.add_all([mine, theirs])
    session.flush()
    session.add_all([ClickedLink(mailing_id=one, url=url) for one in (first, mine.id, theirs.id)])
    session.commit()
    request_erasure(recruiter, admin_user)
    recruiter.queue.run_all()
    left = list(recruiter.session.scalars(select(ClickedLink.url).order_by(ClickedLink.mailing_id)))
    assert left[0] == left[1] != url
    assert left[2] == url
