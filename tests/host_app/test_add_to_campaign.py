"""“Add to campaign”: ticked people or all found, each once, and an answer in numbers."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from host_app.database import db
from host_app.models import Campaign, CampaignMember
from tests.host_app.conftest import Browser

As = Callable[[str], Browser]
TITLE = "Vacatures week 48"


@pytest.fixture
def campaign(crm: Flask) -> int:
    with crm.app_context():
        return db.session.execute(select(Campaign.id).where(Campaign.title == TITLE)).scalar_one()


def size(crm: Flask, campaign: int) -> int:
    member = CampaignMember
    counted = select(func.count()).where(member.campaign_id == campaign)
    with crm.app_context():
        return db.session.execute(counted).scalar_one()


def test_ticked_people_are_asked_for_their_campaign(browse: As, campaign: int) -> None:
    page = browse("recruiter").get("/candidates/add-to-campaign?person=30&person=31").text
    assert "Add 2 candidates to a campaign" in page
    assert "Nobody is ticked" not in page
    assert re.search(r"<dialog[^>]*open", page)
    assert f'<option value="{campaign}">{TITLE}' in page


def test_with_nothing_ticked_all_found_are_meant_but_only_after_asking(browse: As) -> None:
    page = browse("recruiter").get("/contacts/add-to-campaign").text
    assert "Nobody is ticked. Do you mean all 90 contacts found?" in page


def test_adding_twice_adds_once_and_says_so(browse: As, crm: Flask, campaign: int) -> None:
    someone, before = browse("recruiter"), size(crm, campaign)
    form = {"campaign": campaign, "person": [30, 31]}
    first = someone.flash_messages(someone.post("/candidates/add-to-campaign", **form))
    again = someone.flash_messages(someone.post("/candidates/add-to-campaign", **form))
    assert first == f"2 added to “{TITLE}”."
    assert again == f"0 added to “{TITLE}”. 2 were there already."
    assert size(crm, campaign) == before + 2


def test_opted_out_people_are_added_and_named_as_such(browse: As, campaign: int) -> None:
    someone = browse("recruiter")
    told = someone.flash_messages(
        someone.post("/candidates/add-to-campaign", campaign=campaign, person=[91, 92])
    )
    assert told.startswith(f"2 added to “{TITLE}”. 1 of them opted out")
    listed = someone.get(f"/campaigns/{campaign}/candidates?q=").text
    assert "opted out" in listed


def test_all_found_follow_the_lines_of_the_list(browse: As, crm: Flask, campaign: int) -> None:
    someone, before = browse("recruiter"), size(crm, campaign)
    answer = someone.post("/candidates/add-to-campaign", campaign=campaign, q="van der")
    told = re.match(r"(\d+) added", someone.flash_messages(answer))
    assert told
    assert 0 < int(told[1]) < 100
    assert size(crm, campaign) == before + int(told[1])
    assert answer.headers["Location"] == "/candidates?q=van+der"


def test_people_of_the_other_kind_are_not_added(browse: As, crm: Flask, campaign: int) -> None:
    someone, before = browse("recruiter"), size(crm, campaign)
    someone.post("/contacts/add-to-campaign", campaign=campaign, person=[30, 31])
    assert size(crm, campaign) == before


def test_no_campaign_chosen_is_said_beside_the_field(browse: As) -> None:
    answer = browse("recruiter").post("/candidates/add-to-campaign", person=[30], q="van")
    assert answer.status_code == 422
    assert 'aria-describedby="e-campaign"' in answer.text
    assert 'name="person" value="30"' in answer.text


def test_a_new_campaign_can_be_chosen_at_once(browse: As) -> None:
    someone = browse("recruiter")
    someone.post("/campaigns/new", title="Spoed: lassers", type="E-mail")
    assert "Spoed: lassers" in someone.get("/candidates/add-to-campaign").text


def test_removal_takes_out_the_ticked_people_only(browse: As, crm: Flask, campaign: int) -> None:
    someone, before = browse("recruiter"), size(crm, campaign)
    told = someone.flash_messages(
        someone.post(f"/campaigns/{campaign}/candidates/remove", person=[1, 2, 300])
    )
    assert told == "2 removed from the campaign."
    assert size(crm, campaign) == before - 2


def test_an_intern_cannot_add_anybody(browse: As, crm: Flask, campaign: int) -> None:
    someone, before = browse("intern"), size(crm, campaign)
    assert "Add to campaign" not in someone.get("/candidates").text
    assert someone.get("/candidates/add-to-campaign").status_code == 404
    answer = someone.post("/candidates/add-to-campaign", campaign=campaign, person=[30])
    assert answer.status_code == 404
    assert size(crm, campaign) == before
