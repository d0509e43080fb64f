"""The messages behind the bell: what the extension told the user, newest first."""

from flask import Blueprint, redirect, render_template, url_for
from sqlalchemy import select, update
from werkzeug.wrappers import Response

from host_app.auth import require_account, require_login
from host_app.database import db, execute_rowcount
from host_app.host import parse_id
from host_app.language import chosen_language
from host_app.models import Message

_MAX_SHOWN = 100

bp = Blueprint("messages", __name__)
bp.before_request(require_login)


@bp.get("/messages")
def index() -> str:
    """Shows the messages of the user."""
    mine = select(Message).where(Message.account_id == require_account().id)
    rows = db.session.scalars(mine.order_by(Message.at.desc(), Message.id.desc()).limit(_MAX_SHOWN))
    shown = [(message, *_text(message), parse_id(message.campaign_ref)) for message in rows]
    return render_template("messages.html", messages=shown)


@bp.post("/messages/read")
def mark_read() -> Response:
    """Marks all messages of the user as read."""
    mine = update(Message).where(Message.account_id == require_account().id)
    execute_rowcount(mine.values(is_read=True))
    db.session.commit()
    return redirect(url_for("messages.index"), 303)


def _text(message: Message) -> tuple[str, str]:
    title, body = message.texts.get(chosen_language()) or message.texts["en"]
    return title, body
