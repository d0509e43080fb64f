"""MailChimp campaigns inside any Flask CRM. All public names are here, in `cxmc_ext.signals`, `.jobs`,
`.testing` and `.standin`; everything else may change without notice.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from cxmc_ext.domain.blocks import Block, BlockItem
from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.errors import CxmcError, SetupError
from cxmc_ext.domain.merge_fields import MergeField, MergeFieldType
from cxmc_ext.domain.notices import Notice, NoticeKind, StoredEvent
from cxmc_ext.domain.notifications import Notification, NotificationKind, NotificationText
from cxmc_ext.domain.people import OPT_OUT_TAG, Person, PersonKind, PersonRef, Right, User
from cxmc_ext.domain.ports.blocks import BlockHost
from cxmc_ext.domain.ports.host import (
    AccountHost,
    AddressMarker,
    CampaignCreator,
    CampaignFinder,
    Host,
    LocalizedHost,
    LoginPage,
    MergeFieldHost,
    MultiAccountHost,
    Notifier,
)
from cxmc_ext.domain.ports.opt_ins import OptInHost
from cxmc_ext.domain.ports.queue import Queue
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.addresses import canonical_address

if TYPE_CHECKING:
    from cxmc_ext.extension import CxMailChimp

__version__ = "0.1.0"

__all__ = [
    "OPT_OUT_TAG",
    "AccountHost",
    "AddressMarker",
    "Block",
    "BlockHost",
    "BlockItem",
    "Campaign",
    "CampaignCreator",
    "CampaignFinder",
    "CxMailChimp",
    "CxmcError",
    "Host",
    "LocalizedHost",
    "LoginPage",
    "MergeField",
    "MergeFieldHost",
    "MergeFieldType",
    "MultiAccountHost",
    "Notice",
    "NoticeKind",
    "Notification",
    "NotificationKind",
    "NotificationText",
    "Notifier",
    "OptInHost",
    "Person",
    "PersonKind",
    "PersonRef",
    "Problem",
    "Queue",
    "Right",
    "SetupError",
    "StoredEvent",
    "User",
    "__version__",
    "canonical_address",
]


def __getattr__(name: str) -> Any:
    """Imports `CxMailChimp` when it is first used (PEP 562, as `concurrent.futures` does).

    It needs Flask, SQLAlchemy, rq and Babel: 83 MB and 0.7 s, against 14 MB and 0.04 s without
    (measured 2026-11). Every import of a submodule runs this file first, so an eager import would
    make the stand-in three times as large (33 MB) and a sync process half again (57 MB), although
    neither uses the class.
    """
    if name != "CxMailChimp":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("cxmc_ext.extension").CxMailChimp
