"""The one value every view receives: who asks for what, built by the access check alone."""

from dataclasses import dataclass, replace
from typing import cast

from flask import g

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.operations import Press
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.screens.tab import CampaignRows, load_rows
from cxmc_ext.web.i18n import Localizer

NO_CAMPAIGN = Campaign("", "")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request that passed the access check.

    Attributes:
        services: Bound to the account of this request.
        viewer: The user and their rights.
        localizer: Language and time zone of the reader.
        press: The pressed button (POST only); every request function receives it.
        campaign: The Host campaign in the address; `NO_CAMPAIGN` on account pages.
        rows: Our rows of that campaign, as they were when the request began.
    """

    services: Services
    viewer: Viewer
    localizer: Localizer
    press: Press
    campaign: Campaign = NO_CAMPAIGN
    rows: CampaignRows = CampaignRows()  # noqa: RUF009 - frozen

    def reload(self) -> "RequestContext":
        """Returns the same context with the campaign's rows as they are now."""
        return replace(self, rows=load_rows(self.services, self.campaign.ref) or self.rows)


def get_current() -> RequestContext:
    """Returns the context of the current request. Only valid after the access check."""
    return cast(RequestContext, g.cxmc_context)


def set_current(context: RequestContext) -> None:
    """Stores the context for the rest of the request."""
    g.cxmc_context = context
