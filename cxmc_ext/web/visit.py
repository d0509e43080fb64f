"""Who asks for what: the one value every view is handed, made by the gate alone."""

from dataclasses import dataclass
from typing import cast

from flask import g

from cxmc_ext.domain.values import Campaign
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens import Look
from cxmc_ext.usecases.screens_values import Viewer
from cxmc_ext.web.i18n import Speaker

NO_CAMPAIGN = Campaign("", "")


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in; `campaign` and `look` are set on a campaign's addresses."""

    services: Services
    viewer: Viewer
    speaker: Speaker
    campaign: Campaign = NO_CAMPAIGN
    look: Look = Look()  # noqa: RUF009 - frozen


def current() -> Visit:
    return cast(Visit, g.cxmc_visit)


def begin(visit: Visit) -> None:
    g.cxmc_visit = visit
