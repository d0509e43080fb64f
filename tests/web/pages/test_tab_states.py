"""Every state of a campaign has its panel, its words and its buttons."""

from typing import Any

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.messages.account import NO_TEMPLATES
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import OPT_OUT_TAG, Right
from cxmc_ext.domain.rules.sync_intervals import HOUR
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.accounts import activation
from tests.support.browser import Browser
from tests.support.factories import REPORT, SENT_AT, create_mailing, create_operation

_WHY = [{"code": "check_domain", "detail": "Verify cedarstaffing.example.", "values": {}}]

SETTLED = [
    ("not_ready", {"problems": _WHY}, "Not ready to send", {"Check again", "Delete campaign"}),
    ("attention", {"problems": _WHY}, "Needs attention", {"Try again", "Delete campaign"}),
    ("preparing", {}, "The work stopped before it was finished.", {"Try again"}),
    ("send_intent", {"send_intent_at": 1}, "Needs attention", {"Try again"}),
    (
        "scheduled",
        {"schedule_at": SENT_AT},
        "Scheduled for Fri 20 Nov 2026, 09:00 CET",
        {"Unschedule", "Delete campaign", "Open in MailChimp"},
    ),
    ("in_mailchimp", {}, "Ready in MailChimp", {"Open in MailChimp", "Update now"}),
    ("cancelled", {}, "Cancelled in MailChimp", {"Open in MailChimp"}),
    ("sending", {}, "Reports for Campaign Sending", {"Update now"}),
    ("sent", {}, "Reports for Campaign Sent", {"Open in MailChimp", "Update now", "Export CSV"}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("state", "values", "said", "buttons"), SETTLED)
def test_each_settled_state_has_its_panel(
    connected: Services,
    campaign: str,
    browser: Browser,
    state: str,
    values: dict[str, object],
    said: str,
    buttons: set[str],
) -> None:
    create_operation(connected, create_mailing(connected, campaign, state, **values), state="done")
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert said in page.text
    assert buttons <= page.buttons()


@pytest.mark.parametrize("state", [row[0] for row in SETTLED])
def test_somebody_who_may_only_look_gets_no_button_that_changes_a_mailing(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost, state: str
) -> None:
    host.users["recruiter"] = (host.users["recruiter"][0], frozenset({Right.TAB}))
    create_mailing(connected, campaign, state, schedule_at=SENT_AT)
    asked = {a["action"].rpartition("/")[2] for a in _forms(browser, campaign)}
    assert asked <= {"update"}


def test_the_form_is_predefined_by_title_and_user(campaign: str, browser: Browser) -> None:
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert page.field("subject")["value"] == "Vacatures week 48"
    assert page.field("from_name")["value"] == "Rosa Recruiter"
    assert page.field("from_email")["value"] == "recruiter@cedarstaffing.example"
    assert {"Create and send", "Create and schedule", "Refresh"} <= page.buttons()
    labels = [w for w in page.text_parts if w in {"Subject", "From name", "From email", "Template"}]
    assert labels == ["Subject", "From name", "From email", "Template"]


def test_from_name_and_from_email_are_remembered_from_the_last_mailing(
    connected: Services, host: MemoryHost, campaign: str, browser: Browser
) -> None:
    other = create_mailing(connected, "99", "sent", from_name="Team Zorg", from_email="z@b.example")
    create_operation(connected, other, state="done", actor_id="recruiter")
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert page.field("from_name")["value"] == "Team Zorg"
    assert page.field("from_email")["value"] == "z@b.example"


def test_the_form_counts_who_receives_it_and_who_does_not(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    nobody = host.add_person("")
    broken = host.add_person("nobody at home")
    again = host.add_person("P0@people.example")
    gone = host.add_person("gone@people.example")
    quiet = host.add_person("quiet@people.example", mailed_despite_no_mailing=True)
    host.add_to_campaign(campaign, nobody, broken, again, gone, quiet)
    host.opt_out("NoMailChimpMailingsTag", [gone], "test")
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text
    assert "6 will receive it" in text
    assert "4 people are left out:" in text
    assert "In the group “MailChimp opt-out” 1" in text
    assert "Shares an address with another recipient 1" in text
    assert "1 recipient is in a NoMailing group." in text
    asked = browser.submit(
        f"/cxmc/campaigns/{campaign}/send",
        subject="News",
        from_name="Rosa",
        from_email="rosa@cedarstaffing.example",
        template_id="10001",
    )
    assert "Send to 6 people?" in asked.text


def test_a_huge_campaign_is_counted_only_so_far(
    campaign: str, browser: Browser, host: MemoryHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cxmc_ext.usecases.screens.eligibility.MAX_COUNTED", 3)
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text
    assert "> 3 will receive it" in text
    assert "more than 3 will receive it" in text


def test_templates_of_the_new_builder_are_shown_but_not_offered(
    campaign: str, browser: Browser
) -> None:
    options = [
        a
        for a in browser.open_page(f"/cxmc/campaigns/{campaign}").elements("option")
        if a.get("value")
    ]
    by_id = {
        option["value"]: "disabled" in option for option in options if option["value"].isdigit()
    }
    assert by_id["10004"] is True
    assert by_id["10001"] is False


def test_an_unverified_domain_is_told_before_anything_is_created(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    create_mailing(connected, campaign, "none", from_email="me@unknown.example", frozen_at=None)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "unknown.example is not verified yet" in page.text
    assert {"Send verification e-mail", "Verify domain"} <= page.buttons()


def test_free_mail_is_told_that_it_cannot_be_verified(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "none", from_email="me@gmail.com", frozen_at=None)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "gmail.com is a free e-mail domain and cannot be verified" in page.text
    assert "Verify domain" not in page.buttons()


def test_a_missing_opt_out_group_is_told_with_its_tag(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    host.groups.clear()
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "The group of people who opted out is missing, so nothing is sent." in page.text
    assert f"“{OPT_OUT_TAG}”" in page.text


def test_the_template_of_a_created_campaign_is_fixed_and_says_why(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "not_ready", problems=_WHY)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "disabled" in next(a for a in page.elements("select") if a["id"] == "cxmc-template_id")
    assert "MailChimp keeps the template of a created campaign." in page.text
    assert "Verify cedarstaffing.example." in page.text


def test_the_report_shows_totals_rates_hours_links_and_statuses(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(
        connected,
        campaign,
        "sent",
        report=REPORT,
        sent_at=SENT_AT,
        sync_interval_index=1,
        last_sync_at=connected.clock() - 300,
        next_sync_at=connected.clock() + HOUR,
        counts={"reason": {}, "status": {"sent": 135, "opened": 174, "clicked": 91}},
        count_differences={"opened": [598, 611]},
    )
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    for said in (
        "Opened 268 65.0 %",
        "Clicked 91 22.1 %",
        "5 hard, 4 soft",
        "Last update 5 minutes ago",
        "currently every 1 hour",
        "Opened 598 of 611",
        "javascript:alert(1)",
    ):
        assert said in page.text
    assert "https://jobs.example/a" in {a.get("href") for a in page.elements("a")}
    assert not [a for a in page.elements("a") if a.get("href", "").startswith("javascript")]
    hours = page.elements("g")
    assert len(hours) == 12, "half a day is drawn, hours without opens too"
    assert page.text.count("opens, ") == 12
    assert "74 opens, 21 clicks" in page.text
    assert "9 opens, 2 clicks" in page.text


def test_the_report_begins_with_one_sentence_and_says_what_was_sent(
    connected: Services, campaign: str, browser: Browser
) -> None:
    average = {"list_stats": {"open_rate": 38.2, "click_rate": 6.4}}
    create_mailing(
        connected, campaign, "sent", report={**REPORT, **average}, sent_at=SENT_AT,
        template_name="Support", from_name="Els", counts={"reason": {}, "status": {"opened": 174}},
    )  # fmt: skip
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text.replace("\xa0", " ")
    assert "268 of 412 opened it, 91 clicked." in text
    assert "The average of your audience is 38.2 % opened and 6.4 % clicked." in text
    assert "Delivered 403 (97.8 %)" in text
    assert "Template Support" in text
    assert "Furthest step per person" in text
    assert "marked the mail as spam" not in text


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"abuse_reports": 1}, "0.2 % marked the mail as spam; MailChimp accepts up to 0.1 %."),
        (
            {"bounces": {"hard_bounces": 21, "soft_bounces": 0}},
            "5.1 % of the mails bounced for good; MailChimp accepts up to 5.0 %.",
        ),
    ],
)
def test_a_rate_above_the_limit_of_mailchimp_is_a_warning(
    connected: Services, campaign: str, browser: Browser, changes: dict[str, Any], warning: str
) -> None:
    create_mailing(connected, campaign, "sent", report={**REPORT, **changes}, sent_at=SENT_AT)
    text = browser.open_page(f"/cxmc/campaigns/{campaign}").text.replace("\xa0", " ")
    assert warning in text


def test_without_a_key_the_notice_leads_to_the_settings(
    services: Services, queue: ManualQueue, host: MemoryHost, browser: Browser
) -> None:
    activation.request_activation(services, Press(host.users["admin"][0], "nonce-1"))
    queue.run_all()
    ref = host.add_campaign()
    host.login("admin")
    page = browser.open_page(f"/cxmc/campaigns/{ref}")
    assert NO_TEMPLATES in page.text
    assert "press the settings icon" in page.text
    assert {"Settings", "Refresh"} <= page.buttons()


def test_an_account_without_templates_gets_the_notice_and_no_form(
    connected: Services, campaign: str, browser: Browser
) -> None:
    connected.session().execute(update(Account).values(templates=[]))
    connected.session().commit()
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert NO_TEMPLATES in page.text
    assert "Create and send" not in page.buttons()
    assert "Settings" not in page.buttons(), "the recruiter may not configure"


def test_open_settings_show_the_key_by_its_end_only(
    campaign: str, browser: Browser, host: MemoryHost
) -> None:
    host.login("admin")
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/settings")
    assert "Initialize" in page.buttons()
    assert "API key" in page.text_parts
    assert "ends in" in page.text
    assert page.field("key").get("value") is None


def _forms(browser: Browser, campaign: str) -> list[dict[str, str]]:
    forms = browser.open_page(f"/cxmc/campaigns/{campaign}").elements("form")
    return [form for form in forms if form["method"] == "post"]
