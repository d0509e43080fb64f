"""Login, Maintenance, the rights of roles, and the headers of every page."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from host_app.auth import DEMO_LOGINS
from tests.host_app.conftest import Browser

LogInAs = Callable[[str], Browser]
MAINTENANCE = ("settings", "groups", "groups/1", "document-templates", "user-roles")


def test_every_login_on_the_login_page_works(crm: Flask, log_in_as: LogInAs) -> None:
    page = crm.test_client().get("/login").text
    for username, password, role, _ in DEMO_LOGINS:
        assert f"<code>{username}</code>" in page
        assert f"<code>{password}</code>" in page
        assert role in log_in_as(username).get("/candidates").text


@pytest.mark.parametrize("name", ["admin", "nobody"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(crm: Flask, name: str) -> None:
    browser = Browser(crm.test_client())
    answer = browser.post("/login", username=name, password="wrong")
    assert answer.status_code == 422
    assert "The user name or password is not correct." in answer.text
    assert browser.get("/candidates").status_code == 302


def test_after_logging_in_visitors_return_to_the_page_they_asked_for(crm: Flask) -> None:
    browser = Browser(crm.test_client())
    redirect = browser.get("/contacts?q=van+dam")
    assert redirect.headers["Location"] == "/login?next=/contacts?q%3Dvan%2Bdam"
    back = browser.log_in("intern", redirect.headers["Location"])
    assert back.headers["Location"] == "/contacts?q=van+dam"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "\\\\evil"],
)
def test_a_login_never_leads_to_another_site(crm: Flask, target: str) -> None:
    back = Browser(crm.test_client()).log_in("intern", f"/login?next={target}".replace("\t", "%09"))
    assert back.headers["Location"] == "/"


def test_log_out_ends_the_session(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    assert browser.post("/logout").headers["Location"] == "/login"
    assert browser.get("/candidates").status_code == 302


def test_a_form_without_the_token_is_refused(log_in_as: LogInAs) -> None:
    browser = log_in_as("recruiter")
    assert browser.client.post("/campaigns/new", data={"title": "X"}).status_code == 400


@pytest.mark.parametrize("page", MAINTENANCE)
def test_maintenance_is_for_administrators_only(log_in_as: LogInAs, page: str) -> None:
    assert log_in_as("admin").get(f"/maintenance/{page}").status_code == 200
    assert log_in_as("recruiter").get(f"/maintenance/{page}").status_code == 404
    assert log_in_as("intern").get(f"/maintenance/{page}").status_code == 404


def test_only_the_login_page_opens_without_login(crm: Flask) -> None:
    client, opened = crm.test_client(), []
    for rule in crm.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        values = {"kind": "candidate", "ref": "1", "name": "x", "filename": "x"}
        path = rule.build({**dict.fromkeys(rule.arguments, 1), **values})
        if path and client.open(path[1], method="GET").status_code == 200:
            opened.append(rule.endpoint)
    assert set(opened) <= {"auth.login", "healthz"}


def test_a_new_right_works_in_the_next_request(log_in_as: LogInAs) -> None:
    admin, intern = log_in_as("admin"), log_in_as("intern")
    assert intern.get("/campaigns").status_code == 404
    role = re.search(
        r'action="([^"]+)" aria-label="Intern"', admin.get("/maintenance/user-roles").text
    )
    assert role
    admin.post(role[1], right=["campaigns"])
    assert intern.get("/campaigns").status_code == 200


def test_the_last_role_with_maintenance_cannot_lose_it(log_in_as: LogInAs) -> None:
    admin = log_in_as("admin")
    page = admin.get("/maintenance/user-roles").text
    role = re.search(r'action="([^"]+)" aria-label="Administrator"', page)
    assert role
    assert "must keep" in admin.flash_messages(admin.post(role[1], right=["campaigns"]))
    assert admin.get("/maintenance/settings").status_code == 200


def test_a_group_can_be_created_renamed_and_filled(log_in_as: LogInAs) -> None:
    admin = log_in_as("admin")
    group = admin.post("/maintenance/groups", name="Testers", kind="candidate").headers["Location"]
    assert admin.flash_messages(admin.post(group, name="Proefpersonen", tag="")) == "Saved."
    assert "Add " in admin.get(f"{group}?q=van").text
    admin.post(f"{group}/members", person=3)
    assert "by Marjan Hofstra" in admin.get(group).text
    admin.post(f"{group}/members/3/remove")
    assert "Nobody is in this group." in admin.get(group).text


def test_only_one_group_of_a_kind_can_have_a_tag(log_in_as: LogInAs) -> None:
    admin = log_in_as("admin")
    group = admin.post("/maintenance/groups", name="Second", kind="candidate").headers["Location"]
    tag = re.search(r'<option value="(\d+)">NoMailChimpMailingsTag', admin.get(group).text)
    assert tag
    assert "already has this tag" in admin.flash_messages(
        admin.post(group, name="Second", tag=tag[1])
    )


def test_every_page_has_security_headers(log_in_as: LogInAs) -> None:
    headers = log_in_as("admin").get("/campaigns").headers
    assert headers["Content-Security-Policy"].startswith(
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' https: data:;"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_the_session_cookie_is_not_available_to_scripts_and_other_sites(crm: Flask) -> None:
    answer = Browser(crm.test_client()).log_in("intern")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_hostile_name_is_escaped_on_every_page(log_in_as: LogInAs) -> None:
    admin, hostile = log_in_as("admin"), '"><img src=x onerror=alert(1)>{{7*7}}'
    form = {"first_name": hostile, "last_name": hostile, "email": hostile, "status": "Placed"}
    admin.post("/candidates/1", **form)
    campaign = admin.post("/campaigns/new", title=hostile, type="E-mail").headers["Location"]
    admin.post("/candidates/add-to-campaign", campaign=campaign.rsplit("/", 1)[1], person=[1])
    pages = ("/candidates/1", "/candidates?q=onerror", "/campaigns", f"{campaign}/candidates")
    for path in (*pages, "/candidates/add-to-campaign", campaign):
        text = admin.get(path).text
        assert "<img" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in text


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Request refused"), ("nl", "Verzoek geweigerd")]
)
def test_a_refused_request_gets_the_error_page_of_the_crm(
    log_in_as: LogInAs, language: str, title: str
) -> None:
    """Here a form of another site, with a valid CSRF token."""
    browser = log_in_as("admin")
    page = browser.get(f"/maintenance/settings?lang={language}").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = browser.client.post(
        "/cxmc/activate",
        data={"csrf_token": token[1]},
        headers={"Origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403
    assert title in answer.text
    assert "Forbidden" not in answer.text
