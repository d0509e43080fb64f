"""The header's language switch: what the MailChimp pages speak, for this reader only."""

from collections.abc import Callable

import pytest
from flask import Flask

from host_app.host import DemoHost
from tests.host.conftest import Browser

Browse = Callable[[str], Browser]
TAB = "/campaigns/5/mailchimp"


@pytest.mark.usefixtures("activated")
def test_the_link_in_the_header_changes_the_language_and_it_stays(browse: Browse) -> None:
    sanne, marjan = browse("recruiter"), browse("admin")
    page = sanne.get(TAB).text
    assert f'href="{TAB}?lang=nl"' in page
    assert "Vernieuwen" in sanne.get(f"{TAB}?lang=nl").text
    assert "Vernieuwen" in sanne.get(TAB).text
    assert f'href="{TAB}?lang=en"' in sanne.get(TAB).text
    assert "Vernieuwen" not in marjan.get(TAB).text
    assert "Vernieuwen" not in sanne.get(f"{TAB}?lang=en").text


@pytest.mark.usefixtures("activated")
def test_a_language_nobody_offers_changes_nothing(browse: Browse) -> None:
    sanne = browse("recruiter")
    sanne.get(f"{TAB}?lang=nl")
    assert "Vernieuwen" in sanne.get(f"{TAB}?lang=xx").text


def test_the_language_chosen_before_logging_in_is_kept(crm: Flask) -> None:
    browser = Browser(crm.test_client())
    browser.get("/login?lang=nl")
    browser.log_in("recruiter")
    assert "?lang=en" in browser.get("/candidates").text


def test_where_nobody_reads_there_is_no_language(in_crm: DemoHost) -> None:
    assert in_crm.locale() == ""
