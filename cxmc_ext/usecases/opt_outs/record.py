"""Writes opt-outs into the Host: the people who were mailed, and everybody who has their address."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from cxmc_ext.db.queries import accounts, erasure, invitations, notices, reported_opt_outs
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.notes import Note
from cxmc_ext.domain.notices import NoticeKind
from cxmc_ext.domain.opt_outs import OptOut, OptOutSource
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import canonical_address, member_hash
from cxmc_ext.services import Services
from cxmc_ext.usecases.opt_outs.groups import require_opt_out_groups
from cxmc_ext.usecases.opt_outs.lookup import BATCH_SIZE, opted_out_among, people_at
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared.batches import in_batches
from cxmc_ext.usecases.shared.host_transactions import within_transaction


class _Cause(NamedTuple):
    """Why people are opted out, and the mailing that the note names."""

    note: Note
    mailing_id: int | None = None


def record_opt_outs(
    services: Services, account_id: int, list_id: str, opt_outs: Iterable[OptOut]
) -> None:
    """Stores opt-outs, and puts everybody they concern into the opt-out group of their kind.

    These are the people who were mailed, everybody who has the reported address, and everybody who has
    the address that one of the mailed people has now. The caller commits. The account is locked first, as
    a send intent does: so the intent either sees the opt-out, or was committed before it.

    Args:
        services: Those of the account.
        account_id: The account.
        list_id: The audience that reported them.
        opt_outs: What was reported.

    Raises:
        Conflict: A group is missing (`opt_out_groups_missing`), or the Host has not written everybody
            (`opt_outs_not_written`).
        HostError: The Host returned something else than it promises.
    """
    session = services.session()
    for batch in in_batches(opt_outs, BATCH_SIZE):
        require_opt_out_groups(services.host)
        accounts.lock(session, account_id)
        with within_transaction(session, "opt_out"):
            batch = _without_confirmed(services, account_id, batch)
            _store(services, account_id, list_id, batch)
            for cause, refs in _people_by_cause(services, batch).items():
                for some_refs in in_batches(refs, BATCH_SIZE):
                    _opt_out(services, account_id, some_refs, cause)


def opt_out_people(
    services: Services, account_id: int, refs: Collection[PersonRef], note: Note
) -> None:
    """Puts at most 1,000 people, as far as the Host knows them, into the opt-out group of their kind.

    The caller commits. The account is locked first; see `record_opt_outs`.

    Raises:
        Conflict: As in `record_opt_outs`.
    """
    require_opt_out_groups(services.host)
    accounts.lock(services.session(), account_id)
    with within_transaction(services.session(), "opt_out"):
        known = list(services.host.people_by_ref(refs))
        _opt_out(services, account_id, known, _Cause(note))


def _without_confirmed(
    services: Services, account_id: int, opt_outs: Sequence[OptOut]
) -> list[OptOut]:
    """Leaves out what happened before the person subscribed again: reports tell of it for ever."""
    addresses = {opt_out.address for opt_out in opt_outs}
    hashes = [member_hash(address) for address in addresses if address]
    confirmed = invitations.confirmed(services.session(), account_id, hashes)
    return [one for one in opt_outs if one.at >= confirmed.get(member_hash(one.address), 0)]


def _store(services: Services, account_id: int, list_id: str, opt_outs: Sequence[OptOut]) -> None:
    """Erased addresses are not stored: the suppression list covers them."""
    session = services.session()
    suppressed = erasure.suppression_list(session, account_id)
    by_address = {
        opt_out.address: opt_out
        for opt_out in opt_outs
        if opt_out.address and not suppressed.digest_of(opt_out.address)
    }
    reported_opt_outs.store(session, account_id, list_id, list(by_address.values()))


def _people_by_cause(
    services: Services, opt_outs: Sequence[OptOut]
) -> Mapping[_Cause, dict[PersonRef, None]]:
    """Everybody whom some opt-outs concern, each person for one cause.

    A cleaned address concerns nobody: it takes no mail, whoever has it, and says nothing about the person,
    who may get another one.
    """
    causes = [
        (opt_out, _Cause(opt_out.note, opt_out.mailing_id))
        for opt_out in opt_outs
        if opt_out.source is not OptOutSource.CLEANED
    ]
    cause_by_person = {ref: cause for opt_out, cause in causes for ref in opt_out.people}
    cause_by_address = {opt_out.address: cause for opt_out, cause in causes if opt_out.address}
    people: dict[_Cause, dict[PersonRef, None]] = defaultdict(dict)
    for refs in in_batches(cause_by_person, BATCH_SIZE):
        for ref, person in services.host.people_by_ref(refs).items():
            people[cause_by_person[ref]][ref] = None
            address = canonical_address(person.address)
            if address:
                cause_by_address.setdefault(address, cause_by_person[ref])
    for addresses in in_batches(cause_by_address, BATCH_SIZE):
        for address, owners in people_at(services.host, addresses).items():
            people[cause_by_address[address]].update(dict.fromkeys(owners))
    return people


def _opt_out(services: Services, account_id: int, refs: Sequence[PersonRef], cause: _Cause) -> None:
    # The audit names only those who are new, and the Host does not return them: ask before.
    host = services.host
    new_refs = set(refs) - opted_out_among(host, refs)
    if not new_refs:
        return
    note, mailing_id = services.render_note(cause.note), cause.mailing_id
    audit.log_opt_outs(services, account_id, mailing_id, new_refs, note)
    host.opt_out(OPT_OUT_TAG, sorted(new_refs, key=lambda ref: (ref.kind, ref.id)), note)
    people = [[ref.kind, ref.id] for ref in new_refs]
    notices.add(
        services.session(), account_id, NoticeKind.OPTED_OUT, mailing_id=mailing_id, people=people
    )
    # A Host that counts wrongly does no harm; one that leaves somebody out would have them mailed.
    missing = new_refs - opted_out_among(host, new_refs)
    if missing:
        values = {"n": str(len(missing)), "total": str(len(new_refs))}
        raise Conflict(Problem("opt_outs_not_written", values=values))
