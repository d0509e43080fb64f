"""MailChimp campaigns inside any Flask CRM: the few public names."""

from cxmc_ext.domain.errors import CxmcError, SetupError
from cxmc_ext.domain.ports import Host
from cxmc_ext.domain.values import (
    OPT_OUT_TAG,
    Campaign,
    Person,
    PersonKind,
    PersonRef,
    Right,
    User,
)
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
