"""Which account a command means: the one it names, or what there is."""

from cxmc_ext.domain.errors import SetupError
from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import status


def choose_account(services: Services, ref: str | None, *, new: bool = False) -> Services:
    """The account of that ref, or the only one.

    :param new: the ref may be of an account that has no row yet.
    :raises SetupError: several and none named, or none of that name.
    """
    known = {each.account_ref: each for each in status.services_per_account(services)}
    if ref is None and len(known) == 1:
        return next(iter(known.values()))
    if ref in known:
        return known[ref]
    if ref is not None and new and services.multi_account_host:
        return services.for_account(ref)
    names = f" ({', '.join(known)})" if known else ""
    if ref is None:
        raise SetupError(f"Name the account by --account REF{names}.")
    raise SetupError(f"There is no account {ref!r}{names}.")


def choose_accounts(services: Services, ref: str | None) -> list[Services]:
    """The named account, or every one."""
    return status.services_per_account(services) if ref is None else [choose_account(services, ref)]
