"""Logging in, Maintenance, the rights of the roles, and the headers every page carries."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from host_app.auth import DEMO_LOGINS
from tests.host_app.conftest import Browser

As = Callable[[str], Browser]
MAINTENANCE = ("settings", "groups", "groups/1", "document-templates", "user-roles")


def test_the_login_page_prints_the_cast_and_each_of_them_gets_in(crm: Flask, browse: As) -> None:
    page = crm.test_client().get("/login").text
    for username, password, role, _ in DEMO_LOGINS:
        assert f"<code>{username}</code>" in page
        assert f"<code>{password}</code>" in page
        assert role in browse(username).get("/candidates").text


@pytest.mark.parametrize("name", ["admin", "nobody"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(crm: Flask, name: str) -> None:
    browser = Browser(crm.test_client())
    answer = browser.post("/login", username=name, password="wrong")
    assert answer.status_code == 422
    assert "User name or password is not right." in answer.text
    assert browser.get("/candidates").status_code == 302


def test_who_is_not_logged_in_comes_back_to_the_page_after_logging_in(crm: Flask) -> None:
    browser = Browser(crm.test_client())
    sent_away = browser.get("/contacts?q=van+dam")
    assert sent_away.headers["Location"] == "/login?next=/contacts?q%3Dvan%2Bdam"
    back = browser.log_in("intern", sent_away.headers["Location"])
    assert back.headers["Location"] == "/contacts?q=van+dam"


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "\\\\evil"],
)
def test_a_login_never_leads_to_another_site(crm: Flask, target: str) -> None:
    back = Browser(crm.test_client()).log_in("intern", f"/login?next={target}".replace("\t", "%09"))
    assert back.headers["Location"] == "/"


def test_log_out_ends_the_session(browse: As) -> None:
    someone = browse("recruiter")
    assert someone.post("/logout").headers["Location"] == "/login"
    assert someone.get("/candidates").status_code == 302


def test_a_form_without_the_token_is_refused(browse: As) -> None:
    someone = browse("recruiter")
    assert someone.client.post("/campaigns/new", data={"title": "X"}).status_code == 400


@pytest.mark.parametrize("page", MAINTENANCE)
def test_maintenance_is_for_administrators_only(browse: As, page: str) -> None:
    assert browse("admin").get(f"/maintenance/{page}").status_code == 200
    assert browse("recruiter").get(f"/maintenance/{page}").status_code == 404
    assert browse("intern").get(f"/maintenance/{page}").status_code == 404


def test_nobody_may_open_any_page_but_the_login(crm: Flask) -> None:
    client, opened = crm.test_client(), []
    for rule in crm.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        values = {"kind": "candidate", "ref": "1", "name": "x", "filename": "x"}
        path = rule.build({**dict.fromkeys(rule.arguments, 1), **values})
        if path and client.open(path[1], method="GET").status_code == 200:
            opened.append(rule.endpoint)
    assert set(opened) <= {"auth.login", "healthz"}


def test_a_right_given_to_a_role_works_at_the_next_click(browse: As) -> None:
    admin, intern = browse("admin"), browse("intern")
    assert intern.get("/campaigns").status_code == 404
    role = re.search(
        r'action="([^"]+)" aria-label="Intern"', admin.get("/maintenance/user-roles").text
    )
    assert role
    admin.post(role[1], right=["campaigns"])
    assert intern.get("/campaigns").status_code == 200


def test_the_last_role_with_maintenance_keeps_it(browse: As) -> None:
    admin = browse("admin")
    page = admin.get("/maintenance/user-roles").text
    role = re.search(r'action="([^"]+)" aria-label="Administrator"', page)
    assert role
    assert "must keep" in admin.flash_messages(admin.post(role[1], right=["campaigns"]))
    assert admin.get("/maintenance/settings").status_code == 200


def test_a_group_is_made_renamed_and_filled(browse: As) -> None:
    admin = browse("admin")
    group = admin.post("/maintenance/groups", name="Testers", kind="candidate").headers["Location"]
    assert admin.flash_messages(admin.post(group, name="Proefpersonen", tag="")) == "Saved."
    assert "Add " in admin.get(f"{group}?q=van").text
    admin.post(f"{group}/members", person=3)
    assert "by Marjan Hofstra" in admin.get(group).text
    admin.post(f"{group}/members/3/remove")
    assert "There is nobody in this group." in admin.get(group).text


def test_a_tag_stands_on_one_group_of_a_kind_only(browse: As) -> None:
    admin = browse("admin")
    group = admin.post("/maintenance/groups", name="Second", kind="candidate").headers["Location"]
    tag = re.search(r'<option value="(\d+)">NoMailChimpMailingsTag', admin.get(group).text)
    assert tag
    assert "carries this tag already" in admin.flash_messages(
        admin.post(group, name="Second", tag=tag[1])
    )


def test_every_page_carries_the_headers_of_a_careful_site(browse: As) -> None:
    headers = browse("admin").get("/campaigns").headers
    assert headers["Content-Security-Policy"].startswith(
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' https: data:;"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(crm: Flask) -> None:
    answer = Browser(crm.test_client()).log_in("intern")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_hostile_name_stays_text_on_every_page(browse: As) -> None:
    admin, canary = browse("admin"), '"><img src=x onerror=alert(1)>{{7*7}}'
    form = {"first_name": canary, "last_name": canary, "email": canary, "status": "Placed"}
    admin.post("/candidates/1", **form)
    campaign = admin.post("/campaigns/new", title=canary, type="E-mail").headers["Location"]
    admin.post("/candidates/add-to-campaign", campaign=campaign.rsplit("/", 1)[1], person=[1])
    pages = ("/candidates/1", "/candidates?q=onerror", "/campaigns", f"{campaign}/candidates")
    for path in (*pages, "/candidates/add-to-campaign", campaign):
        text = admin.get(path).text
        assert "<img" not in text
        assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in text


@pytest.mark.parametrize(("language", "said"), [("en", "Not from here"), ("nl", "Niet van hier")])
def test_every_refusal_is_said_in_the_words_of_the_crm(
    browse: As, language: str, said: str
) -> None:
    """A form of another site, with the session's own token: nobody reads “Forbidden”."""
    browser = browse("admin")
    page = browser.get(f"/maintenance/settings?lang={language}").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = browser.client.post(
        "/cxmc/activate",
        data={"csrf_token": token[1]},
        headers={"Origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403
    assert said in answer.text
    assert "Forbidden" not in answer.text
