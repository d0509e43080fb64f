"""Texts that no row can hold, in every field of every form and every part of every address."""

import pytest
from flask.testing import FlaskClient

from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from cxmc_ext.web.routes import ROUTES, Route
from tests.support.browser import Browser
from tests.support.databases import on_both
from tests.support.factories import (
    SENT_AT,
    create_mailing,
    send_form,
)

pytestmark = [on_both, pytest.mark.slow]

ADA = PersonRef(PersonKind.CANDIDATE, "1")
NUL = "a\0b"


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.method == "POST"], ids=lambda r: r.endpoint
)
def test_no_field_of_a_form_takes_a_text_that_cannot_be_stored(
    connected: Services, campaign: str, client: FlaskClient, host: MemoryHost, route: Route
) -> None:
    host.login("admin")
    path = "/cxmc" + route.rule.replace("<ref>", campaign)
    fields = {
        **send_form(), "email": "a@b.example", "domain": "b.example", "code": "1", "key": "k",
        "audience": "1", "addresses": "a@b.example", "group": "opened", "title": "T", "who": "x",
        "typed": "x", "mailing": campaign, "template_search": "x", "person": "1",
    }  # fmt: skip
    for name in fields:
        answer = Browser(client).post(path, **{**fields, name: NUL})
        assert answer.status_code < 500, name
        if "<ref>" in route.rule:
            assert answer.status_code == 422, name
    assert Browser(client).post(path, **{**fields, NUL: "x"}).status_code < 500


def test_update_now_of_a_campaign_that_cannot_exist_says_so(
    connected: Services, campaign: str, client: FlaskClient, host: MemoryHost
) -> None:
    host.login("admin")
    browser = Browser(client, javascript=False)
    assert browser.post("/cxmc/control/update", mailing=NUL).status_code == 303
    with client.session_transaction() as session:
        assert session["cxmc_toasts"] == ["There is no campaign in MailChimp to read figures from."]


def test_a_form_that_was_refused_can_be_sent_again(
    connected: Services, campaign: str, browser: Browser
) -> None:
    form = send_form(subject=f"Vacatures {NUL}")
    page = browser.submit(f"/cxmc/campaigns/{campaign}/preview", 422, **form)
    assert "This text contains characters that cannot be stored." in page.text
    assert page.field("subject")["value"] == "Vacatures ab"


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.method == "GET"], ids=lambda r: r.endpoint
)
def test_no_parameter_of_an_address_is_looked_up_as_it_is(
    connected: Services, campaign: str, client: FlaskClient, host: MemoryHost, route: Route
) -> None:
    host.login("admin")
    create_mailing(connected, campaign, "sent", frozen_at=1, sent_at=SENT_AT)
    path = "/cxmc" + route.rule.replace("<ref>", campaign)
    for odd in ("%00", "a%00", "9" * 15, "9" * 400, "-1", "%ED%A0%80", "1e308", "٣"):
        for name in (
            "page", "reason", "status", "about", "before", "v", "op", "seen", "cxmc_op", "template",
            "person", "waited", "cxmc_before", "cxmc_kind",
        ):  # fmt: skip
            answer = Browser(client).get(f"{path}?{name}={odd}")
            answer.get_data()  # also what is sent while it is read
            assert answer.status_code < 500, (name, odd)
    if "<ref>" in route.rule:
        for odd in ("%00", f"{campaign}%00", "9" * 400, "%ED%A0%80"):
            answer = Browser(client).get("/cxmc" + route.rule.replace("<ref>", odd))
            assert answer.status_code == 404, odd
