"""The report's domains, and a new campaign with those who did not open it, opened it, or clicked."""

import pytest
from sqlalchemy import func, select, update

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.queries.address_domains import most_mailed
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.people import Right
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.browser import Browser
from tests.support.databases import on_both
from tests.support.factories import (
    REPORT,
    SENT_AT,
    create_event,
    create_mailing,
    create_recipient,
)

COUNTS = {"reason": {}, "status": {"sent": 3, "opened": 0, "clicked": 1}}
FORM = {"group": "unopened", "title": "Nog een keer", "nonce": "n" * 20}


@pytest.fixture
def sent(connected: Services, campaign: str, host: MemoryHost) -> str:
    """Sent to five: three did not open it, one clicked, one unsubscribed; one shares an address."""
    mailing = create_mailing(
        connected, campaign, "sent", report=REPORT, sent_at=SENT_AT, counts=COUNTS
    )
    stands = [EventStatus.SENT] * 3 + [EventStatus.CLICKED, EventStatus.UNSUBSCRIBED]
    for number, status in enumerate(stands, 1):
        about = {"person_kind": "candidate", "person_id": str(number), "status": status}
        create_recipient(connected, mailing, **about)
    create_recipient(connected, mailing, reason="duplicate", status=EventStatus.SENT, person_id="9")
    create_recipient(connected, mailing, status=EventStatus.SENT, address="stranger@x.example")
    return f"/cxmc/campaigns/{campaign}/follow-up"


def test_the_best_domains_stand_in_the_report_with_their_rates(
    sent: str, campaign: str, browser: Browser
) -> None:
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text.replace("\xa0", " ")
    assert "kandidaten.example 300 67.6 % 27.0 % 4" in text


def test_those_who_did_not_open_it_become_a_new_campaign(
    sent: str, browser: Browser, host: MemoryHost, campaign: str
) -> None:
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    offered = [a["value"] for a in page.elements("option") if "disabled" not in a]
    assert offered == ["unopened", "clicked"]
    answer = browser.post(sent, **FORM)
    made = next(ref for ref, one in host.campaigns.items() if one.title == "Nog een keer")
    assert (answer.status_code, answer.headers["Location"]) == (303, host.tab_url(made))
    assert [ref.id for ref in host.members[made]] == ["1", "2", "3"]
    with browser.client.session_transaction() as session:
        assert session["cxmc_toasts"] == ["A new campaign with 3 people. Nothing is sent yet."]
    browser.post(sent, **{**FORM, "group": "clicked", "title": "Wie klikte", "nonce": "m" * 20})
    clicked = next(ref for ref, one in host.campaigns.items() if one.title == "Wie klikte")
    assert [ref.id for ref in host.members[clicked]] == ["4"]


def test_the_same_press_twice_is_one_campaign(
    connected: Services, sent: str, browser: Browser, host: MemoryHost
) -> None:
    first, again = (browser.post(sent, **FORM).headers["Location"] for _ in range(2))
    assert first == again
    assert len(host.campaigns) == 2
    found = connected.session().scalar(select(func.count()).where(Operation.kind == "follow_up"))
    assert found == 1


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"title": " "}, "title", "The title is empty."),
        ({"title": "x" * 201}, "title", "The title is longer than 200 characters."),
        ({"group": "opened"}, "group", "There is nobody in this group."),
        ({"group": "evil"}, "group", "There is nobody in this group."),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    sent: str,
    browser_without_js: Browser,
    host: MemoryHost,
    changes: dict[str, str],
    field: str,
    said: str,
) -> None:
    page = browser_without_js.submit(sent, 422, **{**FORM, **changes})
    assert page.field(field)["aria-invalid"] == "true"
    assert said in page.text
    assert len(host.campaigns) == 1


def test_a_host_that_makes_no_campaigns_offers_none(
    sent: str, campaign: str, browser: Browser, host: MemoryHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A class of its own, because isinstance() remembers what it has found out about MemoryHost.
    left_out = {"new_campaign", "__dict__", "__weakref__"}
    members = {name: value for name, value in vars(MemoryHost).items() if name not in left_out}
    monkeypatch.setattr(host, "__class__", type("HostWithoutNewCampaign", (), members))
    assert "New campaign" not in browser.open_page(f"/cxmc/campaigns/{campaign}").buttons()
    assert browser.post(sent, **FORM).status_code == 409


def test_who_may_only_look_makes_no_campaign(
    sent: str, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    host.users["recruiter"] = (host.users["recruiter"][0], frozenset({Right.TAB}))
    assert "New campaign" not in browser.open_page(f"/cxmc/campaigns/{campaign}").buttons()
    assert browser.post(sent, **FORM).status_code == 404


def test_an_unsent_campaign_cannot_be_followed_up(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "sending")
    assert browser.post(f"/cxmc/campaigns/{campaign}/follow-up", **FORM).status_code == 409


def test_domains_are_counted_in_addresses_that_were_mailed(
    connected: Services, campaign: str
) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    for number, (domain, status) in enumerate(
        [("a.example", 4), ("a.example", 2), ("a.example", 3), ("b.example", 1), ("c.example", 0)]
    ):
        create_recipient(connected, mailing, address=f"p{number}@{domain}", status=status)
    create_recipient(connected, mailing, address="p@b.example", status=1, reason="duplicate")
    found = most_mailed(connected.session(), mailing, 8)
    assert found == [("a.example", 3, 1, 2, 1), ("b.example", 1, 0, 0, 0)]


@on_both
def test_who_opted_out_counts_for_a_domain_as_what_they_did_before(
    connected: Services, campaign: str
) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    for events_before in ((), (EventStatus.OPENED,), (EventStatus.OPENED, EventStatus.CLICKED)):
        person = create_recipient(
            connected, mailing, address="p@a.example", status=EventStatus.UNSUBSCRIBED
        )
        for kind in (EventStatus.SENT, *events_before, EventStatus.UNSUBSCRIBED):
            create_event(connected, mailing, person, kind, SENT_AT)
    assert most_mailed(connected.session(), mailing, 8) == [("a.example", 3, 0, 2, 1)]


def test_a_mailing_can_be_brought_again_after_three_days(
    connected: Services, sent: str, campaign: str, browser: Browser
) -> None:
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "Mail those who did not open it again" in page.buttons()
    session = connected.session()
    session.execute(update(Mailing).values(sent_at=connected.clock() - 71 * 3600))
    session.commit()
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "Mail those who did not open it again" not in page.buttons()
    assert "Those who do not open it can be mailed again from" in page.text
    page = browser.submit(f"/cxmc/campaigns/{campaign}/resend", 409, nonce="n" * 20)
    assert "It is too early to mail them again." in page.text


def test_the_new_campaign_opens_as_soon_as_it_exists(
    connected: Services,
    sent: str,
    campaign: str,
    browser_without_js: Browser,
    host: MemoryHost,
    queue: ManualQueue,
) -> None:
    host.add_to_campaign(campaign, host.add_person("later@people.example"))
    answer = browser_without_js.post(f"/cxmc/campaigns/{campaign}/additions", nonce="n" * 20)
    operation = (
        connected.session().scalars(select(Operation.id).order_by(Operation.id.desc())).first()
    )
    assert answer.headers["Location"].endswith(f"?cxmc_op={operation}")
    connected.session().rollback()
    queue.run_all()
    poll = f"/cxmc/campaigns/{campaign}/panel?op={operation}"
    answer = browser_without_js.client.get(poll, headers={"HX-Request": "true"})
    new = max(host.campaigns)
    assert answer.headers["HX-Redirect"] == host.tab_url(new)
    form = browser_without_js.open_page(f"/cxmc/campaigns/{new}")
    assert form.field("subject")["value"] == "Nieuwe vacatures"
    assert form.field("from_email")["value"] == "rosa@cedarstaffing.example"
    report = browser_without_js.open_page(f"/cxmc/campaigns/{campaign}?cxmc_op={operation}")
    assert "The new campaign is ready" in report.text
    assert "Added later: Vacatures week 48" in report.text


def test_the_two_mailings_have_one_line(
    connected: Services, sent: str, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    first = connected.session().scalars(select(Mailing.id)).one()
    report = {"opened_in_both": 18}
    second = create_mailing(
        connected,
        host.add_campaign("Again"),
        "sent",
        resend_of_id=first,
        sent_at=SENT_AT,
        report=report,
    )
    session = connected.session()
    changes = {"resend_id": second, "emails_sent": 22}
    session.execute(update(Mailing).where(Mailing.id == first).values(**changes))
    session.commit()
    for ref in (campaign, max(host.campaigns)):
        page = browser.open_page(f"/cxmc/campaigns/{ref}")
        text = page.text.replace("\xa0", " ")
        assert "18 of 22 opened it in two mailings (81.8 %)." in text
