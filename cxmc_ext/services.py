"""What every use case is handed: one frozen object per app, and per tenant a copy of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from sqlalchemy.orm import Session

from cxmc_ext.config import Settings
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.ports import Connect, Host, Queue, TenantHost, Tenants, Vault
from cxmc_ext.domain.values import DEFAULT_ACCOUNT


@dataclass(frozen=True, slots=True)
class Services:
    """`session()` is the host's current db.session; `clock()` whole Unix seconds, UTC."""

    host: Host
    mailchimp: Connect
    queue: Queue
    vault: Vault
    session: Callable[[], Session]
    clock: Callable[[], int]
    settings: Settings
    account_ref: str = DEFAULT_ACCOUNT
    """Whose account is meant. "" before it is known, in a CRM with tenants."""
    crm: Host | None = None
    """The whole CRM, where `host` is a tenant's view of it."""

    @property
    def tenants(self) -> Tenants | None:
        """The CRM, if it keeps several accounts."""
        crm = self.crm or self.host
        return cast(Tenants, crm) if callable(getattr(crm, "for_account", None)) else None

    def of(self, ref: str) -> "Services":
        """For the account of that ref, whoever asks.

        :raises SetupError: the CRM has no tenants, and this is not its own account.
        """
        if ref == self.account_ref:
            return self
        view = self.tenants.for_account(ref) if self.tenants else None
        if view is None:
            raise SetupError(
                f"The account {ref!r} belongs to a tenant, but the Host shows none of that name:"
                " let its for_account return a view for every ref it ever gave."
            )
        return self._seen_by(view, ref)

    def here(self) -> "Services | None":
        """For the tenant of the current request; None where there is none."""
        if self.tenants is None:
            return self
        view = self.tenants.for_account(None)
        return self._seen_by(view, view.account_ref) if view is not None else None

    def _seen_by(self, view: TenantHost, ref: str) -> "Services":
        return replace(self, host=view, account_ref=ref, crm=self.crm or self.host)
