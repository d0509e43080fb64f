"""Steps of an erasure: gone at MailChimp, then nobody in our rows, then a look for what was on its way."""

from typing import Any, cast

from cxmc_ext.db.queries import accounts, erasure, mailings
from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.json_types import Json
from cxmc_ext.domain.people import PersonKind, PersonRef
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.domain.rules.suppression import SuppressionList, digest
from cxmc_ext.usecases.erasure.requests import CALLING_KINDS, member_entry
from cxmc_ext.usecases.operations.context import LEASE_GRACE, OperationContext
from cxmc_ext.usecases.operations.signals import RetryLater
from cxmc_ext.usecases.sending.recipients import store_counts

_LOT = 1000
"""Links, or reports, of one transaction."""


def delete_members(run: OperationContext) -> None:
    """Deletes at MailChimp, in every audience of ours. Who is not there is gone already."""
    _check_running_calls(run)
    account = run.account
    lists = {*erasure.audiences_used(run.session, account.id), account.list_id} - {""}
    connected = bool(account.sealed_key)
    run.commit()
    for list_id in sorted(lists) if connected else ():
        for member, _ in _members(run):
            _remove(run, list_id, member)


def anonymise(run: OperationContext) -> None:
    """Our rows keep what is counted and lose whom it was about; one transaction per campaign."""
    account_id, person = run.account.id, _person(run)
    for member, found in _members(run):
        name = bytes.fromhex(member)
        for mailing_id in erasure.mailings_of_hash(run.session, account_id, name):
            if erasure.anonymize_address(run.session, mailing_id, name, bytes.fromhex(found)):
                store_counts(run.session, mailing_id)
            run.commit()
    if person is not None:
        for mailing_id in erasure.mailings_of_person(run.session, account_id, person):
            if erasure.anonymize_person(run.session, mailing_id, person):
                store_counts(run.session, mailing_id)
            run.commit()
        erasure.anonymize_audit(run.session, account_id, f"{person.kind}:{person.id}")
        run.commit()
    _clear_links(run)
    _clear_reports(run)


def repeat_if_calls_were_running(run: OperationContext) -> None:
    """A push or a reading that began before the press may have ended after our deletion: once more."""
    if not run.payload.get("flying"):
        return
    settings = run.services.settings
    left = run.operation.created_at + settings.batch_timeout + 2 * LEASE_GRACE - run.now
    if left > 0:
        raise RetryLater(left, Problem("waiting_settle"))
    delete_members(run)
    anonymise(run)


def _check_running_calls(run: OperationContext) -> None:
    """Once more after the press: what began while that was written knew nothing of the marks."""
    if not run.payload.get("flying"):
        flying = erasure.has_call_in_flight(run.session, run.operation.account_id, CALLING_KINDS)
        run.commit_progress(flying=flying)


def _clear_links(run: OperationContext) -> None:
    """Links lose the address, whoever clicked them: the synchronisation reads them without it as well."""
    account_id, after = run.account.id, 0
    veil = erasure.suppression_list(run.session, account_id)
    while lot := erasure.links_with_addresses(run.session, account_id, after, _LOT):
        for after, url in lot:
            shown = veil.redact_url(url)
            if shown != url:
                erasure.replace_url(run.session, after, shown)
        run.commit()


def _clear_reports(run: OperationContext) -> None:
    """So do the most clicked links that a report keeps; one report held at a time."""
    account_id, after = run.account.id, 0
    veil = erasure.suppression_list(run.session, account_id)
    while lot := erasure.reports_page(run.session, account_id, after, _LOT):
        after = lot[-1][0]
        named = [mailing_id for mailing_id, report in lot if _cleared(veil, report) != report]
        run.commit()
        for mailing_id in named:
            report = _cleared(veil, mailings.get_for_update(run.session, mailing_id).report)
            mailings.update_columns(run.session, mailing_id, report=report)
            run.commit()


def _cleared(veil: SuppressionList, report: Any) -> Any:
    kept = (report or {}).get("links")
    if not kept:
        return report
    return {**report, "links": [[veil.redact_url(url), *figures] for url, *figures in kept]}


def _remove(run: OperationContext, list_id: str, member: str) -> None:
    found = run.call(run.api.member, list_id, member)
    if found is None:
        return
    _add_member(run, normalize_address(found.address))
    try:
        run.call(run.api.delete_member_permanently, list_id, found.hash)
    except NotFound:
        return


def _add_member(run: OperationContext, address: str | None) -> None:
    """MailChimp may know the member under another address by now: that one is erased as well."""
    known = {member for member, _ in _members(run)}
    if address is None or member_hash(address).hex() in known:
        return
    account_id = run.account.id
    found = digest(erasure.get_or_create_salt(run.session, account_id), address)
    accounts.lock(run.session, account_id)
    erasure.add_digests(run.session, account_id, [found], run.now)
    run.commit_progress(members=[*_stored(run), member_entry(address, found)])


def _members(run: OperationContext) -> list[tuple[str, str]]:
    """MailChimp's id and the mark of each address, both as hex."""
    return [(member, found) for member, found in cast("list[list[str]]", _stored(run))]


def _stored(run: OperationContext) -> list[Json]:
    return cast("list[Json]", run.payload.get("members") or [])


def _person(run: OperationContext) -> PersonRef | None:
    kind, _, name = str(run.payload.get("person") or "").partition(":")
    return PersonRef(PersonKind(kind), name) if name else None
