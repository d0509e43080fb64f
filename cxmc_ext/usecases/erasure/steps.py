"""Steps of an erasure: delete the member at MailChimp, anonymize our rows, repeat if calls were running."""

from dataclasses import replace
from typing import Any, TypeAlias

from cxmc_ext.db.queries import (
    accounts,
    erasure,
    failed_addresses,
    invitations,
    mailings,
    reported_opt_outs,
    withdrawn_members,
)
from cxmc_ext.domain.errors import NotFound
from cxmc_ext.domain.form_drafts import FormDraft
from cxmc_ext.domain.operation_payloads import ErasurePayload
from cxmc_ext.domain.operations import ADDRESS_KINDS
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.domain.rules.addresses import member_hash, normalize_address
from cxmc_ext.domain.rules.suppression import SuppressionList, digest
from cxmc_ext.domain.rules.test_addresses import addresses_in
from cxmc_ext.usecases.erasure.requests import erased_addresses
from cxmc_ext.usecases.operations.context import OperationContext
from cxmc_ext.usecases.operations.lease import LEASE_GRACE
from cxmc_ext.usecases.sending.recipients import store_counts

# Links, or reports, that are read in one transaction.
_BATCH_SIZE = 1000

ErasureContext: TypeAlias = OperationContext[ErasurePayload]


def delete_members(context: ErasureContext) -> None:
    """Step: deletes the addresses for good in every audience that was ever used.

    An address that MailChimp does not know is done. Without an API key this step does nothing.
    """
    _check_running_calls(context)
    account = context.account
    list_ids = {*erasure.audiences_used(context.session, account.id), account.list_id} - {""}
    is_connected = bool(account.sealed_key)
    context.commit()
    for list_id in sorted(list_ids) if is_connected else ():
        for address in context.payload.addresses:
            _delete_member(context, list_id, address.member_hash)


def anonymize(context: ErasureContext) -> None:
    """Step: removes the person from our rows, which keep their counts. One transaction per mailing."""
    session, account_id, payload = context.session, context.account.id, context.payload
    for address in payload.addresses:
        hash_, its_digest = bytes.fromhex(address.member_hash), bytes.fromhex(address.digest)
        reported_opt_outs.forget(session, account_id, [hash_])
        failed_addresses.forget(session, account_id, [hash_])
        withdrawn_members.forget_everywhere(session, account_id, [hash_])
        invitations.forget(session, account_id, [hash_])
        for mailing_id in erasure.mailings_of_hash(session, account_id, hash_):
            if erasure.anonymize_address(session, mailing_id, hash_, its_digest):
                store_counts(session, mailing_id)
            context.commit()
    if payload.person is not None:
        _anonymize_person(context, payload.person)
    _redact_drafts(context)
    _redact_links(context)
    _redact_reports(context)


def repeat_if_calls_were_running(context: ErasureContext) -> None:
    """Step: waits for calls that were running at the time of the press, then deletes once more.

    Such a call, a batch of new members or the reading of a report, may have written the address back
    after it was deleted.

    Raises:
        RetryLater: They may still be running.
    """
    if not context.payload.calls_in_flight:
        return
    longest_call = context.services.settings.batch_timeout + 2 * LEASE_GRACE
    context.wait_until(context.operation.created_at + longest_call)
    delete_members(context)
    anonymize(context)


def _check_running_calls(context: ErasureContext) -> None:
    """Looks again: what began while the press was being stored did not see the suppression list."""
    if not context.payload.calls_in_flight:
        account_id = context.operation.account_id
        in_flight = erasure.has_call_in_flight(context.session, account_id, ADDRESS_KINDS)
        context.commit_progress(calls_in_flight=in_flight)


def _anonymize_person(context: ErasureContext, person: PersonRef) -> None:
    session, account_id = context.session, context.account.id
    for mailing_id in erasure.mailings_of_person(session, account_id, person):
        if erasure.anonymize_person(session, mailing_id, person):
            store_counts(session, mailing_id)
        context.commit()
    failed_addresses.unmark(session, account_id, [person])
    invitations.forget_person(session, account_id, person)
    erasure.anonymize_audit(session, account_id, str(person))
    context.commit()


def _redact_drafts(context: ErasureContext) -> None:
    """Removes the addresses that somebody typed for a test mail, if the erased one is among them."""
    session = context.session
    erased = {address.member_hash for address in context.payload.addresses}
    for mailing_id in erasure.mailings_with_draft(session, context.account.id):
        draft = FormDraft.from_json(mailings.get_for_update(session, mailing_id).form_draft)
        typed = draft.values.get("test_to", "") if draft else ""
        if draft and erased & {member_hash(each).hex() for each in addresses_in(typed)}:
            values = {**draft.values, "test_to": ""}
            redacted = replace(draft, values=values).to_json()
            mailings.update_columns(session, mailing_id, form_draft=redacted)
        context.commit()


def _redact_links(context: ErasureContext) -> None:
    """Removes the address from clicked links, whoever clicked them. The sync redacts new ones too."""
    session, account_id, after = context.session, context.account.id, 0
    suppressed = erasure.suppression_list(session, account_id)
    while batch := erasure.links_with_addresses(session, account_id, after, _BATCH_SIZE):
        for link_id, url in batch:
            redacted = suppressed.redact_url(url)
            if redacted != url:
                erasure.replace_url(session, link_id, redacted)
        after = batch[-1][0]
        context.commit()


def _redact_reports(context: ErasureContext) -> None:
    """Removes the address from the links that a report lists; only one report is locked at a time."""
    session, account_id, after = context.session, context.account.id, 0
    suppressed = erasure.suppression_list(session, account_id)
    while batch := erasure.reports_page(session, account_id, after, _BATCH_SIZE):
        after = batch[-1][0]
        affected = [
            mailing_id for mailing_id, report in batch if _redacted(suppressed, report) != report
        ]
        context.commit()
        for mailing_id in affected:
            current = mailings.get_for_update(session, mailing_id).report
            mailings.update_columns(session, mailing_id, report=_redacted(suppressed, current))
            context.commit()


def _redacted(suppressed: SuppressionList, report: Any) -> Any:
    links = (report or {}).get("links")
    if not links:
        return report
    return {**report, "links": [[suppressed.redact_url(url), *rest] for url, *rest in links]}


def _delete_member(context: ErasureContext, list_id: str, hash_hex: str) -> None:
    """`POST /lists/{id}/members/{hash}/actions/delete-permanent`"""
    member = context.call(context.api.member, list_id, hash_hex)
    if member is None:
        return
    _add_current_address(context, normalize_address(member.address))
    try:
        context.call(context.api.delete_member_permanently, list_id, member.hash)
    except NotFound:
        return


def _add_current_address(context: ErasureContext, address: str | None) -> None:
    """Erases the address that MailChimp knows the member under by now as well, if it is another one."""
    known = context.payload.addresses
    known_hashes = {erased.member_hash for erased in known}
    if address is None or member_hash(address).hex() in known_hashes:
        return
    session, account_id = context.session, context.account.id
    its_digest = digest(erasure.get_or_create_salt(session, account_id), address)
    accounts.lock(session, account_id)
    erasure.add_digests(session, account_id, [its_digest], context.now)
    context.commit_progress(addresses=(*known, *erased_addresses(address, its_digest)))
