"""First steps of a send: where to go on, and the campaign's people frozen with the reason of each."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from cxmc_ext.db.models import Mailing
from cxmc_ext.db.queries import erasure, mailings, recipients
from cxmc_ext.domain.rules.addresses import member_hash, normalise
from cxmc_ext.domain.rules.merge import merge_values
from cxmc_ext.domain.values import OPT_OUT_TAG, Person, Reason
from cxmc_ext.usecases.halt import not_ready
from cxmc_ext.usecases.lots import lots
from cxmc_ext.usecases.optout_check import LOT, opted_out_addresses
from cxmc_ext.usecases.run import Run


def claim(run: Run) -> str:
    """A press goes on from what is persisted. Before a draft was asked for, it starts over."""
    return _resume_at(run.mailing)


def freeze(run: Run) -> None:
    """Who is in the campaign now. A repeat starts from nothing.

    Leaves out who opted out, has no address, or shares one with somebody before him.
    """
    mailing_id = run.mailing.id
    recipients.clear(run.session, mailing_id)
    mailings.store(run.session, mailing_id, frozen_at=None, list_id=run.account.list_id)
    run.save()
    done = 0
    for people in run.services.host.people(run.mailing.campaign_ref):
        recipients.add(run.session, _rows(run, mailing_id, people))
        done += len(people)
        run.save(done=done)
    recipients.spread_opt_outs(run.session, mailing_id)
    recipients.mark_duplicates(run.session, mailing_id)
    mailings.store(run.session, mailing_id, frozen_at=run.now)
    count(run)
    require_somebody(run)


def count(run: Run) -> None:
    """Counts the frozen people anew into the mailing and commits."""
    recount(run.session, run.mailing.id)
    run.save()


def recount(session: Session, mailing_id: int) -> None:
    """What a mailing that was not sent says of its people, by the rows. The caller commits."""
    tally = recipients.tally(session, mailing_id)
    mailings.store(
        session,
        mailing_id,
        people=tally.people,
        receivers=tally.receivers,
        pushed=tally.pushed,
        counts={"reason": tally.reasons},
    )


def late_opt_outs(run: Run) -> dict[bytes, Reason]:
    """Hashes of frozen addresses that will be mailed and must not be, by now: opted out, or erased."""
    found: dict[bytes, Reason] = {}
    mailing_id, after = run.mailing.id, 0
    veil = erasure.veil(run.session, run.account.id)
    while owners := recipients.owners(run.session, mailing_id, after, LOT):
        after = owners[-1].id
        left = opted_out_addresses(
            run.services.host, [(owner.address, owner.person) for owner in owners]
        )
        found |= {o.member_hash: Reason.OPTED_OUT for o in owners if o.address in left}
        found |= {o.member_hash: Reason.ERASED for o in owners if veil.mark_of(o.address)}
    return found


def leave_out(run: Run, late: Mapping[bytes, Reason]) -> None:
    """The caller commits."""
    for reason in sorted(set(late.values())):
        for lot in lots((key for key, why in late.items() if why == reason), LOT):
            recipients.exclude(run.session, run.mailing.id, lot, reason)


def require_somebody(run: Run) -> None:
    if run.mailing.receivers == 0:
        raise not_ready("nobody_to_mail")


def _resume_at(mailing: Mailing) -> str:
    if mailing.intent_at is not None:
        return "act"
    if mailings.is_condemned(mailing):
        return "segment"
    if mailing.remote_id is not None:
        return "verify" if mailing.filled else "fill"
    return "draft" if mailing.create_intent_at is not None else "freeze"


def _rows(run: Run, mailing_id: int, people: Sequence[Person]) -> list[dict[str, Any]]:
    host, veil = run.services.host, erasure.veil(run.session, run.account.id)
    spelled = [(person, normalise(person.address)) for person in people]
    closed = opted_out_addresses(
        host, [(address, person.ref) for person, address in spelled if address]
    )
    without = [person.ref for person, address in spelled if not address]
    left = host.opted_out(OPT_OUT_TAG, without) if without else set()
    return [
        _nobody(mailing_id, person)
        if address and veil.mark_of(address)
        else _row(mailing_id, person, address, person.ref in left or address in closed)
        for person, address in spelled
    ]


def _nobody(mailing_id: int, person: Person) -> dict[str, Any]:
    """Somebody who was erased: the host's own id and the reason, nothing that was erased."""
    return {
        "mailing_id": mailing_id,
        "person_kind": person.ref.kind,
        "person_id": person.ref.id,
        "name": "",
        "address": "",
        "member_hash": b"",
        "merge": {},
        "reason": Reason.ERASED,
    }


def _row(mailing_id: int, person: Person, address: str | None, left: bool) -> dict[str, Any]:
    return {
        "mailing_id": mailing_id,
        "person_kind": person.ref.kind,
        "person_id": person.ref.id,
        "name": person.name[:200],
        "address": (address or person.address.strip())[:254],
        "member_hash": member_hash(address) if address else b"",
        "merge": merge_values(person),
        "reason": _reason(person, address, left),
    }


def _reason(person: Person, address: str | None, left: bool) -> Reason | None:
    if left:
        return Reason.OPTED_OUT
    if address is None:
        return Reason.INVALID_ADDRESS if person.address.strip() else Reason.NO_ADDRESS
    return None
