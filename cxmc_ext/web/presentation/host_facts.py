"""What the Host's own lists show of people and campaigns, in the reader's language."""

from dataclasses import dataclass

from cxmc_ext.usecases.screens.overview import CampaignLine
from cxmc_ext.web.i18n import Localizer
from cxmc_ext.web.presentation import labels


@dataclass(frozen=True, slots=True)
class PersonStatus:
    """A person's status in a campaign. Prints as its translated label; `name` is for styling."""

    name: str
    label: str

    def __str__(self) -> str:
        return self.label


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """A campaign in the Host's own list. Prints as its translated state; `name` is for styling.

    The others are texts in the reader's language, "" where there is nothing to show yet.
    """

    name: str
    label: str
    is_sent: bool
    """It was sent, or is being sent: whoever is added to the campaign now does not receive it."""
    is_scheduled: bool
    """Whoever is added now only receives it if it is unscheduled and scheduled again."""
    date: str
    """When it was sent, or is going to be."""
    by: str
    recipients: str
    opened: str
    clicked: str
    origin: str
    """“Created in MailChimp” for an imported campaign."""

    def __str__(self) -> str:
        return self.label


def campaign_facts(localizer: Localizer, line: CampaignLine) -> CampaignFacts:
    """Writes the facts of one line."""
    return CampaignFacts(
        name=line.state.value,
        label=localizer.gettext(labels.MAILING_STATES[line.state]),
        is_sent=line.is_sent,
        is_scheduled=line.is_scheduled,
        date="" if line.at is None else localizer.datetime(line.at),
        by=line.by,
        recipients="" if line.recipients is None else localizer.number(line.recipients),
        opened="" if line.open_rate is None else localizer.percent(line.open_rate),
        clicked="" if line.click_rate is None else localizer.percent(line.click_rate),
        origin=localizer.gettext(labels.CREATED_IN_MAILCHIMP) if line.is_imported else "",
    )
