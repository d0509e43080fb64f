"""Candidates and Contacts: the lists with their filters, and the pages of a person."""

import re
from collections.abc import Callable

from host_app.seed_names import NOTES
from tests.host_app.conftest import Browser

LogInAs = Callable[[str], Browser]


def names(page: str) -> list[str]:
    return re.findall(r'aria-label="Select ([^"]+)"', page)[1:]


def count_found(page: str) -> int:
    match = re.search(r"(\d+)–(\d+) of (\d+)|0 found", page)
    assert match
    return int(match[3] or 0)


def test_the_lists_have_the_people_of_the_seed_data_in_pages_of_fifty(log_in_as: LogInAs) -> None:
    browser = log_in_as("intern")
    first = browser.get("/candidates").text
    assert count_found(first) == 320
    assert len(names(first)) == 50
    assert count_found(browser.get("/contacts").text) == 90
    last = browser.get("/candidates?page=999").text
    assert len(names(last)) == 20
    assert set(names(first)).isdisjoint(names(last)[-1:])


def test_every_word_of_the_search_must_match_and_wildcards_are_ordinary_characters(
    log_in_as: LogInAs,
) -> None:
    browser = log_in_as("recruiter")
    page = browser.get("/candidates?q=van+der").text
    assert names(page)
    assert all("van der" in name for name in names(page))
    assert count_found(browser.get("/candidates?q=%25").text) == 0
    assert count_found(browser.get("/candidates?q=_").text) == 0


def test_the_group_filter_separates_members_from_others(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    page = browser.get("/candidates").text
    group = re.search(r'<option value="(\d+)">MailChimp opt-out', page)
    assert group
    inside = count_found(browser.get(f"/candidates?group={group[1]}&condition=is").text)
    outside = count_found(browser.get(f"/candidates?group={group[1]}&condition=is+not").text)
    assert inside == 4
    assert inside + outside == 320


def test_the_status_filter_is_kept_on_further_pages(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    page = browser.get("/candidates?status=Available").text
    assert 50 < count_found(page) < 320
    assert "status=Available" in page.split('rel="next"')[1].split(">")[0]


def test_opted_out_people_on_the_first_page_are_marked(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    assert "opted out" in browser.get("/candidates").text
    assert "opted out" in browser.get("/contacts").text


def test_saving_a_person_updates_the_email_key(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    form = {"first_name": "Kees", "prefix": "van", "last_name": "Dam", "status": "Placed"}
    message = browser.flash_messages(
        browser.post("/candidates/15", email=" Kees@Postvak.Example ", **form)
    )
    assert message == "Saved."
    assert "Kees van Dam" in browser.get("/candidates/15").text
    assert count_found(browser.get("/candidates?q=kees@postvak.example").text) == 1


def test_a_person_without_a_last_name_is_refused(log_in_as: LogInAs) -> None:
    answer = log_in_as("recruiter").post("/candidates/15", last_name=" ", status="Placed")
    assert answer.status_code == 422
    assert "Enter a last name" in answer.text


def test_a_person_joins_a_group_once_and_leaves_it(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    group = re.search(r'<option value="(\d+)">MailChimp opt-out', browser.get("/candidates/2").text)
    assert group
    for _ in range(2):
        message = browser.flash_messages(browser.post("/candidates/2/groups", group=group[1]))
        assert "is in the group “MailChimp opt-out”" in message
    page = browser.get("/candidates/2").text
    assert page.count("Remove from MailChimp opt-out") == 1
    assert "by Sanne de Wit" in page
    browser.post(f"/candidates/2/groups/{group[1]}/leave")
    assert "Remove from MailChimp opt-out" not in browser.get("/candidates/2").text


def test_nobody_can_join_a_group_of_the_other_kind(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    page = browser.get("/contacts/321").text
    contacts_only = re.search(r'<option value="(\d+)">Christmas card', page)
    assert contacts_only
    assert browser.post("/candidates/2/groups", group=contacts_only[1]).status_code == 404


def test_a_candidate_is_not_found_among_the_contacts(log_in_as: LogInAs) -> None:
    assert log_in_as("recruiter").get("/contacts/2").status_code == 404


def test_activities_show_the_contact_moments(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    pages = [browser.get(f"/candidates/{n}/activities") for n in range(1, 12)]
    assert {page.status_code for page in pages} == {200}
    assert any(text in page.text for page in pages for _, text in NOTES)
