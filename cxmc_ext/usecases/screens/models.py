"""What several screens share: who is looking, and the rows a screen is built from."""

from dataclasses import dataclass

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.people import Right, User


@dataclass(frozen=True, slots=True)
class Viewer:
    """The user who looks at a screen, and their rights."""

    user: User
    rights: frozenset[Right]

    def may(self, right: str) -> bool:
        """Whether the user has a right, by its value; for templates."""
        return Right(right) in self.rights


def account_of(rows: CampaignRows) -> Account:
    """Return the account; `tab.load_rows` returns no rows without one."""
    assert rows.account is not None  # noqa: S101
    return rows.account


def mailing_of(rows: CampaignRows) -> Mailing:
    """Return the mailing; only call this for a campaign that has one."""
    assert rows.mailing is not None  # noqa: S101
    return rows.mailing
