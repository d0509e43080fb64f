"""The mail that was sent is read once, kept, and shown as each person got it."""

import pytest
from sqlalchemy import select

from cxmc_ext.adapters.mailchimp.campaigns import CampaignEndpoints
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.domain.errors import NotFound, Unknown
from cxmc_ext.domain.people import User
from cxmc_ext.usecases.screens import sent_mail
from cxmc_ext.usecases.screens.tab import CampaignRows, load_rows
from tests.support.databases import on_both
from tests.support.erasure import ANNA, BOB, request_erasure, send_and_sync, sync_everything
from tests.support.recruiter import Recruiter


def rows_of(recruiter: Recruiter) -> CampaignRows:
    rows = load_rows(recruiter.services, recruiter.campaign)
    assert rows is not None
    return rows


def mail_to(recruiter: Recruiter, address: str) -> str | None:
    recipient = recruiter.fetch_one(select(Recipient.id).where(Recipient.address == address))
    return sent_mail.rendered_mail(recruiter.services, rows_of(recruiter), recipient)


@on_both
def test_a_mail_is_read_once_and_outlives_the_campaign_at_mailchimp(recruiter: Recruiter) -> None:
    send_and_sync(recruiter)
    sync_everything(recruiter)
    assert recruiter.remote_calls().count("campaign_html") == 1
    assert not recruiter.mailing.mail_due
    del recruiter.remote_account.campaigns[recruiter.mailing.remote_id or ""]
    sync_everything(recruiter)
    assert "<p>Beste Person1,</p>" in (mail_to(recruiter, ANNA) or "")
    assert "<p>Beste Person2,</p>" in (mail_to(recruiter, BOB) or "")


def test_the_values_of_an_erased_person_are_gone(recruiter: Recruiter, admin_user: User) -> None:
    send_and_sync(recruiter)
    recipient = recruiter.fetch_one(select(Recipient.id).where(Recipient.address == ANNA))
    request_erasure(recruiter, admin_user, ANNA)
    recruiter.run_workers()
    mail = sent_mail.rendered_mail(recruiter.services, rows_of(recruiter), recipient) or ""
    assert "<p>Beste ,</p>" in mail
    assert "Person1" not in mail
    screen = sent_mail.build_sent_mail(recruiter.services, rows_of(recruiter), recipient)
    assert screen is not None
    assert (screen.person_name, screen.address) == ("", "")


@pytest.mark.parametrize(("length", "is_kept"), [(2_000_000, True), (2_000_001, False)])
def test_a_mail_that_is_too_long_is_not_kept(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch, length: int, is_kept: bool
) -> None:
    monkeypatch.setattr(CampaignEndpoints, "campaign_html", lambda _client, _id: "x" * length)
    send_and_sync(recruiter)
    mailing = recruiter.mailing
    assert (mailing.mail_due, mailing.mail_read_at is not None) == (False, is_kept)


def test_a_mail_that_cannot_be_read_delays_nothing(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MailChimp is asked again with the next update, unless it refuses the mail."""
    errors = [Unknown("no answer"), NotFound("gone")]

    def fail(_client: object, _id: str) -> str:
        raise errors.pop(0)

    monkeypatch.setattr(CampaignEndpoints, "campaign_html", fail)
    send_and_sync(recruiter)
    for _ in range(2):
        sync_everything(recruiter)
    mailing = recruiter.mailing
    assert (errors, mailing.mail_due, mailing.mail_read_at) == ([], False, None)
    assert (mailing.sync_problem, mailing.emails_sent) == (None, 2)
