"""The key at rest."""

import pytest
from cryptography.fernet import Fernet

from cxmc_ext.adapters.secrets import MAKE_KEY, FernetVault
from cxmc_ext.domain.errors import SetupError

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
SECRET = "0123456789abcdef0123456789abcdef-us21"


def test_a_sealed_key_can_be_opened_and_shows_nothing() -> None:
    vault = FernetVault((NEW,))
    sealed = vault.seal(SECRET, "account:1")
    assert SECRET not in sealed
    assert vault.open(sealed, "account:1") == SECRET
    assert NEW not in repr(vault)


def test_a_sealed_key_of_another_owner_is_refused() -> None:
    vault = FernetVault((NEW,))
    with pytest.raises(SetupError, match="another account"):
        vault.open(vault.seal(SECRET, "account:1"), "account:2")


def test_rotation_works_at_each_point() -> None:
    sealed = FernetVault((OLD,)).seal(SECRET, "a")
    both = FernetVault((NEW, OLD))
    assert both.open(sealed, "a") == SECRET
    resealed = both.seal(SECRET, "a")
    assert FernetVault((NEW,)).open(resealed, "a") == SECRET
    with pytest.raises(SetupError, match="cannot be decrypted"):
        FernetVault((NEW,)).open(sealed, "a")


@pytest.mark.parametrize("sealed", ["", "nonsense", "gAAAAA", "é"])
def test_other_text_cannot_be_opened(sealed: str) -> None:
    with pytest.raises(SetupError, match="cannot be decrypted"):
        FernetVault((NEW,)).open(sealed, "a")


@pytest.mark.parametrize("keys", [(), ("short",), (NEW, "x" * 44), (NEW, "é" * 44)])
def test_a_missing_or_bad_secret_names_the_command_and_not_the_value(keys: tuple[str, ...]) -> None:
    vault = FernetVault(keys)
    with pytest.raises(SetupError) as caught:
        vault.seal(SECRET, "a")
    assert MAKE_KEY in str(caught.value)
    assert caught.value.__context__ is None
    assert not any(key and key in str(caught.value) for key in keys)
