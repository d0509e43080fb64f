"""The tables, one module per table or family of tables.

They have a metadata of their own and the prefix `cxmc_`. Ids of the host are text, and no foreign key points
into the host. Times (`*_at`) are whole Unix seconds in UTC; leases and delays (floats) are seconds of the
database's clock. Every constraint and index has a name, so that a host's Alembic finds no difference.
"""

from cxmc_ext.db.base import Base
from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.event import ClickedLink, Event
from cxmc_ext.db.models.failed_address import FailedAddress, MarkedPerson
from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.models.invitation import Invitation
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.models.notice import Notice
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.press_count import PressCount
from cxmc_ext.db.models.recipient import Recipient, RecipientStatus
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.db.models.reported_opt_out import ReportedOptOut
from cxmc_ext.db.models.sent_mail import SentMail
from cxmc_ext.db.models.suppressed_address import SuppressedAddress
from cxmc_ext.db.models.template_content import TemplateContent
from cxmc_ext.db.models.withdrawn_member import WithdrawnMember

__all__ = [
    "Account",
    "Audit",
    "Base",
    "ClickedLink",
    "Event",
    "FailedAddress",
    "Heartbeat",
    "Invitation",
    "Mailing",
    "MarkedPerson",
    "Notice",
    "Operation",
    "PressCount",
    "Recipient",
    "RecipientStatus",
    "RemoteCall",
    "ReportedOptOut",
    "SentMail",
    "SuppressedAddress",
    "TemplateContent",
    "WithdrawnMember",
]
