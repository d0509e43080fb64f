"""What MailChimp's answers mean for us: checklist items, statuses and refused rows, as tables."""

import re
from collections.abc import Sequence

from cxmc_ext.domain.remote import ChecklistItem, RemoteAccount, RowError
from cxmc_ext.domain.values import Reason, Why

EXISTS = "ERROR_CONTACT_EXISTS"

MAY_SEND = frozenset({"owner", "admin", "manager"})
"""Roles that may send (API-FACTS 1); compared in lower case."""

FREE_PLAN = "forever_free"

REASON_OF_STATUS = {
    "unsubscribed": Reason.UNSUBSCRIBED,
    "cleaned": Reason.CLEANED,
    "archived": Reason.ARCHIVED,
    "pending": Reason.PENDING,
    "transactional": Reason.REFUSED,
}
"""Member status to why it gets no campaign; "subscribed" is the only one that does."""

_ROW_REASONS = (
    (re.compile(r"compliance state|previously unsubscribed", re.IGNORECASE), Reason.COMPLIANCE),
    (
        re.compile(r"permanently deleted|previously removed|forgotten", re.IGNORECASE),
        Reason.COMPLIANCE,
    ),
    (re.compile(r'status is "cleaned', re.IGNORECASE), Reason.CLEANED),
    (
        re.compile(r"valid email address|invalid email|fake or invalid", re.IGNORECASE),
        Reason.INVALID_ADDRESS,
    ),
)

_CHECKS = (
    (re.compile(r"verif\w*|authenticat\w*", re.IGNORECASE), "check_domain"),
    (re.compile(r"subject", re.IGNORECASE), "check_subject"),
    (re.compile(r"from (name|email|address)|reply", re.IGNORECASE), "check_from"),
    (re.compile(r"recipient|audience|segment|contacts", re.IGNORECASE), "check_recipients"),
    (re.compile(r"template|content|design|merge tag|footer", re.IGNORECASE), "check_template"),
    (re.compile(r"plan|billing|account|credit|limit", re.IGNORECASE), "check_account"),
)
"""Ids of checklist items are undocumented and their texts are for people (API-FACTS 6): the words only
choose our remedy, MailChimp's own text is always shown."""


def key_trouble(found: RemoteAccount, *, paid: bool) -> Why | None:
    """Why a key that MailChimp accepts does not do; `paid`: free accounts are refused."""
    if found.role.lower() not in MAY_SEND:
        return Why("key_role", values={"role": found.role})
    return Why("key_free_plan") if paid and found.plan == FREE_PLAN else None


def checklist_whys(items: Sequence[ChecklistItem]) -> tuple[Why, ...]:
    """Why a campaign is not ready: errors first, then warnings, each in MailChimp's words."""
    told = [item for kind in ("error", "warning") for item in items if item.kind == kind]
    return tuple(_why(item) for item in told) or (Why("check_unsaid"),)


def row_reason(error: RowError) -> Reason:
    """Why MailChimp refused one address of a batch."""
    return next(
        (reason for words, reason in _ROW_REASONS if words.search(error.text)), Reason.REFUSED
    )


def _why(item: ChecklistItem) -> Why:
    said = f"{item.heading}: {item.details}" if item.details else item.heading
    code = next((code for words, code in _CHECKS if words.search(said)), "check_other")
    return Why(code, said, {"kind": item.kind})
