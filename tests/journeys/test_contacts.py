"""Contacts at MailChimp: tags that go, opt-outs that arrive as chosen, limits of mails and of cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cxmc_ext.standin.models import subscriber_hash
from tests.journeys.crm_actions import (
    add_candidates,
    mail_candidates,
    send_now,
    wait_until_sent,
)
from tests.journeys.crm_database import Candidate, candidates, query
from tests.journeys.passing_time import HOUR, YEAR, pass_time
from tests.support.demo_process import DemoProcess
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("connected")]

SignIn = Callable[..., Page]
CHOICE = "People who opt out in the CRM"


@pytest.fixture(scope="module")
def demo_settings() -> Mapping[str, str]:
    """One mailing per person in seven days."""
    return {"CXMC_FREQUENCY_CAP": "1"}


@dataclass(frozen=True)
class People:
    """Candidates by what becomes of them. Everybody but the last two gets the first campaign."""

    off: Candidate
    unsubscribed: Candidate
    archived: Candidate
    regular: Candidate
    later: Candidate
    too_many: Candidate


@pytest.fixture(scope="module")
def people(demo: DemoProcess) -> People:
    return People(*candidates(demo.folder, 6))


@dataclass(frozen=True)
class Audience:
    """Our audience at MailChimp, read through its API."""

    demo: DemoProcess

    def member(self, person: Candidate) -> dict[str, Any]:
        """{}: MailChimp does not know the address."""
        return self.demo.read_api(f"{self.path}/members/{subscriber_hash(person.address)}")

    def statuses(self, *people: Candidate) -> list[str]:
        return [self.member(person).get("status", "") for person in people]

    def tags(self, *people: Candidate) -> set[str]:
        return {tag["name"] for person in people for tag in self.member(person)["tags"]}

    def segments(self) -> list[str]:
        return [row["name"] for row in self.demo.read_api(f"{self.path}/segments")["segments"]]

    @property
    def path(self) -> str:
        ((list_id,),) = query(self.demo.folder, "SELECT list_id FROM cxmc_account")
        return f"/lists/{list_id}"


@pytest.fixture(scope="module")
def audience(demo: DemoProcess) -> Audience:
    return Audience(demo)


def mailed(demo: DemoProcess, subject: str) -> list[str]:
    return sorted(mail["address"] for mail in demo.outbox(subject))


def change_settings(page: Page, *, limit: int | None = None, choice: str = "") -> None:
    page.goto("/cxmc/account")
    if limit is not None:
        page.get_by_label("Contacts that your plan allows").fill(str(limit))
    if choice:
        page.get_by_label(CHOICE).select_option(label=choice)
    page.get_by_role("region", name="MailChimp").get_by_role("button", name="Save").click()
    expect(page.get_by_text("The settings were saved.")).to_be_visible()


def expect_in_audit(page: Page, action: str, details: str) -> None:
    page.goto("/cxmc/control/audit")
    row = page.get_by_role("row").filter(has_text=action).filter(has_text=details)
    expect(row.first).to_be_visible()


def opt_out(page: Page, person: Candidate) -> None:
    """By hand, in the CRM."""
    page.goto(f"/candidates/{person.id}")
    page.get_by_label("Group", exact=True).select_option(label="MailChimp opt-out")
    page.get_by_role("button", name="Add to group").click()
    expect(page.get_by_text("opted out").first).to_be_visible()


def test_an_hour_after_sending_no_tag_of_ours_is_left(
    sign_in: SignIn, demo: DemoProcess, people: People, audience: Audience
) -> None:
    chosen = (people.off, people.unsubscribed, people.archived, people.regular)
    page = sign_in("recruiter")
    names = [person.name for person in chosen]
    campaign = mail_candidates(page, demo.folder, names, "Voor iedereen")
    assert mailed(demo, "Voor iedereen") == sorted(person.address for person in chosen)
    assert len(audience.tags(*chosen)) == 1, "the campaign's own segment"
    pass_time(demo, HOUR)
    wait_until(lambda: not audience.segments(), 120, "the segment is deleted")
    assert audience.tags(*chosen) == set()
    assert audience.statuses(*chosen) == ["subscribed"] * 4
    page.goto(f"/cxmc/campaigns/{campaign}/recipients")
    for person in chosen:
        expect(page.get_by_role("row", name=person.address)).to_be_visible()


@pytest.mark.parametrize(
    ("choice", "who", "expected", "recorded"),
    [
        ("Stay as they are in MailChimp", "off", ["subscribed"] * 3, ""),
        (
            "Are unsubscribed in MailChimp",
            "unsubscribed",
            ["unsubscribed", "unsubscribed", "subscribed"],
            "unsubscribe: 2",
        ),
        (
            "Are archived in MailChimp",
            "archived",
            ["unsubscribed", "unsubscribed", "archived"],
            "archive: 1",
        ),
    ],
    ids=["off", "unsubscribe", "archive"],
)
def test_an_opt_out_of_the_crm_reaches_mailchimp_as_chosen(
    sign_in: SignIn,
    demo: DemoProcess,
    people: People,
    audience: Audience,
    choice: str,
    who: str,
    expected: list[str],
    recorded: str,
) -> None:
    admin, recruiter = sign_in("admin"), sign_in("recruiter")
    change_settings(admin, choice=choice)
    expect(admin.get_by_label(CHOICE).locator("option:checked")).to_have_text(choice)
    opt_out(recruiter, getattr(people, who))
    pass_time(demo, HOUR)
    three = (people.off, people.unsubscribed, people.archived)
    wait_until(lambda: audience.statuses(*three) == expected, 120, "it reached MailChimp")
    assert audience.statuses(people.regular) == ["subscribed"]
    if recorded:
        forwarded = "SELECT count(*) FROM cxmc_audit WHERE subject = ?"
        wait_until(lambda: query(demo.folder, forwarded, recorded) == [(1,)], 60, "it is recorded")
        expect_in_audit(admin, "Bring opt-outs to MailChimp", recorded)
    else:
        assert query(demo.folder, "SELECT id FROM cxmc_operation WHERE kind = 'forwarding'") == []


def test_who_was_mailed_lately_is_left_out_unless_it_is_sent_anyway(
    sign_in: SignIn, demo: DemoProcess, people: People
) -> None:
    page = sign_in("recruiter")
    names = [people.regular.name, people.later.name, people.archived.name]
    campaign = add_candidates(page, names, "Nog een keer")
    expect(page.get_by_role("link", name="Mailed too often lately")).to_be_visible()
    expect(page.get_by_text("Left out otherwise: Mailed 1 time in 7 days.")).to_be_visible()
    send_now(page)
    wait_until_sent(page, demo.folder, campaign)
    assert mailed(demo, "Nog een keer") == [people.later.address]
    page.goto(f"/cxmc/campaigns/{campaign}/recipients?reason=left")
    row = page.get_by_role("row", name=people.regular.address)
    expect(row).to_contain_text("Mailed 1 time in 7 days")
    row = page.get_by_role("row", name=people.archived.address)
    expect(row).to_contain_text("In the group “MailChimp opt-out”")
    page = sign_in("recruiter")
    campaign = add_candidates(page, [people.regular.name], "Toch")
    page.get_by_label("Send anyway").check()
    page.get_by_role("button", name="Create and send").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Send to 1 person?")
    dialog.get_by_role("button", name="Send now").click()
    wait_until_sent(page, demo.folder, campaign)
    assert mailed(demo, "Toch") == [people.regular.address]
    expect_in_audit(sign_in("admin"), "Also mail people over the frequency cap", "Toch")


def test_a_send_over_the_limit_is_stopped_before_anybody_is_added(
    sign_in: SignIn, demo: DemoProcess, people: People, audience: Audience
) -> None:
    admin, page = sign_in("admin"), sign_in("recruiter")
    used, segments = used_contacts(admin), audience.segments()
    change_settings(admin, limit=used)
    campaign = add_candidates(page, [people.too_many.name], "Te veel")
    over = page.get_by_text(f"Adds 1 contact; {used} of {used} used")
    expect(over).to_be_visible()
    page.get_by_role("button", name="Create and send").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Adds 1 contact; {used} of {used} used")
    dialog.get_by_role("button", name="Send now").click()
    stopped = f"New contacts: 1; used: {used} of {used}."
    expect(page.get_by_text(stopped)).to_be_visible()
    expect(page.get_by_text("Archive contacts that are not mailed, or raise")).to_be_visible()
    assert audience.member(people.too_many) == {}
    assert audience.segments() == segments
    titles = [row["settings"]["title"] for row in demo.read_api("/campaigns")["campaigns"]]
    assert not [title for title in titles if title.startswith("Te veel")]
    change_settings(admin, limit=used + 1)
    page.get_by_role("button", name="Check again").click()
    page.get_by_role("dialog").get_by_role("button", name="Check and send").click()
    wait_until_sent(page, demo.folder, campaign)
    assert mailed(demo, "Te veel") == [people.too_many.address]
    assert used_contacts(admin) == used + 1


def used_contacts(page: Page) -> int:
    """As the page of the account says."""
    page.goto("/cxmc/account")
    text = page.locator("#cxmc-contact-limit-hint").inner_text()
    return int(text.split()[0].replace(",", ""))


def test_contacts_unused_for_a_year_are_archived_and_restored_when_mailed_again(
    sign_in: SignIn, demo: DemoProcess, people: People, audience: Audience
) -> None:
    page = sign_in("admin")
    used = used_contacts(page)
    pass_time(demo, YEAR)
    unused = (people.regular, people.later, people.too_many)
    page.goto("/cxmc/control")
    page.get_by_role("link", name="Contacts", exact=True).last.click()
    expect(page.get_by_text("3 contacts cost money and are not mailed")).to_be_visible()
    for person in unused:
        expect(page.get_by_role("row", name=person.address)).to_be_visible()
    page.get_by_role("button", name="Archive …").click()
    expect(page.get_by_text("Archive 3 contacts?")).to_be_visible()
    page.get_by_role("button", name="Yes, archive").click()
    expect(page.get_by_text("3 contacts were archived last time.")).to_be_visible()
    expect(page.get_by_text("There is nothing to archive.")).to_be_visible()
    assert audience.statuses(*unused) == ["archived"] * 3
    assert audience.statuses(people.off, people.unsubscribed) == ["unsubscribed"] * 2
    assert used_contacts(page) == used - 3
    expect_in_audit(page, "Archive unused contacts", "")
    mail_candidates(sign_in("recruiter"), demo.folder, [people.regular.name], "Na een jaar")
    assert mailed(demo, "Na een jaar") == [people.regular.address]
    assert audience.statuses(*unused) == ["subscribed", "archived", "archived"]
    assert used_contacts(page) == used - 2
    assert demo.raised_addresses() == []
