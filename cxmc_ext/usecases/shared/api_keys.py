"""The one place where an account's API key is sealed, opened and turned into a client."""

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.services import Services


def seal(services: Services, account_id: int, key: str) -> str:
    return services.vault.seal(key, _encryption_context(account_id))


def client_for(services: Services, account: Account) -> MailChimp:
    """The client of the connected account.

    :raises SetupError: when the stored key cannot be read, or there is none.
    """
    return client_with_key(services, account.id, account.sealed_key or "")


def client_with_key(services: Services, account_id: int, sealed: str) -> MailChimp:
    """A client through a key that is not (yet) the account's own."""
    key = services.vault.open(sealed, _encryption_context(account_id))
    return services.client_factory(key, account_id)


def reseal(services: Services, account: Account) -> str:
    """The stored key under the first secret of the settings.

    :raises SetupError: when none of the secrets opens it.
    """
    return seal(
        services,
        account.id,
        services.vault.open(account.sealed_key or "", _encryption_context(account.id)),
    )


def _encryption_context(account_id: int) -> str:
    """A ciphertext moved to another row does not open."""
    return f"cxmc_account:{account_id}"
