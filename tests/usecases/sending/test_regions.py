"""Editable regions on their way: previewed, tested, sent, read back; what differs is not sent."""

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.template_content import TemplateContent
from cxmc_ext.domain.errors import Invalid
from cxmc_ext.standin.models import Template
from cxmc_ext.usecases.sending import test_mail_requests
from tests.support.databases import on_both
from tests.support.factories import send_order
from tests.support.recruiter import Recruiter

pytestmark = on_both

TEMPLATE = 10001
HTML = (
    '<div mc:edit="head"><h1>Kop</h1></div><div mc:edit="main"><p>Tekst</p></div><p>*|UNSUB|*</p>'
)
TEXT = '<p>Dag *|FNAME|*, <a href="https://a.example/1?a=1&amp;b=2">kijk</a></p>'


@pytest.fixture
def template(recruiter: Recruiter) -> Template:
    """The template was previewed; the campaign has two people."""
    template = recruiter.remote_account.templates[str(TEMPLATE)]
    template.html = HTML
    recruiter.add("anna@kandidaten.example", "bram@kandidaten.example")
    preview(recruiter)
    return template


def preview(recruiter: Recruiter, **regions: str) -> None:
    pressed = test_mail_requests.request_preview(
        recruiter.services, recruiter.press(), TEMPLATE, regions
    )
    recruiter.run_workers()
    assert recruiter.operation(pressed).state == "done"


def send(recruiter: Recruiter, **regions: str) -> None:
    recruiter.send(template_id=TEMPLATE, regions=regions)
    recruiter.run_workers()


def test_edited_texts_are_previewed_tested_and_sent(
    recruiter: Recruiter, template: Template
) -> None:
    texts = {"head": "<h1>Kop</h1>\r\n", "main": TEXT, "unknown": "<p>x</p>"}
    preview(recruiter, **texts)
    rows = recruiter.fetch_all(select(TemplateContent).order_by(TemplateContent.id))
    assert [TEXT in row.html for row in rows] == [False, True]
    test_mail_requests.request_test_mail(
        recruiter.services,
        recruiter.press(),
        send_order(template_id=TEMPLATE, regions=texts),
        "me@cedarstaffing.example",
    )
    recruiter.run_workers()
    (tested,) = recruiter.standin.outbox.mails(kind="test")
    assert "https://a.example/1" in tested.html
    send(recruiter, **texts)
    assert recruiter.mailing.regions == {"main": TEXT}
    mails = {mail.address: mail.html for mail in recruiter.standin.outbox}
    assert sorted(mails) == ["anna@kandidaten.example", "bram@kandidaten.example"]
    assert all("<h1>Kop</h1>" in html and "Tekst" not in html for html in mails.values())
    assert recruiter.remote_calls().count("campaign_html") == 3


def test_a_text_that_mailchimp_ignores_is_not_sent(
    recruiter: Recruiter, template: Template
) -> None:
    template.html = HTML.replace("mc:edit", "data-edit")
    send(recruiter, main=TEXT)
    assert (recruiter.mailing.state, recruiter.problem_codes()) == ("not_ready", ["region_missing"])
    template.html = HTML
    recruiter.check()
    recruiter.run_workers()
    assert len(recruiter.mailed_addresses) == 2
    assert all(TEXT.split(">")[-2] in mail.html for mail in recruiter.standin.outbox)


@pytest.mark.parametrize(
    "text",
    [
        "",
        pytest.param("<p>Solliciteer</p>", marks=pytest.mark.slow),
        pytest.param("<p><b>Solliciteer voor 1 mei</b></p>", marks=pytest.mark.slow),
    ],
)
def test_a_text_that_was_shortened_is_not_sent_in_full(
    recruiter: Recruiter, template: Template, text: str
) -> None:
    """The shorter text is within the longer one, so that alone proves nothing."""
    template.html = HTML.replace("Tekst", "Solliciteer voor 1 mei")
    preview(recruiter)
    ignoring = template.html.replace("mc:edit", "data-edit")
    is_same_text = "1 mei" in text
    template.html = ignoring
    send(recruiter, main=text)
    assert len(recruiter.mailed_addresses) == (2 if is_same_text else 0)
    if not is_same_text:
        assert recruiter.problem_codes() == ["region_missing"]
        template.html = HTML.replace("Tekst", "Solliciteer voor 1 mei")
        recruiter.check()
        recruiter.run_workers()
        assert len(recruiter.mailed_addresses) == 2
        assert all("voor 1 mei" not in mail.html for mail in recruiter.standin.outbox)


@pytest.mark.parametrize("regions", [{}, {"main": TEXT}])
def test_a_template_that_changed_after_the_preview_is_not_sent(
    recruiter: Recruiter, template: Template, regions: dict[str, str]
) -> None:
    preview(recruiter, **regions)
    template.html = HTML.replace("Kop", "Een andere kop")
    send(recruiter, **regions)
    assert recruiter.problem_codes() == ["content_changed"]
    recruiter.check()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == []
    template.html = HTML
    recruiter.check()
    recruiter.run_workers()
    assert len(recruiter.mailed_addresses) == 2


def test_code_that_a_parser_takes_for_a_comment_is_in_no_mail(
    recruiter: Recruiter, template: Template
) -> None:
    text = (
        '<p>Dag</p><a href="vbscript:alert(1)">x</a><!---><script>alert(1)</script>-->'
        "<!--x--!><script>alert(1)</script>--><![CDATA[><script>alert(1)</script>]]>"
        "<!--[if mso]><script>alert(1)</script><![endif]-->"
    )
    preview(recruiter, main=text)
    send(recruiter, main=text)
    mails = [mail.html for mail in recruiter.standin.outbox]
    kept = recruiter.fetch_all(select(TemplateContent.html))
    assert len(mails) == 2
    for html in (*mails, *kept):
        assert not any(code in html for code in ("<script", "vbscript"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<p>a</p><script>x</script>", "region_cleaned"),
        ('<img src="https://t.example/p.gif" width="1" height="1">', "region_cleaned"),
        ("<p>*|HTML:EVIL|*</p>", "region_code_tag"),
        ("x" * 100_001, "regions_long"),
    ],
)
def test_a_hostile_text_is_refused_everywhere(
    recruiter: Recruiter, template: Template, text: str, code: str
) -> None:
    order = send_order(template_id=TEMPLATE, regions={"main": text})
    press, services = recruiter.press(), recruiter.services
    for request in (
        lambda: recruiter.send(template_id=TEMPLATE, regions={"main": text}),
        lambda: test_mail_requests.request_preview(services, press, TEMPLATE, {"main": text}),
        lambda: test_mail_requests.request_test_mail(services, press, order, "me@a.example"),
    ):
        with pytest.raises(Invalid) as refused:
            request()
        assert refused.value.fields["regions"].code == code
    recruiter.run_workers()
    assert list(recruiter.standin.outbox.mails(kind="")) == []
