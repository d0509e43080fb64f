"""What the product needs from the world around it. Satisfying the shape is enough; nobody inherits."""

from typing import Protocol


class Vault(Protocol):
    """Encrypts the API key at rest, bound to its owner."""

    def seal(self, secret: str, owner: str) -> str: ...
    def open(self, sealed: str, owner: str) -> str:
        """Raises SetupError when no CXMC_SECRET_KEYS value opens it, or the owner is another."""
