"""MailChimp campaigns inside any Flask CRM: the few public names."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.errors import CxmcError, SetupError
from cxmc_ext.domain.people import OPT_OUT_TAG, Person, PersonKind, PersonRef, Right, User
from cxmc_ext.domain.ports.host import Host

if TYPE_CHECKING:
    from cxmc_ext.extension import CxMailChimp

__all__ = [
    "OPT_OUT_TAG",
    "Campaign",
    "CxMailChimp",
    "CxmcError",
    "Host",
    "Person",
    "PersonKind",
    "PersonRef",
    "Right",
    "SetupError",
    "User",
]


def __getattr__(name: str) -> Any:
    """CxMailChimp, at first need: who only wants a value or a rule need not pay for the web (25 MB)."""
    if name != "CxMailChimp":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("cxmc_ext.extension").CxMailChimp
