"""Login: the session, the login page, and checks of the user's role."""

from urllib.parse import urlsplit

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from sqlalchemy import select
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.wrappers import Response

from host_app.database import db
from host_app.models import Account

# User name, password, role and purpose, as shown on the login page and by the demo command.
DEMO_LOGINS = (
    ("admin", "admin", "Administrator", "everything, including Maintenance"),
    ("recruiter", "recruiter", "Recruiter", "campaigns: see the MailChimp tab and send"),
    ("intern", "intern", "Intern", "candidates and contacts, no campaigns"),
)
_DUMMY_HASH = generate_password_hash("nobody")
# Control characters, blanks and backslashes: browsers read some of them as slashes.
_UNSAFE_IN_PATHS = {"\\", *map(chr, range(33))}

bp = Blueprint("auth", __name__)


def current_account() -> Account | None:
    """The account of this request, or None if nobody is logged in or the account was deleted."""
    if "account" not in g:
        account_id = session.get("account_id")
        g.account = db.session.get(Account, account_id) if account_id else None
    account: Account | None = g.account
    return account


def require_account() -> Account:
    """The account of this request; aborts with 401 if there is none."""
    account = current_account()
    if account is None:
        abort(401)
    return account


def require_login() -> Response | None:
    """For `before_request`: send visitors who are not logged in to the login page.

    After logging in they return to the page they asked for.
    """
    if current_account():
        return None
    return_path = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.login", next=return_path))


def require_right(right: str) -> None:
    """Aborts with 404 unless the user's role has the right, an attribute of `Role`."""
    if not getattr(require_account().role, right):
        abort(404)


@bp.get("/login")
def login() -> str | Response:
    """Shows the form, or goes on if somebody is logged in."""
    if current_account():
        return redirect(_safe_path(request.args.get("next")))
    return render_template("login.html", logins=DEMO_LOGINS, username="", refused=False)


@bp.post("/login")
def log_in() -> tuple[str, int] | Response:
    """Checks name and password."""
    username = request.form.get("username", "").strip()
    account = db.session.scalar(select(Account).where(Account.username == username))
    # Unknown names take the same time as wrong passwords, so that the time tells nothing.
    password_hash = account.password_hash if account else _DUMMY_HASH
    if not check_password_hash(password_hash, request.form.get("password", "")) or not account:
        page = render_template("login.html", logins=DEMO_LOGINS, username=username, refused=True)
        return page, 422
    language = session.get("lang", "")
    session.clear()
    session.update(account_id=account.id, lang=language)
    return redirect(_safe_path(request.args.get("next")), 303)


@bp.post("/logout")
def log_out() -> Response:
    """Ends the session."""
    session.clear()
    return redirect(url_for("auth.login"), 303)


def _safe_path(target: str | None) -> str:
    """The path if it belongs to this site, else the start page."""
    path = target or ""
    parts = urlsplit(path)
    is_path = path.startswith("/") and not path.startswith("//")
    is_local = is_path and not _UNSAFE_IN_PATHS.intersection(path)
    is_local = is_local and not parts.netloc and not parts.scheme
    return path if is_local else url_for("people.start")
