"""The values of the form of a campaign that is not created yet: what was typed, else what is likely."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from zoneinfo import ZoneInfo

from cxmc_ext.db.queries import tab as tab_queries
from cxmc_ext.db.queries.tab import CampaignRows
from cxmc_ext.domain.campaigns import Campaign
from cxmc_ext.domain.problems import Problem
from cxmc_ext.domain.rules.schedule_times import (
    local_date_and_time,
    next_working_morning,
    parse_local_time,
    slot_problem,
)
from cxmc_ext.services import Services
from cxmc_ext.usecases.screens.models import Viewer, account_of
from cxmc_ext.usecases.sending.form_drafts import find_draft, saved_values


@dataclass(frozen=True, slots=True)
class SendForm:
    """The fields of the form as text; the names are those of the HTML fields."""

    subject: str = ""
    preview_text: str = ""
    from_name: str = ""
    from_email: str = ""
    template_id: str = ""
    date: str = ""
    time: str = ""
    test_to: str = ""
    template_search: str = ""
    send_anyway: str = ""
    """“yes”: people over the frequency cap are mailed as well."""
    regions: str = ""
    """What was typed in the editable regions: {name: HTML} in JSON."""
    blocks: str = ""
    """The blocks that fill regions, in JSON (`rules.blocks.blocks_to_text`)."""
    regions_of: str = ""
    """The template whose regions they are."""


def initial_values(
    services: Services, viewer: Viewer, campaign: Campaign, rows: CampaignRows
) -> SendForm:
    """What was filled in for this campaign, else its title and the sender that this user used last."""
    me, zone, now = viewer.user, services.settings.zone, services.clock()
    date, time = local_date_and_time(next_working_morning(now, zone), zone)
    defaults = SendForm(subject=campaign.title, date=date, time=time, test_to=me.email)
    saved = saved_values(rows.mailing, me)
    if saved:
        draft = find_draft(rows.mailing)
        saved_at = draft.saved_at if draft else now
        return replace(defaults, **_without_past_time(saved, zone, saved_at, now))
    last_sender = tab_queries.last_sender(services.session(), account_of(rows).id, me.id)
    from_name, from_email = last_sender or (me.name, me.email)
    return replace(defaults, from_name=from_name, from_email=from_email)


def _without_past_time(
    saved: Mapping[str, str], zone: ZoneInfo, saved_at: int, now: int
) -> dict[str, str]:
    """The saved values of the form's fields, without a time that has passed since they were saved."""
    names = {field.name for field in fields(SendForm)}
    values = {name: text for name, text in saved.items() if name in names}
    at = parse_local_time(values.get("date", ""), values.get("time", ""), zone)
    is_kept = isinstance(at, Problem) or slot_problem(at, saved_at) or not slot_problem(at, now)
    if is_kept:
        return values
    return {name: text for name, text in values.items() if name not in {"date", "time"}}
