"""The one place where an account's API key is sealed, opened and turned into a client."""

from cxmc_ext.db.models import Account
from cxmc_ext.domain.ports import MailChimp
from cxmc_ext.services import Services


def seal(services: Services, account_id: int, key: str) -> str:
    return services.vault.seal(key, _owner(account_id))


def client_of(services: Services, account: Account) -> MailChimp:
    """The client of the connected account.

    :raises SetupError: when the stored key cannot be read, or there is none.
    """
    return client_with(services, account.id, account.key_sealed or "")


def client_with(services: Services, account_id: int, sealed: str) -> MailChimp:
    """A client through a key that is not (yet) the account's own."""
    key = services.vault.open(sealed, _owner(account_id))
    return services.mailchimp(key, account_id)


def resealed(services: Services, account: Account) -> str:
    """The stored key under the first secret of the settings.

    :raises SetupError: when none of the secrets opens it.
    """
    return seal(
        services, account.id, services.vault.open(account.key_sealed or "", _owner(account.id))
    )


def _owner(account_id: int) -> str:
    """A ciphertext moved to another row does not open."""
    return f"cxmc_account:{account_id}"
