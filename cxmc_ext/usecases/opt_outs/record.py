"""Opt-outs into the host's groups: everybody who has the address, of both kinds."""

from collections.abc import Mapping
from itertools import islice

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonRef
from cxmc_ext.services import Services
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.shared.batches import in_batches

_MOST = 1000
"""What a host is asked at once."""


def opt_out_addresses(
    services: Services, account_id: int, notes: Mapping[str, str], mailing_id: int | None = None
) -> int:
    """Puts everybody with one of these normalised addresses into the opt-out group of their kind.

    The caller commits. The account's guard is locked first: a send intent sees the opt-out, or was
    committed before it (I2).

    :param notes: per address why, and from which campaign.
    :param mailing_id: that campaign, for the audit.
    :return: how many people were new in their group.
    """
    if not notes:
        return 0
    accounts.lock(services.session(), account_id)
    rest, new = iter(notes.items()), 0
    while lot := dict(islice(rest, _MOST)):
        for text, refs in _by_note(services, lot).items():
            for some in in_batches(refs, _MOST):
                new += _opt_out(services, account_id, mailing_id, some, text)
    return new


def _by_note(services: Services, notes: Mapping[str, str]) -> dict[str, list[PersonRef]]:
    found: dict[str, list[PersonRef]] = {}
    for address, refs in services.host.people_with_address(list(notes)).items():
        found.setdefault(notes[address], []).extend(refs)
    return found


def _opt_out(
    services: Services, account_id: int, mailing_id: int | None, refs: list[PersonRef], text: str
) -> int:
    """The audit names who is new, so it asks before."""
    fresh = set(refs) - services.host.opted_out(OPT_OUT_TAG, refs)
    if not fresh:
        return 0
    audit.log_opt_outs(services, account_id, mailing_id, fresh, text)
    return services.host.opt_out(OPT_OUT_TAG, refs, text)
