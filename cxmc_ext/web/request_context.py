"""Who asks for what: the one value every view is handed, made by the gate alone."""

from dataclasses import dataclass
from typing import cast

from flask import g

from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.models import Viewer
from cxmc_ext.usecases.screens.tab import CampaignRows
from cxmc_ext.web.i18n import Localizer

NO_CAMPAIGN = Campaign("", "")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A request that was let in; `campaign` and `look` are set on a campaign's addresses."""

    services: Services
    viewer: Viewer
    localizer: Localizer
    campaign: Campaign = NO_CAMPAIGN
    rows: CampaignRows = CampaignRows()  # noqa: RUF009 - frozen


def get_current() -> RequestContext:
    return cast(RequestContext, g.cxmc_visit)


def set_current(visit: RequestContext) -> None:
    g.cxmc_visit = visit
