"""What every use case is handed: one frozen object per app, and per tenant a copy of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from cxmc_ext.config import Settings
from cxmc_ext.domain.accounts import DEFAULT_ACCOUNT
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.ports.host import AccountHost, Host, MultiAccountHost
from cxmc_ext.domain.ports.mailchimp import ClientFactory
from cxmc_ext.domain.ports.queue import Queue
from cxmc_ext.domain.ports.vault import Vault


@dataclass(frozen=True, slots=True)
class Services:
    """`session()` is the host's current db.session; `clock()` whole Unix seconds, UTC."""

    host: Host
    client_factory: ClientFactory
    queue: Queue
    vault: Vault
    session: Callable[[], Session]
    clock: Callable[[], int]
    settings: Settings
    account_ref: str = DEFAULT_ACCOUNT
    """Whose account is meant. "" before it is known, in a CRM with tenants."""
    root_host: Host | None = None
    """The whole CRM, where `host` is a tenant's view of it."""

    @property
    def multi_account_host(self) -> MultiAccountHost | None:
        """The CRM, if it keeps several accounts."""
        host = self.root_host or self.host
        return host if isinstance(host, MultiAccountHost) else None

    def for_account(self, ref: str) -> "Services":
        """For the account of that ref, whoever asks.

        :raises SetupError: the CRM has no tenants, and this is not its own account.
        """
        if ref == self.account_ref:
            return self
        view = self.multi_account_host.for_account(ref) if self.multi_account_host else None
        if view is None:
            raise SetupError(
                f"The account {ref!r} belongs to a tenant, but the Host shows none of that name:"
                " let its for_account return a view for every ref it ever gave."
            )
        return self._with_host(view, ref)

    def for_current_request(self) -> "Services | None":
        """For the tenant of the current request; None where there is none."""
        if self.multi_account_host is None:
            return self
        view = self.multi_account_host.for_account(None)
        return self._with_host(view, view.account_ref) if view is not None else None

    def _with_host(self, view: AccountHost, ref: str) -> "Services":
        return replace(self, host=view, account_ref=ref, root_host=self.root_host or self.host)
