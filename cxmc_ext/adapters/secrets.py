"""The API key at rest: Fernet, and the owner inside the envelope so that it cannot be moved."""

import json

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from cxmc_ext.domain.errors import SetupError

MAKE_KEY = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
)


class FernetVault:
    """Seals with the first key, opens with any. Checked at use, so that pages load without a key."""

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
                "The stored MailChimp key cannot be read with CXMC_SECRET_KEYS: put the earlier"
                " value back behind the new one, or initialise the MailChimp key again."
            )
        if envelope["owner"] != owner:
            raise SetupError(
                "The stored MailChimp key belongs to another account: initialise it again."
            )
        return str(envelope["secret"])

    def check(self) -> None:
        """Raises SetupError unless there are keys and each is a Fernet key."""
        self._fernet()

    def _fernet(self) -> MultiFernet:
        if not self.keys:
            raise SetupError(f"CXMC_SECRET_KEYS is empty. Make a key with: {MAKE_KEY}")
        made = [_key(text) for text in self.keys]
        fernets = [fernet for fernet in made if fernet is not None]
        if len(fernets) < len(made):
            raise SetupError(
                f"CXMC_SECRET_KEYS holds a value that is no Fernet key. Make one with: {MAKE_KEY}"
            )
        return MultiFernet(fernets)


def _key(text: str) -> Fernet | None:
    """None for a bad key: an error raised from cryptography's own would show the text."""
    try:
        return Fernet(text)
    except ValueError:
        return None
