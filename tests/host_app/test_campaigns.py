"""Campaigns: who sees which, creating and changing them, and their tabs."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from cxmc_ext import User
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.accounts import activation
from host_app.database import db
from host_app.models import EMAIL, MAILCHIMP, Campaign
from tests.host_app.conftest import Browser
from tests.support.factories import create_mailing

LogInAs = Callable[[str], Browser]


@pytest.fixture
def campaign_ids(crm: Flask) -> dict[str, int]:
    with crm.app_context():
        return {
            title: id_ for id_, title in db.session.execute(select(Campaign.id, Campaign.title))
        }


def tab_names(page: str) -> list[str]:
    return re.findall(r'<a role="tab"[^>]*>([A-Za-z]+)', page)


def test_an_intern_gets_404_for_all_campaign_pages(
    log_in_as: LogInAs, campaign_ids: dict[str, int]
) -> None:
    browser = log_in_as("intern")
    assert ">Campaigns<" not in browser.get("/candidates").text
    campaign = campaign_ids["Vacatures week 48"]
    for path in ("", "/new", f"/{campaign}", f"/{campaign}/candidates", f"/{campaign}/mailchimp"):
        assert browser.get(f"/campaigns{path}").status_code == 404
    assert browser.post("/campaigns/new", title="X", type=EMAIL).status_code == 404


def test_a_recruiter_only_sees_campaigns_of_their_own_branch(
    log_in_as: LogInAs, campaign_ids: dict[str, int]
) -> None:
    recruiter, admin = log_in_as("recruiter"), log_in_as("admin")
    assert "Haven: nieuwe diensten" not in recruiter.get("/campaigns").text
    assert "Haven: nieuwe diensten" in admin.get("/campaigns").text
    hidden = campaign_ids["Haven: nieuwe diensten"]
    assert recruiter.get(f"/campaigns/{hidden}").status_code == 404
    assert admin.get(f"/campaigns/{hidden}").status_code == 200
    missing = recruiter.get("/campaigns/99999").text.replace("99999", str(hidden))
    assert missing == recruiter.get(f"/campaigns/{hidden}").text


def test_the_list_shows_state_and_rates_of_mailchimp_campaigns(
    log_in_as: LogInAs, crm: Flask, campaign_ids: dict[str, int]
) -> None:
    browser = log_in_as("recruiter")
    assert ">Overview<" not in browser.get("/campaigns").text, "it is not activated yet"
    with crm.app_context():
        services = crm.extensions["cxmc"].services
        activation.request_activation(services, Press(User("1", "M."), "nonce"))
        ref = str(campaign_ids["Vacatures week 48"])
        create_mailing(services, ref, "sent", sent_at=1, open_rate=0.417, click_rate=0.05)
    page = browser.get("/campaigns").text
    row = page.partition("Vacatures week 48")[2].partition("</tr>")[0]
    for words in ("Sent", "1 Jan 1970", "41.7 %", "5.0 %"):
        assert words in row, words
    assert '<a class="button" href="/cxmc/campaigns">Overview</a>' in page


def test_the_type_mailchimp_exists_only_while_the_extension_is_activated(
    log_in_as: LogInAs,
) -> None:
    browser = log_in_as("recruiter")
    assert 'value="MailChimp"' not in browser.get("/campaigns/new").text
    answer = browser.post("/campaigns/new", title="Te vroeg", type=MAILCHIMP)
    assert answer.status_code == 422
    assert "Choose a type from the list." in answer.text


@pytest.mark.usefixtures("activated")
def test_a_mailchimp_campaign_has_no_fields_of_the_other_type(
    log_in_as: LogInAs, crm: Flask
) -> None:
    browser = log_in_as("recruiter")
    assert 'value="MailChimp"' in browser.get("/campaigns/new").text
    form = {"title": "Vacatures week 49", "type": MAILCHIMP, "email_subject": "left over"}
    answer = browser.post("/campaigns/new", **form)
    assert "was saved" in browser.flash_messages(answer)
    page = browser.get(answer.headers["Location"]).text
    assert "E-mail subject" not in page
    with crm.app_context():
        campaign = db.session.scalars(select(Campaign).where(Campaign.title == form["title"])).one()
        assert (campaign.type, campaign.email_subject) == (MAILCHIMP, "")
        assert campaign.owner.username == "recruiter"
    assert form["title"] in browser.get("/campaigns").text


def test_a_campaign_without_a_title_is_refused_and_the_form_keeps_its_values(
    log_in_as: LogInAs,
) -> None:
    form = {"title": "  ", "type": EMAIL, "email_subject": "Kom langs"}
    answer = log_in_as("recruiter").post("/campaigns/new", **form)
    assert answer.status_code == 422
    assert "Enter a title." in answer.text
    assert 'value="Kom langs"' in answer.text


def test_a_campaign_can_be_renamed_but_needs_a_title(
    log_in_as: LogInAs, campaign_ids: dict[str, int]
) -> None:
    browser, path = log_in_as("recruiter"), f"/campaigns/{campaign_ids['Vacatures week 48']}"
    assert browser.post(path, title="").status_code == 422
    assert "Vacatures week 48" in browser.get("/campaigns").text
    assert browser.flash_messages(browser.post(path, title="Vacatures week 50")) == "Saved."
    assert "Vacatures week 50" in browser.get("/campaigns").text


@pytest.mark.usefixtures("activated")
def test_each_tab_of_a_mailchimp_campaign_has_its_own_url(
    log_in_as: LogInAs, campaign_ids: dict[str, int]
) -> None:
    browser, path = log_in_as("recruiter"), f"/campaigns/{campaign_ids['Vacatures week 48']}"
    page = browser.get(path).text
    assert tab_names(page) == ["General", "Candidates", "Contacts", "Activities", "MailChimp"]
    for suffix in ("/candidates", "/contacts", "/activities", "/mailchimp"):
        assert browser.get(path + suffix).status_code == 200


def test_without_activation_there_is_no_tab_mailchimp(
    log_in_as: LogInAs, campaign_ids: dict[str, int]
) -> None:
    browser, path = log_in_as("admin"), f"/campaigns/{campaign_ids['Vacatures week 48']}"
    assert "MailChimp" not in tab_names(browser.get(path).text)
    assert browser.get(f"{path}/mailchimp").status_code == 404


@pytest.mark.usefixtures("activated")
def test_the_document_template_determines_which_roles_see_the_tab(
    log_in_as: LogInAs, campaign_ids: dict[str, int]
) -> None:
    path = f"/campaigns/{campaign_ids['Vacatures week 48']}"
    admin, recruiter = log_in_as("admin"), log_in_as("recruiter")
    page = admin.get("/maintenance/document-templates").text
    template = re.search(r'href="([^"]+)">Mailchimp<', page)
    assert template
    assert "available for user roles" in admin.get(template[1]).text
    admin.post(template[1], role=[])
    assert "MailChimp" not in tab_names(recruiter.get(path).text)
    assert recruiter.get(f"{path}/mailchimp").status_code == 404


def test_recipients_are_listed_with_paging_and_opt_outs(
    log_in_as: LogInAs, campaign_ids: dict[str, int]
) -> None:
    browser, path = log_in_as("recruiter"), f"/campaigns/{campaign_ids['Vacatures week 48']}"
    candidates, contacts = (
        browser.get(f"{path}/{kind}").text for kind in ("candidates", "contacts")
    )
    assert "1–25 of 25" in candidates
    assert "opted out" in candidates
    assert "1–3 of 3" in contacts


def test_the_recipients_of_an_old_mailing_have_pages(
    log_in_as: LogInAs, campaign_ids: dict[str, int]
) -> None:
    path = f"/campaigns/{campaign_ids['Nieuwsbrief voorjaar']}/candidates"
    page = log_in_as("recruiter").get(f"{path}?page=3").text
    assert "101–140 of 140" in page
