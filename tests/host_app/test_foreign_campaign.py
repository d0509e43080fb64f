"""Somebody else's campaign, at every address of the tab: the answer is that of no campaign at all."""

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

HIDDEN, NONE = "Haven: nieuwe diensten", "99999"


@pytest.mark.usefixtures("activated")
@pytest.mark.parametrize("script", [True, False])
def test_a_campaign_of_another_branch_is_none_at_every_address(
    browse: Callable[[str], Browser], crm: Flask, script: bool
) -> None:
    with crm.app_context():
        hidden = str(db.session.scalars(select(Campaign.id).filter_by(title=HIDDEN)).one())
        before = _operations()
    browser = browse("recruiter")
    client, proof = browser.client, _proof(browser)
    headers = {"HX-Request": "true"} if script else {}
    walked = 0
    for route in (each for each in ROUTES if "<ref>" in each.rule):
        answers = []
        for ref in (hidden, NONE):
            path = f"/cxmc{route.rule.replace('<ref>', ref)}"
            data = {"csrf_token": proof} if route.method == "POST" else None
            answer = client.open(path, method=route.method, headers=headers, data=data)
            text = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)
            answers.append((answer.status_code, text.replace(path, "")))
        assert answers[0] == answers[1], route.rule
        assert answers[0][0] == 404, route.rule
        walked += 1
    assert walked > 15
    with crm.app_context():
        assert _operations() == before


def _proof(browser: Browser) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/candidates").text)
    assert found
    return found[1]


def _operations() -> int:
    return db.session.execute(select(func.count()).select_from(Operation)).scalar_one()
