"""A Host one of whose methods raises, as a bug or a locked database would have it."""

from typing import NoReturn

import pytest

from cxmc_ext import AddressMarker, BlockHost, CampaignCreator, Host, MergeFieldHost, Notifier
from cxmc_ext.testing import MemoryHost

_METHODS = {name for name in vars(MemoryHost) if not name.startswith("_")}
_PORTS = (Host, CampaignCreator, MergeFieldHost, BlockHost, Notifier, AddressMarker)
HOST_METHODS = [name for port in _PORTS for name in vars(port) if name in _METHODS]
SECRET = "password of the CRM's database"


def break_method(patch: pytest.MonkeyPatch, host: MemoryHost, name: str) -> None:
    """Lets a method raise, until the patch is undone."""

    def fails(*_arguments: object) -> NoReturn:
        raise RuntimeError(SECRET)

    patch.setattr(host, name, fails)
