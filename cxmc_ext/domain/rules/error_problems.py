"""Which problem a failed MailChimp call is shown as: error class → problem code."""

from collections.abc import Mapping

from cxmc_ext.domain.errors import (
    Blocked,
    Disabled,
    Forbidden,
    KeyRefused,
    LoginRefused,
    MailChimpError,
    NotFound,
    Refused,
    Throttled,
    Unreachable,
)
from cxmc_ext.domain.problems import Problem

# Subclasses come before their base class, because the first match counts.
_CODES: Mapping[type[MailChimpError], str] = {
    LoginRefused: "login_revoked",
    KeyRefused: "key_refused",
    Disabled: "account_disabled",
    Forbidden: "mailchimp_forbids",
    NotFound: "remote_gone",
    Refused: "mailchimp_refused",
    Blocked: "server_blocked",
    Throttled: "waiting_throttled",
    Unreachable: "waiting_unreachable",
    MailChimpError: "waiting_unclear",
}


def problem_for(
    error: MailChimpError, codes: Mapping[type[MailChimpError], str] | None = None
) -> Problem:
    """The problem that a person is shown for an error.

    Args:
        error: What the call raised.
        codes: Codes that replace the general ones for these error classes, where a feature has a more
            specific message. Subclasses are not covered by the code of their base class.

    Returns:
        The problem; its detail is what MailChimp answered, empty if it did not explain itself.
    """
    merged = {**_CODES, **(codes or {})}
    code = next(code for kind, code in merged.items() if isinstance(error, kind))
    has_explained = isinstance(error, Refused | Blocked)
    return Problem(code, error.text if has_explained else "")
