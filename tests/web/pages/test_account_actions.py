"""Presses about the account: the key, the templates, the sender's domain, on and off."""

import pytest
from sqlalchemy import select, update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.operations import Press
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, DEMO_KEY, DISABLED_KEY, StandinServer
from cxmc_ext.standin.service import membership
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.accounts import activation
from tests.support.browser import Browser, Page
from tests.support.factories import create_mailing

YES = {"confirmed": "yes"}


def at(campaign: str, action: str) -> str:
    return f"/cxmc/campaigns/{campaign}/{action}"


def test_initialize_says_so_when_the_key_is_in_place(
    campaign: str, browser: Browser, host: MemoryHost, queue: ManualQueue
) -> None:
    host.login("admin")
    answer = browser.post(at(campaign, "settings"), key=DEMO_KEY)
    assert DEMO_KEY not in answer.get_data(as_text=True)
    page = Page(answer.get_data(as_text=True))
    queue.run_all()
    done = browser.open_page(page.panel_attributes["hx-get"])
    assert done.text.count("Your MailChimp API key was updated") == 1
    assert "hx-trigger" not in done.panel_attributes


def test_the_page_of_the_account_says_once_that_the_key_works_and_whom_it_leaves_out(
    connected: Services,
    browser: Browser,
    host: MemoryHost,
    queue: ManualQueue,
    standin: StandinServer,
) -> None:
    list_id = connected.session().scalars(select(Account.list_id)).one()
    audience = standin.state.accounts[DEMO_ACCOUNT].lists[list_id]
    membership.add(standin.state, audience, {"email_address": "x@people.example"}, "unsubscribed")
    host.login("admin")
    pending = browser.submit("/cxmc/account", key=DEMO_KEY)
    (section,) = pending.elements("section")
    queue.run_all()
    done = browser.open_page(section["hx-get"]).text
    assert done.count("Your MailChimp API key was updated") == 1
    assert "Unsubscribed or cleaned in MailChimp: 1, already known here: 0." in done
    assert "was updated" not in browser.open_page("/cxmc/account").text


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("nonsense", "This is not a MailChimp API key."),
        (f"{DEMO_KEY}\nx", "not a MailChimp API key"),
    ],
)
def test_what_is_no_key_is_refused_without_a_call_and_not_repeated(
    campaign: str, browser: Browser, host: MemoryHost, standin: StandinServer, key: str, said: str
) -> None:
    host.login("admin")
    calls = standin.state.requests.routes.total()
    page = browser.submit(at(campaign, "settings"), 422, key=key)
    assert said in page.text
    assert page.field("key")["aria-invalid"] == "true"
    assert key not in page.html
    assert standin.state.requests.routes.total() == calls


def test_a_key_that_mailchimp_refuses_is_told_beside_the_field(
    campaign: str, browser: Browser, host: MemoryHost, queue: ManualQueue
) -> None:
    host.login("admin")
    pending = browser.submit(at(campaign, "settings"), key=DISABLED_KEY)
    queue.run_all()
    page = browser.open_page(pending.panel_attributes["hx-get"])
    assert page.field("key")["aria-invalid"] == "true"
    assert "MailChimp" in page.text
    assert "Initialize" in page.buttons()
    assert DISABLED_KEY not in page.html


def test_the_settings_show_a_trial_of_a_key_that_is_under_way(
    campaign: str,
    browser: Browser,
    browser_without_js: Browser,
    host: MemoryHost,
    queue: ManualQueue,
) -> None:
    """After a reload, and for the colleague who opens them too."""
    host.login("admin")
    browser.submit(at(campaign, "settings"), key=DISABLED_KEY)
    page = browser_without_js.open_page(at(campaign, "settings"))
    assert "Pending action..." in page.text
    assert "Initialize" not in page.buttons()
    queue.run_all()
    ended = browser.open_page(page.panel_attributes["hx-get"])
    assert ended.field("key")["aria-invalid"] == "true"
    assert "Initialize" in browser.open_page(at(campaign, "settings")).buttons()


def test_refresh_reads_the_templates_anew_and_says_so(
    campaign: str, browser: Browser, queue: ManualQueue
) -> None:
    pending = browser.submit(at(campaign, "refresh"))
    queue.run_all()
    assert (
        "Templates and domains are up to date"
        in browser.open_page(pending.panel_attributes["hx-get"]).text
    )


def test_the_domain_can_be_verified_from_here(
    campaign: str, browser: Browser, queue: ManualQueue, standin: StandinServer
) -> None:
    pending = browser.submit(at(campaign, "domain/mail"), email="me@newfirm.example")
    queue.run_all()
    assert (
        "MailChimp has mailed a code." in browser.open_page(pending.panel_attributes["hx-get"]).text
    )
    wrong = browser.submit(at(campaign, "domain/code"), 422, domain="newfirm.example", code="")
    assert "Create and send" in wrong.buttons()


def test_activate_turns_yes_at_once_with_a_toast_and_ends_active(
    services: Services, browser: Browser, host: MemoryHost, queue: ManualQueue
) -> None:
    host.login("admin")
    assert "NO" in browser.open_page("/cxmc/activation").text_parts
    answer = browser.post("/cxmc/activate")
    page = Page(answer.get_data(as_text=True))
    assert "YES" in page.text_parts
    assert "available within 15 minutes" in answer.headers["HX-Trigger"]
    assert [a for a in page.elements("section") if "hx-trigger" in a]
    queue.run_all()
    done = browser.open_page("/cxmc/activation")
    assert "Active" in done.text_parts
    assert not [a for a in done.elements("section") if "hx-trigger" in a]


def test_without_javascript_the_toast_is_on_the_next_page(
    services: Services, browser_without_js: Browser, host: MemoryHost
) -> None:
    host.login("admin")
    assert browser_without_js.post("/cxmc/activate").headers["Location"] == "/cxmc/activation"
    first = browser_without_js.open_page("/cxmc/activation")
    assert "The feature will be available within 15 minutes." in first.text
    assert "15 minutes" not in browser_without_js.open_page("/cxmc/activation").text, "told once"


def test_deactivate_asks_first(
    connected: Services, browser_without_js: Browser, host: MemoryHost
) -> None:
    host.login("admin")
    assert "Deactivate MailChimp?" in browser_without_js.submit("/cxmc/deactivate").text
    assert _state(connected) == AccountState.ACTIVE
    assert browser_without_js.post("/cxmc/deactivate", **YES).status_code == 303
    assert _state(connected) == AccountState.INACTIVE


def test_deactivate_lists_what_mailchimp_would_send_and_unschedules_it_first(
    connected: Services, campaign: str, browser_without_js: Browser, host: MemoryHost
) -> None:
    host.login("admin")
    mailing_id = _scheduled(connected, campaign)
    page = browser_without_js.submit("/cxmc/deactivate")
    assert "Vacatures week 48: 20 Nov 2030, 09:00 CET, 412 people" in page.text
    boxes = [box for box in page.elements("input") if box.get("type") == "checkbox"]
    assert [(box["name"], "checked" in box) for box in boxes] == [("unschedule", True)]
    listed = [box["value"] for box in page.elements("input") if box.get("name") == "listed"]
    assert listed == [str(mailing_id)]
    browser_without_js.post("/cxmc/deactivate", unschedule="yes", listed=str(mailing_id), **YES)
    assert _state(connected) == AccountState.DEACTIVATING
    assert "Unscheduling campaigns" in browser_without_js.open_page("/cxmc/activation").text


def test_unticked_the_module_is_inactive_at_once_and_says_what_is_still_sent(
    connected: Services, campaign: str, browser_without_js: Browser, host: MemoryHost
) -> None:
    host.login("admin")
    mailing_id = _scheduled(connected, campaign)
    browser_without_js.post("/cxmc/deactivate", listed=str(mailing_id), **YES)
    assert _state(connected) == AccountState.INACTIVE
    page = browser_without_js.open_page("/cxmc/activation")
    assert "MailChimp will still send these campaigns" in page.text
    assert "Vacatures week 48" in page.text


def test_with_a_refused_key_the_question_says_that_they_cannot_be_unscheduled(
    connected: Services, campaign: str, browser_without_js: Browser, host: MemoryHost
) -> None:
    host.login("admin")
    _scheduled(connected, campaign)
    connected.session().execute(update(Account).values(key_refused=True))
    connected.session().commit()
    page = browser_without_js.submit("/cxmc/deactivate")
    assert "They cannot be unscheduled here" in page.text
    assert not [box for box in page.elements("input") if box.get("type") == "checkbox"]
    assert "MailChimp will still send" in browser_without_js.open_page("/cxmc/control").text


def test_pause_says_what_mailchimp_still_sends(
    connected: Services, campaign: str, browser_without_js: Browser, host: MemoryHost
) -> None:
    host.login("admin")
    _scheduled(connected, campaign)
    page = browser_without_js.submit("/cxmc/control/pause")
    assert "Pause report updates?" in page.text
    assert "MailChimp still sends these campaigns at their time: Vacatures week 48" in page.text
    assert browser_without_js.post("/cxmc/control/pause", **YES).status_code == 303
    assert "Resume report updates" in browser_without_js.open_page("/cxmc/control").text


def _scheduled(services: Services, campaign: str) -> int:
    at = 1_921_392_000  # 2030-11-20 08:00 UTC
    return create_mailing(services, campaign, "scheduled", schedule_at=at)


def _state(services: Services) -> str:
    state = services.session().scalars(select(Account.state)).one()
    services.session().rollback()
    return state


def test_an_activation_that_stopped_names_the_button_that_is_there(
    services: Services, browser: Browser, host: MemoryHost, queue: ManualQueue
) -> None:
    host.login("admin")
    activation.request_activation(services, Press(host.users["admin"][0], "nonce-1"))
    queue.nudges.clear()
    why = [{"code": "took_too_long", "detail": "", "values": {}}]
    services.session().execute(update(Operation).values(state="failed", problems=why))
    services.session().commit()
    page = browser.open_page("/cxmc/activation")
    assert "Press “Activate” again to continue where it stopped." in page.text
    assert "Activate" in page.buttons()
    assert "Try again" not in page.text
