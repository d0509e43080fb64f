"""CSRF protection: Flask-WTF's token if the Host installed CSRFProtect, otherwise a token of our own.

Which requests CSRFProtect checks before our views depends on the Host's options (WTF_CSRF_CHECK_DEFAULT,
WTF_CSRF_METHODS, exempted blueprints), so the token of every form is checked here as well.

The token of our own is in the session and belongs to one user.
"""

import hmac
import secrets
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from flask import Request, current_app, session

flask_wtf_csrf: Any = None
with suppress(ImportError):  # the Host need not have it
    flask_wtf_csrf = import_module("flask_wtf.csrf")

_FIELD = "csrf_token"
_HEADER = "X-CSRFToken"
_SESSION_TOKEN = "cxmc_csrf"  # noqa: S105 - the name of a session entry
_SESSION_USER = "cxmc_csrf_for"

# What CSRFProtect raises before any check of ours; nothing where Flask-WTF is not installed.
REFUSALS: tuple[type[Exception], ...] = (flask_wtf_csrf.CSRFError,) if flask_wtf_csrf else ()


def hidden_field(user_id: str) -> tuple[str, str]:
    """Returns name and value of the hidden field that every form contains.

    Args:
        user_id: The logged-in user. A session that now belongs to another user gets a new token, unless
            it is Flask-WTF's.
    """
    if _has_csrf_protect():
        return field_name(), str(flask_wtf_csrf.generate_csrf())
    if _SESSION_TOKEN not in session or session.get(_SESSION_USER, user_id) != user_id:
        session[_SESSION_TOKEN] = secrets.token_urlsafe(32)
    session[_SESSION_USER] = user_id
    return _FIELD, str(session[_SESSION_TOKEN])


def field_name() -> str:
    """The name of the hidden field; the Host's WTF_CSRF_FIELD_NAME where Flask-WTF's token is used."""
    return str(current_app.config["WTF_CSRF_FIELD_NAME"]) if _has_csrf_protect() else _FIELD


def is_off_in_tests() -> bool:
    """Whether a test of the Host switched CSRF off, the way Flask-WTF documents it. Only with TESTING."""
    config = current_app.config
    is_off = config.get("WTF_CSRF_ENABLED") is False or "POST" not in config.get(
        "WTF_CSRF_METHODS", {"POST"}
    )
    return current_app.testing and is_off


def is_token_valid(request: Request, user_id: str) -> bool:
    """Whether the request carries a valid token, in the body or in a header.

    The query string does not count, because addresses end up in logs. A token of ours from before another
    user logged in to the same session is not valid. Of several tokens one must be valid: the Host may send a
    header of the same name with every request of htmx, for a check of its own.
    """
    has_csrf_protect = _has_csrf_protect()
    headers = current_app.config["WTF_CSRF_HEADERS"] if has_csrf_protect else (_HEADER,)
    given = [request.form.get(field_name()), *(request.headers.get(name) for name in headers)]
    tokens = [token for token in given if token]
    if has_csrf_protect:
        return any(_is_valid_for_flask_wtf(token) for token in tokens)
    expected = str(session.get(_SESSION_TOKEN, ""))
    same_user = session.get(_SESSION_USER, user_id) == user_id
    is_known = [hmac.compare_digest(token.encode(), expected.encode()) for token in tokens]
    return bool(expected) and same_user and any(is_known)


def is_same_origin(request: Request) -> bool:
    """Whether the request comes from a page of this host.

    The scheme is not compared, because a proxy may terminate TLS.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _has_csrf_protect() -> bool:
    """Whether the Host installed CSRFProtect, and has not switched it off (WTF_CSRF_ENABLED)."""
    if flask_wtf_csrf is None or not current_app.config.get("WTF_CSRF_ENABLED", True):
        return False
    return isinstance(current_app.extensions.get("csrf"), flask_wtf_csrf.CSRFProtect)


def _is_valid_for_flask_wtf(token: str) -> bool:
    """Whether the token is of this session and not older than WTF_CSRF_TIME_LIMIT."""
    try:
        flask_wtf_csrf.validate_csrf(token)
    except ValueError:  # wtforms.ValidationError is one
        return False
    return True
