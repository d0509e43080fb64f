"""Reads who left the audience, so that “Initialize” and every send know of it.

The synchronization may have read it up to a day ago, or be paused. MailChimp itself skips members who left,
but only at their own address: a person whose address was corrected since would be mailed at the new one.
"""

from collections.abc import Iterator
from functools import partial

from cxmc_ext.db.queries.earlier_audiences import earlier_audiences
from cxmc_ext.domain.errors import MailChimpError, NotFound, Unknown
from cxmc_ext.domain.mailchimp import Unsubscribe
from cxmc_ext.domain.opt_outs import OptOutSource
from cxmc_ext.usecases.operations.context import AnyContext, MailingContext
from cxmc_ext.usecases.opt_outs.members import (
    SOURCE_BY_STATUS,
    RecordedOptOuts,
    complaint_hashes,
    read_since,
    record_member_opt_outs,
)

# Tries of the list in one step, over half a minute.
_ATTEMPTS = 5


def import_opt_outs_since(context: AnyContext, list_id: str, since: int) -> RecordedOptOuts:
    """Opts out who unsubscribed or was cleaned after a time (`GET /lists/{id}/members`). Commits.

    Whether a member was cleaned for a complaint is in a list of its own (`GET /lists/{id}/abuse-reports`).

    Args:
        context: The context of the step.
        list_id: The audience.
        since: Unix seconds.

    Raises:
        Conflict: The opt-out groups are missing, or the Host has not written everybody.
        MailChimpError: A call failed.
    """
    reported = known = 0
    is_asked = False
    complained: frozenset[bytes] | None = None
    for status, source in SOURCE_BY_STATUS.items():
        for members in context.call_paged(context.api.members_changed, list_id, status, since):
            if source is OptOutSource.CLEANED and not is_asked:
                is_asked = True
                complained = complaint_hashes(partial(_complaints, context, list_id))
            result = record_member_opt_outs(
                context.services, context.account.id, list_id, members, context.now, complained
            )
            reported, known = reported + result.reported, known + result.known
            context.commit()
    return RecordedOptOuts(reported, known)


def import_latest_opt_outs(context: MailingContext) -> None:
    """Opts out who left the account's audience, or an earlier one, since they were last read. Commits.

    An audience that does not exist any more has nothing to tell; a later step reports it. A list that
    MailChimp cannot show, perhaps because of one member, does not stop the send for ever.

    Raises:
        Conflict: The opt-out groups are missing, or the Host has not written everybody.
        MailChimpError: A call failed.
    """
    account = context.account
    since = read_since(account.unsubscribes_cursor, context.now)
    earlier = earlier_audiences(context.session, account.id, account.list_id)
    for list_id in (account.list_id, *earlier):
        _import_latest(context, list_id, since)


def _import_latest(context: MailingContext, list_id: str, since: int) -> None:
    try:
        import_opt_outs_since(context, list_id, since)
    except NotFound:
        return
    except MailChimpError as error:
        is_last = context.operation.attempts + 1 >= _ATTEMPTS
        if not is_last or type(error) is not Unknown:
            raise


def _complaints(context: AnyContext, list_id: str) -> Iterator[Unsubscribe]:
    for rows in context.call_paged(context.api.audience_complaints, list_id):
        yield from rows
