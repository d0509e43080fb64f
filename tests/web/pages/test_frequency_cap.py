"""The frequency cap on the screens: whom it leaves out and why, and the choice to send anyway."""

from collections.abc import Iterator

import pytest

from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser
from tests.support.factories import create_mailing, create_recipient, send_form


@pytest.fixture
def capped_campaign(connected: Services, host: MemoryHost) -> Iterator[str]:
    """Of its two people, one was mailed an hour ago."""
    object.__setattr__(connected.settings, "frequency_cap", 1)
    ref = host.add_campaign()
    host.add_to_campaign(ref, host.add_person("ada@a.example"), host.add_person("bob@a.example"))
    sent = create_mailing(connected, "earlier", "sent", sent_at=connected.clock() - 3600)
    hash_ = member_hash("ada@a.example")
    create_recipient(connected, sent, address="ada@a.example", member_hash=hash_)
    host.login("recruiter")
    yield ref
    object.__setattr__(connected.settings, "frequency_cap", 0)


def test_the_form_says_whom_it_leaves_out_and_offers_to_send_anyway(
    capped_campaign: str, browser: Browser
) -> None:
    path = f"/cxmc/campaigns/{capped_campaign}"
    page = browser.open_page(path)
    assert "Mailed too often lately 1" in page.text
    assert page.field("send_anyway")["type"] == "checkbox"
    recipients = browser.open_page(f"{path}/recipients?reason=frequency").text
    assert "Mailed 1 time in 7 days ada@a.example" in recipients
    assert "bob@a.example" not in recipients
    csv = browser.get(f"{path}/recipients.csv").get_data(as_text=True)
    assert "ada@a.example,Mailed 1 time in 7 days,,Left out" in csv


def test_without_javascript_the_question_counts_what_was_ticked(
    capped_campaign: str, browser_without_js: Browser
) -> None:
    path = f"/cxmc/campaigns/{capped_campaign}/send"
    assert "Send to 1 person?" in browser_without_js.submit(path, **send_form()).text
    page = browser_without_js.submit(path, **send_form(send_anyway="yes"))
    assert "Send to 2 people?" in page.text
    assert page.field("send_anyway")["value"] == "yes"


def test_who_sends_anyway_is_not_told_that_nobody_is_left(
    capped_campaign: str, host: MemoryHost, browser: Browser
) -> None:
    (ada,) = [ref for ref, person in host.persons.items() if person.address == "ada@a.example"]
    host.members[capped_campaign] = {ada: None}
    path = f"/cxmc/campaigns/{capped_campaign}"
    assert "Nobody is left to mail" in browser.open_page(path).text
    page = browser.submit(f"{path}/send", **send_form(send_anyway="yes"))
    assert "Send to 1 person?" in page.text
    assert "Nobody is left to mail" not in page.text


def test_without_a_cap_nothing_is_offered(campaign: str, browser: Browser) -> None:
    assert 'name="send_anyway"' not in browser.open_page(f"/cxmc/campaigns/{campaign}").html
