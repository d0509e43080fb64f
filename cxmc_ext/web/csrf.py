"""Proof that a form was ours: the host's Flask-WTF token where it checks one, else our own."""

import hmac
import secrets
from urllib.parse import urlsplit

from flask import Request, current_app, session

FIELD = "csrf_token"
HEADER = "X-CSRFToken"
_SESSION_TOKEN = "cxmc_csrf"  # noqa: S105 - the name of a session entry
_SESSION_USER = "cxmc_csrf_for"


def hidden_field(user_id: str) -> tuple[str, str]:
    """Name and value of the hidden field every form carries; another user gets another token."""
    if is_checked_by_host():
        name = str(current_app.config.get("WTF_CSRF_FIELD_NAME", FIELD))
        return name, str(current_app.jinja_env.globals["csrf_token"]())  # type: ignore[operator]
    if _SESSION_TOKEN not in session or session.get(_SESSION_USER, user_id) != user_id:
        session[_SESSION_TOKEN] = secrets.token_urlsafe(32)
    session[_SESSION_USER] = user_id
    return FIELD, str(session[_SESSION_TOKEN])


def is_checked_by_host() -> bool:
    """True where Flask-WTF's CSRFProtect looks at every request before we do."""
    config = current_app.config
    return (
        "csrf" in current_app.extensions
        and "csrf_token" in current_app.jinja_env.globals
        and config.get("WTF_CSRF_ENABLED", True)
        and config.get("WTF_CSRF_CHECK_DEFAULT", True)
    )


def is_token_valid(request: Request, user_id: str) -> bool:
    """Compared in constant time; only the body and the header count, never the address.

    A session that outlived a login keeps nothing that was known before it.
    """
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    known = str(session.get(_SESSION_TOKEN, ""))
    same_user = session.get(_SESSION_USER, user_id) == user_id
    return bool(known) and same_user and hmac.compare_digest(given.encode(), known.encode())


def is_same_origin(request: Request) -> bool:
    """False for a request another site made. The scheme is not compared: TLS may end before us."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
