"""Who is logged in: the session, the login page, and what each page asks of the user's role."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from sqlalchemy import select
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response

from host_app.database import db
from host_app.models import Account

DEMO_LOGINS = (
    ("admin", "admin", "Administrator", "everything, also Maintenance"),
    ("recruiter", "recruiter", "Recruiter", "campaigns: see the MailChimp tab, send"),
    ("intern", "intern", "Intern", "candidates and contacts, no campaigns"),
)
"""User name, password, role, what the role is for: printed on the login page and by the demo command."""

P = ParamSpec("P")
R = TypeVar("R")
_NOBODY = generate_password_hash("nobody")
_UNSAFE = {"\\", *map(chr, range(33))}

bp = Blueprint("auth", __name__)


def current_account() -> Account | None:
    """The account of this request, read once; None for nobody, or for one that was removed."""
    if "account" not in g:
        account_id = session.get("account_id")
        g.account = db.session.get(Account, account_id) if account_id else None
    account: Account | None = g.account
    return account


def require_account() -> Account:
    """The account of this request behind `require_login`."""
    account = current_account()
    if account is None:
        abort(401)
    return account


def require_login() -> Response | None:
    """For `before_request`: nobody goes to the login page and comes back afterwards."""
    if current_account():
        return None
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.login", next=back))


def needs_right(right: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Without that right of the role the page does not exist."""

    def wrap(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            require_right(right)
            return view(*args, **kwargs)

        return guarded

    return wrap


def require_right(right: str) -> None:
    """404 unless the role has the right."""
    if not getattr(require_account().role, right):
        abort(404)


@bp.get("/login")
def login() -> str | Response:
    if current_account():
        return redirect(_inside(request.args.get("next")))
    return render_template("login.html", cast=DEMO_LOGINS, username="", refused=False)


@bp.post("/login")
def log_in() -> tuple[str, int] | Response:
    username = request.form.get("username", "").strip()
    account = db.session.scalar(select(Account).where(Account.username == username))
    # The same work for an unknown name, so that the time of the answer tells nothing.
    known = account.password_hash if account else _NOBODY
    if not check_password_hash(known, request.form.get("password", "")) or not account:
        page = render_template("login.html", cast=DEMO_LOGINS, username=username, refused=True)
        return page, 422
    kept = session.get("lang", "")
    session.clear()
    session.update(account_id=account.id, lang=kept)
    return redirect(_inside(request.args.get("next")), 303)


@bp.post("/logout")
def log_out() -> Response:
    session.clear()
    return redirect(url_for("auth.login"), 303)


def _inside(target: str | None) -> str:
    """The path itself if it is one of this site, else the start page."""
    path = target or ""
    parts = urlsplit(path)
    own = path.startswith("/") and not path.startswith("//") and not _UNSAFE.intersection(path)
    return path if own and not parts.netloc and not parts.scheme else url_for("people.start")
