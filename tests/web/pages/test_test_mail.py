"""“Send test” and “Preview” as a person meets them."""

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.template_content import TemplateContent
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.browser import Browser, Page
from tests.support.factories import create_mailing

FIELDS = {
    "subject": "Hallo *|FNAME|*",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
}
ME = "rosa@cedarstaffing.example"


def at(campaign: str, action: str) -> str:
    return f"/cxmc/campaigns/{campaign}/{action}"


def kinds(services: Services) -> list[str]:
    session = services.session()
    found = list(session.scalars(select(Operation.kind).order_by(Operation.id)))
    session.rollback()
    return [kind for kind in found if kind in ("test_mail", "preview")]


def put_design(services: Services, html: str, template: int = 10001) -> None:
    session = services.session()
    account = session.scalars(select(Account)).one()
    row = TemplateContent(
        account_id=account.id, template_id=template, html=html, read_at=services.clock()
    )
    session.add(row)
    session.commit()


def test_send_test_is_a_line_of_its_own_beside_the_form(
    connected: Services,
    campaign: str,
    browser: Browser,
    queue: ManualQueue,
    standin: StandinServer,
) -> None:
    calls = standin.state.requests.routes.total()
    line = browser.submit(at(campaign, "test-mail"), **FIELDS, test_to=ME)
    assert "Test mail to 1 address" in line.text
    assert not line.elements("form"), "the form stays as it is"
    assert standin.state.requests.routes.total() == calls, "a press calls nobody"
    queue.run_all()
    answer = browser.get(at(campaign, "test-mail"))
    ended = Page(answer.get_data(as_text=True))
    assert "The test mail was sent to 1 address, just now" in ended.text
    assert "The test mail was sent to 1 address" in answer.headers["HX-Trigger"]
    assert not [a for _, a in ended.tags if "hx-trigger" in a], "the polling ends"
    assert [mail.address for mail in standin.outbox.mails(kind="test")] == [ME]
    assert len(standin.outbox) == 0
    again = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert {"Create and send", "Send test", "Preview"} <= again.buttons()
    assert "The test mail was sent to 1 address" in again.text, "a reload shows it too"


def test_one_form_is_tested_twice_previewed_and_then_sent(
    connected: Services,
    campaign: str,
    browser: Browser,
    queue: ManualQueue,
    standin: StandinServer,
) -> None:
    """With JavaScript it stays on the page all the time, and so does its nonce."""
    form = {**FIELDS, "test_to": ME, "nonce": "n" * 20}
    for _ in range(2):
        browser.submit(at(campaign, "test-mail"), **form)
        browser.submit(at(campaign, "test-mail"), **form)
        queue.run_all()
    assert [mail.address for mail in standin.outbox.mails(kind="test")] == [ME, ME]
    browser.submit(at(campaign, "preview"), **form)
    queue.run_all()
    assert kinds(connected) == ["test_mail", "test_mail", "preview"]
    assert "Pending action..." in browser.submit(at(campaign, "send"), **form, confirmed="yes").text
    queue.run_all()
    assert len(standin.outbox) == 5


def test_addresses_that_are_none_are_refused_beside_their_field(
    connected: Services, campaign: str, browser: Browser
) -> None:
    answer = browser.post(
        at(campaign, "test-mail"), **{**FIELDS, "subject": ""}, test_to="rosa at home"
    )
    page = Page(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#cxmc-tab"
    assert "“rosa” is not an e-mail address." in page.text
    assert page.field("test_to")["value"] == "rosa at home"
    assert page.field("test_to")["aria-describedby"].split()[0] == "cxmc-test_to-error"
    assert page.field("subject")["aria-invalid"] == "true"
    assert kinds(connected) == []


def test_without_javascript_the_form_comes_back_with_what_was_typed(
    connected: Services,
    campaign: str,
    browser_without_js: Browser,
    queue: ManualQueue,
    host: MemoryHost,
) -> None:
    answer = browser_without_js.post(at(campaign, "test-mail"), **FIELDS, test_to=ME)
    assert (answer.status_code, answer.headers["Location"]) == (303, host.tab_url(campaign))
    page = browser_without_js.open_page(f"/cxmc/campaigns/{campaign}")
    assert page.field("subject")["value"] == FIELDS["subject"]
    assert [a for a in page.elements("meta") if a.get("http-equiv") == "refresh"]
    queue.run_all()
    page = browser_without_js.open_page(f"/cxmc/campaigns/{campaign}")
    assert "The test mail was sent to 1 address" in page.text
    assert not [a for a in page.elements("meta") if a.get("http-equiv") == "refresh"]


def test_mailchimps_refusal_stands_there_in_its_own_words(
    connected: Services,
    campaign: str,
    browser: Browser,
    queue: ManualQueue,
    standin: StandinServer,
) -> None:
    limit = "You have used up your test emails for today."
    standin.state.faults.add("POST /campaigns/*/actions/test", "400", detail=limit)
    browser.submit(at(campaign, "test-mail"), **FIELDS, test_to=ME)
    queue.run_all()
    assert limit in browser.open_page(at(campaign, "test-mail")).text


def test_a_campaign_that_was_created_meanwhile_answers_with_its_panel(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "sent")
    answer = browser.post(at(campaign, "test-mail"), **FIELDS, test_to=ME)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#cxmc-tab")
    assert "Reports for Campaign" in answer.get_data(as_text=True)


def test_a_preview_waits_for_the_template_and_then_shows_it_as_a_recipient(
    connected: Services,
    campaign: str,
    browser: Browser,
    queue: ManualQueue,
    standin: StandinServer,
) -> None:
    waiting = browser.submit(at(campaign, "preview"), **FIELDS)
    assert "Reading the template from MailChimp" in waiting.text
    assert not waiting.elements("iframe")
    queue.run_all()
    ready = browser.open_page(waiting.panel_attributes["hx-get"])
    assert "hx-trigger" not in ready.panel_attributes
    (frame,) = ready.elements("iframe")
    assert frame["sandbox"] == ""
    mail = browser.get(frame["src"]).get_data(as_text=True)
    assert "Person1" in mail
    assert "*|FNAME|*" not in mail
    assert "Hallo Person1" in ready.text, "the subject too"
    assert len(standin.outbox) == 0
    browser.submit(at(campaign, "preview"), **FIELDS)
    assert kinds(connected) == ["preview"], "what was read is kept"
    browser.submit(at(campaign, "preview"), template_id="10001", again="yes")
    assert kinds(connected) == ["preview", "preview"], "until somebody wants it anew"


def test_a_template_that_was_edited_since_is_read_again(
    connected: Services, campaign: str, browser: Browser
) -> None:
    put_design(connected, "<p>old</p>")
    session = connected.session()
    templates = session.scalars(select(Account.templates)).one()
    for one in templates:
        one["edited_at"] = connected.clock() + 60
    session.execute(update(Account).values(templates=templates))
    session.commit()
    page = browser.submit(at(campaign, "preview"), **FIELDS)
    assert "Reading the template from MailChimp" in page.text
    assert page.elements("iframe"), "the old one is shown meanwhile, with its age"


def test_blank_values_are_counted_and_lead_to_who_lacks_them(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    put_design(connected, "<p>*|FNAME|* *|PREFIX|* *|LNAME|* *|OWNERNAME|* *|LIST:COMPANY|*</p>")
    host.add_to_campaign(campaign, host.add_person("last@people.example", owner_name="Sanne"))
    host.add_to_campaign(campaign, host.add_person("no address", owner_name=""))
    page = browser.open_page(f"{at(campaign, 'preview')}?template=10001&person=6")
    assert "6 of 6" in page.text
    assert "Owner Name Sanne blank for 5 recipients" in page.text
    assert "Last Name Prefix – blank for 6 recipients" in page.text
    assert "Filled in by MailChimp: LIST:COMPANY" in page.text
    links = [a["href"] for a in page.elements("a") if "cxmc-blank-count" in a.get("class", "")]
    assert links[1].endswith("person=1")


def test_the_mail_can_do_nothing_wherever_it_is_opened(
    connected: Services, campaign: str, browser_without_js: Browser, host: MemoryHost
) -> None:
    ref = host.add_campaign()
    host.add_to_campaign(ref, host.add_person("x@people.example", first_name="<script>1</script>"))
    put_design(connected, '<p>*|FNAME|*</p><a href="*|UNSUB|*">no</a><script>alert(1)</script>')
    answer = browser_without_js.get(f"{at(ref, 'preview/mail')}?template=10001&person=1")
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert not [part for part in policy if part.startswith("script")]
    assert "allow" not in answer.headers["Content-Security-Policy"]
    page = Page(answer.get_data(as_text=True))
    (frame,) = page.elements("iframe")
    assert frame["sandbox"] == ""
    assert not page.elements("script"), "whatever a Host does to the headers"
    assert "&lt;script&gt;1&lt;/script&gt;" in frame["srcdoc"]
    assert 'href="#"' in frame["srcdoc"]


def test_what_was_never_read_or_never_offered_is_not_there(
    connected: Services, campaign: str, browser_without_js: Browser
) -> None:
    assert (
        browser_without_js.get(f"{at(campaign, 'preview/mail')}?template=10001").status_code == 404
    )
    page = browser_without_js.open_page(f"{at(campaign, 'preview')}?template=666")
    assert "Create and send" in page.buttons()


def test_a_preview_without_a_template_is_refused_beside_it(
    connected: Services, campaign: str, browser: Browser
) -> None:
    page = browser.submit(at(campaign, "preview"), 422, **{**FIELDS, "template_id": ""})
    assert page.field("template_id")["aria-invalid"] == "true"


def test_nobody_to_preview_as_is_said(
    connected: Services, browser: Browser, host: MemoryHost, campaign: str
) -> None:
    put_design(connected, "<p>*|FNAME|*</p>")
    page = browser.open_page(f"{at(host.add_campaign(), 'preview')}?template=10001")
    assert "There are no recipients yet" in page.text
    assert page.elements("iframe")


@pytest.mark.parametrize("script", [True, False])
def test_the_preview_keeps_what_stands_in_the_form(
    connected: Services, campaign: str, browser: Browser, browser_without_js: Browser, script: bool
) -> None:
    put_design(connected, "<p>hello</p>")
    (browser if script else browser_without_js).post(at(campaign, "preview"), **FIELDS)
    form = browser_without_js.open_page(f"/cxmc/campaigns/{campaign}")
    assert form.field("subject")["value"] == FIELDS["subject"]
    assert connected.session().scalars(select(Mailing.state)).one() == "none"
