"""The encryption of API keys at rest."""

from typing import Protocol


class Vault(Protocol):
    """Encrypts an API key so that it can only be decrypted for the same owner."""

    def seal(self, secret: str, owner: str) -> str:
        """Encrypts a secret.

        Args:
            secret: The API key.
            owner: Who may decrypt it; `open` must be given the same text.

        Returns:
            The sealed key, printable text.

        Raises:
            SetupError: CXMC_SECRET_KEYS is empty or not a list of Fernet keys.
        """

    def open(self, sealed: str, owner: str) -> str:
        """Decrypts a sealed key.

        Args:
            sealed: A result of `seal`.
            owner: The owner it was sealed for.

        Raises:
            SetupError: No key in CXMC_SECRET_KEYS decrypts it, or it was sealed for another owner.
        """
