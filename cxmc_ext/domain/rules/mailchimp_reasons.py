"""What MailChimp's answers mean for us: checklist items, statuses and refused rows, as tables."""

import re
from collections.abc import Sequence

from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.mailchimp import ChecklistItem, RemoteAccount, RowError
from cxmc_ext.domain.problems import Problem

CONTACT_EXISTS = "ERROR_CONTACT_EXISTS"
# Roles that may send (API-FACTS 1); compared in lower case.
SENDING_ROLES = frozenset({"owner", "admin", "manager"})
FREE_PLAN = "forever_free"

# Member status to why it gets no campaign; "subscribed" is the only one that does.
EXCLUSION_BY_MEMBER_STATUS = {
    "unsubscribed": ExclusionReason.UNSUBSCRIBED,
    "cleaned": ExclusionReason.CLEANED,
    "archived": ExclusionReason.ARCHIVED,
    "pending": ExclusionReason.PENDING,
    "transactional": ExclusionReason.REFUSED,
}

_ROW_REASONS = (
    (
        re.compile(r"compliance state|previously unsubscribed", re.IGNORECASE),
        ExclusionReason.COMPLIANCE,
    ),
    (
        re.compile(r"permanently deleted|previously removed|forgotten", re.IGNORECASE),
        ExclusionReason.COMPLIANCE,
    ),
    (re.compile(r'status is "cleaned', re.IGNORECASE), ExclusionReason.CLEANED),
    (
        re.compile(r"valid email address|invalid email|fake or invalid", re.IGNORECASE),
        ExclusionReason.INVALID_ADDRESS,
    ),
)

# Ids of checklist items are undocumented and their texts are for people (API-FACTS 6): the words
# only choose our remedy, MailChimp's own text is always shown.
_CHECKLIST_CODES = (
    (re.compile(r"verif\w*|authenticat\w*", re.IGNORECASE), "check_domain"),
    (re.compile(r"subject", re.IGNORECASE), "check_subject"),
    (re.compile(r"from (name|email|address)|reply", re.IGNORECASE), "check_from"),
    (re.compile(r"recipient|audience|segment|contacts", re.IGNORECASE), "check_recipients"),
    (re.compile(r"template|content|design|merge tag|footer", re.IGNORECASE), "check_template"),
    (re.compile(r"plan|billing|account|credit|limit", re.IGNORECASE), "check_account"),
)


def key_problem(found: RemoteAccount, *, require_paid_plan: bool) -> Problem | None:
    """Why a key that MailChimp accepts does not do; `paid`: free accounts are refused."""
    if found.role.lower() not in SENDING_ROLES:
        return Problem("key_role", values={"role": found.role})
    return Problem("key_free_plan") if require_paid_plan and found.plan == FREE_PLAN else None


def checklist_problems(items: Sequence[ChecklistItem]) -> tuple[Problem, ...]:
    """Why a campaign is not ready: errors first, then warnings, each in MailChimp's words."""
    told = [item for kind in ("error", "warning") for item in items if item.kind == kind]
    return tuple(_checklist_problem(item) for item in told) or (Problem("check_unsaid"),)


def exclusion_for_row_error(error: RowError) -> ExclusionReason:
    """Why MailChimp refused one address of a batch."""
    return next(
        (reason for words, reason in _ROW_REASONS if words.search(error.text)),
        ExclusionReason.REFUSED,
    )


def _checklist_problem(item: ChecklistItem) -> Problem:
    said = f"{item.heading}: {item.details}" if item.details else item.heading
    code = next((code for words, code in _CHECKLIST_CODES if words.search(said)), "check_other")
    return Problem(code, said, {"kind": item.kind})
