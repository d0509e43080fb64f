"""“Add to campaign”: selected people or everyone found, each once, with a message in numbers."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from cxmc_ext import User
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.accounts import activation
from host_app.database import db
from host_app.models import Campaign, CampaignMember
from tests.host_app.conftest import Browser
from tests.support.factories import create_mailing

LogInAs = Callable[[str], Browser]
TITLE = "Vacatures week 48"


@pytest.fixture
def campaign(crm: Flask) -> int:
    with crm.app_context():
        return db.session.execute(select(Campaign.id).where(Campaign.title == TITLE)).scalar_one()


def count_members(crm: Flask, campaign: int) -> int:
    member = CampaignMember
    counted = select(func.count()).where(member.campaign_id == campaign)
    with crm.app_context():
        return db.session.execute(counted).scalar_one()


def count_campaigns(crm: Flask) -> int:
    with crm.app_context():
        return db.session.execute(select(func.count(Campaign.id))).scalar_one()


def test_the_dialog_asks_for_the_campaign_of_the_selected_people(
    log_in_as: LogInAs, campaign: int
) -> None:
    page = log_in_as("recruiter").get("/candidates/add-to-campaign?person=30&person=31").text
    assert "Add 2 candidates to a campaign" in page
    assert "Nobody is selected" not in page
    assert re.search(r"<dialog[^>]*open", page)
    assert f'<option value="{campaign}">{TITLE}' in page


def test_the_list_posts_its_selection_to_the_question_not_to_the_answer(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    form = re.search(r'<form id="pick"[^>]*action="([^"]+)"', browser.get("/candidates").text)
    assert form
    answer = browser.post(form[1], person=[30, 31])
    assert answer.status_code == 200
    assert "Add 2 candidates to a campaign" in answer.text
    assert "aria-invalid" not in answer.text


def test_the_dialog_takes_more_people_than_fit_in_a_url(log_in_as: LogInAs) -> None:
    answer = log_in_as("recruiter").post("/candidates/choose-campaign", person=list(range(1, 2001)))
    assert answer.text.count('type="hidden" name="person"') == 2000


def test_with_nobody_selected_the_dialog_asks_whether_everyone_found_is_meant(
    log_in_as: LogInAs,
) -> None:
    page = log_in_as("recruiter").get("/contacts/add-to-campaign").text
    assert "Nobody is selected. Do you mean all 90 contacts found?" in page


def test_people_are_added_once_and_the_message_says_so(
    log_in_as: LogInAs, crm: Flask, campaign: int
) -> None:
    browser, before = log_in_as("recruiter"), count_members(crm, campaign)
    form = {"campaign": campaign, "person": [30, 31]}
    first = browser.flash_messages(browser.post("/candidates/add-to-campaign", **form))
    again = browser.flash_messages(browser.post("/candidates/add-to-campaign", **form))
    assert first == f"2 added to “{TITLE}”."
    assert again == f"0 added to “{TITLE}”. 2 were there already."
    assert count_members(crm, campaign) == before + 2


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("sent", "The campaign was sent already. They will not receive it."),
        ("scheduled", "Unless it is scheduled again, they will not receive it."),
        ("none", ""),
    ],
)
def test_whoever_is_added_after_sending_is_said_not_to_receive_it(
    log_in_as: LogInAs, crm: Flask, campaign: int, state: str, words: str
) -> None:
    with crm.app_context():
        services = crm.extensions["cxmc"].services
        activation.request_activation(services, Press(User("1", "M."), "nonce"))
        create_mailing(services, str(campaign), state, sent_at=1, schedule_at=2)
    browser = log_in_as("recruiter")
    label = {"sent": f"{TITLE} (Sent)", "scheduled": f"{TITLE} (Scheduled)"}.get(state, TITLE)
    page = browser.get("/candidates/add-to-campaign?person=30").text
    assert f'<option value="{campaign}">{label}<' in page
    answer = browser.post("/candidates/add-to-campaign", campaign=campaign, person=[30, 31])
    message = browser.flash_messages(answer)
    assert message.endswith(words)
    assert ("not receive" in message) == bool(words)


def test_opted_out_people_are_added_and_marked(log_in_as: LogInAs, campaign: int) -> None:
    browser = log_in_as("recruiter")
    message = browser.flash_messages(
        browser.post("/candidates/add-to-campaign", campaign=campaign, person=[91, 92])
    )
    assert message.startswith(f"2 added to “{TITLE}”. 1 of them opted out")
    page = browser.get(f"/campaigns/{campaign}/candidates?q=").text
    assert "opted out" in page


def test_everyone_found_means_everyone_who_matches_the_filters(
    log_in_as: LogInAs, crm: Flask, campaign: int
) -> None:
    browser, before = log_in_as("recruiter"), count_members(crm, campaign)
    answer = browser.post("/candidates/add-to-campaign", campaign=campaign, q="van der")
    message = re.match(r"(\d+) added", browser.flash_messages(answer))
    assert message
    assert 0 < int(message[1]) < 100
    assert count_members(crm, campaign) == before + int(message[1])
    assert answer.headers["Location"] == "/candidates?q=van+der"


def test_people_of_the_other_kind_are_not_added(
    log_in_as: LogInAs, crm: Flask, campaign: int
) -> None:
    browser, before = log_in_as("recruiter"), count_members(crm, campaign)
    browser.post("/contacts/add-to-campaign", campaign=campaign, person=[30, 31])
    assert count_members(crm, campaign) == before


def test_without_a_campaign_the_field_has_an_error(log_in_as: LogInAs) -> None:
    answer = log_in_as("recruiter").post("/candidates/add-to-campaign", person=[30], q="van")
    assert answer.status_code == 422
    assert 'aria-describedby="e-campaign"' in answer.text
    assert 'name="person" value="30"' in answer.text


def test_mailing_people_creates_their_campaign_and_opens_its_tab(
    log_in_as: LogInAs, crm: Flask, activated: None
) -> None:
    browser = log_in_as("recruiter")
    answer = browser.post("/candidates/mail", person=[30, 31])
    location = re.fullmatch(r"/campaigns/(\d+)/mailchimp#cxmc-subject", answer.headers["Location"])
    assert location
    assert "2 added to “Mailing to 2 candidates, " in browser.flash_messages(answer)
    with crm.app_context():
        campaign = db.session.get_one(Campaign, int(location[1]))
        assert (campaign.type, campaign.owner.name) == ("MailChimp", "Sanne de Wit")
    assert count_members(crm, int(location[1])) == 2


def test_mailing_nobody_asks_to_select_people_first(
    log_in_as: LogInAs, crm: Flask, activated: None
) -> None:
    browser, before = log_in_as("recruiter"), count_campaigns(crm)
    answer = browser.post("/candidates/mail", q="van der")
    assert answer.headers["Location"] == "/candidates?q=van+der"
    assert browser.flash_messages(answer) == "Select the people to mail first."
    assert count_campaigns(crm) == before


def test_nobody_is_mailed_before_the_module_is_activated(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    assert "Mail these people" not in browser.get("/candidates").text
    assert browser.post("/candidates/mail", person=[30]).status_code == 404


def test_a_new_campaign_can_be_chosen(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    browser.post("/campaigns/new", title="Spoed: lassers", type="E-mail")
    assert "Spoed: lassers" in browser.get("/candidates/add-to-campaign").text


def test_only_selected_people_are_removed(log_in_as: LogInAs, crm: Flask, campaign: int) -> None:
    browser, before = log_in_as("recruiter"), count_members(crm, campaign)
    message = browser.flash_messages(
        browser.post(f"/campaigns/{campaign}/candidates/remove", person=[1, 2, 300])
    )
    assert message == "2 removed from the campaign."
    assert count_members(crm, campaign) == before - 2


def test_an_intern_cannot_add_anyone(log_in_as: LogInAs, crm: Flask, campaign: int) -> None:
    browser, before = log_in_as("intern"), count_members(crm, campaign)
    assert "Add to campaign" not in browser.get("/candidates").text
    assert browser.get("/candidates/add-to-campaign").status_code == 404
    answer = browser.post("/candidates/add-to-campaign", campaign=campaign, person=[30])
    assert answer.status_code == 404
    assert browser.post("/candidates/mail", person=[30]).status_code == 404
    assert count_members(crm, campaign) == before
