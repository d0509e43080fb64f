"""Copies of a campaign: replicate, and the resend to those who did not react."""

from cxmc_ext.standin.api.endpoint import Call
from cxmc_ext.standin.models import Campaign, CampaignRecipient, Json
from cxmc_ext.standin.problems import bad_request, invalid
from cxmc_ext.standin.service import segments, targeting

WANTED = {
    "to_non_openers": lambda outcome: not outcome.opens,
    "to_non_clickers": lambda outcome: not outcome.clicks,
    "to_new_subscribers": lambda outcome: False,
}


def twin(call: Call, campaign: Campaign) -> Campaign:
    """A new draft with the same recipients, settings and content."""
    copy = Campaign(call.state.new_id(), call.state.new_number(), campaign.type, call.now)
    for name in ("list_id", "content_type", "html", "incomplete", "targeted"):
        setattr(copy, name, getattr(campaign, name))
    for name in ("segment_opts", "target", "settings", "tracking"):
        setattr(copy, name, dict(getattr(campaign, name)))
    copy.settings["title"] = f"{campaign.settings.get('title', '')} (copy 01)".strip()
    call.account.campaigns[copy.id] = copy
    return copy


def resend(call: Call, campaign: Campaign, shortcut: str) -> Campaign:
    if shortcut not in WANTED:
        raise invalid("shortcut_type", f"Data did not match any of: {', '.join(WANTED)}")
    audience = call.account.lists.get(campaign.list_id)
    if campaign.status != "sent" or audience is None:
        raise bad_request("This campaign cannot be resent.")
    addresses = (
        _new(call, campaign) if shortcut == "to_new_subscribers" else _quiet(campaign, shortcut)
    )
    name = f"Resend {call.state.new_id()}"
    segment = segments.create(call.state, audience, name)
    segments.add_members(call.state, audience, segment, addresses)
    copy = twin(call, campaign)
    copy.parent = campaign.id
    copy.segment_opts = _options(segment.id)
    copy.target = targeting.effective_target(audience, copy.segment_opts)
    return copy


def _options(segment_id: int) -> Json:
    condition = {"condition_type": "StaticSegment", "field": "static_segment",
                 "op": "static_is", "value": segment_id}  # fmt: skip
    return {"saved_segment_id": segment_id, "match": "any", "conditions": [condition]}


def _quiet(campaign: Campaign, shortcut: str) -> list[str]:
    wanted = WANTED[shortcut]
    return [each.email_address for each in campaign.recipients.values() if _kept(each, wanted)]


def _kept(outcome: CampaignRecipient, wanted: object) -> bool:
    return (
        not outcome.bounce
        and not outcome.unsubscribed_at
        and bool(callable(wanted) and wanted(outcome))
    )


def _new(call: Call, campaign: Campaign) -> list[str]:
    audience = call.account.lists[campaign.list_id]
    members = targeting.subscribed_members(audience, campaign.target)
    return [each.email_address for each in members if each.id not in campaign.recipients]
