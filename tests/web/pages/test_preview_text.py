"""The text beside the subject: typed, checked, previewed, asked about, and kept."""

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT, StandinServer
from cxmc_ext.testing import ManualQueue
from tests.support.browser import Browser

FIELDS = {
    "subject": "Nieuwe vacatures",
    "preview_text": "Voor *|FNAME|*: tien banen",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
}


def at(campaign: str, action: str = "") -> str:
    return f"/cxmc/campaigns/{campaign}{action}"


def test_it_reaches_mailchimp_and_the_summary(
    connected: Services, campaign: str, browser: Browser, queue: ManualQueue, standin: StandinServer
) -> None:
    assert "Voor *|FNAME|*: tien banen" in browser.submit(at(campaign, "/send"), **FIELDS).text
    browser.submit(at(campaign, "/send"), **FIELDS, confirmed="yes")
    queue.run_all()
    (remote,) = standin.state.accounts[DEMO_ACCOUNT].campaigns.values()
    assert remote.settings["preview_text"] == FIELDS["preview_text"]
    assert remote.tracking["google_analytics"] == ""
    mailing = connected.session().scalars(select(Mailing)).one()
    assert mailing.preview_text == FIELDS["preview_text"]


def test_the_preview_shows_it_with_the_values_of_a_recipient(
    campaign: str, browser: Browser, queue: ManualQueue
) -> None:
    browser.submit(at(campaign, "/preview"), **FIELDS)
    queue.run_all()
    page = browser.open_page(f"{at(campaign, '/preview')}?template=10001&person=1")
    assert "Voor Person1: tien banen" in page.text


@pytest.mark.parametrize("text", ["x" * 151, "two\nlines"])
def test_a_wrong_one_is_refused_beside_its_field(
    campaign: str, browser: Browser, text: str
) -> None:
    page = browser.submit(at(campaign, "/send"), 422, **{**FIELDS, "preview_text": text})
    assert page.field("preview_text")["aria-invalid"] == "true"


@pytest.mark.slow
def test_it_may_be_empty(campaign: str, browser: Browser) -> None:
    page = browser.submit(at(campaign, "/send"), **{**FIELDS, "preview_text": ""})
    assert "Send to 5 people?" in page.text


def test_links_are_tagged_with_the_title_if_a_setting_asks_for_it(
    connected: Services, campaign: str, browser: Browser, queue: ManualQueue, standin: StandinServer
) -> None:
    object.__setattr__(connected.settings, "google_analytics", True)
    browser.submit(at(campaign, "/send"), **FIELDS, confirmed="yes")
    queue.run_all()
    (remote,) = standin.state.accounts[DEMO_ACCOUNT].campaigns.values()
    assert remote.tracking["google_analytics"] == "Vacatures week 48"
