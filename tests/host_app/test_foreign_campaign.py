"""A campaign that the user may not see is answered like one that does not exist, at every URL."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.web.routes import ROUTES
from host_app.database import db
from host_app.models import Campaign
from tests.host_app.conftest import Browser

HIDDEN_TITLE, UNKNOWN_REF = "Haven: nieuwe diensten", "99999"


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize("with_htmx", [True, False])
def test_a_campaign_of_another_branch_does_not_exist_at_any_url(
    log_in_as: Callable[[str], Browser], crm: Flask, with_htmx: bool
) -> None:
    with crm.app_context():
        hidden_ref = str(
            db.session.scalars(select(Campaign.id).filter_by(title=HIDDEN_TITLE)).one()
        )
        before = _count_operations()
    browser = log_in_as("recruiter")
    client, token = browser.client, _csrf_token(browser)
    headers = {"HX-Request": "true"} if with_htmx else {}
    checked = 0
    for route in (route for route in ROUTES if "<ref>" in route.rule):
        answers = []
        for ref in (hidden_ref, UNKNOWN_REF):
            path = f"/cxmc{route.rule.replace('<ref>', ref)}"
            data = {"csrf_token": token} if route.method == "POST" else None
            answer = client.open(path, method=route.method, headers=headers, data=data)
            text = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)
            answers.append((answer.status_code, text.replace(path, "")))
        assert answers[0] == answers[1], route.rule
        assert answers[0][0] == 404, route.rule
        checked += 1
    assert checked > 15
    with crm.app_context():
        assert _count_operations() == before


def _csrf_token(browser: Browser) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/candidates").text)
    assert match
    return match[1]


def _count_operations() -> int:
    return db.session.execute(select(func.count()).select_from(Operation)).scalar_one()
