"""A campaign of 40,000 people in the demo CRM: few statements per page, at most a hundred rows."""

import csv
import io
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert, select, update

from cxmc_ext import User
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.template_content import TemplateContent
from cxmc_ext.domain.campaigns import EventStatus, ExclusionReason
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.worker import runner
from host_app.database import db
from host_app.models import Campaign, CampaignMember, Person
from tests.host_app.conftest import Browser, close_crm, create_crm
from tests.support.factories import REPORT, create_mailing, set_statuses

PEOPLE = 40_000
UNSENT, SENT = "6", "7"
TEMPLATE = {"id": 1, "name": "Kerst", "thumbnail": "", "edited_at": None, "usable": True}


@pytest.fixture(scope="module")
def large_crm(seeded_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """Campaign 6 is not sent yet, campaign 7 was sent; both have 40,000 candidates."""
    folder = tmp_path_factory.mktemp("large")
    shutil.copy(seeded_database, folder / "crm.db")
    app = create_crm(folder)
    with app.app_context():
        services = app.extensions["cxmc"].services
        runner.run(
            services, activation.request_activation(services, Press(User("1", "M."), "nonce"))
        )
        _connect_account()
        _add_people_and_campaigns()
        counts = {"reason": {"opted_out": 400}, "status": {"sent": 30_000, "opened": 9_600}}
        size = {
            "people_count": PEOPLE,
            "mailable_count": PEOPLE - 400,
            "counts": counts,
            "report": REPORT,
        }
        _add_recipients(create_mailing(services, SENT, "sent", **size))
    yield app
    close_crm(app)


@pytest.fixture
def browser(large_crm: Flask) -> Browser:
    browser = Browser(large_crm.test_client())
    browser.log_in("recruiter")
    return browser


# Path, text on the page, and most statements. An unsent campaign is read in up to six chunks of 1,000
# people, with three statements each: the people, everyone with their addresses, and who of these opted out.
# For its menu each page asks once whether the module is active.
PAGES = [
    (f"/campaigns/{SENT}/mailchimp", "Reports for Campaign", 8),
    (f"/campaigns/{UNSENT}/mailchimp", "will receive it", 29),
    ("/cxmc/campaigns", "Campaign overview", 9),
    ("/campaigns", "Opened", 11),
    (f"/campaigns/{SENT}/candidates", "1–50 of 40000", 11),
    (f"/campaigns/{UNSENT}/candidates", "1–50 of 40000", 10),
    (f"/campaigns/{SENT}/activities", "No MailChimp activities yet", 9),
    (f"/cxmc/campaigns/{SENT}/recipients", "1 to 100", 7),
    (f"/cxmc/campaigns/{SENT}/recipients?page=400", "39,901 to 40,000", 7),
    (f"/cxmc/campaigns/{SENT}/recipients?reason=opted_out&page=4", "301 to 400", 7),
    (f"/cxmc/campaigns/{UNSENT}/recipients", "1 to 100", 31),
    (f"/cxmc/campaigns/{UNSENT}/preview?template=1&person=4000", "4,000 of &gt; 5,000", 29),
]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "text", "max_statements"), PAGES)
def test_a_page_runs_few_statements_and_shows_at_most_a_hundred_rows(
    large_crm: Flask, browser: Browser, path: str, text: str, max_statements: int
) -> None:
    with _counted(large_crm) as statements:
        answer = browser.get(path)
    assert answer.status_code == 200
    assert text in answer.text
    assert answer.text.count("<tr>") <= 101
    assert len(statements) <= max_statements, "\n".join(statements)
    assert not [s for s in statements if "count(" in s.lower() and "cxmc_recipient" in s]


@pytest.mark.parametrize(
    ("path", "part_count"),
    [
        (f"/campaigns/{SENT}/mailchimp", 7),
        (f"/campaigns/{UNSENT}/mailchimp", 7),
        ("/cxmc/campaigns", 6),  # without icons
    ],
)
def test_a_page_loads_less_than_60_kb(browser: Browser, path: str, part_count: int) -> None:
    """Including the CRM's own style, script and icon. Only the extension's assets are compressed."""
    html = browser.get(path).text
    parts = set(re.findall(r'(?:src|href|data-htmx-url)="(/(?:cxmc/)?static/[^"#]+)', html))
    sizes = {part: _weight(browser, part) for part in parts}
    sizes["page"] = len(html.encode())
    assert len(parts) == part_count, parts
    assert sum(sizes.values()) < 60_000, sizes


@pytest.mark.slow
def test_the_csv_of_a_sent_campaign_has_everyone(browser: Browser) -> None:
    text = browser.get(f"/cxmc/campaigns/{SENT}/recipients.csv").text
    assert len(list(csv.reader(io.StringIO(text)))) == PEOPLE + 1


def test_the_csv_of_an_unsent_campaign_has_everyone(browser: Browser) -> None:
    text = browser.get(f"/cxmc/campaigns/{UNSENT}/recipients.csv").text
    assert len(list(csv.reader(io.StringIO(text)))) == PEOPLE + 1


def _weight(browser: Browser, part: str) -> int:
    with browser.client.get(part, headers={"Accept-Encoding": "gzip"}) as answer:
        return len(answer.data)


@contextmanager
def _counted(app: Flask) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _connect_account() -> None:
    values = {"sealed_key": "sealed", "remote_account_name": "Cedar", "templates": [TEMPLATE]}
    db.session.execute(update(Account).values(**values))
    account = db.session.scalars(select(Account.id)).one()
    html = "<p>Dag *|FNAME|*</p>"
    db.session.add(TemplateContent(account_id=account, template_id=1, html=html, read_at=1))
    db.session.commit()


def _add_people_and_campaigns() -> None:
    people = [
        {"kind": "candidate", "last_name": f"N{n:05}", "email": f"n{n}@big.example"}
        for n in range(PEOPLE)
    ]
    last_id = db.session.scalars(select(Person.id).order_by(Person.id.desc()).limit(1)).one()
    db.session.execute(insert(Person), people)
    for title in ("Vrij", "Verstuurd"):
        campaign = Campaign(title=title, type="MailChimp", owner_id=2, created_at=1)
        db.session.add(campaign)
        db.session.flush()
        rows = [
            {"campaign_id": campaign.id, "person_id": last_id + 1 + n, "at": 1}
            for n in range(PEOPLE)
        ]
        db.session.execute(insert(CampaignMember), rows)
    db.session.commit()


def _add_recipients(mailing: int) -> None:
    def row(n: int) -> dict[str, Any]:
        reason = ExclusionReason.OPTED_OUT if n % 100 == 0 else None
        about = {"name": f"N{n:05}", "address": f"n{n}@big.example"}
        return {"mailing_id": mailing, "reason": reason, **about}

    db.session.execute(insert(Recipient), [row(n) for n in range(PEOPLE)])
    is_mailed = (Recipient.mailing_id == mailing, Recipient.reason.is_(None))
    set_statuses(db.session(), EventStatus.SENT, *is_mailed)
    assert db.session.scalar(select(Mailing.people_count).where(Mailing.id == mailing)) == PEOPLE
    db.session.commit()
