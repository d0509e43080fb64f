"""What `flask cxmc doctor` finds out by opening pages: login guards and headers of the Host."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Response, request, url_for

from tests.support.installation import Installation


def _redirect() -> Response | None:
    return None if request.endpoint == "login" else Response(status=302)


def _crash() -> None:
    raise ZeroDivisionError


def _overwrite(csp: str = "", frames: str = "SAMEORIGIN") -> Callable[[Response], Response]:
    """Sets the headers of every page, as Talisman does."""

    def overwrite(response: Response) -> Response:
        response.headers["X-Frame-Options"] = frames
        if csp:
            response.headers["Content-Security-Policy"] = csp
        return response

    return overwrite


Break = Callable[[Installation], Any]
PROBLEMS: dict[str, tuple[Break, str, str]] = {
    "a login guard before every request": (
        lambda h: (
            h.settings(webhook_secrets=("x" * 22,), events_token="t" * 22),
            h.app.before_request(_redirect),
        ),
        "fail a login is required for the static files, the events, MailChimp's webhook",
        'let request.blueprint == "cxmc" pass',
    ),
    "a page that fails in the host's app": (
        lambda h: h.app.before_request(_crash),
        "fail your app raises ZeroDivisionError for our pages",
        "see its log",
    ),
    "a policy for pages that reaches the mail, too": (
        lambda h: h.app.after_request(_overwrite(csp="default-src 'self' https:")),
        "warn your headers restrict ours: style-src lacks “'unsafe-inline'”: mails have no styles",
        "allow it on our pages",
    ),
    "a policy without our script": (
        lambda h: h.app.after_request(_overwrite(csp="script-src 'nonce-1'")),
        "warn your headers restrict ours: script-src lacks “'self'”: our script is blocked",
        "allow it on our pages",
    ),
    "a policy without the thumbnails of the stand-in": (
        lambda h: (
            h.settings(api_root="http://localhost:5011"),
            h.app.after_request(_overwrite(csp="img-src 'self' https: http://127.0.0.1:5011")),
        ),
        "warn your headers restrict ours: img-src lacks “http://localhost:5011”: the thumbnails of the"
        " stand-in are blocked",
        "allow it on our pages",
    ),
    "pages that may not be in a frame": (
        lambda h: h.app.after_request(_overwrite(frames="DENY")),
        "warn your headers restrict ours: X-Frame-Options DENY: the preview is blocked",
        "(our pages with mails) alone",
    ),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_what_the_host_does_to_our_pages_is_reported_with_its_remedy(
    installation: Installation, name: str
) -> None:
    break_it, fact, remedy = PROBLEMS[name]
    break_it(installation)
    lines = installation.problems()
    assert [line for line in lines if fact in line and remedy in line], lines


@pytest.mark.parametrize("source", ["http://localhost:5011", "localhost:5011", "http:", "*"])
def test_a_policy_may_allow_the_stand_in_in_several_ways(
    installation: Installation, source: str
) -> None:
    installation.settings(api_root="http://localhost:5011")
    installation.app.after_request(_overwrite(csp=f"img-src https: {source}"))
    assert not [line for line in installation.problems() if "headers" in line]


def test_pages_are_opened_at_a_host_name_that_the_app_trusts(installation: Installation) -> None:
    installation.set(TRUSTED_HOSTS=[".crm.example", "localhost.example"])
    installation.app.before_request(lambda: url_for("static", filename="") and None)
    assert not [line for line in installation.problems() if "raises" in line]


def test_a_cookie_that_becomes_secure_with_the_first_request_is_secure(
    installation: Installation,
) -> None:
    """Talisman sets the option then."""
    installation.set(SESSION_COOKIE_SECURE=False)
    config = installation.app.config
    installation.app.before_request(lambda: config.update(SESSION_COOKIE_SECURE=True))
    assert not [line for line in installation.problems() if "cookie" in line]
