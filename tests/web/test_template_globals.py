"""What the host's own pages show of us."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.usecases.accounts import activation
from tests.support.browser import Page
from tests.support.factories import SENT_AT, create_event, create_mailing, create_recipient

Show = Callable[[str], Page]


@pytest.fixture
def template_values() -> dict[str, object]:
    return {
        "ada": PersonRef(PersonKind.CANDIDATE, "1"),
        "bob": PersonRef(PersonKind.CANDIDATE, "2"),
        "stranger": PersonRef(PersonKind.CONTACT, "1"),
        "nobody": PersonRef(PersonKind.CONTACT, "9"),
    }


def test_the_tab_brings_its_style_and_script_once(show: Show, campaign: str) -> None:
    page = show(f"{{{{ cxmc_tab({campaign}) }}}}{{{{ cxmc_toasts() }}}}{{{{ cxmc_tab('1') }}}}")
    assert len(page.elements("link")) == len(page.elements("script")) == 1
    assert "Create and send" in page.buttons()
    assert page.panel_attributes["class"] == "cxmc"


def test_the_tab_is_there_for_those_who_may_see_it(
    show: Show, client: FlaskClient, host: MemoryHost, services: Services, campaign: str
) -> None:
    line = f"{{{{ cxmc_tab_visible('{campaign}') }}}} {{{{ cxmc_enabled() }}}}"
    assert show(line).text == "True True"
    assert show("{{ cxmc_tab_visible('404') }}").text == "False"
    host.login("intern")
    assert show(line).text == "False True"
    host.login(None)
    assert show(line).text == "False True"
    host.login("recruiter")
    activation.deactivate(services, host.users["admin"][0])
    assert show(line).text == "False False"


def test_a_hidden_tab_is_no_page(
    app: Flask, client: FlaskClient, host: MemoryHost, campaign: str
) -> None:
    app.add_url_rule("/t", "t", lambda: render_template_string("{{ cxmc_tab('1') }}"))
    host.login("intern")
    assert client.get("/t").status_code == 404


def test_the_settings_block_is_for_who_may_activate(
    show: Show, host: MemoryHost, campaign: str
) -> None:
    assert show("{{ cxmc_settings() }}").text == ""
    host.login("admin")
    page = show("{{ cxmc_settings() }}")
    assert "enableMailChimp YES" in page.text
    assert "Deactivate" in page.buttons()
    label = next(a for a in page.elements("label") if a.get("for") == "cxmc-enabled")
    assert label
    assert page.elements("output")[0]["id"] == "cxmc-enabled"


def test_activities_of_a_campaign_and_of_a_person(
    show: Show, connected: Services, host: MemoryHost, campaign: str
) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    row = create_recipient(connected, mailing, name="Ada", person_kind="candidate", person_id="1")
    create_event(connected, mailing, row, EventStatus.SENT, SENT_AT)
    create_event(connected, mailing, row, EventStatus.CLICKED, SENT_AT + 60)
    person = show("{{ cxmc_activities(ada) }}")
    assert person.text.rindex("Clicked") < person.text.rindex("Sent")
    assert f"(campaign {campaign})" in person.text
    assert f"https://jobs.example/{SENT_AT + 60}" in person.text
    assert host.tab_url(campaign) in {a["href"] for a in person.elements("a")}
    whole = show(f"{{{{ cxmc_campaign_activities('{campaign}') }}}}")
    links = {a["href"] for a in whole.elements("a")}
    assert "/candidates/1" in links
    assert host.tab_url(campaign) not in links, "the page is that of the campaign"
    assert f"(campaign {campaign})" not in whole.text
    assert "No MailChimp activities yet." in show("{{ cxmc_activities(nobody) }}").text


def test_a_timeline_names_campaigns_by_title_and_spares_readers_a_uuid(
    show: Show, connected: Services, host: MemoryHost, campaign: str
) -> None:
    ref = "0198c2f4-6a3e-7d11-9f6b-2b8a0c5d4e77"
    host.campaigns[ref] = host.campaigns[campaign]
    mailing = create_mailing(connected, ref, "sent", campaign_title="Spring")
    row = create_recipient(connected, mailing, person_kind="candidate", person_id="1")
    create_event(connected, mailing, row, EventStatus.SENT, SENT_AT)
    page = show("{{ cxmc_activities(ada) }}")
    assert "Spring" in page.text
    assert ref not in page.text


def test_no_link_leads_where_the_viewer_may_not_go(
    show: Show, connected: Services, host: MemoryHost, campaign: str
) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    row = create_recipient(connected, mailing, person_kind="candidate", person_id="1")
    create_event(connected, mailing, row, EventStatus.SENT, SENT_AT)
    host.login("intern")
    page = show("{{ cxmc_activities(ada) }}")
    assert "Sent" in page.text
    assert {a["href"].partition("?")[0] for a in page.elements("a")} == {"/host"}


@pytest.mark.parametrize("slot", ["cxmc_activities(ada)", "cxmc_campaign_activities('1')"])
def test_activities_can_be_narrowed_to_one_kind(
    show: Callable[..., Page], connected: Services, campaign: str, slot: str
) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    row = create_recipient(connected, mailing, name="Ada", person_kind="candidate", person_id="1")
    for n in range(30):
        create_event(connected, mailing, row, EventStatus.OPENED, SENT_AT + n)
    create_event(connected, mailing, row, EventStatus.CLICKED, SENT_AT + 60)
    line = f"{{{{ {slot} }}}}"
    clicks = show(line, "?cxmc_kind=clicked")
    assert clicks.text.count("ago (") == 1
    assert "https://jobs.example/" in clicks.text
    chosen = [a["href"] for a in clicks.elements("a") if a.get("aria-current")]
    assert chosen == ["/host?cxmc_kind=clicked"]
    opens = show(line, "?cxmc_kind=opened")
    assert opens.text.count("ago (") == 25
    (older,) = [a["href"] for a in opens.elements("a") if a.get("rel") == "next"]
    assert show(line, older.removeprefix("/host")).text.count("ago (") == 5
    assert "No activities of this kind." in show(line, "?cxmc_kind=bounced").text
    assert show(line, "?cxmc_kind=rubbish").text.count("ago (") == 25


@pytest.mark.parametrize("slot", ["cxmc_activities(ada)", "cxmc_campaign_activities(ref)"])
def test_links_of_a_timeline_lead_to_the_page_they_are_on(
    show: Callable[..., Page], connected: Services, campaign: str, slot: str
) -> None:
    """The Host may be served under a prefix."""
    mailing = create_mailing(connected, campaign, "sent")
    row = create_recipient(connected, mailing, person_kind="candidate", person_id="1")
    for n in range(60):
        create_event(connected, mailing, row, EventStatus.OPENED, SENT_AT + n)
    line = f"{{% set ref = '{campaign}' %}}{{{{ {slot} }}}}"
    links = [a["href"] for a in show(line, prefix="/crm").elements("a") if "?cxmc_" in a["href"]]
    assert len(links) > 5
    assert all(link.startswith("/crm/host?cxmc_") for link in links), links


def test_the_activities_of_a_campaign_are_nothing_to_who_may_not_see_it(
    show: Callable[..., Page], connected: Services, host: MemoryHost, campaign: str
) -> None:
    create_mailing(connected, campaign, "sent")
    line = f"{{{{ cxmc_campaign_activities('{campaign}') }}}}"
    assert show(line).text
    host.login(None)
    assert not show(line).text


def test_older_activities_follow_without_a_gap_or_a_repeat(
    show: Callable[..., Page], connected: Services, campaign: str
) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    for n in range(60):
        row = create_recipient(connected, mailing, name=f"N{n:02}")
        create_event(connected, mailing, row, EventStatus.OPENED, SENT_AT + n // 2)
    line, query, seen = f"{{{{ cxmc_campaign_activities('{campaign}') }}}}", "", []
    while True:
        page = show(line, query)
        seen += re.findall(r"N\d\d", page.text)
        older = [a["href"] for a in page.elements("a") if a.get("rel") == "next"]
        if not older:
            break
        query = older[0].removeprefix("/host")
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == 60


def test_statuses_are_words_by_person(show: Show, connected: Services, campaign: str) -> None:
    mailing = create_mailing(connected, campaign, "sent")
    create_recipient(
        connected, mailing, person_kind="candidate", person_id="1", status=EventStatus.CLICKED
    )
    create_recipient(
        connected, mailing, person_kind="candidate", person_id="2", reason=ExclusionReason.OPTED_OUT
    )
    page = show(
        f"{{% set s = cxmc_statuses('{campaign}', [ada, bob, stranger]) %}}"
        "{{ s[ada] }}|{{ s[ada].name }}|{{ s[bob] }}|{{ stranger in s }}"
    )
    assert page.text == "Clicked|clicked|In the group “MailChimp opt-out”|False"


def test_before_creation_nobody_has_a_status(show: Show, campaign: str) -> None:
    assert show(f"{{{{ cxmc_statuses('{campaign}', [ada]) | length }}}}").text == "0"
