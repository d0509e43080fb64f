"""Presses: what a button asks for, what it answers, and that MailChimp is never called meanwhile."""

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.browser import Browser
from tests.support.factories import create_mailing, create_operation

FIELDS = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
}
YES = {"confirmed": "yes"}


def at(campaign: str, action: str) -> str:
    return f"/cxmc/campaigns/{campaign}/{action}"


def operations(services: Services) -> list[Operation]:
    session = services.session()
    found = list(session.scalars(select(Operation).order_by(Operation.id)))
    session.rollback()
    return [one for one in found if one.mailing_id]


def test_create_and_send_answers_at_once_and_the_worker_does_the_rest(
    connected: Services,
    campaign: str,
    browser: Browser,
    queue: ManualQueue,
    standin: StandinServer,
) -> None:
    calls = standin.state.requests.routes.total()
    page = browser.submit(at(campaign, "send"), **FIELDS, **YES)
    assert "Pending action..." in page.text
    assert "every 1s" in page.panel_attributes["hx-trigger"]
    assert standin.state.requests.routes.total() == calls, "a press calls nobody"
    queue.run_all()
    after = browser.open_page(page.panel_attributes["hx-get"])
    assert "Reports for Campaign" in after.text
    assert len(standin.outbox.mails()) == 5


def test_the_same_form_pressed_twice_is_one_mailing(
    connected: Services, campaign: str, browser: Browser
) -> None:
    nonce = browser.open_page(f"/cxmc/campaigns/{campaign}").field("nonce")["value"]
    first = browser.submit(at(campaign, "send"), **FIELDS, **YES, nonce=nonce)
    again = browser.submit(at(campaign, "send"), **FIELDS, **YES, nonce=nonce)
    assert "Pending action..." in first.text
    assert "Pending action..." in again.text
    assert len(operations(connected)) == 1


def test_two_forms_are_one_mailing_too(
    connected: Services, campaign: str, browser: Browser
) -> None:
    browser.submit(at(campaign, "send"), **FIELDS, **YES)
    browser.submit(at(campaign, "send"), **FIELDS, **YES)
    assert len(operations(connected)) == 1


def test_what_was_typed_stays_and_errors_stand_beside_their_fields(
    connected: Services, campaign: str, browser: Browser
) -> None:
    typed = {**FIELDS, "from_email": "not an address", "subject": "", "from_name": "Zorg & Co"}
    page = browser.submit(at(campaign, "send"), 422, **typed, **YES)
    assert page.field("from_name")["value"] == "Zorg & Co"
    assert page.field("from_email")["value"] == "not an address"
    for name in ("subject", "from_email"):
        assert page.field(name)["aria-invalid"] == "true"
        assert page.field(name)["aria-describedby"].split()[0] == f"cxmc-{name}-error"
    assert "This is not an e-mail address." in page.text
    assert "10001" in [a["value"] for a in page.elements("option") if "selected" in a]
    assert not operations(connected)


def test_a_template_that_was_never_offered_is_refused(campaign: str, browser: Browser) -> None:
    for unknown in ("666", "10004", "x"):
        page = browser.submit(
            at(campaign, "send"), 422, **{**FIELDS, "template_id": unknown}, **YES
        )
        assert page.field("template_id")["aria-invalid"] == "true"


def test_an_empty_campaign_is_refused_with_a_sentence(
    connected: Services, browser: Browser, host: MemoryHost
) -> None:
    host.login("recruiter")
    page = browser.submit(at(host.add_campaign(), "send"), 422, **FIELDS, **YES)
    assert "Nobody has been added to this campaign yet." in page.text


def test_create_and_schedule_reads_the_time_in_the_hosts_zone(
    connected: Services, campaign: str, browser: Browser
) -> None:
    form = browser.open_page(f"/cxmc/campaigns/{campaign}")
    date = form.field("date")["value"]
    browser.submit(at(campaign, "schedule"), **FIELDS, **YES, date=date, time="23:45")
    stored = connected.session().scalars(select(Mailing)).one().schedule_at
    assert stored is not None
    assert stored % 900 == 0


@pytest.mark.parametrize(
    ("date", "time"), [("", "10:00"), ("2026-13-01", "10:00"), ("2020-01-01", "10:00")]
)
def test_a_time_that_is_none_or_past_is_refused_beside_the_date(
    connected: Services, campaign: str, browser: Browser, date: str, time: str
) -> None:
    page = browser.submit(at(campaign, "schedule"), 422, **FIELDS, **YES, date=date, time=time)
    assert page.field("date")["aria-invalid"] == "true"
    assert not operations(connected)


def test_without_javascript_a_press_asks_once_and_comes_back_to_the_host(
    connected: Services, campaign: str, browser_without_js: Browser, host: MemoryHost
) -> None:
    asked = browser_without_js.submit(at(campaign, "send"), **FIELDS)
    assert "Send to 5 people? It is sent right away and cannot be taken back." in asked.text
    assert "Send now" in asked.buttons()
    assert not operations(connected), "asking does nothing"
    kept = {a["name"]: a["value"] for a in asked.elements("input")}
    answer = browser_without_js.post(at(campaign, "send"), **{**kept, **YES})
    assert answer.status_code == 303
    home = urlsplit(answer.headers["Location"])
    assert home.path == host.tab_url(campaign)
    assert parse_qs(home.query)["cxmc_op"] == [str(operations(connected)[0].id)]
    pending = browser_without_js.open_page(f"/cxmc/campaigns/{campaign}")
    assert "Pending action..." in pending.text
    assert [a["content"] for a in pending.elements("meta") if a.get("http-equiv") == "refresh"] == [
        "2"
    ]


def test_without_javascript_errors_come_before_the_question(
    campaign: str, browser_without_js: Browser
) -> None:
    page = browser_without_js.submit(at(campaign, "send"), 422, **{**FIELDS, "subject": ""})
    assert page.field("subject")["aria-invalid"] == "true"
    assert page.elements("main"), "a whole page"


@pytest.mark.parametrize(
    ("state", "action", "question"),
    [
        ("not_ready", "delete", "Delete this MailChimp campaign?"),
        ("scheduled", "unschedule", "Unschedule this campaign?"),
    ],
)
def test_what_cannot_be_taken_back_asks_once(
    connected: Services,
    campaign: str,
    browser_without_js: Browser,
    state: str,
    action: str,
    question: str,
) -> None:
    create_mailing(connected, campaign, state, schedule_at=connected.clock() + 9000)
    asked = browser_without_js.submit(at(campaign, action))
    assert question in asked.text
    assert not operations(connected)
    assert browser_without_js.post(at(campaign, action), **YES).status_code == 303
    assert [one.kind for one in operations(connected)] == [action]


def test_dialogs_stand_ready_beside_their_buttons(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "scheduled", schedule_at=connected.clock() + 9000)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    dialogs = {a["id"]: a for a in page.elements("dialog")}
    buttons = [a for a in page.elements("button") if "data-cxmc-confirm" in a]
    assert buttons
    for button in buttons:
        assert "aria-labelledby" in dialogs[button["data-cxmc-confirm"]]


def test_a_campaign_that_moved_on_answers_with_its_panel_and_a_sentence(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "sent")
    for action in ("delete", "check", "unschedule", "send"):
        page = browser.submit(at(campaign, action), 409, **FIELDS, **YES)
        assert "Reports for Campaign" in page.text
        assert [a for a in page.elements("div") if a.get("role") == "alert"]


def test_unknown_form_fields_change_nothing(
    connected: Services, campaign: str, browser: Browser
) -> None:
    extra = {"state": "sent", "remote_id": "x", "actor_id": "admin", "account_id": "9"}
    browser.submit(at(campaign, "send"), **FIELDS, **YES, **extra)
    mailing = connected.session().scalars(select(Mailing)).one()
    assert (mailing.state, mailing.remote_id) == ("preparing", None)
    assert operations(connected)[0].actor_id == "recruiter"


def test_update_now_shows_that_it_is_at_work_and_ends(
    connected: Services, campaign: str, browser: Browser, queue: ManualQueue
) -> None:
    browser.submit(at(campaign, "send"), **FIELDS, **YES)
    queue.run_all()
    page = browser.submit(at(campaign, "update"))
    assert "Updating …" in page.text
    queue.run_all()
    after = browser.open_page(page.panel_attributes["hx-get"])
    assert "Last update" in after.text
    assert "hx-trigger" not in after.panel_attributes


def test_open_in_mailchimp_goes_only_where_we_built_the_address(
    connected: Services, campaign: str, browser_without_js: Browser, standin: StandinServer
) -> None:
    mailing = create_mailing(connected, campaign, "preparing", web_id=None)
    create_operation(connected, mailing)
    waiting = browser_without_js.open_page(at(campaign, "open"))
    assert [a for a in waiting.elements("meta") if a.get("http-equiv") == "refresh"]
    session = connected.session()
    session.get_one(Mailing, mailing).web_id = 77
    session.commit()
    answer = browser_without_js.get(f"{at(campaign, 'open')}?next=//evil.example")
    assert answer.headers["Location"] == f"{standin.root}/campaigns/show/?id=77"


def test_with_nothing_to_open_the_new_tab_says_so(
    campaign: str, browser_without_js: Browser
) -> None:
    page = browser_without_js.open_page(at(campaign, "open"))
    assert "There is no campaign in MailChimp to open." in page.text
    assert not [a for a in page.elements("meta") if a.get("http-equiv") == "refresh"]
