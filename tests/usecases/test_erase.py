"""“Erase a person”: gone at MailChimp, nobody in our rows, never pushed again, never written back."""

import pytest
from desk import Desk
from erasing import (
    ANNA,
    BOB,
    ask,
    audience,
    click,
    is_member,
    read,
    read_anew,
    read_before_the_worker,
    rows,
    sent,
    traces,
)
from sqlalchemy import select, update

from cxmc_ext.db.models import Account, Erased, Event, Link, Mailing, Recipient
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.domain.values import Status, User
from cxmc_ext.standin import DEMO_ACCOUNT, reactions
from cxmc_ext.usecases import erase, screens, screens_people
from tests.databases import on_both

pytestmark = on_both


def test_nothing_of_the_person_is_left_and_everything_counted_stays(desk: Desk, boss: User) -> None:
    sent(desk)
    before = desk.mailing
    events = len(desk.session.scalars(select(Event)).all())
    pressed = ask(desk, boss)
    desk.work()
    after = desk.mailing
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert is_member(desk, BOB)
    assert traces(desk, ANNA, "Person1", member_hash(ANNA).hex(), str(member_hash(ANNA))) == []
    assert [row.person_id for row in rows(desk)] == ["", "2"]
    assert [row.reason for row in rows(desk)] == [None, None]
    assert (after.people, after.receivers, after.counts) == (
        before.people,
        before.receivers,
        before.counts,
    )
    assert len(desk.session.scalars(select(Event)).all()) == events


def test_the_synchronisation_never_writes_the_person_back(desk: Desk, boss: User) -> None:
    sent(desk)
    ask(desk, boss)
    desk.work()
    recipient = audience(desk)
    assert recipient.forgotten
    desk.standin.state.accounts[DEMO_ACCOUNT].campaigns[desk.mailing.remote_id or ""].recipients[
        member_hash(ANNA).hex()
    ].activity.append({"action": "open", "timestamp": desk.services.clock(), "ip": "1.1.1.1"})
    before = len(rows(desk))
    session = desk.session
    session.execute(update(Recipient).values(status=0))
    session.commit()
    read_anew(desk)
    assert len(rows(desk)) == before
    assert traces(desk, ANNA) == []
    assert rows(desk)[0].status > 0


def test_links_that_hold_the_address_lose_it_and_their_clicks_stay_counted(
    desk: Desk, boss: User
) -> None:
    """Clicked by herself and by somebody she passed the mail on to; read again nothing is added."""
    sent(desk)
    plain, coded = (
        f"https://cv.example/?email={ANNA}",
        "https://cv.example/?e=ANNA%40Kandidaten.Example",
    )
    other = f"https://cv.example/?email={BOB}"
    clicks = [(ANNA, plain, 10), (ANNA, plain, 11), (ANNA, coded, 12), (BOB, plain, 13)]
    for address, url, after in [*clicks, (BOB, other, 14)]:
        click(desk, address, url, after)
    read(desk)
    before = desk.mailing
    assert traces(desk, ANNA, "ANNA%40")
    told = ask(desk, boss)
    desk.work()
    assert desk.operation(told).state == "done"
    assert traces(desk, ANNA, "ANNA%40") == []
    erased, stay = before.report["links"], desk.mailing.report["links"]
    assert [figures for _, *figures in stay] == [figures for _, *figures in erased]
    assert [other, 1, 1] in stay
    read_anew(desk)
    after = desk.mailing
    assert (after.counts, after.report["links"]) == (before.counts, stay)
    assert len(desk.session.scalars(select(Link)).all()) == 3
    assert traces(desk, ANNA, "ANNA%40") == []
    click(desk, ANNA, f"https://new.example/{ANNA}", 20)
    read_anew(desk)
    assert desk.mailing.counts["events"]["clicked"] == 6
    assert traces(desk, ANNA, "ANNA%40") == []


def test_a_link_that_was_read_between_press_and_erasure_is_one_link(desk: Desk, boss: User) -> None:
    """It stands there under its new name already, with the clicks that the report told of again."""
    sent(desk)
    url = f"https://cv.example/?email={ANNA}"
    click(desk, BOB, url, 10)
    click(desk, BOB, url, 11)
    read(desk)
    told = ask(desk, boss)
    read_before_the_worker(desk)
    assert len(desk.session.scalars(select(Link)).all()) == 2
    desk.work()
    assert desk.operation(told).state == "done"
    read_anew(desk)
    assert desk.mailing.counts["events"]["clicked"] == 2
    assert len(desk.session.scalars(select(Link)).all()) == 1
    assert traces(desk, ANNA) == []


def test_what_the_person_did_between_press_and_erasure_is_counted_once(
    desk: Desk, boss: User
) -> None:
    sent(desk)
    url = f"https://cv.example/?email={ANNA}"
    click(desk, ANNA, url, 10)
    read(desk)
    click(desk, ANNA, url, 11)
    told = ask(desk, boss)
    read_before_the_worker(desk)
    desk.work()
    assert desk.operation(told).state == "done"
    read_anew(desk)
    assert desk.mailing.counts["events"]["clicked"] == 2
    assert len(rows(desk)) == 2
    assert traces(desk, ANNA) == []


def test_who_leaves_between_press_and_erasure_leaves_once(desk: Desk, boss: User) -> None:
    anna, _ = sent(desk)
    state, now = desk.standin.state, desk.services.clock()
    account = state.accounts[DEMO_ACCOUNT]
    remote = account.campaigns[desk.mailing.remote_id or ""]
    ask(desk, boss)
    assert reactions.unsubscribed(state, account, remote, member_hash(ANNA).hex(), "", now)
    read_before_the_worker(desk)
    assert desk.host.opt_outs == {anna}
    desk.work()
    read_anew(desk)
    assert desk.mailing.counts["events"]["unsubscribed"] == 1
    assert [row.status for row in rows(desk)] == [Status.UNSUBSCRIBED, Status.SENT]


def test_links_of_another_account_and_of_other_campaigns(desk: Desk, boss: User) -> None:
    """Every campaign of the account, none of a stranger's."""
    sent(desk)
    first, own = desk.mailing.id, desk.account().id
    session, url = desk.services.session(), f"mailto:{ANNA}"
    stranger = Account(ref="stranger")
    session.add(stranger)
    session.flush()
    mine, theirs = (Mailing(account_id=one, campaign_ref="other") for one in (own, stranger.id))
    session.add_all([mine, theirs])
    session.flush()
    session.add_all([Link(mailing_id=one, url=url) for one in (first, mine.id, theirs.id)])
    session.commit()
    ask(desk, boss)
    desk.queue.run_all()
    left = list(desk.session.scalars(select(Link.url).order_by(Link.mailing_id)))
    assert left[0] == left[1] != url
    assert left[2] == url


def test_an_opt_out_told_later_still_reaches_the_crm(desk: Desk, boss: User) -> None:
    anna, _ = sent(desk)
    ask(desk, boss)
    desk.work()
    remote = desk.standin.state.accounts[DEMO_ACCOUNT].campaigns[desk.mailing.remote_id or ""]
    remote.recipients[member_hash(ANNA).hex()].unsubscribed = desk.services.clock()
    remote.tally["unsubscribed"] = 1
    session = desk.session
    session.execute(update(Mailing).values(sync_line=""))
    session.commit()
    read(desk)
    assert desk.host.opt_outs <= {anna}
    assert traces(desk, ANNA) == []


def test_who_was_erased_is_never_pushed_again(desk: Desk, boss: User) -> None:
    sent(desk)
    ask(desk, boss)
    desk.work()
    desk.campaign = desk.host.add_campaign("Week 49")
    desk.add(f" {ANNA.upper()}", BOB)
    live = screens_people.tally(desk.services, desk.campaign)
    assert dict(live.left) == {"erased": 1}
    desk.send()
    desk.work()
    assert desk.mailed.count(ANNA) == 1
    assert desk.mailed.count(BOB) == 2
    assert desk.mailing.counts["reason"] == {"erased": 1}
    assert not is_member(desk, ANNA)
    assert traces(desk, ANNA, ANNA.upper()) == []
    found = screens.look(desk.services, desk.campaign)
    assert found is not None
    page = screens_people.ledger(
        desk.services, desk.campaign, found, screens_people.Filter(left=True), 1
    )
    assert [(line.name, line.address, line.reason) for line in page.lines] == [("", "", "erased")]


def test_one_who_was_never_a_member_is_gone_already(desk: Desk, boss: User) -> None:
    pressed = ask(desk, boss, "nobody@elsewhere.example")
    desk.work()
    assert desk.operation(pressed).state == "done"
    assert desk.operation(pressed).payload == {"flying": False}


def test_a_person_of_the_crm_is_erased_with_every_address_they_had(desk: Desk, boss: User) -> None:
    anna, _ = sent(desk)
    person = desk.host.persons[anna]
    desk.host.persons[anna] = type(person)(anna, person.name, "new@kandidaten.example")
    assert erase.concerned(desk.services, "candidate:1") == erase.Concerned(1, 1)
    ask(desk, boss, "candidate:1")
    desk.work()
    assert traces(desk, ANNA, "new@") == []
    assert len(desk.session.scalars(select(Erased)).all()) == 2
    assert not is_member(desk, ANNA)


def test_a_person_without_an_address_leaves_the_frozen_rows(desk: Desk, boss: User) -> None:
    desk.add("geen adres", BOB)
    desk.send()
    desk.work()
    ask(desk, boss, "candidate:1")
    desk.work()
    assert traces(desk, "geen adres") == []
    assert len(desk.mailed) == 1


def test_an_address_changed_at_mailchimp_is_marked_as_well(desk: Desk, boss: User) -> None:
    sent(desk)
    audience(desk).members[member_hash(ANNA).hex()].email_address = "anna.new@kandidaten.example"
    ask(desk, boss)
    desk.work()
    assert not is_member(desk, ANNA)
    desk.campaign = desk.host.add_campaign("Week 49")
    desk.add("anna.new@kandidaten.example", BOB)
    desk.send()
    desk.work()
    assert desk.mailing.counts["reason"] == {"erased": 1}


def test_the_same_press_twice_is_one_erasure_two_people_are_two(desk: Desk, boss: User) -> None:
    first = ask(desk, boss)
    assert ask(desk, boss, ANNA.upper()) == first
    assert ask(desk, boss, BOB) != first
    desk.work()
    assert len(desk.session.scalars(select(Erased)).all()) == 2


@pytest.mark.parametrize(
    ("typed", "code"),
    [("anna", "erase_who"), ("dog:1", "erase_who"), ("contact:99", "erase_nobody")],
)
def test_what_names_nobody_is_refused(desk: Desk, boss: User, typed: str, code: str) -> None:
    with pytest.raises(Invalid) as told:
        ask(desk, boss, typed)
    assert told.value.fields["who"].code == code
