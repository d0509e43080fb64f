"""What MailChimp's responses mean for us: keys, member statuses, rejected rows, checklist items.

The texts matched here are MailChimp's, collected from public clients and issues (2026-11). They only select
a reason or remedy of ours; MailChimp's own text is always shown beside it.
"""

import re
from collections.abc import Sequence

from cxmc_ext.domain.campaigns import ExclusionReason
from cxmc_ext.domain.errors import MailChimpError, Refused
from cxmc_ext.domain.mailchimp import ChecklistItem, RemoteAccount, RowError
from cxmc_ext.domain.problems import Problem

# `error_code` of a row whose address is a member already, see POST /lists/{list_id}.
CONTACT_EXISTS = "ERROR_CONTACT_EXISTS"
# User roles that may send, in lower case: https://mailchimp.com/help/manage-user-levels-in-your-account/
SENDING_ROLES = frozenset({"owner", "admin", "manager"})
# `pricing_plan_type` of a free account, see GET /.
FREE_PLAN = "forever_free"

# MailChimp mails campaigns to subscribed members only; these are the other statuses.
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

# Words of a checklist item and the problem they stand for; the first match counts. The ids of the items
# are not documented.
_CHECKLIST_CODES = (
    (re.compile(r"verif\w*|authenticat\w*", re.IGNORECASE), "check_domain"),
    (re.compile(r"subject", re.IGNORECASE), "check_subject"),
    (re.compile(r"from (name|email|address)|reply", re.IGNORECASE), "check_from"),
    (re.compile(r"recipient|audience|segment|contacts", re.IGNORECASE), "check_recipients"),
    (re.compile(r"template|content|design|merge tag|footer", re.IGNORECASE), "check_template"),
    (re.compile(r"plan|billing|account|credit|limit", re.IGNORECASE), "check_account"),
)


def key_problem(
    account: RemoteAccount, *, is_login: bool, require_paid_plan: bool
) -> Problem | None:
    """Why a key that MailChimp accepts cannot be used here.

    Args:
        account: The account the key belongs to.
        is_login: Whether the key is the token of a login.
        require_paid_plan: Whether free accounts are refused.

    Returns:
        The problem; None when the key can be used.
    """
    if account.role.lower() not in SENDING_ROLES:
        code = "login_role" if is_login else "key_role"
        return Problem(code, values={"role": account.role})
    return Problem("key_free_plan") if require_paid_plan and account.plan == FREE_PLAN else None


def checklist_problems(items: Sequence[ChecklistItem]) -> tuple[Problem, ...]:
    """Why a campaign is not ready.

    Args:
        items: The items of GET /campaigns/{campaign_id}/send-checklist.

    Returns:
        A problem per error, then per warning, with MailChimp's text as detail. Never empty: when MailChimp
        names no item, the problem says that.
    """
    unmet = [item for kind in ("error", "warning") for item in items if item.kind == kind]
    return tuple(_checklist_problem(item) for item in unmet) or (Problem("check_unsaid"),)


def exclusion_for_row_error(error: RowError) -> ExclusionReason:
    """Why MailChimp rejected one address of a batch (`errors` of POST /lists/{list_id})."""
    return _reason_in(error.text)


def exclusion_for_error(error: MailChimpError) -> ExclusionReason:
    """Why an address is excluded with which a call always fails: refused, or no usable answer."""
    return _reason_in(error.text) if isinstance(error, Refused) else ExclusionReason.FAILING


def _reason_in(text: str) -> ExclusionReason:
    return next(
        (reason for words, reason in _ROW_REASONS if words.search(text)), ExclusionReason.REFUSED
    )


def _checklist_problem(item: ChecklistItem) -> Problem:
    text = f"{item.heading}: {item.details}" if item.details else item.heading
    code = next((code for words, code in _CHECKLIST_CODES if words.search(text)), "check_other")
    return Problem(code, text, {"kind": item.kind})
