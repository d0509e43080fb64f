"""What every use case is handed: the ports, the settings and the database session of one app."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from cxmc_ext.config import Settings
from cxmc_ext.domain.accounts import DEFAULT_ACCOUNT
from cxmc_ext.domain.errors import SetupError
from cxmc_ext.domain.notes import Note
from cxmc_ext.domain.notices import Notice
from cxmc_ext.domain.notifications import NotificationFacts, NotificationText
from cxmc_ext.domain.ports.host import AccountHost, Host, MultiAccountHost
from cxmc_ext.domain.ports.login import Login
from cxmc_ext.domain.ports.mailchimp import ClientFactory
from cxmc_ext.domain.ports.queue import Queue
from cxmc_ext.domain.ports.vault import Vault


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one account. An app makes one object, and a copy of it per account.

    Attributes:
        host: The CRM, as the account sees it.
        client_factory: Makes a MailChimp client from an API key.
        queue: Nudges workers.
        has_own_queue: Whether it is the Host's, whose workers are not `flask cxmc worker`.
        vault: Encrypts API keys.
        session: Returns the Host's current `db.session`.
        clock: Returns whole Unix seconds (UTC).
        settings: The CXMC_* settings.
        account_ref: The account that is meant; empty before it is known, in a CRM with several accounts.
        root_host: The whole CRM, if `host` is one account's view of it.
        tell: Calls the Host's listeners of a notice. Never raises.
        sleep: Waits out a short delay in a worker. None leaves every delay to the next nudge (tests).
        render_notification: Writes a notification in a language; "" means CXMC_LOCALE.
        render_note: Writes a note for the Host in the language of CXMC_LOCALE.
        login: Exchanges the code of “Log in with MailChimp”; None if the app does not offer it.
    """

    host: Host
    client_factory: ClientFactory
    queue: Queue
    vault: Vault
    session: Callable[[], Session]
    clock: Callable[[], int]
    settings: Settings
    has_own_queue: bool = False
    account_ref: str = DEFAULT_ACCOUNT
    root_host: Host | None = None
    sleep: Callable[[float], object] | None = time.sleep
    tell: Callable[[Notice], object] = lambda notice: None
    login: Login | None = None
    render_notification: Callable[[NotificationFacts, str], NotificationText] = (
        lambda facts, language: NotificationText(facts.campaign_title, "")
    )
    render_note: Callable[[Note], str] = lambda note: note.kind

    @property
    def multi_account_host(self) -> MultiAccountHost | None:
        """The CRM, if it has several accounts."""
        host = self.root_host or self.host
        return host if isinstance(host, MultiAccountHost) else None

    def for_account(self, ref: str) -> "Services":
        """Returns the services of an account.

        Raises:
            SetupError: The Host does not know the account.
        """
        if ref == self.account_ref:
            return self
        host = self.multi_account_host
        account_host = host.for_account(ref) if host else None
        if account_host is None:
            raise SetupError(
                f"The Host does not know the account {ref!r}. Its for_account must return a host for"
                " every ref it has ever returned."
            )
        return self._with_host(account_host, ref)

    def for_current_request(self) -> "Services | None":
        """Returns the services of the account of the current request; None if it has none."""
        host = (
            self.multi_account_host
        )  # once: isinstance with a Protocol takes 10 µs on Python 3.11
        if host is None:
            return self
        account_host = host.for_account(None)
        if account_host is None:
            return None
        return self._with_host(account_host, account_host.account_ref)

    def _with_host(self, host: AccountHost, ref: str) -> "Services":
        return replace(self, host=host, account_ref=ref, root_host=self.root_host or self.host)
