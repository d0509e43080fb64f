"""Whoever had campaigns sent is told once a day who clicked in them the day before."""

import pytest
from sqlalchemy import func, select, update

from cxmc_ext import Notification
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.usecases.notices.telling import tell_notices
from cxmc_ext.usecases.worker import runner, tick
from tests.support.databases import on_both
from tests.support.factories import create_event, create_mailing, create_recipient
from tests.support.recruiter import Recruiter

pytestmark = on_both

DAY, HOUR = 86_400, 3600


@pytest.fixture
def desk(recruiter: Recruiter) -> Recruiter:
    """It is nine in the morning, and yesterday nothing was told yet."""
    now = recruiter.services.clock()
    recruiter.standin.state.advance(DAY - now % DAY + 9 * HOUR)
    midnight = recruiter.services.clock() // DAY * DAY
    session = recruiter.session
    session.execute(
        update(Account).values(clicks_notified_until=midnight - DAY, campaigns_read_at=midnight)
    )
    session.commit()
    tell_notices(recruiter.services)
    return recruiter


def clicked(desk: Recruiter, title: str, *names: str, at: int = 0, user: str = "recruiter") -> str:
    """A campaign of a user in which people clicked, yesterday at noon unless told otherwise."""
    ref = desk.host.add_campaign(title)
    values = {"campaign_title": title, "requested_by_id": user, "web_id": None}
    mailing = create_mailing(desk.services, ref, "sent", **values)
    noon = desk.services.clock() // DAY * DAY - DAY // 2
    for number, name in enumerate(names):
        first = (at or noon) + 2 * number
        address = f"{name or len(names)}@kandidaten.example".lower()
        recipient = create_recipient(
            desk.services, mailing, name=name, address=address, member_hash=member_hash(address)
        )
        for moment in (first, first + 1):
            create_event(desk.services, mailing, recipient, EventStatus.CLICKED, moment)
        create_event(desk.services, mailing, recipient, EventStatus.OPENED, first)
    return ref


def tell(desk: Recruiter) -> list[Notification]:
    """A tick and its workers; returns what users were told of clicks so far."""
    desk.session.rollback()
    tick.tick(desk.services)
    desk.queue.run_all()
    tell_notices(desk.services)
    return [each for each in desk.host.notifications if each.kind == "daily_clicks"]


def test_the_clicks_of_a_day_are_told_once_with_names(desk: Recruiter) -> None:
    clicked(desk, "Nieuwsbrief", "Anna")
    most = clicked(desk, "Vacatures", "Anna", "Bram", "Carla", "Daan", "Eva", "Frank", "")
    clicked(desk, "Van gisteravond", at=0)
    clicked(desk, "Van Ada", "Greet", user="admin")
    told = {each.user_id: each for each in tell(desk)}
    assert set(told) == {"recruiter", "admin"}
    mine = told["recruiter"]
    assert (mine.campaign_ref, mine.right) == (most, "send")
    assert mine.text().title == "7 people clicked yesterday in 2 campaigns"
    assert mine.text().body == (
        "“Vacatures”: Anna, Bram, Carla, Daan, Eva and 2 others\n“Nieuwsbrief”: Anna"
    )
    assert mine.text("nl").title == "Gisteren geklikt in 2 campagnes: 7 personen"
    assert told["admin"].text().body == "“Van Ada”: Greet"
    desk.standin.state.advance(HOUR)
    assert len(tell(desk)) == 2, "once"


def test_without_a_click_yesterday_nobody_is_told(desk: Recruiter) -> None:
    now = desk.services.clock()
    clicked(desk, "Vandaag", "Anna", at=now - HOUR)
    clicked(desk, "Eergisteren", "Bram", at=now // DAY * DAY - DAY - 12 * HOUR)
    clicked(desk, "Van niemand", "Carla", user="")
    assert tell(desk) == []
    desk.standin.state.advance(DAY)
    (next_day,) = tell(desk)
    assert next_day.text().body == "“Vandaag”: Anna"


@pytest.mark.slow
def test_campaigns_that_the_user_may_not_see_any_more_are_left_out(desk: Recruiter) -> None:
    gone, seen = clicked(desk, "Weg", "Anna", "Bram"), clicked(desk, "Hier", "Anna")
    only = clicked(desk, "Van Ada", "Greet", user="admin")
    del desk.host.campaigns[gone], desk.host.campaigns[only]
    (mine,) = tell(desk)
    assert (mine.user_id, mine.campaign_ref) == ("recruiter", seen)
    assert mine.text().title == "1 person clicked yesterday in 1 campaign"


@pytest.mark.slow
def test_two_schedulers_and_a_killed_worker_tell_it_once(desk: Recruiter) -> None:
    clicked(desk, "Vacatures", "Anna")
    for _ in range(2):
        tick.tick(desk.services)
    wanted = select(Operation.id).where(Operation.kind == "daily_clicks")
    (operation_id,) = desk.fetch_all(wanted)
    runner.run(desk.services, operation_id)
    session = desk.session
    killed = {"state": "running", "step": "clicks", "lease_until": 0.0}
    session.execute(update(Operation).where(Operation.id == operation_id).values(**killed))
    session.commit()
    runner.run(desk.services, operation_id)
    assert desk.operation(operation_id).state == "done"
    assert session.scalar(select(func.count()).select_from(Notice)) == 1
    session.rollback()
    assert len(tell(desk)) == 1


@pytest.mark.slow
def test_it_is_told_in_the_morning_of_the_time_zone(desk: Recruiter) -> None:
    clicked(desk, "Vacatures", "Anna")
    zone = desk.services.settings.time_zone
    object.__setattr__(desk.services.settings, "time_zone", "America/New_York")
    try:
        assert tell(desk) == [], "it is four or five o'clock there"
        desk.standin.state.advance(4 * HOUR)
        assert len(tell(desk)) == 1
    finally:
        object.__setattr__(desk.services.settings, "time_zone", zone)


@pytest.mark.slow
def test_many_campaigns_are_not_all_named(desk: Recruiter) -> None:
    for n in range(7):
        clicked(desk, f"Brief {n}", "" if n == 6 else "Anna")
    (told,) = tell(desk)
    assert told.text().title == "2 people clicked yesterday in 7 campaigns"
    lines = told.text().body.splitlines()
    assert len(lines) == 6
    assert lines[0] == "“Brief 6”: 1 person"
    assert lines[-1] == "And 2 other campaigns"
    assert told.text("fr").body.endswith("Et 2 autres campagnes")
