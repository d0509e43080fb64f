"""“Erase a person”: gone at MailChimp, nobody in our rows, never pushed again, never written back."""

from collections.abc import Callable

import pytest
from desk import Act, Desk
from sqlalchemy import select

from cxmc_ext.db.models import Erased, Event, Operation, Recipient
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.remote import NewMember
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.domain.values import MailingState, PersonRef, User
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY
from cxmc_ext.standin.model import Audience
from cxmc_ext.testing import Clock
from cxmc_ext.usecases import activate, erase, screens, screens_people, sync
from cxmc_ext.usecases.steps import STEPS

Meanwhile = Callable[[str, Act], None]

ANNA, BOB = "anna@kandidaten.example", "bob@kandidaten.example"


@pytest.fixture
def boss(admin: User) -> User:
    return admin


def ask(desk: Desk, boss: User, whom: str = ANNA) -> int:
    return erase.request_erase(desk.services, boss, desk.nonce(), whom)


def audience(desk: Desk) -> Audience:
    return desk.standin.state.accounts[DEMO_ACCOUNT].lists[desk.account().list_id]


def is_member(desk: Desk, address: str) -> bool:
    return member_hash(address).hex() in audience(desk).members


def sent(desk: Desk) -> tuple[PersonRef, PersonRef]:
    anna, bob = desk.add(ANNA, BOB)
    desk.send()
    desk.work()
    read(desk)
    assert desk.mailing.state == MailingState.SENT
    return anna, bob


def read(desk: Desk) -> None:
    """Everything there is to know at MailChimp by now."""
    for _ in range(3):
        desk.standin.state.advance(3600)
        sync.request_update(desk.services, desk.user, desk.campaign)
        desk.queue.run_all()


def rows(desk: Desk) -> list[Recipient]:
    found = desk.session.scalars(select(Recipient).order_by(Recipient.id)).all()
    desk.session.rollback()
    return list(found)


def traces(desk: Desk, *words: str) -> list[str]:
    """Where one of the words still stands in any table of ours."""
    connection = desk.session.connection()
    tables = Recipient.metadata.sorted_tables
    cells = [
        (table.name, str(cell))
        for table in tables
        for row in connection.execute(select(table)).all()
        for cell in row
    ]
    desk.session.rollback()
    return [name for name, cell in cells if any(word in cell for word in words)]


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
    desk.session.execute(Recipient.__table__.update().values(status=0))
    desk.session.commit()
    mailing = desk.mailing
    desk.session.execute(
        type(mailing).__table__.update().values(sync_since=None, sync_line="", last_sync_at=None)
    )
    desk.session.commit()
    read(desk)
    assert len(rows(desk)) == before
    assert traces(desk, ANNA) == []
    assert rows(desk)[0].status > 0


def test_an_opt_out_told_later_still_reaches_the_crm(desk: Desk, boss: User) -> None:
    anna, _ = sent(desk)
    ask(desk, boss)
    desk.work()
    remote = desk.standin.state.accounts[DEMO_ACCOUNT].campaigns[desk.mailing.remote_id or ""]
    remote.recipients[member_hash(ANNA).hex()].unsubscribed = desk.services.clock()
    remote.tally["unsubscribed"] = 1
    desk.session.execute(type(desk.mailing).__table__.update().values(sync_line=""))
    desk.session.commit()
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


def test_a_scheduled_campaign_does_not_mail_the_person(desk: Desk, boss: User) -> None:
    desk.add(ANNA, BOB)
    desk.send(schedule_at=(desk.services.clock() // 900 + 3) * 900)
    desk.work()
    assert desk.mailing.state == MailingState.SCHEDULED
    ask(desk, boss)
    desk.work()
    assert desk.mailing.counts["reason"] == {"erased": 1}
    assert desk.mailing.receivers == 1
    desk.standin.state.advance(3600)
    read(desk)
    assert desk.mailed == [BOB]


def test_a_campaign_that_waits_for_check_again_does_not_mail_the_person(
    desk: Desk, boss: User
) -> None:
    desk.add(ANNA, BOB)
    desk.send(from_email="info@nieuwedomein.example")
    desk.work()
    assert desk.mailing.state == MailingState.NOT_READY
    ask(desk, boss)
    desk.work()
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    account.domains["nieuwedomein.example"].verified = True
    desk.check()
    desk.work()
    assert desk.mailed == [BOB]
    assert traces(desk, ANNA) == []


@pytest.mark.parametrize("step", [name for name in STEPS["send"] if name not in ("act", "watch")])
def test_erased_while_it_is_being_sent(
    desk: Desk, boss: User, clock: Clock, meanwhile: Meanwhile, step: str
) -> None:
    desk.add(ANNA, BOB)
    pressed: list[int] = []
    meanwhile(step, lambda: pressed.append(ask(desk, boss)))
    desk.send()
    desk.queue.run_all()
    desk.skip_pauses()
    clock.advance(200)
    desk.work()
    assert desk.mailed == [BOB], desk.mailing.why
    assert not is_member(desk, ANNA)
    assert traces(desk, ANNA) == []
    assert desk.operation(pressed[0]).state == "done"


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429", "malformed"])
def test_trouble_at_mailchimp_ends_in_the_same_place(desk: Desk, boss: User, kind: str) -> None:
    sent(desk)
    desk.standin.state.faults.add("POST /lists/*/members/*/actions/delete-permanent", kind)
    pressed = ask(desk, boss)
    desk.work()
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert traces(desk, ANNA) == []


@pytest.mark.parametrize("dies", ["remove", "anonymise", "settle"])
@pytest.mark.parametrize("late", [False, True])
def test_a_worker_that_dies_in_a_step_is_followed_by_one_that_ends_it(
    desk: Desk, boss: User, monkeypatch: pytest.MonkeyPatch, dies: str, late: bool
) -> None:
    sent(desk)
    once = STEPS["erase"][dies]

    def died(run: object) -> None:
        monkeypatch.setitem(STEPS["erase"], dies, once)  # type: ignore[arg-type]
        if late:
            once(run)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setitem(STEPS["erase"], dies, died)  # type: ignore[arg-type]
    pressed = ask(desk, boss)
    with pytest.raises(KeyboardInterrupt):
        desk.queue.run_all()
    desk.session.rollback()
    assert desk.operation(pressed).state == "running"
    desk.skip_pauses()
    desk.run(pressed)
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert traces(desk, ANNA) == []


def test_a_push_that_was_on_its_way_is_undone(desk: Desk, boss: User, clock: Clock) -> None:
    """She is no member yet, so the first look finds nobody; then a batch of before arrives."""
    desk.add(ANNA, BOB)
    desk.send()
    pressed = ask(desk, boss)
    desk.run(pressed)
    assert desk.operation(pressed).state == "waiting"
    client = desk.services.mailchimp(DEMO_KEY, 99)
    client.push_members(desk.account().list_id, [NewMember(ANNA, {})])
    clock.advance(200)
    desk.work()
    assert desk.operation(pressed).state == "done"
    assert not is_member(desk, ANNA)
    assert desk.mailed == [BOB]


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


def test_who_lost_the_right_erases_nobody(desk: Desk, boss: User) -> None:
    sent(desk)
    pressed = ask(desk, boss)
    desk.host.users["admin"] = (boss, frozenset())
    desk.work()
    assert desk.operation(pressed).state == "cancelled"
    assert is_member(desk, ANNA)


def test_deactivating_ends_it_and_forgets_whom_it_was_about(desk: Desk, boss: User) -> None:
    pressed = ask(desk, boss)
    activate.deactivate(desk.services, boss)
    assert desk.operation(pressed).payload == {}
    with pytest.raises(Conflict):
        ask(desk, boss)


def test_an_unreachable_mailchimp_is_tried_until_the_deadline_and_said(
    desk: Desk, boss: User, clock: Clock
) -> None:
    sent(desk)
    desk.standin.state.faults.add("* /lists/*/members/*", "503_html", times=99)
    pressed = ask(desk, boss)
    for _ in range(5):
        desk.queue.run_all()
        desk.skip_pauses()
        desk.run(pressed)
    assert desk.operation(pressed).state == "waiting"
    clock.advance(1000)
    desk.skip_pauses()
    desk.run(pressed)
    ended = desk.operation(pressed)
    assert (ended.state, ended.why[0]["code"]) == ("failed", "erase_unfinished")
    assert ended.payload == {"flying": False}


def test_a_stored_operation_holds_no_address(desk: Desk, boss: User) -> None:
    ask(desk, boss)
    (payload,) = desk.session.scalars(
        select(Operation.payload).where(Operation.kind == "erase")
    ).all()
    assert ANNA not in str(payload)
