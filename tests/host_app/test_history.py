"""The demo's earlier campaigns: their reports, the averages, and who unsubscribed."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from cxmc_ext import User
from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.accounts import activation
from host_app.database import db
from host_app.seed_history import seed_history
from tests.host_app.conftest import Browser

LogInAs = Callable[[str], Browser]
NOW = 1_795_900_000


@pytest.fixture
def old_crm(crm: Flask) -> Flask:
    with crm.app_context():
        for _ in range(2):
            seed_history(crm, NOW)
        services = crm.extensions["cxmc"].services
        activation.request_activation(services, Press(User("1", "M."), "nonce"))
    return crm


def test_the_overview_compares_them_with_the_recruiters_average(
    old_crm: Flask, log_in_as: LogInAs
) -> None:
    page = log_in_as("recruiter").get("/cxmc/campaigns").text
    assert page.count('class="cxmc-title"') == 5, "the second time adds nothing"
    assert "You have sent 5 campaigns: on average" in page
    with old_crm.app_context():
        ref = db.session.scalars(select(Mailing.campaign_ref).order_by(Mailing.id)).first()
    report = log_in_as("recruiter").get(f"/campaigns/{ref}/mailchimp").text
    assert "Reports for Campaign" in report


def test_people_read_by_day_and_within_two_days(old_crm: Flask) -> None:
    with old_crm.app_context():
        reported = select(Event.at, Mailing.sent_at).join(Mailing, Mailing.id == Event.mailing_id)
        opens = db.session.execute(reported.where(Event.kind == EventStatus.OPENED)).all()
        first_day = [at for at, sent_at in opens if at < sent_at + 86_400]
        assert len(opens) > 200
        assert len(first_day) > len(opens) / 2
        assert {at // 3600 % 24 for at, _ in opens} <= set(range(6, 21))
        assert len({(at - sent_at) // 3600 for at, sent_at in opens}) > 12
        left = select(func.count()).where(Event.kind == EventStatus.UNSUBSCRIBED)
        assert db.session.scalar(left)
