"""Which account a command acts on: the one it names, or the only one."""

from cxmc_ext.domain.errors import SetupError
from cxmc_ext.services import Services
from cxmc_ext.usecases.admin import status


def choose_account(services: Services, ref: str | None, *, new: bool = False) -> Services:
    """Returns the services of one account.

    Args:
        services: The services of the app.
        ref: The value of --account; None means the only account.
        new: Whether the account may have no row in the database yet.

    Raises:
        SetupError: There are several accounts and none is named, or there is none with that ref.
    """
    known = {account.account_ref: account for account in status.services_per_account(services)}
    if ref is None and len(known) == 1:
        return next(iter(known.values()))
    if ref in known:
        return known[ref]
    if ref is not None and new and services.multi_account_host:
        return services.for_account(ref)
    names = f" ({', '.join(known)})" if known else ""
    if ref is None:
        raise SetupError(f"Name the account with --account REF{names}.")
    raise SetupError(f"There is no account {ref!r}{names}.")


def choose_accounts(services: Services, ref: str | None) -> list[Services]:
    """Returns the services of the named account, or of every account.

    Args:
        services: The services of the app.
        ref: The value of --account.

    Raises:
        SetupError: There is no account with that ref.
    """
    return status.services_per_account(services) if ref is None else [choose_account(services, ref)]
