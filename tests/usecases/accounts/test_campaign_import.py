"""Campaigns that were created in MailChimp itself become mailings that only follow their reports."""

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import erasure
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import PersonKind, PersonRef, User
from cxmc_ext.domain.rules.suppression import digest
from cxmc_ext.standin import DEMO_LIST
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import membership
from cxmc_ext.usecases.accounts.campaign_import import request_import
from cxmc_ext.usecases.accounts.details import request_refresh
from cxmc_ext.usecases.notices.telling import tell_notices
from cxmc_ext.usecases.sending import mail_again
from cxmc_ext.usecases.worker import tick
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = on_both

DAY = 86_400
ANNA, BRAM, CARLA = (
    f"{name}@relaties.example" for name in ("anna.deboer", "bram.vandijk", "carla.jansen")
)


@pytest.fixture
def importer(recruiter: Recruiter, admin_user: User) -> Recruiter:
    """The administrator's desk; two people of the CRM share Anna's address."""
    recruiter.user = admin_user
    recruiter.host.add_person(ANNA, first_name="Anna")
    recruiter.host.add_person(ANNA.upper(), PersonKind.CONTACT, first_name="Ans")
    recruiter.host.add_person(BRAM, first_name="Bram")
    return recruiter


def send_by_hand(desk: Recruiter, title: str = "Zomerbrief", **more: object) -> str:
    return desk.standin.actions.send_by_hand(DEMO_LIST, title, "Zomer", **more)  # type: ignore[arg-type]


def search(desk: Recruiter) -> int:
    """Presses “Refresh”; returns how many campaigns can be imported."""
    request_refresh(desk.services, desk.press())
    desk.run_workers()
    return desk.account.importable_campaigns


def import_all(desk: Recruiter) -> Operation:
    operation_id = request_import(desk.services, Press(desk.user, desk.next_nonce()))
    desk.run_workers()
    return desk.operation(operation_id)


def imported(desk: Recruiter) -> list[Mailing]:
    statement = select(Mailing).where(Mailing.is_imported).order_by(Mailing.id)
    return desk.fetch_all(statement)


def sync(desk: Recruiter) -> None:
    """The next tick reads what is due, an hour later."""
    desk.standin.state.advance(3 * 3600)
    desk.session.execute(update(Mailing).where(Mailing.is_imported).values(next_sync_at=1))
    desk.services.session().commit()
    tick.tick(desk.services)
    desk.run_workers()


def test_an_imported_campaign_has_the_people_at_its_addresses(importer: Recruiter) -> None:
    remote = send_by_hand(importer, at=importer.services.clock() - 3 * DAY)
    assert search(importer) == 1
    done = import_all(importer)
    assert (done.state, importer.account.importable_campaigns) == ("done", 0)
    (mailing,) = imported(importer)
    host = importer.host
    assert host.campaigns[mailing.campaign_ref].title == "Zomerbrief"
    people = {host.persons[ref].first_name for ref in host.members[mailing.campaign_ref]}
    assert people == {"Anna", "Ans", "Bram"}
    assert (mailing.state, mailing.remote_id, mailing.list_id) == ("sent", remote, DEMO_LIST)
    assert mailing.counts["origin"] == {"unknown": 18}
    assert mailing.counts["reason"] == {"duplicate": 1}
    stranger = importer.fetch_one(select(Recipient).where(Recipient.address == CARLA))
    assert (stranger.person_id, stranger.name, stranger.merge_values) == ("", "", {})


def test_an_imported_campaign_follows_its_report(importer: Recruiter) -> None:
    remote = send_by_hand(importer, at=importer.services.clock() - 3 * DAY)
    importer.standin.actions.open(remote, ANNA)
    importer.standin.actions.open(remote, CARLA)
    search(importer)
    import_all(importer)
    rows = importer.fetch_all(select(Recipient).where(Recipient.address == ANNA))
    assert [row.reason for row in rows] == [None, "duplicate"]
    assert {row.status for row in rows} == {EventStatus.OPENED}
    stranger = importer.fetch_one(select(Recipient).where(Recipient.address == CARLA))
    assert stranger.status == EventStatus.OPENED
    importer.standin.actions.unsubscribe(remote, BRAM)
    sync(importer)
    persons = importer.host.persons.items()
    bram = next(ref for ref, person in persons if person.first_name == "Bram")
    assert importer.host.opt_outs == {bram}
    unsubscribed = select(Event.kind).where(Event.kind == EventStatus.UNSUBSCRIBED)
    assert len(importer.fetch_all(unsubscribed)) == 1
    assert imported(importer)[0].mail_read_at


@pytest.mark.slow
def test_only_what_was_sent_by_hand_is_offered(importer: Recruiter) -> None:
    importer.add(ANNA)
    importer.send()
    importer.run_workers()
    session = importer.session
    session.execute(update(Mailing).values(remote_id="forgotten"))
    session.commit()
    ours = next(iter(importer.remote_account.campaigns.values()))
    send_by_hand(importer, f"{ours.settings['title']} (copy 01)")
    send_by_hand(importer, "Variant", type="variate")
    send_by_hand(importer, "Welkom", type="automation-email")
    archived = send_by_hand(importer, "Archief")
    importer.standin.actions.archive(archived)
    assert search(importer) == 0
    with pytest.raises(Conflict, match="nothing_to_import"):
        import_all(importer)
    send_by_hand(importer)
    assert search(importer) == 1
    import_all(importer)
    assert [mailing.campaign_title for mailing in imported(importer)] == ["Zomerbrief"]


@pytest.mark.slow
def test_two_presses_and_a_second_import_give_one_mailing_each(importer: Recruiter) -> None:
    send_by_hand(importer, "Eerste")
    send_by_hand(importer, "Tweede")
    assert search(importer) == 2
    first = request_import(importer.services, Press(importer.user, "one"))
    assert request_import(importer.services, Press(importer.user, "two")) == first
    importer.run_workers()
    importer.session.execute(update(Account).values(importable_campaigns=2))
    importer.services.session().commit()
    import_all(importer)
    titles = [campaign.title for campaign in importer.host.campaigns.values()]
    assert sorted(titles) == ["Eerste", "Tweede", "Vacatures week 48"]
    assert len(imported(importer)) == 2


@pytest.mark.slow
def test_it_continues_where_it_was_killed(
    importer: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    audience = importer.remote_account.lists[DEMO_LIST]
    for n in range(1000):
        row = {"email_address": f"p{n}@relaties.example"}
        membership.add(importer.standin.state, audience, row, "subscribed")
    send_by_hand(importer)
    search(importer)
    importer.standin.state.faults.add(
        match="GET /reports/*/sent-to", kind="500_before", nth=2, times=4
    )
    new_campaign = importer.host.new_campaign
    killed: list[str] = []

    def die_once(*arguments: object) -> str:
        if not killed:
            killed.append(new_campaign(*arguments))  # type: ignore[arg-type]
            raise RuntimeError("the worker dies")
        return new_campaign(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(importer.host, "new_campaign", die_once)
    operation_id = request_import(importer.services, Press(importer.user, "press"))
    with pytest.raises(RuntimeError):
        importer.run_workers()
    importer.run_workers()
    assert importer.operation(operation_id).state == "done"
    (mailing,) = imported(importer)
    assert mailing.campaign_ref not in killed
    addresses = importer.fetch_all(select(Recipient.address))
    assert len(addresses) == len(set(addresses)) + 1 == 1021


@pytest.mark.slow
def test_a_campaign_that_cannot_be_read_costs_only_itself(importer: Recruiter) -> None:
    send_by_hand(importer, "Eerste")
    second = send_by_hand(importer, "Tweede")
    search(importer)
    match = f"GET /reports/{second}/sent-to"
    importer.standin.state.faults.add(match=match, kind="404", times=0)
    operation = import_all(importer)
    assert operation.state == "failed"
    assert [each["code"] for each in operation.problems] == ["campaigns_unreadable"]
    assert [mailing.campaign_title for mailing in imported(importer)] == ["Eerste"]
    assert importer.account.importable_campaigns == 1
    importer.standin.state.faults.clear()
    assert import_all(importer).state == "done"
    assert len(imported(importer)) == 2


def test_nothing_of_it_can_be_changed(importer: Recruiter) -> None:
    remote = send_by_hand(importer)
    search(importer)
    import_all(importer)
    tell_notices(importer.services)
    assert importer.host.notifications == [], "it was not sent now"
    (mailing,) = imported(importer)
    importer.campaign = mailing.campaign_ref
    before = importer.remote_account.campaigns[remote]
    importer.host.add_to_campaign(importer.campaign, importer.host.add_person("new@crm.example"))
    presses = [importer.send, importer.check, importer.retry, importer.delete, importer.unschedule]
    for press in presses:
        with pytest.raises(Conflict):
            press()
    for request in (mail_again.request_resend, mail_again.request_mail_additions):
        with pytest.raises(Conflict, match="nothing_to_follow"):
            request(importer.services, importer.press(), "Again")
    for _ in range(3):
        sync(importer)
    assert importer.remote_account.campaigns[remote] is before
    calls = set(importer.standin.state.requests.routes)
    writes = [call for call in calls if not call.startswith("GET")]
    assert not [call for call in writes if "campaigns" in call or "segments" in call]


@pytest.mark.slow
def test_an_erased_address_does_not_come_back(importer: Recruiter) -> None:
    remote = send_by_hand(importer)
    search(importer)
    session, account_id = importer.session, importer.account.id
    salt = erasure.get_or_create_salt(session, account_id)
    erasure.add_digests(session, account_id, [digest(salt, CARLA)], 1)
    session.commit()
    import_all(importer)
    importer.standin.actions.open(remote, CARLA)
    sync(importer)
    assert CARLA not in importer.fetch_all(select(Recipient.address))
    erased = importer.fetch_one(select(Recipient).where(Recipient.address == ""))
    assert erased.member_hash == digest(salt, CARLA)
    assert erased.member_hash != bytes.fromhex(subscriber_hash(CARLA))
    assert erased.status == EventStatus.OPENED
    assert erasure.audiences_used(session, account_id) == [], "not ours"


@pytest.mark.slow
def test_an_unsubscribe_elsewhere_is_not_told_of_a_foreign_audience(importer: Recruiter) -> None:
    importer.add(CARLA)
    importer.send()
    importer.run_workers()
    importer.standin.state.advance(60)
    send_by_hand(importer)
    search(importer)
    import_all(importer)
    sync(importer)
    list_id = importer.account.list_id
    importer.standin.actions.set_status(list_id, CARLA, "unsubscribed")
    sync(importer)
    mailing_ids = importer.fetch_all(
        select(Event.mailing_id).where(Event.kind == EventStatus.UNSUBSCRIBED)
    )
    assert mailing_ids == [importer.mailing.id]


@pytest.mark.slow
def test_they_are_looked_for_once_a_day(importer: Recruiter) -> None:
    assert importer.account.campaigns_read_at
    send_by_hand(importer)
    for hours, found in ((1, 0), (24, 1)):
        importer.standin.state.advance(hours * 3600)
        tick.tick(importer.services)
        importer.run_workers()
        assert importer.account.importable_campaigns == found
    searches = select(Operation.id).where(Operation.kind == "campaign_search")
    tick.tick(importer.services)
    assert len(importer.fetch_all(searches)) == 1


@pytest.mark.slow
def test_a_person_who_left_the_crm_is_no_recipient_of_theirs(importer: Recruiter) -> None:
    """The Host names somebody at the address whom it does not know by ref."""
    send_by_hand(importer)
    search(importer)
    ghost = PersonRef(PersonKind.CANDIDATE, "gone")
    found = importer.host.people_with_address
    importer.host.people_with_address = (  # type: ignore[method-assign]
        lambda addresses: {**found(addresses), CARLA: [ghost]}
    )
    assert import_all(importer).state == "done"
    row = importer.fetch_one(select(Recipient).where(Recipient.address == CARLA))
    assert row.person_id == ""


@pytest.mark.slow
def test_an_import_proves_no_subscription(importer: Recruiter) -> None:
    """Whom only an imported campaign knows and somebody archived since is not subscribed again."""
    list_id, state = importer.account.list_id, importer.standin.state
    membership.add(state, importer.audience, {"email_address": ANNA}, "subscribed")
    importer.standin.actions.send_by_hand(list_id, "Zomerbrief", "Zomer")
    search(importer)
    import_all(importer)
    sync(importer)
    importer.standin.actions.set_status(list_id, ANNA, "archived", by="admin")
    importer.add(ANNA)
    importer.send()
    importer.run_workers()
    of_mailing = Recipient.mailing_id == importer.mailing.id
    assert importer.fetch_all(select(Recipient.reason).where(of_mailing)) == ["archived"]
    assert state.resubscribed == []
