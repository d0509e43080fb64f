"""Campaigns that were created in MailChimp itself are found and imported, once each."""

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.standin import DEMO_LIST
from cxmc_ext.standin.service import membership
from cxmc_ext.usecases.accounts.campaign_import import request_import
from tests.support.campaign_import import (
    ANNA,
    BRAM,
    CARLA,
    DAY,
    import_all,
    imported,
    search,
    send_by_hand,
    sync,
)
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = on_both


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
