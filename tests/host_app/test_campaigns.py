"""Campaigns: who sees which, how a new one is made, and what its tabs show."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from host_app.database import db
from host_app.models import EMAIL, MAILCHIMP, Campaign
from tests.host_app.conftest import Browser

As = Callable[[str], Browser]


@pytest.fixture
def ids(crm: Flask) -> dict[str, int]:
    with crm.app_context():
        return {
            title: key for key, title in db.session.execute(select(Campaign.id, Campaign.title))
        }


def tabs(page: str) -> list[str]:
    return re.findall(r'<a role="tab"[^>]*>([A-Za-z]+)', page)


def test_every_page_of_the_campaigns_is_404_for_an_intern(browse: As, ids: dict[str, int]) -> None:
    someone = browse("intern")
    assert ">Campaigns<" not in someone.get("/candidates").text
    one = ids["Vacatures week 48"]
    for path in ("", "/new", f"/{one}", f"/{one}/candidates", f"/{one}/mailchimp"):
        assert someone.get(f"/campaigns{path}").status_code == 404
    assert someone.post("/campaigns/new", title="X", type=EMAIL).status_code == 404


def test_a_recruiter_sees_the_campaigns_of_the_own_branch_only(
    browse: As, ids: dict[str, int]
) -> None:
    recruiter, admin = browse("recruiter"), browse("admin")
    assert "Haven: nieuwe diensten" not in recruiter.get("/campaigns").text
    assert "Haven: nieuwe diensten" in admin.get("/campaigns").text
    hidden = ids["Haven: nieuwe diensten"]
    assert recruiter.get(f"/campaigns/{hidden}").status_code == 404
    assert admin.get(f"/campaigns/{hidden}").status_code == 200
    missing = recruiter.get("/campaigns/99999").text.replace("99999", str(hidden))
    assert missing == recruiter.get(f"/campaigns/{hidden}").text


def test_type_mailchimp_can_be_chosen_only_while_the_module_is_active(browse: As) -> None:
    someone = browse("recruiter")
    assert 'value="MailChimp"' not in someone.get("/campaigns/new").text
    answer = someone.post("/campaigns/new", title="Te vroeg", type=MAILCHIMP)
    assert answer.status_code == 422
    assert "Choose one of the list." in answer.text


@pytest.mark.usefixtures("activated")
def test_a_mailchimp_campaign_keeps_no_field_of_the_other_type(browse: As, crm: Flask) -> None:
    someone = browse("recruiter")
    assert 'value="MailChimp"' in someone.get("/campaigns/new").text
    form = {"title": "Vacatures week 49", "type": MAILCHIMP, "email_subject": "left over"}
    answer = someone.post("/campaigns/new", **form)
    assert "was saved" in someone.flash_messages(answer)
    page = someone.get(answer.headers["Location"]).text
    assert "E-mail subject" not in page
    with crm.app_context():
        made = db.session.scalars(select(Campaign).where(Campaign.title == form["title"])).one()
        assert (made.type, made.email_subject) == (MAILCHIMP, "")
        assert made.owner.username == "recruiter"
    assert form["title"] in someone.get("/campaigns").text


def test_a_campaign_without_a_title_is_refused_and_keeps_what_was_typed(browse: As) -> None:
    form = {"title": "  ", "type": EMAIL, "email_subject": "Kom langs"}
    answer = browse("recruiter").post("/campaigns/new", **form)
    assert answer.status_code == 422
    assert "Enter a title." in answer.text
    assert 'value="Kom langs"' in answer.text


def test_a_campaign_is_renamed_but_never_without_a_title(browse: As, ids: dict[str, int]) -> None:
    someone, path = browse("recruiter"), f"/campaigns/{ids['Vacatures week 48']}"
    assert someone.post(path, title="").status_code == 422
    assert "Vacatures week 48" in someone.get("/campaigns").text
    assert someone.flash_messages(someone.post(path, title="Vacatures week 50")) == "Saved."
    assert "Vacatures week 50" in someone.get("/campaigns").text


@pytest.mark.usefixtures("activated")
def test_the_tabs_of_a_mailchimp_campaign_have_addresses_of_their_own(
    browse: As, ids: dict[str, int]
) -> None:
    someone, path = browse("recruiter"), f"/campaigns/{ids['Vacatures week 48']}"
    page = someone.get(path).text
    assert tabs(page) == ["General", "Candidates", "Contacts", "Activities", "MailChimp"]
    for tail in ("/candidates", "/contacts", "/activities", "/mailchimp"):
        assert someone.get(path + tail).status_code == 200


def test_without_the_module_there_is_no_tab_mailchimp(browse: As, ids: dict[str, int]) -> None:
    someone, path = browse("admin"), f"/campaigns/{ids['Vacatures week 48']}"
    assert "MailChimp" not in tabs(someone.get(path).text)
    assert someone.get(f"{path}/mailchimp").status_code == 404


@pytest.mark.usefixtures("activated")
def test_the_document_template_decides_which_role_sees_the_tab(
    browse: As, ids: dict[str, int]
) -> None:
    path = f"/campaigns/{ids['Vacatures week 48']}"
    admin, recruiter = browse("admin"), browse("recruiter")
    page = admin.get("/maintenance/document-templates").text
    template = re.search(r'href="([^"]+)">Mailchimp<', page)
    assert template
    assert "available for user roles" in admin.get(template[1]).text
    admin.post(template[1], role=[])
    assert "MailChimp" not in tabs(recruiter.get(path).text)
    assert recruiter.get(f"{path}/mailchimp").status_code == 404


def test_the_recipients_are_listed_with_search_and_opt_out(browse: As, ids: dict[str, int]) -> None:
    someone, path = browse("recruiter"), f"/campaigns/{ids['Vacatures week 48']}"
    candidates, contacts = (
        someone.get(f"{path}/{kind}").text for kind in ("candidates", "contacts")
    )
    assert "1–25 of 25" in candidates
    assert "opted out" in candidates
    assert "1–3 of 3" in contacts


def test_an_old_mailing_pages_its_recipients(browse: As, ids: dict[str, int]) -> None:
    path = f"/campaigns/{ids['Nieuwsbrief voorjaar']}/candidates"
    page = browse("recruiter").get(f"{path}?page=3").text
    assert "101–140 of 140" in page
