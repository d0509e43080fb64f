"""The design of an existing campaign instead of a template, in accounts with templates of the new builder."""

from typing import Any

import pytest

from cxmc_ext.domain.errors import Invalid
from cxmc_ext.standin.models import Campaign
from cxmc_ext.standin.service import handmade
from cxmc_ext.usecases.accounts import details
from cxmc_ext.usecases.sending import test_mail_requests
from tests.support.databases import on_both
from tests.support.factories import send_order
from tests.support.recruiter import Recruiter

pytestmark = on_both

HTML = '<h1>Nieuws</h1><p>Dag *|FNAME|*, <a href="https://a.example/1">lees</a></p>*|UNSUB|*'


@pytest.fixture
def design(recruiter: Recruiter) -> Campaign:
    """A sent campaign that was made with the new builder, in an account with nothing else."""
    account, audience = recruiter.remote_account, recruiter.audience
    for template in account.templates.values():
        template.content_type = "multichannel"
    state = recruiter.standin.state
    campaign = handmade.send(
        state, account, audience, "Nieuws van mei", "Mei", "regular", state.clock.now()
    )
    campaign.html, campaign.content_type = HTML, "multichannel"
    campaign.tracking = {"google_analytics": "mei", "ecomm360": True}
    recruiter.add("anna@kandidaten.example", "bram@kandidaten.example")
    details.request_refresh(recruiter.services, recruiter.press())
    recruiter.run_workers()
    return campaign


def preview(recruiter: Recruiter, design: Campaign) -> tuple[str, list[str]]:
    """The state in which it ends, and its problems."""
    operation = test_mail_requests.request_preview(
        recruiter.services, recruiter.press(), -design.web_id
    )
    recruiter.run_workers()
    row = recruiter.operation(operation)
    return row.state, [problem["code"] for problem in row.problems]


def ours(recruiter: Recruiter, design: Campaign) -> list[Campaign]:
    return [row for row in recruiter.remote_account.campaigns.values() if row.id != design.id]


def test_it_stands_among_the_templates_and_only_where_it_is_needed(
    recruiter: Recruiter, design: Campaign
) -> None:
    (listed,) = (row for row in recruiter.account.templates if row["usable"])
    assert (listed["id"], listed["name"]) == (-design.web_id, "Nieuws van mei")
    calls = recruiter.remote_calls().count("recent_campaigns")
    for template in recruiter.remote_account.templates.values():
        template.content_type = "html"
    details.request_refresh(recruiter.services, recruiter.press())
    recruiter.run_workers()
    assert all(row["id"] > 0 for row in recruiter.account.templates)
    assert recruiter.remote_calls().count("recent_campaigns") == calls


def test_it_is_previewed_tested_and_sent_and_nothing_else_of_it(
    recruiter: Recruiter, design: Campaign
) -> None:
    mailed_before = len(recruiter.mailed_addresses)
    assert preview(recruiter, design) == ("done", [])
    test_mail_requests.request_test_mail(
        recruiter.services,
        recruiter.press(),
        send_order(template_id=-design.web_id),
        "me@cedarstaffing.example",
    )
    recruiter.send(template_id=-design.web_id)
    recruiter.run_workers()
    (tested,) = recruiter.standin.outbox.mails(kind="test")
    assert "https://a.example/1" in tested.html
    (sent,) = ours(recruiter, design)
    assert (sent.html, sent.settings["subject_line"]) == (HTML, "Nieuwe vacatures")
    assert sent.tracking["google_analytics"] == ""
    assert sent.tracking["ecomm360"] is False
    assert [row.email_address for row in sent.recipients.values()] == [
        "anna@kandidaten.example",
        "bram@kandidaten.example",
    ]
    assert len(recruiter.mailed_addresses) == mailed_before + 2
    assert recruiter.mailing.template_name == "Nieuws van mei"


def make_placeholder(recruiter: Recruiter, _: Campaign) -> None:
    recruiter.standin.state.switches.design_placeholder = True


def make_empty(_: Recruiter, design: Campaign) -> None:
    design.html = "<html><body><p> </p></body></html>"


def make_long(_: Recruiter, design: Campaign) -> None:
    design.html = f"<p>{'x' * 2_000_000}</p>"


def make_gone(recruiter: Recruiter, design: Campaign) -> None:
    recruiter.remote_account.campaigns.pop(design.id, None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (make_placeholder, "design_placeholder"),
        (make_empty, "design_empty"),
        (make_long, "preview_long"),
        (make_gone, "design_gone"),
    ],
)
def test_one_that_cannot_be_used_is_refused_and_nothing_is_sent(
    recruiter: Recruiter, design: Campaign, change: Any, code: str
) -> None:
    mailed_before = recruiter.mailed_addresses
    change(recruiter, design)
    assert preview(recruiter, design) == ("failed", [code])
    recruiter.send(template_id=-design.web_id)
    recruiter.run_workers()
    assert (recruiter.mailing.state, recruiter.problem_codes()) == ("not_ready", [code])
    assert recruiter.mailed_addresses == mailed_before


def test_what_changed_after_the_preview_or_the_first_try_is_not_sent(
    recruiter: Recruiter, design: Campaign
) -> None:
    mailed_before = recruiter.mailed_addresses
    preview(recruiter, design)
    design.html = HTML.replace("Nieuws", "Iets anders")
    recruiter.send(template_id=-design.web_id)
    recruiter.run_workers()
    assert recruiter.problem_codes() == ["content_changed"]
    assert recruiter.mailed_addresses == mailed_before
    design.html = HTML
    recruiter.check()
    recruiter.run_workers()
    assert len(recruiter.mailed_addresses) == len(mailed_before) + 2


def test_an_unknown_one_is_refused_in_the_form(recruiter: Recruiter, design: Campaign) -> None:
    with pytest.raises(Invalid) as refused:
        recruiter.send(template_id=-design.web_id - 1)
    assert refused.value.fields["template_id"].code == "template_unknown"
