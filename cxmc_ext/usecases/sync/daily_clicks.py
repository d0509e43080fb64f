"""Once a day: whoever had campaigns sent is told who clicked in them the day before."""

from cxmc_ext.db.queries import accounts, daily_clicks
from cxmc_ext.domain.rules.days import day_before, notifiable_until
from cxmc_ext.usecases.operations.context import AnyContext


def add_daily_clicks(context: AnyContext) -> None:
    """Step: adds the notices of a day, one per user, in the commit that notes the day as told.

    Clicks that are read later than that are in the reports only.
    """
    session, account, zone = context.session, context.account, context.services.settings.zone
    end = notifiable_until(context.now, zone)
    if (account.clicks_notified_until or 0) >= end:
        return
    users = daily_clicks.owners(session, account.id, day_before(end, zone), end)
    daily_clicks.add_notices(session, account.id, users, context.now)
    accounts.update_columns(session, account.id, clicks_notified_until=end)
