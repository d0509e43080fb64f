"""Pages of recipients, recipients at one address, and what PostgreSQL writes when they change."""

import pytest
from sqlalchemy import select, text

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import events, recipients
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import PersonKind
from cxmc_ext.services import Services
from tests.support.databases import on_both, on_new_postgres

PEOPLE = 500
_CHANGED_IN_PLACE = "SELECT pg_stat_get_xact_tuples_hot_updated('cxmc_recipient'::regclass)"


@on_both
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_name_everybody_once_and_nobody_else(
    services: Services, mailing_id: int, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """People of two mailings were stored in turn, and some are left out."""
    monkeypatch.setattr(recipients, "_RANGE", 3)
    session = services.session()
    first = session.get_one(Mailing, mailing_id)
    other = Mailing(account_id=first.account_id, campaign_ref="2")
    session.add(other)
    session.flush()
    for number in range(40):
        of_other, is_out = number % 4 == 1 or number > 35, number % 5 == 2 or 10 < number < 20
        session.add(
            Recipient(
                mailing_id=other.id if of_other else mailing_id,
                reason=ExclusionReason.OPTED_OUT if is_out else None,
            )
        )
        session.flush()
    session.commit()
    for one in (mailing_id, other.id):
        is_wanted = (Recipient.mailing_id == one, Recipient.reason.is_(None))
        wanted = list(
            session.scalars(select(Recipient.id).where(*is_wanted).order_by(Recipient.id))
        )
        found, after = list[int](), 0
        while page := recipients.mailable_page(session, one, after, limit):
            assert len(page) == min(limit, len(wanted) - len(found))
            found += [row.id for row in page]
            after = found[-1]
        assert found == wanted


@on_both
@pytest.mark.parametrize("first", [1, 2**31 - 1000, 2**53 - 1000])
def test_pages_leave_nobody_out_however_far_ids_are_apart(
    services: Services, mailing_id: int, first: int
) -> None:
    session = services.session()
    ids = [first + gap for gap in (0, 1, 999, 1000, 1001, 2001, 10**7)]
    for row_id in ids:
        session.add(
            Recipient(id=row_id, mailing_id=mailing_id, person_kind="contact", person_id="1")
        )
    session.commit()
    for limit in (1, 2, 1000):
        found, after = list[int](), 0
        while page := recipients.mailed_people_page(session, mailing_id, after, limit):
            found += [row.id for row in page]
            after = found[-1]
        assert found == ids


@on_new_postgres
def test_marking_members_writes_to_no_index(services: Services, mailing_id: int) -> None:
    session = services.session()
    session.add_all(
        Recipient(
            mailing_id=mailing_id,
            person_kind=PersonKind.CANDIDATE,
            person_id=str(number),
            address=f"p{number}@kandidaten.example",
            member_hash=number.to_bytes(16, "big"),
        )
        for number in range(PEOPLE)
    )
    session.commit()
    ids = list(session.scalars(select(Recipient.id)))
    recipients.mark_in_audience(session, ids)
    assert session.scalar(text(_CHANGED_IN_PLACE)) == PEOPLE


@on_both
def test_whoever_shares_an_address_follows_its_primary_recipient(
    services: Services, mailing_id: int
) -> None:
    session = services.session()
    shared, alone, left_out = rows = [
        Recipient(mailing_id=mailing_id, reason=reason)
        for reason in (None, None, ExclusionReason.OPTED_OUT)
    ]
    session.add_all(rows)
    session.flush()
    twin, other = (
        Recipient(mailing_id=mailing_id, reason=ExclusionReason.DUPLICATE, primary_id=primary.id)
        for primary in (shared, alone)
    )
    session.add_all([twin, other])
    session.commit()
    ids = [shared.id, left_out.id]
    assert events.with_duplicates(session, mailing_id, ids) == [*ids, twin.id]
