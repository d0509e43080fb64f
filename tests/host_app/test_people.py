"""Candidates and Contacts: who is found, what a person's page shows and keeps."""

import re
from collections.abc import Callable

from host_app.seed_names import NOTES
from tests.host_app.conftest import Browser

As = Callable[[str], Browser]


def names(page: str) -> list[str]:
    return re.findall(r'aria-label="Select ([^"]+)"', page)[1:]


def found(page: str) -> int:
    told = re.search(r"(\d+)–(\d+) of (\d+)|0 found", page)
    assert told
    return int(told[3] or 0)


def test_the_lists_hold_the_people_of_the_seed_fifty_to_a_page(browse: As) -> None:
    someone = browse("intern")
    first = someone.get("/candidates").text
    assert found(first) == 320
    assert len(names(first)) == 50
    assert found(someone.get("/contacts").text) == 90
    last = someone.get("/candidates?page=999").text
    assert len(names(last)) == 20
    assert set(names(first)).isdisjoint(names(last)[-1:])


def test_each_word_of_the_search_must_match_and_wildcards_are_plain_letters(browse: As) -> None:
    someone = browse("recruiter")
    page = someone.get("/candidates?q=van+der").text
    assert names(page)
    assert all("van der" in name for name in names(page))
    assert found(someone.get("/candidates?q=%25").text) == 0
    assert found(someone.get("/candidates?q=_").text) == 0


def test_the_group_line_splits_the_list_into_members_and_others(browse: As) -> None:
    someone = browse("recruiter")
    page = someone.get("/candidates").text
    group = re.search(r'<option value="(\d+)">MailChimp opt-out', page)
    assert group
    inside = found(someone.get(f"/candidates?group={group[1]}&condition=is").text)
    outside = found(someone.get(f"/candidates?group={group[1]}&condition=is+not").text)
    assert inside == 4
    assert inside + outside == 320


def test_the_status_line_narrows_the_list_and_further_pages_keep_it(browse: As) -> None:
    someone = browse("recruiter")
    page = someone.get("/candidates?status=Available").text
    assert 50 < found(page) < 320
    assert "status=Available" in page.split('rel="next"')[1].split(">")[0]


def test_opted_out_people_are_shown_as_such_on_the_first_page(browse: As) -> None:
    someone = browse("recruiter")
    assert "opted out" in someone.get("/candidates").text
    assert "opted out" in someone.get("/contacts").text


def test_a_person_is_saved_and_the_address_key_follows(browse: As) -> None:
    someone = browse("recruiter")
    form = {"first_name": "Kees", "prefix": "van", "last_name": "Dam", "status": "Placed"}
    told = someone.flash_messages(
        someone.post("/candidates/15", email=" Kees@Postvak.Example ", **form)
    )
    assert told == "Saved."
    assert "Kees van Dam" in someone.get("/candidates/15").text
    assert found(someone.get("/candidates?q=kees@postvak.example").text) == 1


def test_a_person_without_a_last_name_is_refused(browse: As) -> None:
    answer = browse("recruiter").post("/candidates/15", last_name=" ", status="Placed")
    assert answer.status_code == 422
    assert "Enter at least a last name" in answer.text


def test_a_person_joins_a_group_once_and_leaves_it(browse: As) -> None:
    someone = browse("recruiter")
    group = re.search(r'<option value="(\d+)">MailChimp opt-out', someone.get("/candidates/2").text)
    assert group
    for _ in range(2):
        told = someone.flash_messages(someone.post("/candidates/2/groups", group=group[1]))
        assert "is in the group “MailChimp opt-out”" in told
    page = someone.get("/candidates/2").text
    assert page.count("Remove from MailChimp opt-out") == 1
    assert "by Sanne de Wit" in page
    someone.post(f"/candidates/2/groups/{group[1]}/leave")
    assert "Remove from MailChimp opt-out" not in someone.get("/candidates/2").text


def test_a_group_of_the_other_kind_takes_nobody(browse: As) -> None:
    someone = browse("recruiter")
    page = someone.get("/contacts/321").text
    contacts_only = re.search(r'<option value="(\d+)">Christmas card', page)
    assert contacts_only
    assert someone.post("/candidates/2/groups", group=contacts_only[1]).status_code == 404


def test_a_candidate_is_not_found_among_the_contacts(browse: As) -> None:
    assert browse("recruiter").get("/contacts/2").status_code == 404


def test_activities_show_the_contact_moments(browse: As) -> None:
    someone = browse("recruiter")
    pages = [someone.get(f"/candidates/{n}/activities") for n in range(1, 12)]
    assert {page.status_code for page in pages} == {200}
    assert any(text in page.text for page in pages for _, text in NOTES)
