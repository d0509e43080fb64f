"""The opt-out groups of the Host: they must exist before anybody is mailed or opted out."""

from cxmc_ext.domain.accounts import AccountState
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind
from cxmc_ext.domain.ports.host import Host
from cxmc_ext.domain.problems import Problem

GROUPS_MISSING = Problem("opt_out_groups_missing", values={"tag": OPT_OUT_TAG})


def missing_opt_out_groups(host: Host) -> frozenset[PersonKind]:
    """The kinds of person without an opt-out group: it was never created, deleted, or lost its tag."""
    return frozenset(PersonKind) - frozenset(host.opt_out_groups(OPT_OUT_TAG))


def has_lost_opt_out_groups(host: Host, state: str) -> bool:
    """Whether an account is active, but an opt-out group is not there any more: nothing is sent.

    Args:
        host: That of the account.
        state: The `AccountState`.
    """
    return state == AccountState.ACTIVE and bool(missing_opt_out_groups(host))


def require_opt_out_groups(host: Host) -> None:
    """Stops where nobody could be recognized as opted out.

    Raises:
        Conflict: A group is missing (`opt_out_groups_missing`).
    """
    if missing_opt_out_groups(host):
        raise Conflict(GROUPS_MISSING)
