"""Keeps the mail of a campaign once it was sent, so that it can be shown for as long as the CRM exists."""

from dataclasses import replace
from functools import partial

from cxmc_ext.db.queries import sent_mail
from cxmc_ext.domain.errors import MailChimpError, NotFound, Refused
from cxmc_ext.usecases.sync.context import TurnContext

# Longer ones are not kept. MailChimp allows 2 MB of HTML; Gmail cuts a mail after 102 KB.
_MAX_LENGTH = 2_000_000


def keep_mail(context: TurnContext) -> None:
    """Reads the mail of the turn's campaign, once (`GET /campaigns/{id}/content`).

    A mail that MailChimp does not give is not asked for again. Any other failure is left to the next turn,
    so that it does not delay the report.

    Raises:
        LostLease: Another worker has the turn.
    """
    turn = context.turn
    if not turn.mail_due:
        return
    try:
        html = context.call("campaign_html", partial(context.api.campaign_html, turn.remote_id))
    except MailChimpError as error:
        if type(error) not in {NotFound, Refused}:
            return
        html = ""
    context.extend_lease()
    kept = html if len(html) <= _MAX_LENGTH else ""
    sent_mail.store(context.session, turn.mailing_id, kept, context.now)
    context.write_audit()
    context.session.commit()
    context.turn = replace(turn, mail_due=False)
