"""Messages for the users, from the extension's notifications; `pages/messages.py` shows them."""

from sqlalchemy import String, cast, select

from cxmc_ext import Notification
from host_app.database import db, dialect_insert
from host_app.language import LANGUAGES
from host_app.models import Account, Message, Role


def store(notification: Notification) -> None:
    """Stores a notification for each of its users, in every language that they can choose.

    One that comes again is not stored again.
    """
    texts = {code: notification.text(code) for code in LANGUAGES}
    values = {
        "key": notification.id,
        "at": notification.at,
        "campaign_ref": notification.campaign_ref or "",
        "texts": {code: [text.title, text.body] for code, text in texts.items()},
        "is_read": False,
    }
    rows = [{**values, "account_id": account_id} for account_id in _readers(notification)]
    if rows:
        db.session.execute(dialect_insert(Message).values(rows).on_conflict_do_nothing())


def _readers(notification: Notification) -> list[int]:
    """The user it is for, or everybody with the right; users without the menu “Campaigns” get none."""
    accounts = select(Account.id).join(Role).where(Role.campaigns)
    if notification.user_id is None:
        return list(db.session.scalars(accounts.where(getattr(Role, notification.right))))
    is_user = cast(Account.id, String) == notification.user_id
    return list(db.session.scalars(accounts.where(is_user)))
