"""“The mail”: what was sent, as one recipient got it."""

from collections.abc import Callable

import pytest

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.sent_mail import SentMail
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.people import PersonKind, PersonRef, Right
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser, Page
from tests.support.factories import REPORT, SENT_AT, create_mailing, create_recipient

HTML = "<p>Beste *|FNAME|*</p><script>alert(1)</script>"


@pytest.fixture
def template_values() -> dict[str, object]:
    return {"person": PersonRef(PersonKind.CANDIDATE, "1")}


@pytest.fixture
def recipient(connected: Services, campaign: str) -> int:
    """Somebody who was mailed, in a mailing whose mail is kept."""
    mailing = create_mailing(
        connected, campaign, "sent", report=REPORT, sent_at=SENT_AT, mail_read_at=SENT_AT,
        subject="Voor *|FNAME|*",
    )  # fmt: skip
    id_ = create_recipient(
        connected, mailing, person_kind="candidate", person_id="1", merge_values={"FNAME": "<Jan>"}
    )
    session = connected.session()
    session.add(SentMail(mailing_id=mailing, html=HTML))
    session.add(
        Event(recipient_id=id_, mailing_id=mailing, kind=EventStatus.SENT, at=SENT_AT, link_id=0)
    )
    session.commit()
    return id_


def links(page: Page) -> set[str]:
    return {link.get("href", "") for link in page.elements("a")}


def test_the_mail_is_a_link_away_from_the_report(
    recipient: int, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    host.users["recruiter"] = (host.users["recruiter"][0], frozenset({Right.TAB}))
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert f"/cxmc/campaigns/{campaign}/mail" in links(page)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/mail")
    assert "Voor <Jan>" in page.text
    assert "jan@a.example" in page.text


def test_the_mail_is_shown_in_a_sandbox(recipient: int, campaign: str, browser: Browser) -> None:
    path = f"/cxmc/campaigns/{campaign}/mail/content?recipient={recipient}"
    answer = browser.client.get(path)
    assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")
    assert "<script>" not in answer.text
    (frame,) = Page(answer.text).elements("iframe")
    assert frame["sandbox"] == ""
    assert "<p>Beste &lt;Jan&gt;</p>" in frame["srcdoc"]


def test_a_persons_timeline_leads_to_their_mail(
    recipient: int, campaign: str, host: MemoryHost, show: Callable[..., Page]
) -> None:
    host.person_ref = lambda person: person  # type: ignore[method-assign,assignment,return-value]
    page = show("{{ cxmc_activities(person) }}")
    assert f"/cxmc/campaigns/{campaign}/mail?recipient={recipient}" in links(page)


def test_there_is_no_mail_of_somebody_else(
    connected: Services, recipient: int, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    other = create_mailing(connected, host.add_campaign(), "sent")
    stranger = create_recipient(connected, other)
    for path in ("mail", "mail/content"):
        url = f"/cxmc/campaigns/{campaign}/{path}?recipient={stranger}"
        assert browser.client.get(url).status_code == 404
    assert browser.client.get(f"/cxmc/campaigns/{max(host.campaigns)}/mail").status_code == 404
