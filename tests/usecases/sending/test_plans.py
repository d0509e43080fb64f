"""PostgreSQL without statistics, or with outdated ones: no statement of a send reads a mailing per batch."""

import pytest
from sqlalchemy import text

from tests.support.databases import on_postgres
from tests.support.postgres_plans import Plan, forbid_statistics, recorded_plans
from tests.support.recruiter import Recruiter

pytestmark = on_postgres

PEOPLE = 3_200
# Two batches of 1,000. A statement that reads all rows of the mailing reads more.
MAX_ROWS = 2_100


def add_people(recruiter: Recruiter) -> None:
    """Some share an address, in the same batch and across batches, and some opted out."""
    numbers = [0 if n % 800 == 0 else n - 1 if n % 50 == 0 else n for n in range(PEOPLE)]
    refs = recruiter.add(*(f"p{number}@kandidaten.example" for number in numbers))
    recruiter.opt_out(*refs[7::400])


def too_many_rows(plans: list[Plan]) -> list[str]:
    return [
        f"{plan.rows_read} rows by {plan.nodes}: {plan.statement[:800]}"
        for plan in plans
        if plan.rows_read > MAX_ROWS and not plan.reads_everything
    ]


@pytest.mark.parametrize("statistics", ["missing", "of empty tables", "of a smaller mailing"])
def test_no_statement_of_a_send_reads_the_whole_mailing(
    recruiter: Recruiter, statistics: str
) -> None:
    engine = recruiter.session.get_bind().engine
    forbid_statistics(engine)
    if statistics == "of a smaller mailing":
        recruiter.add("first@kandidaten.example")
        recruiter.send()
        recruiter.run_workers()
        recruiter.campaign = recruiter.host.add_campaign()
    if statistics != "missing":
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))
    add_people(recruiter)
    recruiter.session.close()
    with recorded_plans(engine, "cxmc_recipient") as plans:
        recruiter.send()
        recruiter.run_workers()
    assert recruiter.mailing.state in ("sending", "sent"), recruiter.mailing.problems
    assert len(plans) > PEOPLE // 500
    assert not too_many_rows(plans), "\n".join(too_many_rows(plans))
