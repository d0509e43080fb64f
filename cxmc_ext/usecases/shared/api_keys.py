"""Encrypts and decrypts the API key of an account, and makes MailChimp clients with it."""

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.ports.mailchimp import MailChimp
from cxmc_ext.services import Services


def seal(services: Services, account_id: int, key: str) -> str:
    """Encrypts an API key for one account; it cannot be decrypted for another one."""
    return services.vault.seal(key, _encryption_context(account_id))


def open_code(services: Services, account_id: int, sealed_code: str) -> str:
    """Decrypts the code of a login, which was sealed like a key.

    Raises:
        SetupError: It cannot be decrypted.
    """
    return services.vault.open(sealed_code, _encryption_context(account_id))


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
    key = services.vault.open(sealed_key, _encryption_context(account_id))
    return services.client_factory(key, account_id)


def reseal(services: Services, account: Account) -> str:
    """Encrypts the stored key again, with the first value of CXMC_SECRET_KEYS.

    Raises:
        SetupError: None of the values decrypts it.
    """
    key = services.vault.open(account.sealed_key or "", _encryption_context(account.id))
    return seal(services, account.id, key)


def _encryption_context(account_id: int) -> str:
    """Part of the encryption: a ciphertext that is copied to another account's row is of no use there."""
    return f"cxmc_account:{account_id}"
