"""What a user is told of the clicks of a day."""

from cxmc_ext.db.queries import daily_clicks
from cxmc_ext.domain.notices import Notice
from cxmc_ext.domain.notifications import (
    CampaignClicks,
    NotificationFacts,
    NotificationKind,
)
from cxmc_ext.domain.rules.days import day_before, notifiable_until
from cxmc_ext.services import Services

# How many campaigns are named, and how many people of each.
_MAX_CAMPAIGNS = _MAX_NAMES = 5


def daily_clicks_of(services: Services, notice: Notice) -> tuple[NotificationFacts, str] | None:
    """Reads who clicked the day before a notice, in the campaigns that its user may still see.

    Returns:
        What the text is made of, and the campaign that most people clicked in; None if there is none.
    """
    session, host, zone = services.session(), services.host, services.settings.zone
    user_id, end = notice.user_id or "", notifiable_until(notice.at, zone)
    start = day_before(end, zone)
    found = daily_clicks.mailings(session, notice.account_ref, user_id, start, end)
    visible = [each for each in found if host.campaign(each.campaign_ref, user_id) is not None]
    if not visible:
        return None
    facts = NotificationFacts(
        NotificationKind.DAILY_CLICKS,
        recipients=daily_clicks.count_people(session, [each.id for each in visible], start, end),
        clicks=tuple(
            CampaignClicks(
                each.title,
                each.people,
                tuple(daily_clicks.names(session, each.id, start, end, _MAX_NAMES)),
            )
            for each in visible[:_MAX_CAMPAIGNS]
        ),
        campaigns=len(visible),
    )
    return facts, visible[0].campaign_ref
