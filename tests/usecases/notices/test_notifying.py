"""Users are told what happened, once each, through the Host and in their language."""

import pytest
from sqlalchemy import select, update

from cxmc_ext import Notification, Right
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.db.queries import accounts, notices
from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.domain.notices import NoticeKind
from cxmc_ext.usecases.notices.telling import tell_notices
from tests.support.databases import on_both
from tests.support.factories import create_mailing, create_operation
from tests.support.recruiter import Recruiter

pytestmark = on_both


@pytest.fixture(autouse=True)
def notified_before(recruiter: Recruiter) -> None:
    """Whoever connected the account has been told so."""
    tell_notices(recruiter.services)


def told(recruiter: Recruiter) -> list[Notification]:
    tell_notices(recruiter.services)
    return recruiter.host.notifications


def test_who_sent_a_campaign_is_told_when_it_was_sent(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example", "bram@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    (sent,) = told(recruiter)
    assert (sent.kind, sent.user_id, sent.campaign_ref, sent.account_ref) == (
        "sent", recruiter.user.id, recruiter.campaign, "default",
    )  # fmt: skip
    assert sent.text().title == "“Vacatures week 48” was sent to 2 people"
    assert sent.text("nl-BE").title == "“Vacatures week 48” is verstuurd aan 2 personen"
    assert "kandidaten.example" not in repr(sent)


def test_a_campaign_that_needs_a_person_says_why(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.send(from_email="rosa@nieuwekaart.example")
    recruiter.run_workers()
    assert recruiter.mailing.state == "not_ready"
    (notification,) = told(recruiter)
    assert (notification.kind, notification.user_id) == ("needs_attention", recruiter.user.id)
    text = notification.text("de")
    assert text.title == "„Vacatures week 48“ braucht Ihre Aufmerksamkeit"
    assert text.body


@pytest.mark.slow
def test_a_refused_key_is_told_once_to_whoever_can_replace_it(recruiter: Recruiter) -> None:
    session, account = recruiter.session, recruiter.account
    for _ in range(2):
        accounts.mark_key_refused(session, account.id, account.sealed_key or "")
        session.commit()
    (refused,) = told(recruiter)
    assert (refused.kind, refused.user_id, refused.right) == ("key_refused", None, Right.CONFIGURE)
    assert refused.text().title == "MailChimp refuses the API key"
    assert "API key" in refused.text().body
    session.execute(update(Account).values(key_refused=False))
    accounts.mark_key_refused(session, account.id, account.sealed_key or "")
    session.commit()
    assert len(told(recruiter)) == 2


def test_a_failed_operation_is_told_with_its_problem(recruiter: Recruiter) -> None:
    mailing = create_mailing(recruiter.services, recruiter.campaign, "none")
    problem = {"code": "nobody_left", "detail": "", "values": {}}
    operation = create_operation(
        recruiter.services, mailing, state="failed", actor_id=recruiter.user.id, problems=[problem]
    )
    session = recruiter.session
    about = {"mailing_id": mailing, "operation_id": operation}
    notices.add(session, recruiter.account.id, NoticeKind.FAILED, **about)
    session.commit()
    (failed,) = told(recruiter)
    assert (failed.kind, failed.user_id) == ("failed", recruiter.user.id)
    assert failed.text().title == "“Vacatures week 48” was not sent"
    assert failed.text().body


def test_a_host_that_fails_is_not_asked_again(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_notification: Notification) -> None:
        raise RuntimeError("no mail server")

    monkeypatch.setattr(recruiter.host, "notify", fail)
    mailing = create_mailing(recruiter.services, recruiter.campaign, "preparing")
    session = recruiter.session
    notices.add_state(session, mailing, MailingState.SENT)
    session.commit()
    tell_notices(recruiter.services)
    assert "no mail server" in caplog.text
    assert recruiter.fetch_all(select(Notice.id)) == []


def test_a_repeat_has_the_same_id(recruiter: Recruiter) -> None:
    """The worker was killed between telling and noting it."""
    mailing = create_mailing(recruiter.services, recruiter.campaign, "preparing")
    session = recruiter.session
    notices.add_state(session, mailing, MailingState.SENT)
    session.commit()
    (row,) = notices.claim(session, 60, 10)
    session.commit()
    session.execute(update(Notice).values(lease_until=0.0))
    session.commit()
    (notification,) = told(recruiter)
    assert notification.id == f"sent-{row.id}-{row.at}"
