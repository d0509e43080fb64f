"""Operations: what a user can request, everything that is known about each kind, and their life cycle.

`OPERATION_SPECS` has one row per kind. The steps of a kind are in `usecases/worker/step_tables.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from cxmc_ext.domain.messages.account import KEY_UPDATED
from cxmc_ext.domain.operation_kinds import OperationKind as OperationKind
from cxmc_ext.domain.operation_payloads import (
    ActivationPayload,
    ConnectPayload,
    ContactsPayload,
    ErasurePayload,
    FollowUpPayload,
    ImportPayload,
    InvitationPayload,
    MailingPayload,
    Payload,
    ReschedulePayload,
    SenderDomainPayload,
    ThrowawayPayload,
    UnschedulePayload,
)
from cxmc_ext.domain.people import Right
from cxmc_ext.domain.press import Press as Press


class OperationState(StrEnum):
    """The life of an operation. The first three are active: at most one operation per scope is."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    NOT_READY = "not_ready"
    FAILED = "failed"
    ATTENTION = "attention"
    CANCELLED = "cancelled"


ACTIVE_STATES = (OperationState.QUEUED, OperationState.RUNNING, OperationState.WAITING)


class OperationFamily(StrEnum):
    """What an operation works on."""

    BUILD = "build"
    """The MailChimp campaign of a mailing, which it creates, sends or schedules."""
    REMOVAL = "removal"
    """The MailChimp campaign of a mailing, which it deletes."""
    THROWAWAY = "throwaway"
    """A draft of its own, which is deleted at the end. No mailing depends on it."""
    ACCOUNT = "account"
    """The account, or people of the CRM."""


class AuditGroup(StrEnum):
    """What the filter of the audit page offers."""

    CAMPAIGNS = "campaigns"
    ACCOUNT = "account"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationSpec:
    """Everything that is known about one kind of operation, apart from its steps."""

    family: OperationFamily
    label: str
    """What the progress panel says it is doing, in English; `translations/` has the other languages."""
    success_text: str = ""
    """What the tab says when it has succeeded; "" for kinds whose result is a panel of its own."""
    payload: type[Payload] = Payload
    required_right: Right = Right.SEND
    """Checked when the button is pressed and again before every remote call of the worker."""
    max_attempts: int | None = None
    """Attempts per step before the operation fails; None: until the deadline (CXMC_GIVE_UP_AFTER)."""
    timeout_code: str = "mailchimp_unreachable"
    """The problem it ends with when its attempts or its time are used up."""
    is_partly_done_on_timeout: bool = False
    """Part of it may have taken effect by then, so `timeout_code` is reported, not “took too long”."""
    audit_group: AuditGroup | None = None
    is_audited: bool = True
    """False for what the tick requests often and what records itself if it did something."""
    has_stages: bool = False
    """The progress bar names three stages."""
    takes_form: bool = False
    """It starts with the values of the send form."""
    is_followed_by_tab: bool = False
    """The tab shows its progress although it concerns the account, not the campaign."""


# How often a step is tried while a user waits in front of the screen.
_INTERACTIVE_ATTEMPTS = 3


_build = partial(
    OperationSpec,
    family=OperationFamily.BUILD,
    payload=MailingPayload,
    timeout_code="took_too_long",
    audit_group=AuditGroup.CAMPAIGNS,
)
_removal = partial(
    OperationSpec,
    family=OperationFamily.REMOVAL,
    payload=MailingPayload,
    timeout_code="removal_unfinished",
    audit_group=AuditGroup.CAMPAIGNS,
)
_throwaway = partial(
    OperationSpec,
    family=OperationFamily.THROWAWAY,
    payload=ThrowawayPayload,
    max_attempts=_INTERACTIVE_ATTEMPTS,
    timeout_code="test_mail_unfinished",
    is_partly_done_on_timeout=True,
)
_account = partial(
    OperationSpec,
    family=OperationFamily.ACCOUNT,
    max_attempts=_INTERACTIVE_ATTEMPTS,
    audit_group=AuditGroup.ACCOUNT,
)
_follow_up = partial(
    OperationSpec,
    family=OperationFamily.ACCOUNT,
    payload=FollowUpPayload,
    max_attempts=_INTERACTIVE_ATTEMPTS,
    audit_group=AuditGroup.CAMPAIGNS,
)


OPERATION_SPECS: Mapping[OperationKind, OperationSpec] = {
    OperationKind.SEND: _build(
        label="Creating and sending the campaign", has_stages=True, takes_form=True
    ),
    OperationKind.SCHEDULE: _build(
        label="Creating and scheduling the campaign", has_stages=True, takes_form=True
    ),
    OperationKind.CHECK: _build(label="Checking the campaign again", has_stages=True),
    OperationKind.LATE_OPT_OUT_CHECK: _build(label="Creating and scheduling the campaign"),
    OperationKind.RESCHEDULE: _build(
        label="Changing the time of the campaign", payload=ReschedulePayload
    ),
    OperationKind.UNSCHEDULE: _removal(label="Unscheduling the campaign"),
    OperationKind.DELETE: _removal(label="Deleting the MailChimp campaign"),
    OperationKind.TEST_MAIL: _throwaway(label="Sending a test mail"),
    OperationKind.PREVIEW: _throwaway(label="Reading the template from MailChimp"),
    OperationKind.ACTIVATE: _account(
        label="Setting up MailChimp", payload=ActivationPayload, required_right=Right.ACTIVATE
    ),
    OperationKind.DEACTIVATION: _account(
        label="Deactivating MailChimp",
        payload=UnschedulePayload,
        required_right=Right.ACTIVATE,
        timeout_code="deactivation_unfinished",
        is_partly_done_on_timeout=True,
    ),
    OperationKind.STOP_SENDING: _account(
        label="Stopping all sending",
        payload=UnschedulePayload,
        required_right=Right.ACTIVATE,
        timeout_code="stop_unfinished",
        is_partly_done_on_timeout=True,
    ),
    OperationKind.CONNECT: _account(
        label="Connecting your MailChimp account",
        success_text=KEY_UPDATED,
        payload=ConnectPayload,
        required_right=Right.CONFIGURE,
        is_followed_by_tab=True,
    ),
    OperationKind.REFRESH: _account(
        label="Reading templates and domains from MailChimp",
        success_text="Templates and domains are up to date",
        is_followed_by_tab=True,
    ),
    OperationKind.DOMAIN_MAIL: _account(
        label="Asking MailChimp to mail a verification code",
        success_text="MailChimp has mailed a code. Enter it below.",
        payload=SenderDomainPayload,
        is_followed_by_tab=True,
    ),
    OperationKind.DOMAIN_CODE: _account(
        label="Verifying the domain",
        success_text="The domain is verified",
        payload=SenderDomainPayload,
        is_followed_by_tab=True,
    ),
    OperationKind.CAMPAIGN_IMPORT: _account(
        label="Importing campaigns from MailChimp",
        payload=ImportPayload,
        required_right=Right.CONFIGURE,
        max_attempts=None,
        timeout_code="import_unfinished",
        is_partly_done_on_timeout=True,
    ),
    OperationKind.CAMPAIGN_SEARCH: _account(
        label="Looking for campaigns that were created in MailChimp", is_audited=False
    ),
    OperationKind.DAILY_CLICKS: _account(
        label="Looking up who clicked yesterday", is_audited=False
    ),
    OperationKind.ORPHAN_SWEEP: _account(label="Cleaning up in MailChimp"),
    OperationKind.ARCHIVING: _account(
        label="Archiving unused contacts",
        success_text="The unused contacts were archived",
        payload=ContactsPayload,
        required_right=Right.ACTIVATE,
        max_attempts=None,
        timeout_code="archiving_unfinished",
        is_partly_done_on_timeout=True,
    ),
    OperationKind.FORWARDING: _account(
        label="Bringing opt-outs to MailChimp",
        payload=ContactsPayload,
        max_attempts=None,
        is_audited=False,
    ),
    OperationKind.ERASURE: OperationSpec(
        family=OperationFamily.ACCOUNT,
        label="Erasing a person",
        payload=ErasurePayload,
        required_right=Right.ACTIVATE,
        timeout_code="erasure_unfinished",
        is_partly_done_on_timeout=True,
        audit_group=AuditGroup.PEOPLE,
    ),
    OperationKind.INVITATION: _account(
        label="Asking a person whether they want to be mailed again",
        payload=InvitationPayload,
        timeout_code="invitation_unfinished",
        is_partly_done_on_timeout=True,
        audit_group=AuditGroup.PEOPLE,
    ),
    OperationKind.FOLLOW_UP: _follow_up(label="Creating a new campaign"),
    OperationKind.RESEND: _follow_up(
        label="Looking up who did not open the mail",
        success_text="The new campaign is ready: see “Mail it again”. Nothing is sent yet.",
        is_followed_by_tab=True,
    ),
    OperationKind.MAIL_ADDITIONS: _follow_up(
        label="Looking up who was added to the campaign",
        success_text="The new campaign is ready: see “Mail it again”. Nothing is sent yet.",
        is_followed_by_tab=True,
    ),
}


def spec_of(kind: str) -> OperationSpec:
    """The row of a kind, given as stored in the database."""
    return OPERATION_SPECS[OperationKind(kind)]


def kinds_with(is_wanted: Callable[[OperationSpec], bool]) -> frozenset[OperationKind]:
    """The kinds whose row fulfils a condition."""
    return frozenset(kind for kind, spec in OPERATION_SPECS.items() if is_wanted(spec))


BUILD_KINDS = kinds_with(lambda spec: spec.family is OperationFamily.BUILD)
# They store addresses that they have read before.
ADDRESS_KINDS = BUILD_KINDS | {OperationKind.CAMPAIGN_IMPORT}
THROWAWAY_KINDS = kinds_with(lambda spec: spec.family is OperationFamily.THROWAWAY)


def without_secrets(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What of a stored payload is kept when its operation has ended."""
    secret = spec_of(kind).payload.secret_fields()
    return {name: value for name, value in payload.items() if name not in secret}
