"""CSRF protection: the Host's Flask-WTF if it checks every request, otherwise a token of our own.

The token of our own is in the session and belongs to one user.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Request, current_app, session

FIELD = "csrf_token"
HEADER = "X-CSRFToken"
_SESSION_TOKEN = "cxmc_csrf"  # noqa: S105 - the name of a session entry
_SESSION_USER = "cxmc_csrf_for"


def hidden_field(user_id: str) -> tuple[str, str]:
    """Returns name and value of the hidden field that every form contains.

    Args:
        user_id: The logged-in user. A session that now belongs to another user gets a new token.
    """
    if is_checked_by_host():
        name = str(current_app.config.get("WTF_CSRF_FIELD_NAME", FIELD))
        return name, str(current_app.jinja_env.globals["csrf_token"]())  # type: ignore[operator]
    if _SESSION_TOKEN not in session or session.get(_SESSION_USER, user_id) != user_id:
        session[_SESSION_TOKEN] = secrets.token_urlsafe(32)
    session[_SESSION_USER] = user_id
    return FIELD, str(session[_SESSION_TOKEN])


def is_checked_by_host() -> bool:
    """Whether Flask-WTF's CSRFProtect already checks every request before our views."""
    config = current_app.config
    return (
        "csrf" in current_app.extensions
        and "csrf_token" in current_app.jinja_env.globals
        and config.get("WTF_CSRF_ENABLED", True)
        and config.get("WTF_CSRF_CHECK_DEFAULT", True)
    )


def is_off_in_tests() -> bool:
    """Whether a test of the Host switched CSRF off, the way Flask-WTF documents it. Only with TESTING."""
    return current_app.testing and current_app.config.get("WTF_CSRF_ENABLED") is False


def is_token_valid(request: Request, user_id: str) -> bool:
    """Whether the request carries our token, in the body or in the header `X-CSRFToken`.

    The query string does not count, because addresses end up in logs. A token from before another
    user logged in to the same session is not valid.
    """
    token = request.headers.get(HEADER) or request.form.get(FIELD, "")
    expected = str(session.get(_SESSION_TOKEN, ""))
    same_user = session.get(_SESSION_USER, user_id) == user_id
    return bool(expected) and same_user and hmac.compare_digest(token.encode(), expected.encode())


def is_same_origin(request: Request) -> bool:
    """Whether the request comes from a page of this host.

    The scheme is not compared, because a proxy may terminate TLS.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
