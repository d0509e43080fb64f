"""All errors of this package.

CxmcError
├── SetupError           a wrong or missing setting; never handled
├── Invalid              refused input; `.fields` says where and why
├── Conflict             not possible in the current state; `.problem` says why
├── HostError            a method of the Host broke its promise; `.method` names it
├── LostLease            another worker owns the row now: stop at once, write nothing
└── MailChimpError       a failed call; `.permanent`: waiting does not help; `.outcome`: what is certain
    ├── Refused          4xx with a problem document: surely not done
    │   ├── KeyRefused   401: the key is unusable
    │   ├── Forbidden    403: role or plan
    │   │   └── Disabled MailChimp deactivated the account or the user
    │   └── NotFound     404
    ├── Throttled        429, or 403 without a problem document: not done, wait and repeat
    │   └── Blocked      403 by the network in front of the API
    ├── Unreachable      connection refused, DNS, TLS: not done
    └── Unknown          no usable response: a change may have been made, read before acting

Status codes and problem documents: https://mailchimp.com/developer/marketing/docs/errors/
"""

from collections.abc import Mapping
from typing import ClassVar

from cxmc_ext.domain.problems import Problem


class CxmcError(Exception):
    """Base class of all errors of this package."""


class SetupError(CxmcError):
    """A setting or the installation is wrong; the message says what to do."""


class Invalid(CxmcError):
    """Refused input.

    Args:
        fields: Field of the form to its problem; "" stands for the form as a whole.
    """

    def __init__(self, fields: Mapping[str, Problem]) -> None:
        super().__init__(", ".join(f"{name}: {problem.code}" for name, problem in fields.items()))
        self.fields = dict(fields)


class Conflict(CxmcError):
    """The current state does not allow it: a second person, another tab, the back button, or MailChimp."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class HostError(CxmcError):
    """A method of the Host returned something that cannot be used.

    Args:
        method: The method.
        fault: What is wrong with it, in English, for the administrator.
    """

    def __init__(self, method: str, fault: str) -> None:
        super().__init__(f"Host.{method}: {fault}")
        self.method = method


class LostLease(CxmcError):
    """The row belongs to another worker, or the account was deactivated."""


class MailChimpError(CxmcError):
    """A failed call to MailChimp.

    Args:
        detail: MailChimp's own words, from the problem document; or ours where there is none.
        title: Its short title, such as "Invalid Resource".
        status: HTTP status; 0 without a response.
        retry_after: Seconds to wait, when MailChimp names them.
        fields: (field, text) for each rejected field.
    """

    permanent: ClassVar[bool] = False
    """Whether repeating the same call later cannot help."""
    outcome: ClassVar[str] = "refused"
    """"refused": surely not done; "unknown": it may have been done."""
    recorded_as: ClassVar[str] = ""
    """The outcome in the table of remote calls, where it is not `outcome`."""

    def __init__(
        self,
        detail: str = "",
        *,
        title: str = "",
        status: int = 0,
        retry_after: int | None = None,
        fields: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(f"{status} {title}: {detail}" if title else detail)
        self.title = title
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        self.fields = fields

    @property
    def text(self) -> str:
        """MailChimp's words for people: the detail, else the title, and the rejected fields."""
        fields = "; ".join(f"{name}: {text}" if name else text for name, text in self.fields)
        return " ".join(part for part in (self.detail or self.title, fields) if part)


class Refused(MailChimpError):
    """A final refusal, surely without effect."""

    permanent = True


class KeyRefused(Refused):
    """401: the key is wrong, disabled, or of another datacenter."""


class LoginRefused(KeyRefused):
    """401 for the token of “Log in with MailChimp”: it was revoked."""


class Forbidden(Refused):
    """403 with a problem document: role or plan."""


class Disabled(Forbidden):
    """403 “User Disabled”: MailChimp deactivated the account or the user of the key."""

    recorded_as = "disabled"


class NotFound(Refused):
    """404: wrong id, another account, or deleted."""


class Throttled(MailChimpError):
    """Too many calls at once; nothing was done."""


class Blocked(Throttled):
    """403 by the network in front of the API (Akamai), which blocks this server; nothing was done."""


class Unreachable(MailChimpError):
    """There was no connection; nothing was done."""


class Unknown(MailChimpError):
    """The response is missing or unusable: a change may have been made. Reads are simply repeated."""

    outcome = "unknown"
