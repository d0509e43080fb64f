"""Step that builds the static segment the campaign addresses; `segment_check` reads it back.

Every attempt gives its segment a new name, so a worker that was thought dead cannot write into ours.
"""

from collections.abc import Iterator, Sequence

from cxmc_ext.db.queries import mailings, recipients
from cxmc_ext.db.queries.recipients import AddressedRecipient
from cxmc_ext.domain.errors import MailChimpError, Refused
from cxmc_ext.domain.mailchimp import BatchResult
from cxmc_ext.domain.rules.addresses import normalize_address
from cxmc_ext.domain.rules.mailchimp_status import DRAFT_STATUSES
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import needs_attention
from cxmc_ext.usecases.sending.audience import BATCH_SIZE
from cxmc_ext.usecases.sending.isolation import Answered, RowIsolation, may_suspect_rows
from cxmc_ext.usecases.sending.members import exclude_failing
from cxmc_ext.usecases.sending.recipients import (
    exclude_recipients,
    find_late_opt_outs,
    require_recipients,
    update_counts,
)
from cxmc_ext.usecases.sending.remote_status import (
    GONE,
    delete_draft,
    delete_segment,
    read_status,
)

_NAME_PREFIX = "cx"


def build_segment(context: MailingContext) -> str | None:
    """Step: creates a segment with all recipients (`POST /lists/{id}/segments`).

    What an earlier attempt left at MailChimp is removed first. Late opt-outs are excluded only after
    that: until then the old draft could be resumed, and it addresses them.

    Returns:
        “segment” to build it again without an address that failed, but may have been added all the same.

    Raises:
        StopOperation: Nobody is left to mail.
    """
    if context.mailing.segment_name:
        delete_remote(context)
        exclude_recipients(context, find_late_opt_outs(context))
        update_counts(context)
    require_recipients(context)
    mailing = context.mailing
    mailing_id, total = mailing.id, mailing.mailable_count
    name = _next_name(context)
    mailings.update_columns(context.session, mailing_id, segment_name=name)
    context.commit_progress(lagging_since=None)
    context.commit(progress_total=total)
    segment_id, after = _create(context, name)
    mailings.update_columns(context.session, mailing_id, segment_id=segment_id)
    context.commit()
    return "segment" if _fill(context, after=after) else None


def add_to_segment(
    context: MailingContext, frozen: Sequence[AddressedRecipient] | None
) -> dict[str, str]:
    """Adds recipients once more. Adding somebody twice is harmless.

    Args:
        context: The context of the step.
        frozen: At most 500 recipients; None adds all of the mailing.

    Returns:
        Address to MailChimp's words, for those it does not accept.
    """
    if frozen is None:
        _fill(context, after=0)
        return {}
    result = context.call(context.api.add_to_segment, *_arguments(context, frozen))
    return {normalize_address(error.address) or "": error.text for error in result.errors}


def delete_remote(context: MailingContext) -> None:
    """Deletes the draft and the segment of an attempt at MailChimp and forgets them. May be repeated.

    Raises:
        StopOperation: The campaign is no draft any more.
    """
    mailing = context.mailing
    mailing_id, list_id = mailing.id, mailing.list_id
    segment_name, segment_id = mailing.segment_name, mailing.segment_id
    if mailing.remote_id is not None:
        _delete_if_draft(context, mailing.remote_id)
        mailings.clear_draft(context.session, mailing_id)
        context.commit()
    delete_segment(context, list_id, segment_name, segment_id)
    mailings.clear_draft_and_segment(context.session, mailing_id)
    context.commit()


def segment_name(token: str, attempt: int) -> str:
    """Name of the segment of one attempt of an operation, given the operation's title token."""
    return f"{_NAME_PREFIX} {token} {attempt}"


def segment_token(name: str) -> str:
    """The title token in a segment's name; it is in the campaign's title as well. "" for no name."""
    return name.split(" ")[1] if name else ""


def segment_attempt(name: str) -> int:
    """The number of the attempt in a segment's name; 0 for no name."""
    return int(name.rpartition(" ")[2]) if name else 0


def _delete_if_draft(context: MailingContext, remote_id: str) -> None:
    status = read_status(context, remote_id)
    if status == GONE:
        return
    if status not in DRAFT_STATUSES:
        raise needs_attention("changed_in_mailchimp", status=status)
    mailings.mark_draft_for_deletion(context.session, context.mailing.id)
    delete_draft(context, remote_id)


def _next_name(context: MailingContext) -> str:
    token, last = context.operation.title_token, context.mailing.segment_name
    is_ours = segment_token(last) == token
    return segment_name(token, segment_attempt(last) + 1 if is_ours else 1)


def _create(context: MailingContext, name: str) -> tuple[int, int]:
    """Creates the segment with the first batch of recipients, or empty if they make that fail.

    Returns:
        Its id, and the id of the last recipient in it; 0 if it is empty.
    """
    list_id, mailing_id = context.mailing.list_id, context.mailing.id
    first = recipients.mailable_page(context.session, mailing_id, 0, BATCH_SIZE)
    if not may_suspect_rows(context):
        try:
            segment = context.call(context.api.create_segment, list_id, name, _addresses(first))
        except Refused as refused:
            if not may_suspect_rows(context, refused):
                raise
        else:
            return segment.id, first[-1].id
    return context.call(context.api.create_segment, list_id, name, []).id, 0


def _fill(context: MailingContext, *, after: int) -> bool:
    """Adds the recipients with an id above `after` (`POST /lists/{id}/segments/{segment_id}`).

    An address that makes its batch fail is excluded.

    Returns:
        Whether such an address may be in the segment, because MailChimp's answer was lost.
    """
    operation, may_hold_excluded = context.operation, False
    progress, total = operation.progress_done, operation.progress_total
    for batch, answer in _add_batches(context, after):
        if isinstance(answer, MailChimpError):
            exclude_failing(context, batch, answer)
            may_hold_excluded = may_hold_excluded or answer.outcome != "refused"
        progress += len(batch)
        context.set_progress(progress, total)
    update_counts(context)
    require_recipients(context)
    return may_hold_excluded


def _add_batches(
    context: MailingContext, after: int
) -> Iterator[Answered[AddressedRecipient, BatchResult]]:
    """All batches at once; one after the other, isolating single rows, when that fails."""
    method = context.api.add_to_segment
    if not may_suspect_rows(context):
        try:
            to = context.mailing.list_id, context.mailing.segment_id or 0
            calls = ((batch, (*to, _addresses(batch))) for batch in _batches(context, after))
            yield from context.call_pipelined(method, calls)
        except Refused as refused:
            if not may_suspect_rows(context, refused):
                raise
        else:
            return
    isolation: RowIsolation[AddressedRecipient, BatchResult] = RowIsolation(
        context, method, lambda rows: _arguments(context, rows)
    )
    yield from isolation.call_batches(_batches(context, after))


def _batches(context: MailingContext, after: int) -> Iterator[list[AddressedRecipient]]:
    mailing_id = context.mailing.id
    while page := recipients.mailable_page(context.session, mailing_id, after, BATCH_SIZE):
        after = page[-1].id
        yield page


def _arguments(
    context: MailingContext, batch: Sequence[AddressedRecipient]
) -> tuple[str, int, list[str]]:
    mailing = context.mailing
    return mailing.list_id, mailing.segment_id or 0, _addresses(batch)


def _addresses(batch: Sequence[AddressedRecipient]) -> list[str]:
    return [recipient.address for recipient in batch]
