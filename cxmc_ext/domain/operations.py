"""The nouns both worlds share. All times are whole Unix seconds in UTC; nothing here changes once made."""

from dataclasses import dataclass
from enum import StrEnum

from cxmc_ext.domain.people import User


class OperationKind(StrEnum):
    """What a press asks a worker to do."""

    SEND = "send"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    DELETE = "delete"
    CHECK = "check"
    """“Check again” of a not-ready campaign: resumes the send or schedule it belongs to."""
    ACTIVATE = "activate"
    CONNECT = "connect"
    REFRESH = "refresh"
    """Reads templates and domains anew."""
    DOMAIN_MAIL = "domain_mail"
    DOMAIN_CODE = "domain_code"
    LATE_OPT_OUT_CHECK = "late_opt_out_check"
    """Shortly before a scheduled time: who opted out meanwhile is taken out."""
    ORPHAN_SWEEP = "orphan_sweep"
    """Removes drafts and segments that lost answers left behind in MailChimp."""
    TEST_MAIL = "test_mail"
    """“Send test”: a throw-away draft, mailed to named addresses only."""
    FOLLOW_UP = "follow_up"
    """A new campaign of the host with some of the recipients; written as done."""
    PREVIEW = "preview"
    """Reads what a template holds, through a throw-away draft."""
    UPDATE = "update"
    """“Update now”: one sync of one mailing, asked for by a person."""
    ERASURE = "erasure"
    """Deletes a person at MailChimp for good and makes our rows of them nobody's."""


class AuditAction(StrEnum):
    """What the audit tells beside operations, which stand in it under their own kind."""

    DEACTIVATE = "deactivate"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    """“Try again” of something that is still under way."""
    UPDATE = "update"
    KEY_ROTATION = "key_rotation"
    OPT_OUT = "opt_out"
    DENIED = "denied"
    """An address that was asked for without the right, or by a form that was not ours."""


THROWAWAY_KINDS = (OperationKind.TEST_MAIL, OperationKind.PREVIEW)
"""The kinds that make a draft only to throw it away; nothing of the mailing depends on them."""


class OperationState(StrEnum):
    """Life of an operation; the first three are active (one per scope at a time)."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    NOT_READY = "not_ready"
    FAILED = "failed"
    ATTENTION = "attention"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Press:
    """A user pressed a button. The web layer's access check builds it once per request.

    Attributes:
        actor: Who pressed.
        nonce: Identifies the press. The same nonce again is the same press: nothing is done twice.
            Empty where nobody can press twice (the command line, the periodic tick).
        campaign_ref: The Host campaign it was pressed on; empty for a press on the account.
    """

    actor: User
    nonce: str = ""
    campaign_ref: str = ""


ACTIVE_STATES = (OperationState.QUEUED, OperationState.RUNNING, OperationState.WAITING)
