"""What is asked before a campaign is sent or scheduled, and what never gets as far as the question."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef, Right
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.browser import Browser, Page
from tests.support.factories import create_mailing, create_operation

FIELDS = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
}
DAY = date.today() + timedelta(days=60)  # noqa: DTZ011
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(campaign: str, action: str = "") -> str:
    return f"/cxmc/campaigns/{campaign}{action}"


def opt_out(host: MemoryHost, *refs: PersonRef) -> None:
    host.opt_out(OPT_OUT_TAG, refs, "by a test")


def ask(browser: Browser, campaign: str, action: str = "/send", **changes: str) -> Page:
    return browser.submit(at(campaign, action), **{**FIELDS, **changes})


def test_the_question_states_everything_that_will_happen(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    opt_out(host, *list(host.members[campaign])[:2])
    page = ask(browser, campaign)
    assert "data-cxmc-open" in page.elements("dialog")[0]
    for text in (
        "Send to 3 people?",
        "It is sent right away and cannot be taken back.",
        "Nieuwe vacatures",
        "Rosa rosa@cedarstaffing.example",
        "Support",
        "3 will receive it, 2 left out",
        "2 × In the group “MailChimp opt-out”",
    ):
        assert text in page.text
    assert page.elements("img"), "the picture of the template"
    assert {"Cancel", "Send now"} <= page.buttons()


def test_a_scheduled_order_states_weekday_date_time_and_zone(
    campaign: str, browser: Browser
) -> None:
    page = ask(browser, campaign, "/schedule", date=DAY.isoformat(), time="09:15")
    assert "Schedule for 5 people?" in page.text
    assert f"{DAY:%a} {DAY.day} {DAY:%b} {DAY.year}, 09:15 CE" in page.text


@pytest.mark.parametrize("action", ["/send", "/schedule"])
def test_every_amber_and_red_item_is_repeated(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost, action: str
) -> None:
    host.groups.clear()
    page = ask(
        browser, campaign, action, from_email="rosa@gmail.com", date=DAY.isoformat(), time="09:15"
    )
    assert "gmail.com is a free e-mail domain and cannot be verified" in page.text
    assert "MailChimp replaces it by an address of its own" in page.text
    assert "The group of people who opted out is missing" in page.text
    unverified = ask(
        browser, campaign, action, from_email="a@new.example", date=DAY.isoformat(), time="09:15"
    )
    assert "new.example is not verified yet" in unverified.text


def test_the_same_question_without_javascript(campaign: str, browser_without_js: Browser) -> None:
    page = ask(browser_without_js, campaign, from_email="rosa@gmail.com")
    assert "Send to 5 people? It is sent right away and cannot be taken back." in page.text
    assert "gmail.com is a free e-mail domain" in page.text
    assert "Support" in page.text


def test_nobody_left_to_mail_is_no_question(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    opt_out(host, *host.members[campaign])
    page = browser.submit(at(campaign, "/send"), 422, **FIELDS)
    assert "Nobody is left to mail: everyone in this campaign is left out." in page.text
    assert "Send to 0" not in page.text
    assert not page.elements("dialog")
    host.members[campaign].clear()
    page = browser.submit(at(campaign, "/send"), 422, **FIELDS)
    assert "Nobody has been added to this campaign yet." in page.text


@pytest.mark.parametrize("wrong", [{"subject": ""}, {"template_id": ""}, {"from_email": "x"}])
def test_wrong_fields_are_no_question(
    campaign: str, browser: Browser, wrong: dict[str, str]
) -> None:
    page = browser.submit(at(campaign, "/send"), 422, **{**FIELDS, **wrong})
    assert page.field(next(iter(wrong)))["aria-invalid"] == "true"
    assert not page.elements("dialog")


def test_a_past_time_is_no_question(campaign: str, browser: Browser) -> None:
    page = browser.submit(at(campaign, "/schedule"), 422, **FIELDS, date="2020-01-01", time="10:00")
    assert page.field("date")["aria-invalid"] == "true"
    assert not page.elements("dialog")


def test_the_time_that_is_proposed_is_the_next_working_morning(
    connected: Services, campaign: str, browser: Browser
) -> None:
    form = browser.open_page(at(campaign))
    proposed = datetime.fromisoformat(form.field("date")["value"])
    today = datetime.fromtimestamp(connected.clock(), AMSTERDAM).replace(tzinfo=None)
    assert proposed.weekday() < 5
    assert timedelta(0) < proposed - today < timedelta(days=3)
    assert [a for a in form.elements("option") if "selected" in a]
    assert "<option selected>09:00</option>" in form.html


def test_a_sender_that_did_not_work_is_not_proposed_for_the_next_campaign(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    good = create_mailing(connected, host.add_campaign(), "sent", from_email="good@cedar.example")
    create_operation(connected, good, actor_id="recruiter", state="done")
    wrong = create_mailing(
        connected, host.add_campaign(), "not_ready", from_email="wrong@cedar.example"
    )
    create_operation(connected, wrong, actor_id="recruiter", state="not_ready")
    form = browser.open_page(at(campaign))
    assert form.field("from_email")["value"] == "good@cedar.example"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "action", "text"),
    [
        ("/schedule", "/unschedule", "Unscheduled. Nothing will be sent."),
        ("/send", "/delete", "Deleted in MailChimp. Nothing will be sent."),
    ],
)
def test_after_a_removal_the_form_says_what_happened_until_it_is_filled_in_again(
    connected: Services,
    campaign: str,
    browser: Browser,
    queue: ManualQueue,
    first: str,
    action: str,
    text: str,
) -> None:
    """The sent one has a sender at a domain that is not verified, so it is not ready."""
    sender = {"/send": "rosa@new.example"}.get(first, FIELDS["from_email"])
    form = {**FIELDS, "from_email": sender, "date": DAY.isoformat(), "time": "09:15"}
    browser.submit(at(campaign, first), **form, confirmed="yes")
    queue.run_all()
    browser.submit(at(campaign, action), confirmed="yes")
    queue.run_all()
    page = browser.open_page(at(campaign))
    assert text in page.text
    assert "Rosa Recruiter, " in page.text
    session = connected.session()
    session.execute(update(Operation).values(ended_at=connected.clock() - 60))
    session.commit()
    browser.submit(at(campaign, "/draft"), **{**form, "subject": "Going on", "automatic": "yes"})
    assert text not in browser.open_page(at(campaign)).text


def test_who_may_not_send_reads_a_summary_and_why(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    browser.submit(at(campaign, "/draft"), **FIELDS, automatic="yes")
    host.users["recruiter"] = (host.users["recruiter"][0], frozenset({Right.TAB}))
    page = browser.open_page(at(campaign))
    assert "Your role may look at campaigns but not send them" in page.text
    assert "An administrator can give your role the right to send." in page.text
    for text in ("Nieuwe vacatures", "rosa@cedarstaffing.example", "Support", "5 will receive it"):
        assert text in page.text
    assert not page.elements("select")
    assert not [a for a in page.elements("input") if a.get("type") != "hidden"]


def test_a_template_that_is_gone_by_the_press_is_no_question(
    connected: Services, campaign: str, browser: Browser
) -> None:
    connected.session().execute(update(Account).values(templates=[]))
    connected.session().commit()
    page = browser.submit(at(campaign, "/send"), 409, **FIELDS)
    assert not page.elements("dialog")
