"""The doors again, as somebody who wants in would try them: each name says what must not work."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import select

import cxmc_ext
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import Right
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.sending import requests as sending_requests
from cxmc_ext.web import create_blueprint, forms
from cxmc_ext.web.routes import PUBLIC_ENDPOINTS, ROUTES
from tests.support.browser import CSRF_TOKEN, Browser, Page
from tests.support.factories import create_mailing, create_operation

YES = {"confirmed": "yes"}
FORM = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
    **YES,
}
ELSEWHERE = ["//evil.example", "\\\\evil.example", "https:evil.example", "/\t/evil.example"]


def test_four_addresses_are_open_and_no_more() -> None:
    """A new one belongs into the table; whoever opens a fifth has to say so here."""
    assert sorted(PUBLIC_ENDPOINTS) == ["asset", "events", "metrics", "webhook"]


def test_no_header_makes_another_method_of_a_request(
    client: FlaskClient, campaign: str, queue: ManualQueue
) -> None:
    queue.nudges.clear()
    for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        answer = client.get(f"/cxmc/campaigns/{campaign}/send", headers={header: "POST"})
        assert answer.status_code == 405
    assert not queue.nudges


def test_a_test_of_the_host_may_switch_csrf_off_and_production_may_not(
    app: Flask, connected: Services, campaign: str, client: FlaskClient, host: MemoryHost
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    path = f"/cxmc/campaigns/{campaign}/send"
    assert client.post(path, data=FORM).status_code == 303
    assert (
        client.post(path, data=FORM, headers={"Origin": "https://evil.example"}).status_code == 403
    )
    app.testing = False
    assert client.post(path, data=FORM).status_code == 400


def test_a_right_that_is_lost_closes_the_next_poll(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    create_operation(connected, create_mailing(connected, campaign, "preparing"))
    browser.open_page(f"/cxmc/campaigns/{campaign}/panel")
    host.users["recruiter"] = (host.users["recruiter"][0], frozenset({Right.SEND}))
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/panel", 404)
    assert not [a for _, a in page.tags if "hx-trigger" in a], "and polling ends"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "action"),
    [
        (state, action)
        for action, states in {
            "send": ("scheduled", "sending", "sent", "attention", "in_mailchimp", "cancelled"),
            "schedule": ("scheduled", "sending", "sent"),
            "check": ("none", "scheduled", "sending", "sent", "attention"),
            "retry": ("none", "scheduled", "sending", "sent"),
            "delete": ("none", "send_intent", "sending", "sent"),
            "unschedule": ("none", "not_ready", "sending", "sent"),
        }.items()
        for state in states
    ],
)
def test_no_step_can_be_skipped_or_repeated(
    connected: Services, campaign: str, browser: Browser, state: str, action: str
) -> None:
    at = (connected.clock() // 900 + 8) * 900
    create_mailing(connected, campaign, state, schedule_at=at)
    before = operations(connected)
    browser.submit(f"/cxmc/campaigns/{campaign}/{action}", 409, **FORM, **_tomorrow(connected))
    assert operations(connected) == before


def test_a_second_operation_is_refused_while_one_is_active(
    connected: Services, campaign: str, browser: Browser
) -> None:
    mailing = create_mailing(connected, campaign, "preparing")
    create_operation(connected, mailing)
    before = operations(connected)
    for action in ("delete", "unschedule", "schedule"):
        browser.submit(f"/cxmc/campaigns/{campaign}/{action}", 409, **FORM, **_tomorrow(connected))
    assert operations(connected) == before


def test_no_url_contains_the_csrf_token(
    campaign: str, client: FlaskClient, host: MemoryHost
) -> None:
    host.login("admin")
    for script in (True, False):
        browser = Browser(client, script)
        for piece in ("", "/panel", "/settings", "/recipients"):
            page = browser.open_page(f"/cxmc/campaigns/{campaign}{piece}")
            proof = {a["value"] for a in page.elements("input") if a.get("name") == "csrf_token"}
            named = "".join(v for _, a in page.tags for n, v in a.items() if n != "value")
            assert not [each for each in proof if each in named]


def test_another_user_in_the_same_session_gets_another_csrf_token(
    campaign: str, client: FlaskClient, host: MemoryHost
) -> None:
    """A host that keeps the session at login: what was known before is worth nothing after."""
    path = f"/cxmc/campaigns/{campaign}"
    before = Page(client.get(path).get_data(as_text=True)).field("csrf_token")["value"]
    host.login("admin")
    assert client.post(f"{path}/update", data={"csrf_token": before}).status_code == 400
    after = Page(client.get(path).get_data(as_text=True)).field("csrf_token")["value"]
    assert after != before
    assert client.post(f"{path}/update", data={"csrf_token": after}).status_code == 409


def test_only_the_webhook_is_csrf_exempt(services: Services) -> None:
    bare = Flask("bare")
    bare.config["SECRET_KEY"] = "x"
    guard = CSRFProtect(bare)
    bare.register_blueprint(create_blueprint(services))
    assert guard._exempt_views == {"cxmc_ext.web.public.webhook.webhook"}
    assert not guard._exempt_blueprints


@pytest.mark.slow
@pytest.mark.parametrize("where", [*ELSEWHERE, "https://host@evil.example", "javascript:alert(1)"])
def test_no_press_leads_where_the_request_says(
    campaign: str, browser_without_js: Browser, host: MemoryHost, where: str
) -> None:
    host.login("admin")
    pairs = {"next": where, "return": where, "url": where, "back": where}
    for route in (each for each in ROUTES if each.method == "POST"):
        path = f"/cxmc{route.rule.replace('<ref>', campaign)}"
        answer = browser_without_js.client.post(
            path,
            query_string=pairs,
            data={**pairs, **YES, "csrf_token": _token(browser_without_js.client)},
            headers={"Referer": where.replace("\t", ""), "X-Forwarded-Host": "evil.example"},
        )
        for name in ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "Refresh"):
            assert "evil" not in answer.headers.get(name, "")
            assert "alert" not in answer.headers.get(name, "")


def test_a_thousand_and_one_parts_are_too_many(client: FlaskClient, campaign: str) -> None:
    _token(client)
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n\r\n' for n in range(1001)
    )
    answer = client.post(
        f"/cxmc/campaigns/{campaign}/send",
        data=f"{parts}--b--\r\n".encode(),
        content_type="multipart/form-data; boundary=b",
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 413


def test_a_body_without_its_length_is_not_read(client: FlaskClient, campaign: str) -> None:
    answer = client.post(
        f"/cxmc/campaigns/{campaign}/send", headers={"Transfer-Encoding": "chunked"}
    )
    assert answer.status_code == 413


@pytest.mark.slow
@pytest.mark.parametrize("ref", ["1 or 1=1", "1'--", "%", "_", "1\0", "..", "9" * 400])
def test_a_campaign_that_is_no_campaign_is_not_found(
    client: FlaskClient, campaign: str, ref: str
) -> None:
    assert client.get(f"/cxmc/campaigns/{ref}").status_code == 404


def test_another_spelling_of_a_campaign_is_no_second_campaign(
    app: Flask,
    connected: Services,
    campaign: str,
    browser: Browser,
    host: MemoryHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A host whose ids are numbers finds “007” as well; it is campaign 7 all the same."""
    by_number = host.campaign
    everybody = host.people
    monkeypatch.setattr(host, "campaign", lambda ref, user: by_number(ref.lstrip("0"), user))
    monkeypatch.setattr(host, "people", lambda ref: everybody(ref.lstrip("0")))
    create_mailing(connected, campaign, "sent")
    page = browser.open_page(f"/cxmc/campaigns/00{campaign}")
    assert "Reports for Campaign" in page.text
    browser.submit(f"/cxmc/campaigns/00{campaign}/send", 409, **FORM)
    sender = host.users["recruiter"][0]
    order = forms.parse_send_order(
        forms.read_send_form(FORM), connected.settings.zone, is_scheduled=False
    )
    with pytest.raises(Conflict):
        sending_requests.request_send(connected, Press(sender, "", f"00{campaign}"), order)
    assert operations(connected) == []


def test_other_sites_cannot_frame_our_pages(campaign: str, browser: Browser) -> None:
    headers = browser.get(f"/cxmc/campaigns/{campaign}").headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"


def test_foreign_html_is_shown_in_a_sandbox_only() -> None:
    root = Path(cxmc_ext.__file__).parent
    for template in root.glob("**/templates/**/*.html"):
        for frame in re.findall(r"<(?:iframe|object|embed)\b[^>]*>", template.read_text()):
            assert " sandbox" in frame, template
            assert "allow-scripts" not in frame, template


def operations(services: Services) -> list[int]:
    session = services.session()
    found = list(session.scalars(select(Operation.id).where(Operation.mailing_id.is_not(None))))
    session.rollback()
    return found


def _token(client: FlaskClient) -> str:
    with client.session_transaction() as session:
        session["cxmc_csrf"] = CSRF_TOKEN
        session.pop("cxmc_csrf_for", None)
    return CSRF_TOKEN


def _tomorrow(services: Services) -> dict[str, str]:
    day = datetime.fromtimestamp(services.clock(), UTC) + timedelta(days=2)
    return {"date": f"{day:%Y-%m-%d}", "time": "10:15"}
