"""The website's campaigns and mails: look, react as a recipient, run a day."""

from flask import Response, abort, render_template, request
from werkzeug.wrappers import Response as Answer

from cxmc_ext.standin import seed_data
from cxmc_ext.standin.models import Account, Campaign
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

MAIL = "/campaigns/<campaign_id>/mails/<member_id>"


@page_route("/")
def start(state: State) -> str:
    rows = [(each, state.accounts[each.account_id]) for each in state.keys.values()]
    return render_template(
        "standin/start.html", keys=rows, demo_key=seed_data.DEMO_KEY, state=state
    )


@page_route("/campaigns/")
def campaigns(state: State) -> str:
    rows = sorted(state.campaigns(), key=lambda pair: -pair[1].web_id)
    return render_template("standin/campaigns.html", page=paginate(rows), state=state)


@page_route("/scheduled")
def scheduled(state: State) -> str:
    rows = [pair for pair in state.campaigns() if pair[1].status == "schedule"]
    rows.sort(key=lambda pair: pair[1].send_time)
    return render_template("standin/scheduled.html", rows=rows, now=state.clock.now())


@page_route("/campaigns/<campaign_id>")
def campaign(state: State, campaign_id: str) -> str:
    account, found = campaign_or_404(state, campaign_id)
    return render_template(
        "standin/campaign.html",
        account=account,
        campaign=found,
        audience=account.lists.get(found.list_id),
        items=checklist.items(account, found),
        page=paginate(list(found.recipients.items())),
        others=[each for each in state.outbox.mails(campaign_id, "") if each.kind == "test"],
    )


@page_route("/campaigns/show/")
def show(state: State) -> Answer:
    """Where “Open in MailChimp” leads when the API root is the stand-in."""
    wanted = request.args.get("id", "")
    found = (each for _, each in state.campaigns() if str(each.web_id) == wanted)
    chosen = next(found, None) or abort(404)
    return redirect_to("campaign", campaign_id=chosen.id)


@page_route(MAIL)
def mail(state: State, campaign_id: str, member_id: str) -> str:
    account, found = campaign_or_404(state, campaign_id)
    delivered = _mail(state, found, member_id)
    return render_template(
        "standin/mail.html",
        account=account,
        campaign=found,
        member_id=member_id,
        mail=delivered,
        outcome=found.recipients[member_id],
    )


@page_route(MAIL + "/body")
def body(state: State, campaign_id: str, member_id: str) -> Response:
    _, found = campaign_or_404(state, campaign_id)
    return sandboxed_mail(_mail(state, found, member_id).html)


@page_route(MAIL + "/react", post=True)
def react(state: State, campaign_id: str, member_id: str) -> Answer:
    account, found = campaign_or_404(state, campaign_id)
    if member_id not in found.recipients or found.status != "sent":
        abort(404)
    _react(state, account, found, member_id)
    return redirect_to("mail", campaign_id=campaign_id, member_id=member_id)


@page_route("/campaigns/<campaign_id>/day", post=True)
def day(state: State, campaign_id: str) -> Answer:
    account, found = campaign_or_404(state, campaign_id)
    simulation.run_day(state, account, found)
    return redirect_to("campaign", campaign_id=campaign_id)


@page_route("/day", post=True)
def day_for_all(state: State) -> Answer:
    simulation.run_day_for_all(state)
    return redirect_to("campaigns")


@page_route("/campaigns/<campaign_id>/now", post=True)
def send_now(state: State, campaign_id: str) -> Answer:
    """Lets the stand-in's clock pass the planned time; other campaigns due before go out as well."""
    _, found = campaign_or_404(state, campaign_id)
    if found.status == "schedule":
        state.clock.advance(found.send_time - state.clock.exact() + 1)
        sending.run_due(state)
    return redirect_to("campaign", campaign_id=campaign_id)


@page_route("/unsubscribe/<campaign_id>/<member_id>")
def leave(state: State, campaign_id: str, member_id: str) -> str:
    """A GET changes nothing: mail scanners follow links."""
    _, found = campaign_or_404(state, campaign_id)
    outcome = found.recipients.get(member_id) or abort(404)
    return render_template(
        "standin/leave.html", campaign=found, member_id=member_id, outcome=outcome
    )


@page_route("/unsubscribe/<campaign_id>/<member_id>", post=True)
def left(state: State, campaign_id: str, member_id: str) -> Answer:
    account, found = campaign_or_404(state, campaign_id)
    if member_id not in found.recipients:
        abort(404)
    reason, now = request.form.get("reason", "")[:200], state.clock.now()
    engagement.record_unsubscribe(state, account, found, member_id, reason, now)
    return redirect_to("leave", campaign_id=campaign_id, member_id=member_id)


@page_route("/mailbox")
def mailbox(state: State) -> str:
    """Everything that is no campaign: verification and test mails."""
    mails = [each for each in state.outbox.mails("", "") if each.kind != "campaign"]
    return render_template("standin/mailbox.html", page=paginate(mails[::-1]))


def _mail(state: State, found: Campaign, member_id: str) -> Mail:
    mails = state.outbox.mails(found.id)
    return next((each for each in mails if each.delivery.member_id == member_id), None) or abort(
        404
    )


def _react(state: State, account: Account, found: Campaign, member_id: str) -> None:
    now, url = state.clock.now(), request.form.get("url", "")
    action = request.form.get("action", "")
    if action == "open":
        engagement.record_open(found, member_id, now)
    elif action == "click" and url in found.links:
        engagement.record_open(found, member_id, now)
        engagement.record_click(found, member_id, url, now)
    elif action in (engagement.HARD_BOUNCE, engagement.SOFT_BOUNCE):
        engagement.record_bounce(state, account, found, member_id, action, now)
    elif action == "unsubscribe":
        engagement.record_unsubscribe(state, account, found, member_id, "", now)
    else:
        abort(400)
