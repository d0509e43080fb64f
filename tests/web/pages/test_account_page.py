"""The page of the account: three steps, an API key, and “Log in with MailChimp” against the stand-in."""

import logging
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import select, update

from cxmc_ext.adapters.limiter import LocalLimiter
from cxmc_ext.adapters.mailchimp.client import client_factory
from cxmc_ext.adapters.mailchimp.login import OAuthLogin
from cxmc_ext.adapters.redis.limiter import make_limiter
from cxmc_ext.db.base import Base
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import Right
from cxmc_ext.services import Services
from cxmc_ext.standin import (
    DEMO_KEY,
    FREE_KEY,
    OAUTH_CLIENT_ID,
    OAUTH_CLIENT_SECRET,
    VIEWER_KEY,
    StandinServer,
)
from cxmc_ext.testing import Clock, ManualQueue, MemoryHost
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.admin import status
from tests.support.browser import Browser
from tests.support.databases import on_both
from tests.support.redis_server import RedisServer, dump

pytestmark = on_both
LogIn = Callable[..., str]


@pytest.fixture(autouse=True)
def _administrator(services: Services, host: MemoryHost, queue: ManualQueue) -> None:
    """The module is activated and offers logins; the administrator is logged in."""
    host.login("admin")
    activation.request_activation(services, Press(host.users["admin"][0], "nonce-activate"))
    queue.run_all()
    settings = services.settings
    object.__setattr__(settings, "oauth_client_id", OAUTH_CLIENT_ID)
    object.__setattr__(settings, "oauth_client_secret", OAUTH_CLIENT_SECRET)
    object.__setattr__(services, "login", OAuthLogin(settings, LocalLimiter(2)))


@pytest.fixture
def browser(browser_without_js: Browser) -> Browser:
    """Logging in leaves the page, so there is no htmx."""
    return browser_without_js


@pytest.fixture
def log_in(browser: Browser, standin: StandinServer) -> LogIn:
    """Begins a login, and lets a user of the stand-in decide; returns where the browser is sent."""

    def walk(user: str = DEMO_KEY, decision: str = "allow") -> str:
        address = browser.get("/cxmc/account/login").headers["Location"]
        assert "Log in with MailChimp" in requests.get(address, timeout=10).text
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        answer = requests.post(
            f"{standin.root}/oauth2/authorize",
            data=query | {"user": user, "decision": decision},
            allow_redirects=False,
            timeout=10,
        )
        url = urlsplit(answer.headers["Location"])
        return f"{url.path}?{url.query}"

    return walk


def account_of(services: Services) -> Account:
    services.session().rollback()
    return services.session().scalars(select(Account)).one()


def operations(services: Services) -> list[str]:
    services.session().rollback()
    return list(services.session().scalars(select(Operation.state).filter_by(kind="connect")))


def test_three_steps_lead_from_activation_to_ready(
    services: Services, browser: Browser, queue: ManualQueue
) -> None:
    settings = browser.open_page("/cxmc/activation")
    assert "Activate 2 Connect 3 Ready" in settings.text
    assert "Connect MailChimp" in settings.buttons()
    assert "Connect MailChimp" in browser.open_page("/cxmc/control").buttons()
    page = browser.open_page("/cxmc/account")
    assert page.buttons() >= {"Log in with MailChimp", "Initialize"}
    assert "replaces the current one" not in page.text
    browser.submit("/cxmc/account", 303, key=DEMO_KEY)
    assert "Connecting your MailChimp account" in browser.open_page("/cxmc/account").text
    queue.run_all()
    ready = browser.open_page("/cxmc/account")
    assert "Ready: open a campaign" in ready.text
    assert "us21, ends in" in ready.text
    assert "replaces the current one only if it works" in ready.text
    assert "MailChimp account" in browser.open_page("/cxmc/activation").buttons()


def test_a_key_that_is_none_is_refused_beside_the_field(browser: Browser) -> None:
    page = browser.submit("/cxmc/account", 422, key="nonsense")
    assert page.field("key")["aria-invalid"] == "true"
    assert "nonsense" not in page.html


def test_a_login_connects_the_account_like_a_key(
    services: Services,
    browser: Browser,
    queue: ManualQueue,
    log_in: LogIn,
    standin: StandinServer,
    redis_server: RedisServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    limiter = make_limiter(replace(services.settings, redis_url=redis_server.url))
    object.__setattr__(services, "login", OAuthLogin(services.settings, limiter))
    object.__setattr__(services, "client_factory", client_factory(services.settings, limiter))
    back = log_in()
    assert browser.get(back).headers["Location"] == "/cxmc/account"
    waiting = browser.open_page("/cxmc/account")
    queue.run_all()
    ready = browser.open_page("/cxmc/account")
    assert "Logged in with MailChimp (us21)" in ready.text
    account = account_of(services)
    assert (account.key_datacenter, account.key_tail, account.key_refused) == ("us21", "", False)
    assert status.snapshot(services).key == "login with MailChimp (us21)"
    assert account.templates
    (token,) = (key for key in standin.state.keys.values() if key.is_token)
    code = parse_qs(urlsplit(back).query)["code"][0]
    stored = "".join(
        str(services.session().execute(select(table)).all())
        for table in Base.metadata.sorted_tables
    )
    with redis_server.client() as client:
        stored += dump(client)
    for secret in (token.key, code, OAUTH_CLIENT_SECRET):
        assert secret not in waiting.html + ready.html + stored + caplog.text, "only ever encrypted"


def test_nothing_is_connected_where_the_user_refuses(
    services: Services, browser: Browser, log_in: LogIn
) -> None:
    answer = browser.get(log_in(decision="refuse"))
    assert answer.status_code == 422
    assert "You did not allow access in MailChimp" in answer.get_data(as_text=True)
    assert operations(services) == []


@pytest.mark.parametrize("forged", ["state=another", "", "state="])
def test_a_forged_state_changes_nothing(
    services: Services, browser: Browser, log_in: LogIn, forged: str
) -> None:
    back = log_in()
    code = parse_qs(urlsplit(back).query)["code"][0]
    answer = browser.get(f"/cxmc/account/login/done?code={code}&{forged}")
    assert answer.status_code == 400
    assert "did not begin here" in answer.get_data(as_text=True)
    assert operations(services) == []
    assert browser.get(back).status_code == 303, "the real one still works"


def test_a_state_works_once(
    services: Services, browser: Browser, queue: ManualQueue, log_in: LogIn
) -> None:
    back = log_in()
    browser.get(back)
    queue.run_all()
    assert browser.get(back).status_code == 400
    assert operations(services) == ["done"]


@pytest.mark.slow
def test_a_state_of_another_tenant_user_session_or_hour_is_refused(
    app: Flask, services: Services, browser: Browser, log_in: LogIn, host: MemoryHost, clock: Clock
) -> None:
    back = log_in()
    with browser.client.session_transaction() as session:
        session["cxmc_login"] = session["cxmc_login"] | {"account": "another tenant"}
    assert browser.get(back).status_code == 400
    back = log_in()
    user, _ = host.users["recruiter"]
    host.users["recruiter"] = (user, frozenset(Right))
    host.login("recruiter")
    assert browser.get(back).status_code == 400
    host.login("admin")
    assert Browser(app.test_client()).get(back).status_code == 400
    clock.advance(601)
    assert browser.get(back).status_code == 400
    assert operations(services) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "datacenter", ["evil.example/", "us21.evil.example", "", "us1\n", "us21-x"]
)
def test_a_datacenter_that_is_none_is_refused(
    services: Services,
    browser: Browser,
    queue: ManualQueue,
    log_in: LogIn,
    standin: StandinServer,
    datacenter: str,
) -> None:
    standin.state.login_datacenter = datacenter
    browser.get(log_in())
    queue.run_all()
    assert "names no data center" in browser.open_page("/cxmc/account").text
    assert not account_of(services).sealed_key


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        (FREE_KEY, "free MailChimp account"),
        (VIEWER_KEY, "Press “Log in with MailChimp” again as a user with more rights"),
    ],
)
def test_a_login_is_refused_for_the_same_reasons_as_a_key(
    services: Services, browser: Browser, queue: ManualQueue, log_in: LogIn, user: str, reason: str
) -> None:
    browser.get(log_in(user))
    queue.run_all()
    assert reason in browser.open_page("/cxmc/account").text
    assert not account_of(services).sealed_key


@pytest.mark.slow
def test_a_code_that_was_used_elsewhere_is_refused(
    browser: Browser, queue: ManualQueue, log_in: LogIn, standin: StandinServer
) -> None:
    browser.get(log_in())
    standin.state.login_codes.clear()
    queue.run_all()
    assert "confirmation of the login is no longer valid" in browser.open_page("/cxmc/account").text


def test_a_wrong_client_secret_is_named(
    services: Services, browser: Browser, queue: ManualQueue, log_in: LogIn
) -> None:
    back = log_in()
    object.__setattr__(services.settings, "oauth_client_secret", "wrong")
    browser.get(back)
    queue.run_all()
    page = browser.open_page("/cxmc/account").text
    assert "does not know this application" in page
    assert "CXMC_OAUTH_CLIENT_SECRET" in page


def test_a_revoked_login_is_told_and_logging_in_again_repairs_it(
    services: Services,
    browser: Browser,
    queue: ManualQueue,
    log_in: LogIn,
    standin: StandinServer,
    host: MemoryHost,
) -> None:
    browser.get(log_in())
    queue.run_all()
    (token,) = (key for key in standin.state.keys.values() if key.is_token)
    token.state = "disabled"
    campaign = host.add_campaign()
    browser.submit(f"/cxmc/campaigns/{campaign}/refresh", 303)
    queue.run_all()
    assert account_of(services).key_refused
    tab = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "MailChimp no longer accepts the stored login" in tab.text
    assert "Connect MailChimp" in tab.buttons()
    browser.get(log_in())
    queue.run_all()
    assert not account_of(services).key_refused


def test_settings_and_account_say_that_mailchimp_deactivated_the_account(
    browser: Browser, connected: Services
) -> None:
    assert "deactivated" not in browser.open_page("/cxmc/account").text
    connected.session().execute(update(Account).values(disabled_at=connected.clock()))
    connected.session().commit()
    assert "deactivated by MailChimp" in browser.open_page("/cxmc/account").text
    assert "MailChimp has deactivated this account" in browser.open_page("/cxmc/activation").text


def test_without_a_registered_application_only_keys_are_offered(
    services: Services, browser: Browser
) -> None:
    object.__setattr__(services.settings, "oauth_client_id", "")
    assert "Log in with MailChimp" not in browser.open_page("/cxmc/account").buttons()
    assert browser.get("/cxmc/account/login").status_code == 409
