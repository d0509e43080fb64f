"""Forms, orders, and rows of campaigns in any state without the long way there."""

import itertools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, insert, literal, select, update
from sqlalchemy.orm import Session

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.domain.campaigns import EventStatus, SendOrder
from cxmc_ext.services import Services

SUPPORT_TEMPLATE_ID = 10_001
SENDER = "rosa@cedarstaffing.example"
EXCLUSION_COUNTS = {"opted_out": 2, "no_address": 1}
_NONCES = itertools.count(1)


def send_order(**changes: object) -> SendOrder:
    """A valid order of the demo account."""
    values: dict[str, object] = {
        "subject": "Nieuwe vacatures",
        "from_name": "Rosa",
        "from_email": SENDER,
        "template_id": SUPPORT_TEMPLATE_ID,
        "schedule_at": None,
    }
    return SendOrder(**(values | changes))  # type: ignore[arg-type]


def send_form(**changes: str) -> dict[str, str]:
    """The same as the fields of the tab's form; `confirmed="yes"` answers its question."""
    order = send_order()
    fields = {
        "subject": order.subject,
        "from_name": order.from_name,
        "from_email": order.from_email,
        "template_id": str(order.template_id),
    }
    return fields | changes


def create_mailing(services: Services, ref: str, state: str, **values: Any) -> int:
    session = services.session()
    account = session.scalars(select(Account)).first()
    assert account is not None
    given: dict[str, Any] = {
        "account_id": account.id,
        "campaign_ref": ref,
        "campaign_title": "Vacatures week 48",
        "state": state,
        "subject": "Nieuwe vacatures",
        "from_name": "Rosa",
        "from_email": SENDER,
        "template_id": SUPPORT_TEMPLATE_ID,
        "template_name": "Support",
        "frozen_at": services.clock(),
        "people_count": 415,
        "mailable_count": 412,
        "in_audience_count": 412,
        "web_id": 77,
        "remote_id": "abc",
        "counts": {"reason": EXCLUSION_COUNTS},
    }
    mailing = Mailing(**{**given, **values})
    session.add(mailing)
    return _stored(services, mailing)


def store_templates(services: Services, count: int = 0, names: Sequence[str] = ()) -> None:
    """In the place of what was read: usable ones, newest first, ids from 1."""
    session, newest = services.session(), services.clock()
    named = list(names) or [f"Sjabloon nummer {n:04}" for n in range(1, count + 1)]
    told = [
        {"id": n, "name": name, "thumbnail": "", "edited_at": newest - n * 60, "usable": True}
        for n, name in enumerate(named, 1)
    ]
    session.execute(update(Account).values(templates=told))
    session.commit()


def create_operation(services: Services, mailing_id: int | None, **values: Any) -> int:
    session = services.session()
    account = session.scalars(select(Account)).first()
    assert account is not None
    given: dict[str, Any] = {
        "account_id": account.id,
        "mailing_id": mailing_id,
        "kind": "send",
        "scope": f"mailing:{mailing_id}",
        "nonce": f"nonce-{next(_NONCES)}",
        "title_token": "0" * 16,
        "state": "running",
        "actor_name": "Rosa Recruiter",
        "created_at": services.clock(),
        "lease_until": services.clock() + 10_000,
        "deadline": services.clock() + 900,
    }
    operation = Operation(**{**given, **values})
    session.add(operation)
    return _stored(services, operation)


def create_recipient(services: Services, mailing_id: int, **values: Any) -> int:
    session = services.session()
    given: dict[str, Any] = {"mailing_id": mailing_id, "name": "Jan", "address": "jan@a.example"}
    status = values.pop("status", 0)
    recipient = Recipient(**{**given, **values})
    session.add(recipient)
    recipient_id = _stored(services, recipient)
    if status:
        set_statuses(session, status, Recipient.id == recipient_id)
        session.commit()
    return recipient_id


def set_statuses(session: Session, status: EventStatus, *recipients: ColumnElement[bool]) -> None:
    """Gives recipients that have none a status. The caller commits."""
    rows = select(Recipient.id, Recipient.mailing_id, literal(int(status))).where(*recipients)
    columns = ["recipient_id", "mailing_id", "status"]
    session.execute(insert(RecipientStatus).from_select(columns, rows))


def create_event(
    services: Services, mailing_id: int, recipient_id: int, kind: EventStatus, at: int
) -> None:
    session = services.session()
    link_id = (
        _link(services, mailing_id, f"https://jobs.example/{at}")
        if kind is EventStatus.CLICKED
        else 0
    )
    session.add(
        Event(
            recipient_id=recipient_id,
            kind=kind,
            at=at,
            link_id=link_id,
            occurrence=0,
            mailing_id=mailing_id,
        )
    )
    session.commit()


def _stored(services: Services, row: Mailing | Operation | Recipient) -> int:
    """Reading the id after the commit would take the database's lock again and keep it."""
    services.session().flush()
    row_id = row.id
    services.session().commit()
    return row_id


def _link(services: Services, mailing_id: int, url: str) -> int:
    link = ClickedLink(mailing_id=mailing_id, url=url)
    services.session().add(link)
    services.session().flush()
    return link.id


REPORT: dict[str, Any] = {
    "emails_sent": 412,
    "unsubscribed": 3,
    "abuse_reports": 0,
    "bounces": {"hard_bounces": 5, "soft_bounces": 4},
    "opens": {"opens_total": 611, "unique_opens": 268, "open_rate": 0.6505},
    "clicks": {"clicks_total": 143, "unique_subscriber_clicks": 91, "click_rate": 0.2209},
    "timeseries": [
        {"timestamp": "2026-11-20T08:00:00+00:00", "unique_opens": 74, "recipients_clicks": 21},
        {"timestamp": "2026-11-20T10:00:00+00:00", "unique_opens": 9, "recipients_clicks": 2},
    ],
    "domains": [["kandidaten.example", 300, 4, 200, 80], ["gmail.com", 112, 5, 68, 11]],
    "links": [["https://jobs.example/a", 58, 41, 7], ["javascript:alert(1)", 1, 1, None]],
}
SENT_AT = 1_795_161_600
"""2026-11-20 08:00 UTC"""
