"""First steps of a send: where to resume, and who of the campaign's people will be mailed.

The people are frozen: stored as recipients, each with the reason for being excluded, if any. The rule is
`domain/rules/eligibility.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cxmc_ext.db.queries import mailings, recipients
from cxmc_ext.db.queries.recipient_inserts import insert_rows
from cxmc_ext.db.queries.shared_addresses import mark_shared_addresses
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.merge_fields import AudienceField
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.domain.people import Person
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.domain.rules.eligibility import (
    Classified,
    address_exclusion,
    classify,
    with_addresses,
)
from cxmc_ext.domain.rules.frequency_cap import FrequencyCap
from cxmc_ext.domain.rules.host_values import UnusablePerson, checked_people
from cxmc_ext.domain.rules.merge_fields import (
    fields_from_json,
    merge_values,
    unfit_fields,
    written_fields,
)
from cxmc_ext.usecases.operations.context import MailingContext
from cxmc_ext.usecases.operations.signals import not_ready
from cxmc_ext.usecases.opt_outs.groups import require_opt_out_groups
from cxmc_ext.usecases.opt_outs.lookup import (
    BATCH_SIZE,
    AccountFacts,
    account_facts,
    address_facts,
    eligibility_facts,
    with_new_erasures,
)
from cxmc_ext.usecases.sending.audience_opt_outs import import_latest_opt_outs
from cxmc_ext.usecases.sending.seen_addresses import SeenAddresses
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.shared.frequency_cap import CapFacts, cap_facts

# With 1,000 frozen people per commit, the commits of SQLite take three times as long. An erasure in between
# is repeated later, because a send is under way (`erasure.steps`).
_ROWS_PER_COMMIT = 5000
# They build a campaign again whose people are decided.
_KINDS_OF_SCHEDULED = (OperationKind.LATE_OPT_OUT_CHECK, OperationKind.RESCHEDULE)


def resume_point(context: MailingContext) -> str:
    """Step: reads who left the audience, and finds the step to go on with.

    That follows from what earlier operations left in the mailing.

    Raises:
        Conflict: The opt-out groups are missing, or the Host has not written everybody.
        MailChimpError: A call failed.
    """
    import_latest_opt_outs(context)
    mailing = context.mailing
    if mailing.send_intent_at is not None:
        return "submit"
    if mailings.is_draft_marked_for_deletion(mailing):
        return "update_recipients"
    if mailing.remote_id is not None:
        return "verify" if mailing.content_set else "content"
    return "draft" if mailing.create_intent_at is not None else "freeze"


def freeze_recipients(context: MailingContext) -> str:
    """Step: stores the people who are in the campaign now. A repeat starts from nothing.

    Returns:
        “existing_members”: there is nothing to update yet.

    Raises:
        Conflict: An opt-out group is missing (`opt_out_groups_missing`).
        StopOperation: Nobody is left to mail.
    """
    session, mailing_id = context.session, context.mailing.id
    fresh: dict[str, Any] = {
        "frozen_at": None,
        "list_id": context.account.list_id,
        "campaign_changes": {},
    }
    mailings.update_columns(session, mailing_id, **fresh)
    context.commit()
    delete_recipients(context, mailing_id)
    frozen_count, rows, seen = 0, list[dict[str, Any]](), SeenAddresses()
    fields = written_fields(fields_from_json(context.account.merge_fields))
    known = account_facts(context.services, context.account.id, _cap_facts(context))
    for people in checked_people(context.services.host.people(context.mailing.campaign_ref)):
        rows += _frozen_rows(context, people, known, fields)
        frozen_count += len(people)
        if len(rows) >= _ROWS_PER_COMMIT:
            _insert_rows(context, mailing_id, rows, seen)
        context.commit(progress_done=frozen_count)
    _insert_rows(context, mailing_id, rows, seen)
    mailings.update_columns(session, mailing_id, frozen_at=context.now)
    update_counts(context)
    require_recipients(context)
    return "existing_members"


def delete_recipients(context: MailingContext, mailing_id: int) -> None:
    """Deletes the recipients of a mailing in batches, and commits each. May be repeated."""
    while recipients.delete_some(context.session, mailing_id, BATCH_SIZE):
        context.commit()


def update_counts(context: MailingContext) -> None:
    """Counts the recipients again, stores the result in the mailing and commits."""
    store_counts(context.session, context.mailing.id)
    context.commit()


def store_counts(session: Session, mailing_id: int) -> recipients.FrozenCounts:
    """Counts the recipients of a mailing that was not sent and stores the result. The caller commits.

    Returns:
        The result.
    """
    counts = recipients.count(session, mailing_id)
    mailings.update_columns(
        session,
        mailing_id,
        people_count=counts.people,
        mailable_count=counts.mailable,
        in_audience_count=counts.in_audience,
        counts={"reason": counts.reasons},
    )
    return counts


def find_late_opt_outs(context: MailingContext) -> dict[bytes, ExclusionReason]:
    """Finds addresses that would be mailed, but must not be any more.

    Returns:
        Member hash to reason: opted out or erased since the people were frozen, or mailed as often as the
        frequency cap allows by a campaign that was sent or scheduled meanwhile.

    Raises:
        Conflict: An opt-out group is missing (`opt_out_groups_missing`).
    """
    late: dict[bytes, ExclusionReason] = {}
    mailing_id, account_id, after = context.mailing.id, context.account.id, 0
    # Under the account's lock nothing of it changes; without the lock the people are looked at once more.
    known = account_facts(context.services, account_id, _cap_facts(context))
    require_opt_out_groups(context.services.host)
    while people := recipients.mailed_people_page(context.session, mailing_id, after, BATCH_SIZE):
        after = people[-1].id
        addressed = [(person.address, person.person) for person in people]
        facts = address_facts(context.services, account_id, addressed, known)
        for person in people:
            reason = address_exclusion(person.address, facts)
            if reason is not None:
                late[person.member_hash] = reason
    return late


def exclude_recipients(context: MailingContext, reasons: Mapping[bytes, ExclusionReason]) -> None:
    """Excludes everybody at these addresses. The caller commits.

    Args:
        context: The context of the step.
        reasons: Member hash of an address to the reason.
    """
    for reason in sorted(set(reasons.values())):
        hashes = (key for key, its_reason in reasons.items() if its_reason == reason)
        for batch in in_batches(hashes, BATCH_SIZE):
            detail = _detail(context.services.settings.cap, reason)
            recipients.exclude(context.session, context.mailing.id, batch, reason, detail)


def _cap_facts(context: MailingContext) -> CapFacts | None:
    """For the frequency cap; None where it does not apply.

    The send intent decides, because intents of an account come one after the other: a later one sees an
    earlier one. A campaign with an intent, or one that is built again before its scheduled time, keeps
    its people.
    """
    mailing = context.mailing
    is_decided = mailing.send_intent_at is not None or context.operation.kind in _KINDS_OF_SCHEDULED
    if mailing.ignores_frequency_cap or is_decided:
        return None
    at = mailing.schedule_at or context.now
    return cap_facts(context.services, context.account.id, at, mailing.id)


def require_recipients(context: MailingContext) -> None:
    """Raises StopOperation if nobody is left to mail."""
    if context.mailing.mailable_count == 0:
        raise not_ready("nobody_to_mail")


def _insert_rows(
    context: MailingContext, mailing_id: int, rows: list[dict[str, Any]], seen: SeenAddresses
) -> None:
    """Inserts the rows, marks who shares an address, and empties the list. The caller commits."""
    for batch in in_batches(rows, BATCH_SIZE):
        insert_rows(context.session, mailing_id, batch)
    repeated = seen.add(row["member_hash"] for row in rows if row["member_hash"])
    for hashes in in_batches(repeated, BATCH_SIZE):
        mark_shared_addresses(context.session, mailing_id, hashes)
    rows.clear()


def _frozen_rows(
    context: MailingContext,
    people: Sequence[Person],
    known: AccountFacts,
    fields: Sequence[AudienceField],
) -> list[dict[str, Any]]:
    """What MailChimp reports meanwhile is found by `find_late_opt_outs` before the campaign is sent."""
    services, account_id = context.services, context.operation.account_id
    require_opt_out_groups(services.host)
    addressed = with_addresses(people)
    known = with_new_erasures(services, account_id, known)
    facts = eligibility_facts(services, account_id, addressed, known)
    cap = services.settings.cap
    return [frozen_row(classified, fields, cap) for classified in classify(addressed, facts)]


def frozen_row(
    classified: Classified, fields: Sequence[AudienceField], cap: FrequencyCap | None = None
) -> dict[str, Any]:
    """The columns of a recipient, for a person and the verdict of the rule on them.

    Args:
        classified: The person.
        fields: The fields of the audience that are written.
        cap: The frequency cap, if it may be the reason.
    """
    person, address, reason = classified
    row = {
        "person_kind": person.ref.kind,
        "person_id": person.ref.id,
        "reason": reason,
        "detail": _frozen_detail(person, reason, fields, cap),
        "name": person.name[:200],
        "address": (address or person.address.strip())[:254],
        "member_hash": member_hash(address) if address else b"",
        "merge_values": merge_values(person, fields),
    }
    if reason is ExclusionReason.ERASURE:  # keep nothing that was erased
        row |= {"name": "", "address": "", "member_hash": b"", "merge_values": {}}
    return row


def _frozen_detail(
    person: Person,
    reason: ExclusionReason | None,
    fields: Sequence[AudienceField],
    cap: FrequencyCap | None,
) -> str:
    """In English, like MailChimp's own words, which may follow."""
    if isinstance(person, UnusablePerson):
        return person.fault
    if reason is not None:
        return _detail(cap, reason)
    return "; ".join(f"{field.name}: not a {field.type}" for field in unfit_fields(person, fields))[
        :300
    ]


def _detail(cap: FrequencyCap | None, reason: ExclusionReason | None) -> str:
    return cap.detail if cap is not None and reason is ExclusionReason.FREQUENCY else ""
