"""Encrypts API keys at rest with Fernet (https://cryptography.io/en/latest/fernet/)."""

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from cxmc_ext.domain.errors import SetupError

MAKE_KEY = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


class FernetVault:
    """Implements `Vault`. The owner is part of the encrypted text, so a sealed key cannot be moved.

    Args:
        keys: CXMC_SECRET_KEYS: the first encrypts, every one decrypts. They are checked when used, so
            that pages still load without a key.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys

    def __repr__(self) -> str:
        return f"FernetVault({len(self.keys)} keys)"

    def seal(self, secret: str, owner: str) -> str:
        envelope = json.dumps({"owner": owner, "secret": secret})
        return self._fernet().encrypt(envelope.encode()).decode()

    def open(self, sealed: str, owner: str) -> str:
        try:
            envelope = json.loads(self._fernet().decrypt(sealed.encode()))
        except InvalidToken:
            envelope = None
        if envelope is None:
            raise SetupError(
                "The stored MailChimp key cannot be decrypted with CXMC_SECRET_KEYS: add the earlier"
                " value after the new one, or initialize the MailChimp key again."
            )
        if envelope["owner"] != owner:
            raise SetupError(
                "The stored MailChimp key belongs to another account: initialize it again."
            )
        return str(envelope["secret"])

    def _fernet(self) -> MultiFernet:
        if not self.keys:
            raise SetupError(f"CXMC_SECRET_KEYS is empty. Create a key with: {MAKE_KEY}")
        fernets = [fernet for key in self.keys if (fernet := _parse(key))]
        if len(fernets) < len(self.keys):
            raise SetupError(
                f"CXMC_SECRET_KEYS contains a value that is not a Fernet key. Create one with: {MAKE_KEY}"
            )
        return MultiFernet(fernets)


def _parse(key: str) -> Fernet | None:
    """None for a bad key: an error chained to that of cryptography would show the key."""
    try:
        return Fernet(key)
    except ValueError:
        return None
