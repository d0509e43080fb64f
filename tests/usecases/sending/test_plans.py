"""PostgreSQL without statistics, or with outdated ones: no statement of a send reads a mailing per batch."""

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, func, select, text

from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import (
    contacts,
    events,
    reported_opt_outs,
    unsubscribes,
    withdrawn_members,
)
from cxmc_ext.db.queries.recipient_pages import RecipientFilter, iterate, page
from cxmc_ext.domain.contacts import WithdrawalCause
from cxmc_ext.domain.people import User
from cxmc_ext.usecases.sending import follow_up
from cxmc_ext.usecases.sending import recipients as freezing
from tests.support.databases import on_new_postgres
from tests.support.erasure import request_erasure, sync_everything
from tests.support.postgres_plans import Plan, forbid_statistics, recorded_plans
from tests.support.recruiter import Recruiter

pytestmark = [on_new_postgres, pytest.mark.slow]

PEOPLE = 3_200
# Two batches of 1,000. A statement that reads all rows of the mailing reads more.
MAX_ROWS = 2_100
# For a statement that is handed its keys: four pages of a report, each row once.
MAX_KEYS = 4_100


def add_people(recruiter: Recruiter) -> None:
    """Some share an address, in the same batch and across batches, and some opted out."""
    numbers = [0 if n % 800 == 0 else n - 1 if n % 50 == 0 else n for n in range(PEOPLE)]
    refs = recruiter.add(*(f"p{number}@kandidaten.example" for number in numbers))
    recruiter.opt_out(*refs[7::400])


def too_many_rows(plans: list[Plan]) -> list[str]:
    return [
        f"{plan.rows_read} rows by {plan.nodes}: {plan.statement[:800]}"
        for plan in plans
        if plan.rows_read > (MAX_KEYS if is_handed_keys(plan.statement) else MAX_ROWS)
        and not plan.reads_everything
    ]


def each_with_each(plans: list[Plan]) -> list[str]:
    """Joins whose cost grows with the square of the mailing."""
    return [
        f"{plan.pairs_compared} pairs by {plan.nodes}: {plan.statement[:800]}"
        for plan in plans
        if plan.pairs_compared > 3 * PEOPLE
    ]


def is_handed_keys(statement: str) -> bool:
    return "unnest(" in statement or "generate_series(" in statement


def analyze(engine: Engine, table: str = "") -> None:
    with engine.begin() as connection:
        connection.execute(text(f"ANALYZE {table}"))


def analyze_during_freeze(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the statistics when a part of the people is stored, as autovacuum may do at any time."""
    monkeypatch.setattr(freezing, "_ROWS_PER_COMMIT", 1000)
    other = create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    stored = [0]

    @event.listens_for(engine, "begin")
    def _analyze(_connection: object) -> None:
        if stored[-1] < 1000:
            with other.connect() as connection:
                stored.append(connection.execute(select(func.count(Recipient.id))).scalar_one())
                if stored[-1] >= 1000:
                    connection.execute(text("ANALYZE"))


@pytest.mark.parametrize(
    "statistics",
    [
        "missing",
        "of empty tables",
        "of a smaller mailing",
        "of the first people",
        "of the statuses",
    ],
)
def test_no_statement_reads_the_whole_mailing(
    recruiter: Recruiter,
    admin_user: User,
    monkeypatch: pytest.MonkeyPatch,
    statistics: str,
) -> None:
    engine = recruiter.session.get_bind().engine
    forbid_statistics(engine)
    if statistics == "of the first people":
        analyze_during_freeze(engine, monkeypatch)
    if statistics == "of a smaller mailing":
        recruiter.add("first@kandidaten.example")
        recruiter.send()
        recruiter.run_workers()
        recruiter.campaign = recruiter.host.add_campaign()
    if statistics in ("of empty tables", "of a smaller mailing"):
        analyze(engine)
    add_people(recruiter)
    recruiter.session.close()
    with recorded_plans(engine, "cxmc_recipient") as plans:
        recruiter.send()
        recruiter.run_workers()
        sync_everything(recruiter)
        if statistics == "of the statuses":
            analyze(engine, "cxmc_recipient_status")
        _read_and_erase(recruiter, admin_user)
    assert recruiter.mailing.state in ("sending", "sent"), recruiter.mailing.problems
    assert len(plans) > PEOPLE // 500
    assert not too_many_rows(plans), "\n".join(too_many_rows(plans))
    assert not each_with_each(plans), "\n".join(each_with_each(plans))


def _read_and_erase(recruiter: Recruiter, admin_user: User) -> None:
    """The pages, the CSV, the unsubscribes of a batch of addresses, a follow-up, and an erasure."""
    session, mailing = recruiter.session, recruiter.mailing
    mailing_id, account_id = mailing.id, mailing.account_id
    page(session, mailing_id, RecipientFilter(), 900, 100)
    assert len(list(iterate(session, mailing_id, RecipientFilter()))) == PEOPLE
    wanted = select(Recipient.member_hash).where(Recipient.mailing_id == mailing_id)
    hashes = list(session.execute(wanted.order_by(Recipient.id).limit(1000)).scalars())
    assert unsubscribes.mailings_sent_to(session, account_id, hashes)
    unsubscribes.stored_unsubscribes(session, account_id, hashes)
    assert reported_opt_outs.people_mailed_at(session, account_id, hashes)
    _look_for_unused_contacts(recruiter, hashes)
    ref = list(recruiter.host.persons)[-1]
    assert events.person_timeline(session, account_id, ref.kind, ref.id)
    session.rollback()
    follow_up.create_follow_up(recruiter.services, recruiter.press(), "unopened", "Herinnering")
    request_erasure(recruiter, admin_user, "p5@kandidaten.example")
    recruiter.run_workers()


def _look_for_unused_contacts(recruiter: Recruiter, withdrawn: list[bytes]) -> None:
    session, account, at = recruiter.services.session(), recruiter.account, 2**40
    cause = WithdrawalCause.UNUSED
    withdrawn_members.store(session, account.id, account.list_id, withdrawn, cause, 1)
    # A moment ago: nobody has counted the rows yet.
    assert contacts.count_unused(session, account.id, account.list_id, at, 10_000) > 1000
    assert len(contacts.unused_page(session, account.id, account.list_id, at, b"", 50)) == 50
    session.rollback()
