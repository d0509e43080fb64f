"""Notices accounts that MailChimp has deactivated, and those that it has activated again."""

from cxmc_ext.db.queries import disabled_accounts
from cxmc_ext.services import Services


def note_disabled_accounts(services: Services) -> None:
    """Marks the accounts that MailChimp answers to be deactivated, and unmarks those that work again.

    Nothing is stopped: calls go on, so that everything continues by itself afterwards. Commits.
    """
    session = services.session()
    changed = disabled_accounts.find_changed(session)
    if not changed:
        session.rollback()
    for account_id, is_disabled in changed:
        if is_disabled:
            disabled_accounts.mark(session, account_id, services.clock())
        else:
            disabled_accounts.unmark(session, account_id)
        session.commit()
