"""The tables. Own MetaData, `cxmc_` prefix, host ids as text, no foreign key into the host.

Times are whole Unix seconds in UTC (`*_at`); leases are seconds of the database's clock.
Every constraint and index is named here, so that a host's Alembic sees no difference.
"""

from cxmc_ext.db.base import Base
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.press_count import PressCount
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.models.schema import Schema
from cxmc_ext.db.models.suppressed_address import SuppressedAddress
from cxmc_ext.db.models.template_content import TemplateContent

__all__ = [
    "Account",
    "Audit",
    "Base",
    "ClickedLink",
    "Event",
    "Heartbeat",
    "Mailing",
    "Operation",
    "PressCount",
    "Recipient",
    "RemoteCall",
    "Schema",
    "SuppressedAddress",
    "TemplateContent",
]
