"""Opt-outs into the host's groups: everybody who has the address, of both kinds."""

from collections.abc import Mapping
from itertools import islice

from cxmc_ext.db.queries import accounts
from cxmc_ext.domain.values import OPT_OUT_TAG, PersonRef
from cxmc_ext.services import Services

_MOST = 1000
"""What a host is asked at once."""


def opt_out_addresses(services: Services, account_id: int, notes: Mapping[str, str]) -> int:
    """Puts everybody with one of these normalised addresses into the opt-out group of their kind.

    The caller commits. The account's guard is locked first: a send intent sees the opt-out, or was
    committed before it (I2).

    :param notes: per address why, and from which campaign.
    :return: how many people were new in their group.
    """
    if not notes:
        return 0
    accounts.lock(services.session(), account_id)
    rest, new = iter(notes.items()), 0
    while lot := dict(islice(rest, _MOST)):
        new += _opt_out(services, lot)
    return new


def _opt_out(services: Services, notes: Mapping[str, str]) -> int:
    by_note: dict[str, list[PersonRef]] = {}
    for address, refs in services.host.people_with_address(list(notes)).items():
        by_note.setdefault(notes[address], []).extend(refs)
    return sum(
        services.host.opt_out(OPT_OUT_TAG, refs[start : start + _MOST], note)
        for note, refs in by_note.items()
        for start in range(0, len(refs), _MOST)
    )
