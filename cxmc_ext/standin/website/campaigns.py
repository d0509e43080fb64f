"""Campaign pages: lists, delivered mails, reacting as a recipient, and simulating a day."""

from flask import Response, abort, render_template, request
from werkzeug.wrappers import Response as WerkzeugResponse

from cxmc_ext.standin import seed_data
from cxmc_ext.standin.models import DELIVERED_STATUSES, Account, Campaign, CampaignRecipient
from cxmc_ext.standin.service import checklist, engagement, sending, simulation
from cxmc_ext.standin.service.outbox import Mail
from cxmc_ext.standin.state import State
from cxmc_ext.standin.website.base import (
    campaign_or_404,
    page_route,
    paginate,
    redirect_to,
    sandboxed_mail,
)

MAIL_RULE = "/campaigns/<campaign_id>/mails/<member_id>"
UNSUBSCRIBE_RULE = "/unsubscribe/<campaign_id>/<member_id>"
MAX_REASON = 200


@page_route("/")
def start(state: State) -> str:
    keys = [
        (key, state.accounts[key.account_id]) for key in state.keys.values() if not key.is_token
    ]
    return render_template(
        "standin/start.html", keys=keys, demo_key=seed_data.DEMO_KEY, now=state.clock.now()
    )


@page_route("/campaigns/")
def campaigns(state: State) -> str:
    newest_first = sorted(state.campaigns(), key=lambda pair: -pair[1].web_id)
    return render_template("standin/campaigns.html", page=paginate(newest_first))


@page_route("/scheduled")
def scheduled(state: State) -> str:
    rows = [pair for pair in state.campaigns() if pair[1].status == "schedule"]
    rows.sort(key=lambda pair: pair[1].send_time)
    return render_template("standin/scheduled.html", rows=rows, now=state.clock.now())


@page_route("/campaigns/<campaign_id>")
def campaign(state: State, campaign_id: str) -> str:
    account, campaign = campaign_or_404(state, campaign_id)
    return render_template(
        "standin/campaign.html",
        account=account,
        campaign=campaign,
        audience=account.lists.get(campaign.list_id),
        items=checklist.items(account, campaign),
        delivered_statuses=DELIVERED_STATUSES,
        page=paginate(list(campaign.recipients.items())),
        test_mails=state.outbox.mails(campaign_id, "test"),
    )


@page_route("/campaigns/show/")
def open_in_mailchimp(state: State) -> WerkzeugResponse:
    """Where “Open in MailChimp” leads when the API root is the stand-in."""
    web_id = request.args.get("id", "")
    matches = (row for _, row in state.campaigns() if str(row.web_id) == web_id)
    campaign = next(matches, None) or abort(404)
    return redirect_to("campaign", campaign_id=campaign.id)


@page_route(MAIL_RULE)
def mail(state: State, campaign_id: str, member_id: str) -> str:
    account, campaign = campaign_or_404(state, campaign_id)
    return render_template(
        "standin/mail.html",
        account=account,
        campaign=campaign,
        member_id=member_id,
        mail=_mail_or_404(state, campaign, member_id),
        recipient=campaign.recipients[member_id],
        can_react=campaign.status in DELIVERED_STATUSES,
    )


@page_route(MAIL_RULE + "/body")
def mail_document(state: State, campaign_id: str, member_id: str) -> Response:
    _, campaign = campaign_or_404(state, campaign_id)
    return sandboxed_mail(_mail_or_404(state, campaign, member_id).html)


@page_route(MAIL_RULE + "/react", post=True)
def react(state: State, campaign_id: str, member_id: str) -> WerkzeugResponse:
    account, campaign = campaign_or_404(state, campaign_id)
    if member_id not in campaign.recipients or campaign.status not in DELIVERED_STATUSES:
        abort(404)
    _record_reaction(state, account, campaign, member_id)
    return redirect_to("mail", campaign_id=campaign_id, member_id=member_id)


@page_route("/campaigns/<campaign_id>/day", post=True)
def run_day(state: State, campaign_id: str) -> WerkzeugResponse:
    account, campaign = campaign_or_404(state, campaign_id)
    simulation.run_day(state, account, campaign)
    return redirect_to("campaign", campaign_id=campaign_id)


@page_route("/day", post=True)
def run_day_for_all(state: State) -> WerkzeugResponse:
    simulation.run_day_for_all(state)
    return redirect_to("campaigns")


@page_route("/campaigns/<campaign_id>/now", post=True)
def send_now(state: State, campaign_id: str) -> WerkzeugResponse:
    """Moves the stand-in's clock past the scheduled time; campaigns due earlier are sent as well."""
    _, campaign = campaign_or_404(state, campaign_id)
    if campaign.status == "schedule":
        state.clock.advance(campaign.send_time - state.clock.exact() + 1)
        sending.run_due(state)
    return redirect_to("campaign", campaign_id=campaign_id)


@page_route(UNSUBSCRIBE_RULE)
def unsubscribe_form(state: State, campaign_id: str, member_id: str) -> str:
    """A GET changes nothing, because mail scanners follow links."""
    _, campaign = campaign_or_404(state, campaign_id)
    return render_template(
        "standin/unsubscribe.html",
        campaign=campaign,
        member_id=member_id,
        recipient=_recipient_or_404(campaign, member_id),
    )


@page_route(UNSUBSCRIBE_RULE, post=True)
def unsubscribe(state: State, campaign_id: str, member_id: str) -> WerkzeugResponse:
    account, campaign = campaign_or_404(state, campaign_id)
    _recipient_or_404(campaign, member_id)
    reason = request.form.get("reason", "")[:MAX_REASON]
    now = state.clock.now()
    engagement.record_unsubscribe(state, account, campaign, member_id, reason, now)
    return redirect_to("unsubscribe_form", campaign_id=campaign_id, member_id=member_id)


@page_route("/mailbox")
def mailbox(state: State) -> str:
    """Every mail that was sent, newest first; only those of the page are rendered."""
    deliveries = state.outbox.deliveries
    page = paginate(range(len(deliveries) - 1, -1, -1))
    mails = [(number, state.outbox.mail_of(deliveries[number])) for number in page.rows]
    return render_template("standin/mailbox.html", page=page, mails=mails)


@page_route("/mailbox/<int:number>")
def mailbox_mail(state: State, number: int) -> str:
    mail = _delivered_mail_or_404(state, number)
    return render_template("standin/mailbox_mail.html", mail=mail, number=number)


@page_route("/mailbox/<int:number>/body")
def mailbox_document(state: State, number: int) -> Response:
    return sandboxed_mail(_delivered_mail_or_404(state, number).html)


def _mail_or_404(state: State, campaign: Campaign, member_id: str) -> Mail:
    mails = state.outbox.mails(campaign.id)
    matches = (mail for mail in mails if mail.delivery.member_id == member_id)
    return next(matches, None) or abort(404)


def _delivered_mail_or_404(state: State, number: int) -> Mail:
    deliveries = state.outbox.deliveries
    return state.outbox.mail_of(deliveries[number]) if number < len(deliveries) else abort(404)


def _recipient_or_404(campaign: Campaign, member_id: str) -> CampaignRecipient:
    return campaign.recipients.get(member_id) or abort(404)


def _record_reaction(state: State, account: Account, campaign: Campaign, member_id: str) -> None:
    now = state.clock.now()
    action, url = request.form.get("action", ""), request.form.get("url", "")
    if action == "open":
        engagement.record_open(campaign, member_id, now)
    elif action == "click" and url in campaign.links:
        engagement.record_open(campaign, member_id, now)
        engagement.record_click(campaign, member_id, url, now)
    elif action in (engagement.HARD_BOUNCE, engagement.SOFT_BOUNCE):
        engagement.record_bounce(state, account, campaign, member_id, action, now)
    elif action == "complain":
        engagement.record_complaint(state, account, campaign, member_id, now)
    elif action == "unsubscribe":
        engagement.record_unsubscribe(state, account, campaign, member_id, "", now)
    else:
        abort(400)
