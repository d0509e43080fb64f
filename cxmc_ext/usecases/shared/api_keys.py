"""Encrypts and decrypts the API key of an account, and makes MailChimp clients with it."""

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.services import Services


def seal(services: Services, account_id: int, key: str) -> str:
    """Encrypts an API key for one account; it cannot be decrypted for another one."""
    return services.vault.seal(key, _encryption_context(account_id))


def unseal(services: Services, account_id: int, sealed: str) -> str:
    """Decrypts what `seal` encrypted for the account: a key, or the code of a login.

    Raises:
        SetupError: It cannot be decrypted.
    """
    return services.vault.open(sealed, _encryption_context(account_id))


def client_for(services: Services, account: Account) -> MailChimp:
    """Makes a client with the stored key of an account.

    Raises:
        SetupError: There is no key, or it cannot be decrypted.
    """
    return client_with_key(services, account.id, account.sealed_key or "")


def client_with_key(services: Services, account_id: int, sealed_key: str) -> MailChimp:
    """Makes a client with a sealed key that is not necessarily the account's own.

    Raises:
        SetupError: The key cannot be decrypted.
    """
    return services.client_factory(unseal(services, account_id, sealed_key), account_id)


def reseal(services: Services, account_id: int, sealed: str) -> str:
    """Encrypts a stored key again, with the first value of CXMC_SECRET_KEYS.

    Raises:
        SetupError: None of the values decrypts it.
    """
    return seal(services, account_id, unseal(services, account_id, sealed))


def _encryption_context(account_id: int) -> str:
    """Part of the encryption: a ciphertext that is copied to another account's row is of no use there."""
    return f"cxmc_account:{account_id}"
