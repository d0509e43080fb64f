"""First steps of a send: where to go on, and the campaign's people frozen with the reason of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries import erasure, mailings, recipients
from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.people import OPT_OUT_TAG, Person
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.domain.rules.merge_fields import merge_values
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.signals import not_ready
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE, opted_out_addresses
from cxmc_ext.usecases.shared.batches import in_batches


def resume_point(run: OperationContext) -> str:
    """A press goes on from what is persisted. Before a draft was asked for, it starts over."""
    return _resume_step(run.mailing)


def freeze_recipients(run: OperationContext) -> None:
    """Who is in the campaign now. A repeat starts from nothing.

    Leaves out who opted out, has no address, or shares one with somebody before him.
    """
    mailing_id = run.mailing.id
    recipients.delete_all(run.session, mailing_id)
    mailings.update_columns(run.session, mailing_id, frozen_at=None, list_id=run.account.list_id)
    run.commit()
    done = 0
    for people in run.services.host.people(run.mailing.campaign_ref):
        recipients.insert_rows(run.session, _rows(run, mailing_id, people))
        done += len(people)
        run.commit(progress_done=done)
    recipients.exclude_opted_out_addresses(run.session, mailing_id)
    recipients.mark_duplicates(run.session, mailing_id)
    mailings.update_columns(run.session, mailing_id, frozen_at=run.now)
    update_counts(run)
    require_recipients(run)


def update_counts(run: OperationContext) -> None:
    """Counts the frozen people anew into the mailing and commits."""
    store_counts(run.session, run.mailing.id)
    run.commit()


def store_counts(session: Session, mailing_id: int) -> None:
    """What a mailing that was not sent says of its people, by the rows. The caller commits."""
    tally = recipients.count(session, mailing_id)
    mailings.update_columns(
        session,
        mailing_id,
        people_count=tally.people,
        mailable_count=tally.mailable,
        in_audience_count=tally.in_audience,
        counts={"reason": tally.reasons},
    )


def find_late_opt_outs(run: OperationContext) -> dict[bytes, ExclusionReason]:
    """Hashes of frozen addresses that will be mailed and must not be, by now: opted out, or erased."""
    found: dict[bytes, ExclusionReason] = {}
    mailing_id, after = run.mailing.id, 0
    veil = erasure.suppression_list(run.session, run.account.id)
    while owners := recipients.mailed_people_page(run.session, mailing_id, after, BATCH_SIZE):
        after = owners[-1].id
        left = opted_out_addresses(
            run.services.host, [(owner.address, owner.person) for owner in owners]
        )
        found |= {o.member_hash: ExclusionReason.OPTED_OUT for o in owners if o.address in left}
        found |= {
            o.member_hash: ExclusionReason.ERASURE for o in owners if veil.digest_of(o.address)
        }
    return found


def exclude_recipients(run: OperationContext, late: Mapping[bytes, ExclusionReason]) -> None:
    """The caller commits."""
    for reason in sorted(set(late.values())):
        for lot in in_batches((key for key, why in late.items() if why == reason), BATCH_SIZE):
            recipients.exclude(run.session, run.mailing.id, lot, reason)


def require_recipients(run: OperationContext) -> None:
    if run.mailing.mailable_count == 0:
        raise not_ready("nobody_to_mail")


def _resume_step(mailing: Mailing) -> str:
    if mailing.send_intent_at is not None:
        return "act"
    if mailings.is_draft_marked_for_deletion(mailing):
        return "segment"
    if mailing.remote_id is not None:
        return "verify" if mailing.content_set else "fill"
    return "draft" if mailing.create_intent_at is not None else "freeze"


def _rows(run: OperationContext, mailing_id: int, people: Sequence[Person]) -> list[dict[str, Any]]:
    host, veil = run.services.host, erasure.suppression_list(run.session, run.account.id)
    spelled = [(person, normalize_address(person.address)) for person in people]
    closed = opted_out_addresses(
        host, [(address, person.ref) for person, address in spelled if address]
    )
    without = [person.ref for person, address in spelled if not address]
    left = host.opted_out(OPT_OUT_TAG, without) if without else set()
    return [
        _erased_row(mailing_id, person)
        if address and veil.digest_of(address)
        else _row(mailing_id, person, address, person.ref in left or address in closed)
        for person, address in spelled
    ]


def _erased_row(mailing_id: int, person: Person) -> dict[str, Any]:
    """Somebody who was erased: the host's own id and the reason, nothing that was erased."""
    return {
        "mailing_id": mailing_id,
        "person_kind": person.ref.kind,
        "person_id": person.ref.id,
        "name": "",
        "address": "",
        "member_hash": b"",
        "merge_values": {},
        "reason": ExclusionReason.ERASURE,
    }


def _row(mailing_id: int, person: Person, address: str | None, left: bool) -> dict[str, Any]:
    return {
        "mailing_id": mailing_id,
        "person_kind": person.ref.kind,
        "person_id": person.ref.id,
        "name": person.name[:200],
        "address": (address or person.address.strip())[:254],
        "member_hash": member_hash(address) if address else b"",
        "merge_values": merge_values(person),
        "reason": _reason(person, address, left),
    }


def _reason(person: Person, address: str | None, left: bool) -> ExclusionReason | None:
    if left:
        return ExclusionReason.OPTED_OUT
    if address is None:
        return (
            ExclusionReason.INVALID_ADDRESS
            if person.address.strip()
            else ExclusionReason.NO_ADDRESS
        )
    return None
