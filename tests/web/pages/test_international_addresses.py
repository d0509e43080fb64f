"""Addresses with an international domain: people read it, everything stored and exported is canonical."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.sent_mail import SentMail
from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.failed_addresses import AddressFailure, FailureReason
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.opt_outs.failed_addresses import record_failures
from tests.support.browser import Browser, Page
from tests.support.factories import (
    REPORT,
    SENT_AT,
    create_event,
    create_mailing,
    create_recipient,
    send_form,
)

CANONICAL, READABLE = "info@xn--mller-kva.example", "info@müller.example"
DOMAIN = "müller.example"


@pytest.fixture
def template_values() -> dict[str, object]:
    return {"person": PersonRef(PersonKind.CANDIDATE, "1")}


@pytest.fixture
def mailing(connected: Services, campaign: str) -> int:
    """A mailing to an international address, which its first person has."""
    domains = [["xn--mller-kva.example", 300, 4, 200, 80]]
    id_ = create_mailing(
        connected, campaign, "sent", report={**REPORT, "domains": domains}, sent_at=SENT_AT,
        mail_read_at=SENT_AT, from_email=CANONICAL,
    )  # fmt: skip
    row = create_recipient(connected, id_, name="", address=CANONICAL)
    create_event(connected, id_, row, EventStatus.SENT, SENT_AT)
    connected.session().add(SentMail(mailing_id=id_, html="<p>Hello</p>"))
    connected.session().commit()
    return id_


def assert_readable(page: Page) -> None:
    assert DOMAIN in page.text
    assert "xn--" not in page.text


@pytest.mark.parametrize("path", ["", "/recipients", "/mail"])
def test_the_pages_of_a_campaign(mailing: int, campaign: str, browser: Browser, path: str) -> None:
    assert_readable(browser.open_page(f"/cxmc/campaigns/{campaign}{path}"))


def test_the_recipients_as_csv_are_canonical(mailing: int, campaign: str, browser: Browser) -> None:
    text = browser.get(f"/cxmc/campaigns/{campaign}/recipients.csv").get_data(as_text=True)
    assert CANONICAL in text
    assert DOMAIN not in text


def test_failed_addresses_and_the_notice_on_the_person(
    connected: Services, campaign: str, host: MemoryHost, browser: Browser,
    show: Callable[..., Page], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(host, "person_ref", lambda person: person)
    ref = PersonRef(PersonKind.CANDIDATE, "1")
    host.persons[ref] = replace(host.persons[ref], address="Info@Müller.example")
    session = connected.session()
    account_id = accounts.get_or_create(session, connected.account_ref).id
    failure = AddressFailure(CANONICAL, FailureReason.CLEANED, SENT_AT)
    record_failures(connected, account_id, [failure])
    session.commit()
    assert_readable(browser.open_page("/cxmc/addresses"))
    assert CANONICAL in browser.get("/cxmc/addresses.csv").get_data(as_text=True)
    assert f"Mail to {READABLE} does not arrive." in show("{{ cxmc_activities(person) }}").text


def test_the_activities_of_a_campaign(
    mailing: int, campaign: str, show: Callable[..., Page]
) -> None:
    assert_readable(show(f"{{{{ cxmc_campaign_activities('{campaign}') }}}}"))


def test_the_preview_names_recipient_and_sender(
    campaign: str, host: MemoryHost, browser: Browser, queue: ManualQueue
) -> None:
    ref = PersonRef(PersonKind.CANDIDATE, "1")
    host.persons[ref] = replace(host.persons[ref], address=CANONICAL)
    browser.submit(f"/cxmc/campaigns/{campaign}/preview", **send_form(from_email=CANONICAL))
    queue.run_all()
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/preview?template=10001&person=1")
    assert page.text.count(READABLE) == 3
    assert page.text.count(CANONICAL) == 1, "the merge value, which the mail contains"


def test_unused_contacts(connected: Services, host: MemoryHost, browser: Browser) -> None:
    host.login("admin")
    session = connected.session()
    session.execute(update(Account).values(contact_limit=10_000, contacts_used=9_640))
    session.commit()
    long_ago = connected.clock() - 400 * 86_400
    list_id = accounts.get_or_create(session, connected.account_ref).list_id
    old = create_mailing(connected, "old", "sent", sent_at=long_ago, list_id=list_id)
    create_recipient(
        connected, old, address=CANONICAL, member_hash=member_hash(CANONICAL), in_audience=True
    )
    assert_readable(browser.open_page("/cxmc/control/contacts"))


def test_the_domain_of_the_sender_is_readable_and_its_form_canonical(
    connected: Services, campaign: str, browser: Browser
) -> None:
    page = browser.submit(
        f"/cxmc/campaigns/{campaign}/send", 422, **send_form(from_email=READABLE, subject="")
    )
    assert f"{DOMAIN} is not verified yet" in page.text
    assert f"mails a code to {READABLE}" in page.text
    assert page.field("domain")["value"] == "xn--mller-kva.example"
