"""Writes opt-outs into the Host: everybody who has the address, of both kinds of person."""

from collections import defaultdict
from collections.abc import Mapping

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared.batches import in_batches

# A Host is asked about at most this many addresses or people at once (see its protocol).
_BATCH_SIZE = 1000


def opt_out_addresses(
    services: Services, account_id: int, notes: Mapping[str, str], mailing_id: int | None = None
) -> int:
    """Puts everybody who has one of these addresses into the opt-out group of their kind.

    The caller commits. The account is locked first, as a send intent does: so the intent either sees the
    opt-out, or was committed before it.

    Args:
        services: Those of the account.
        account_id: The account.
        notes: Normalized address → why its owners are opted out, and through which campaign.
        mailing_id: The mailing of that campaign, for the audit.

    Returns:
        How many people were not in their group before.
    """
    if not notes:
        return 0
    accounts.lock(services.session(), account_id)
    new = 0
    for batch in in_batches(notes.items(), _BATCH_SIZE):
        for note, refs in _people_by_note(services, dict(batch)).items():
            for some_refs in in_batches(refs, _BATCH_SIZE):
                new += _opt_out(services, account_id, mailing_id, some_refs, note)
    return new


def _people_by_note(services: Services, notes: Mapping[str, str]) -> dict[str, list[PersonRef]]:
    people: dict[str, list[PersonRef]] = defaultdict(list)
    for address, refs in services.host.people_with_address(list(notes)).items():
        people[notes[address]].extend(refs)
    return people


def _opt_out(
    services: Services, account_id: int, mailing_id: int | None, refs: list[PersonRef], note: str
) -> int:
    # The audit names only those who are new, and the Host does not return them: ask before.
    new_refs = set(refs) - services.host.opted_out(OPT_OUT_TAG, refs)
    if not new_refs:
        return 0
    audit.log_opt_outs(services, account_id, mailing_id, new_refs, note)
    return services.host.opt_out(OPT_OUT_TAG, refs, note)
