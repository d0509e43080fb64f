"""What can go wrong, as one tree.

CxmcError
├── SetupError                      a misconfiguration; no handler swallows it
├── Invalid                         what was typed does not do; .fields says where and why
├── Conflict                        the state of the campaign does not allow it now; .why says it
├── LostLease                       somebody else owns the row now: stop at once, write nothing
└── MailChimpError                  .permanent decides whether waiting helps; .outcome what is certain
    ├── Refused                     surely not done (4xx with a problem, nothing was sent)
    │   ├── KeyRefused              401: the key is unusable
    │   ├── Forbidden               403 with a problem: role, plan or a disabled user
    │   ├── NotFound                404
    │   └── Throttled               429 or a bare 403: wait, then the same again
    ├── Unreachable                 no byte was accepted: connection refused, DNS, TLS
    └── Unknown                     a mutation may or may not have happened: read before acting
"""

from collections.abc import Mapping
from typing import ClassVar

from cxmc_ext.domain.problems import Problem


class CxmcError(Exception):
    """Every error of this package."""


class SetupError(CxmcError):
    """A setting is missing or wrong; the message names the remedy."""


class Invalid(CxmcError):
    """Refused input. `fields` names the form's fields ("" = the form as a whole)."""

    def __init__(self, fields: Mapping[str, Problem]) -> None:
        super().__init__(", ".join(f"{name}: {why.code}" for name, why in fields.items()))
        self.fields = dict(fields)


class Conflict(CxmcError):
    """Not in this state: two people, two tabs, a back button, or MailChimp moved on."""

    def __init__(self, why: Problem) -> None:
        super().__init__(why.code)
        self.problem = why


class LostLease(CxmcError):
    """The row belongs to another worker, or the module was deactivated."""


class MailChimpError(CxmcError):
    """A remote call that did not end well. `title` and `detail` are MailChimp's own words."""

    permanent: ClassVar[bool] = False
    outcome: ClassVar[str] = "refused"

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
        """What MailChimp said: the detail, else the title, and what it says of single fields."""
        fields = "; ".join(f"{name}: {text}" if name else text for name, text in self.fields)
        return " ".join(part for part in (self.detail or self.title, fields) if part)


class Refused(MailChimpError):
    """A final no, surely without effect."""

    permanent = True


class KeyRefused(Refused):
    """401: wrong, disabled or other datacenter."""


class Forbidden(Refused):
    """403 with a problem body: role, plan or a disabled user."""


class NotFound(Refused):
    """404: wrong id, other account, or deleted."""


class Throttled(MailChimpError):
    """Too many at once; nothing was done. `retry_after` in seconds when MailChimp says so."""


class Unreachable(MailChimpError):
    """No connection: nothing was done."""


class Unknown(MailChimpError):
    """The answer is missing or unusable; a mutation may have happened. For a read: try again."""

    outcome = "unknown"
