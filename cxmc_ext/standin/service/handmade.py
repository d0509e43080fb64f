"""Campaigns that somebody creates on the website, without the API."""

from cxmc_ext.standin import seed_templates
from cxmc_ext.standin.models import Account, Audience, Campaign
from cxmc_ext.standin.service import sending
from cxmc_ext.standin.state import State


def send(
    state: State,
    account: Account,
    audience: Audience,
    title: str,
    subject: str,
    type_: str,
    at: int,
) -> Campaign:
    """Creates a campaign and sends it to all subscribed members of an audience.

    Args:
        state: The stand-in's state.
        account: The account.
        audience: The audience.
        title: The title, which recipients never see.
        subject: The subject of the mail.
        type_: The type of the campaign.
        at: When it was created and sent, in seconds since 1970.
    """
    campaign = Campaign(state.new_id(), state.new_number(), type_, at, list_id=audience.id)
    campaign.has_target = True
    campaign.settings = {
        "title": title,
        "subject_line": subject or title,
        "preview_text": "",
        "from_name": account.name,
        "reply_to": account.email,
    }
    campaign.html = seed_templates.newsletter_template()
    account.campaigns[campaign.id] = campaign
    sending.start_sending(state, account, campaign)
    sending.finish_sending(state, account, campaign)
    campaign.send_time = campaign.simulated_until = at
    return campaign
