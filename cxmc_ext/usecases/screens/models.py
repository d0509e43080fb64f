"""What several screens share: who is looking, and the rows a screen is built from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from cxmc_ext.db.models.account import Account
from cxmc_ext.db.models.mailing import Mailing
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.people import Right, User
from cxmc_ext.domain.ports.host import CampaignFinder, Host


@dataclass(frozen=True, slots=True)
class Viewer:
    """The user who looks at a screen, and their rights.

    A viewer lives as long as a request: the Host is asked once about each campaign.
    """

    user: User
    rights: frozenset[Right]
    _campaigns: dict[tuple[int, str], Campaign | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def may(self, right: str) -> bool:
        """Whether the user has a right, by its value; for templates."""
        return Right(right) in self.rights

    def campaign(self, host: Host, ref: str) -> Campaign | None:
        """The campaign, if the Host lets the user see it; nobody who is not logged in sees one."""
        if not self.user.id:
            return None
        key = (id(host), ref)
        if key not in self._campaigns:
            self._campaigns[key] = host.campaign(ref, self.user.id)
        return self._campaigns[key]

    def campaigns(self, host: Host, refs: Collection[str]) -> Mapping[str, Campaign]:
        """Those of these campaigns that the Host lets the user see, by ref.

        Args:
            host: The CRM.
            refs: At most 1,000.
        """
        if self.user.id and isinstance(host, CampaignFinder):
            unknown = [ref for ref in refs if (id(host), ref) not in self._campaigns]
            found = host.campaigns_by_ref(unknown, self.user.id) if unknown else {}
            self._campaigns.update({(id(host), ref): found.get(ref) for ref in unknown})
        seen = {ref: self.campaign(host, ref) for ref in refs}
        return {ref: campaign for ref, campaign in seen.items() if campaign is not None}


def account_of(rows: CampaignRows) -> Account:
    """Returns the account; `tab.load_rows` returns no rows without one."""
    assert rows.account is not None  # noqa: S101
    return rows.account


def mailing_of(rows: CampaignRows) -> Mailing:
    """Returns the mailing; only call this for a campaign that has one."""
    assert rows.mailing is not None  # noqa: S101
    return rows.mailing


@dataclass(frozen=True, slots=True)
class ReadinessItem:
    """One line of the readiness list; `web/presentation/labels.py` has its text by `code`."""

    topic: str
    """key, templates, domain, groups, tags, people or contacts."""
    tone: str
    """good, warn or bad."""
    code: str
    values: Mapping[str, str] = field(default_factory=dict)
    verifiable_domain: str = ""
    """Set where the domain can be verified from the tab."""
