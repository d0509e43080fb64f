"""Steps of an erasure: gone at MailChimp, then nobody in our rows, then a look for what was on its way."""

from typing import Any, cast

from cxmc_ext.db.queries import accounts, erasure, mailings
from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.rules.addresses import member_hash, normalise
from cxmc_ext.domain.rules.erasure import Veil, mark
from cxmc_ext.domain.values import Json, PersonKind, PersonRef, Why
from cxmc_ext.usecases.erase import CALLING, pair_of
from cxmc_ext.usecases.halt import Pause
from cxmc_ext.usecases.run import GRACE, Run
from cxmc_ext.usecases.steps_people import recount

_LOT = 1000
"""Links, or reports, of one transaction."""


def remove(run: Run) -> None:
    """Deletes at MailChimp, in every audience of ours. Who is not there is gone already."""
    _look_for_calls(run)
    account = run.account
    lists = {*erasure.lists(run.session, account.id), account.list_id} - {""}
    connected = bool(account.key_sealed)
    run.save()
    for list_id in sorted(lists) if connected else ():
        for member, _ in _members(run):
            _remove(run, list_id, member)


def anonymise(run: Run) -> None:
    """Our rows keep what is counted and lose whom it was about; one transaction per campaign."""
    account_id, person = run.account.id, _person(run)
    for member, found in _members(run):
        name = bytes.fromhex(member)
        for mailing_id in erasure.mailings_of_hash(run.session, account_id, name):
            if erasure.blank_hash(run.session, mailing_id, name, bytes.fromhex(found)):
                recount(run.session, mailing_id)
            run.save()
    if person is not None:
        for mailing_id in erasure.mailings_of_person(run.session, account_id, person):
            if erasure.blank_person(run.session, mailing_id, person):
                recount(run.session, mailing_id)
            run.save()
        erasure.blank_audit(run.session, account_id, f"{person.kind}:{person.id}")
        run.save()
    _clear_links(run)
    _clear_reports(run)


def settle(run: Run) -> None:
    """A push or a reading that began before the press may have ended after our deletion: once more."""
    if not run.payload.get("flying"):
        return
    settings = run.services.settings
    left = run.operation.created_at + settings.batch_timeout + 2 * GRACE - run.now
    if left > 0:
        raise Pause(left, Why("waiting_settle"))
    remove(run)
    anonymise(run)


def _look_for_calls(run: Run) -> None:
    """Once more after the press: what began while that was written knew nothing of the marks."""
    if not run.payload.get("flying"):
        flying = erasure.is_calling(run.session, run.operation.account_id, CALLING)
        run.remember(flying=flying)


def _clear_links(run: Run) -> None:
    """Links lose the address, whoever clicked them: the synchronisation reads them without it as well."""
    account_id, after = run.account.id, 0
    veil = erasure.veil(run.session, account_id)
    while lot := erasure.links(run.session, account_id, after, _LOT):
        for after, url in lot:
            shown = veil.link(url)
            if shown != url:
                erasure.rename_link(run.session, after, shown)
        run.save()


def _clear_reports(run: Run) -> None:
    """So do the most clicked links that a report keeps; one report held at a time."""
    account_id, after = run.account.id, 0
    veil = erasure.veil(run.session, account_id)
    while lot := erasure.reports(run.session, account_id, after, _LOT):
        after = lot[-1][0]
        named = [mailing_id for mailing_id, report in lot if _cleared(veil, report) != report]
        run.save()
        for mailing_id in named:
            report = _cleared(veil, mailings.held(run.session, mailing_id).report)
            mailings.store(run.session, mailing_id, report=report)
            run.save()


def _cleared(veil: Veil, report: Any) -> Any:
    kept = (report or {}).get("links")
    if not kept:
        return report
    return {**report, "links": [[veil.link(url), *figures] for url, *figures in kept]}


def _remove(run: Run, list_id: str, member: str) -> None:
    found = run.call(run.api.member, list_id, member)
    if found is None:
        return
    _mark_too(run, normalise(found.address))
    try:
        run.call(run.api.erase_member, list_id, found.hash)
    except NotFound:
        return


def _mark_too(run: Run, address: str | None) -> None:
    """MailChimp may know the member under another address by now: that one is erased as well."""
    known = {member for member, _ in _members(run)}
    if address is None or member_hash(address).hex() in known:
        return
    account_id = run.account.id
    found = mark(erasure.salt(run.session, account_id), address)
    accounts.lock(run.session, account_id)
    erasure.add_marks(run.session, account_id, [found], run.now)
    run.remember(members=[*_stored(run), pair_of(address, found)])


def _members(run: Run) -> list[tuple[str, str]]:
    """MailChimp's id and the mark of each address, both as hex."""
    return [(member, found) for member, found in cast("list[list[str]]", _stored(run))]


def _stored(run: Run) -> list[Json]:
    return cast("list[Json]", run.payload.get("members") or [])


def _person(run: Run) -> PersonRef | None:
    kind, _, name = str(run.payload.get("person") or "").partition(":")
    return PersonRef(PersonKind(kind), name) if name else None
