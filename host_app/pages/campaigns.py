"""Mailings > Campaigns: the list, a new one, and the tabs of one campaign."""

import time
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, func, or_, select
from werkzeug.wrappers import Response

from host_app.auth import require_account, require_login, require_right
from host_app.campaign_members import members_of, remove_people
from host_app.database import db
from host_app.language import t
from host_app.models import EMAIL, MAILCHIMP, Account, Campaign, CampaignMember, Person
from host_app.pages.listing import ListFilter, opted_out_ids, paginate, refs_of

_EMAIL_FIELDS = ("email_subject", "email_reply_to", "email_text")

_SAVED = "“%(title)s” was saved. Add candidates or contacts to it from their lists."

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")


@bp.before_request
def _guard() -> Response | None:
    stranger = require_login()
    if stranger is None:
        require_right("campaigns")
    return stranger


@bp.get("")
def index() -> str:
    page = paginate(visible_campaigns(require_account()))
    return render_template("campaigns/index.html", page=page, people=_sizes(page.rows))


@bp.get("/new")
def new() -> str:
    blank = Campaign(title="", type=EMAIL)
    return render_template("campaigns/new.html", campaign=blank, types=_types(), wrong={})


@bp.post("/new")
def create() -> tuple[str, int] | Response:
    account = require_account()
    campaign = Campaign(
        created_at=int(time.time()), owner_id=account.id, office_id=account.office_id
    )
    wrong = _fill(campaign, request.form.get("type", ""))
    if wrong:
        page = "campaigns/new.html"
        return render_template(page, campaign=campaign, types=_types(), wrong=wrong), 422
    db.session.add(campaign)
    db.session.commit()
    flash(t(_SAVED, title=campaign.title))
    return redirect(url_for("campaigns.general", campaign_id=campaign.id), 303)


@bp.get("/<int:campaign_id>")
def general(campaign_id: int) -> str:
    return _general(open_campaign(campaign_id), {})


@bp.post("/<int:campaign_id>")
def save(campaign_id: int) -> tuple[str, int] | Response:
    campaign = open_campaign(campaign_id)
    with db.session.no_autoflush:
        wrong = _fill(campaign, campaign.type)
        if wrong:
            page = _general(campaign, wrong)
            db.session.rollback()
            return page, 422
    db.session.commit()
    flash(t("Saved."))
    return redirect(url_for("campaigns.general", campaign_id=campaign.id), 303)


@bp.get("/<int:campaign_id>/<kind:kind>")
def recipients(campaign_id: int, kind: str) -> str:
    campaign = open_campaign(campaign_id)
    lines = ListFilter.from_request(request.args)
    page = paginate(lines.apply(members_of(campaign, kind)))
    refs = refs_of(page.rows)
    return render_template(
        "campaigns/recipients.html",
        campaign=campaign,
        kind=kind,
        lines=lines,
        page=page,
        refs=refs,
        out=opted_out_ids(page.rows),
    )


@bp.post("/<int:campaign_id>/<kind:kind>/remove")
def remove(campaign_id: int, kind: str) -> Response:
    campaign = open_campaign(campaign_id)
    gone = remove_people(campaign, request.form.getlist("person", type=int))
    db.session.commit()
    flash(t("%(n)s removed from the campaign.", n=gone) if gone else t("Nobody was ticked."))
    lines = ListFilter.from_request(request.form).as_query
    back = url_for("campaigns.recipients", campaign_id=campaign.id, kind=kind, **lines)
    return redirect(back, 303)


@bp.get("/<int:campaign_id>/activities")
def activities(campaign_id: int) -> str:
    return render_template("campaigns/activities.html", campaign=open_campaign(campaign_id))


@bp.get("/<int:campaign_id>/mailchimp")
def mailchimp(campaign_id: int) -> str:
    """The tab itself answers 404 to whoever may not see it."""
    return render_template("campaigns/mailchimp.html", campaign=open_campaign(campaign_id))


def visible_campaigns(account: Account) -> Select[Campaign]:
    """The campaigns an account may see, newest first; the same rule as `Account.sees`."""
    newest = select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id.desc())
    if account.office_id is None:
        return newest
    mine = or_(Campaign.office_id.is_(None), Campaign.office_id == account.office_id)
    return newest.where(mine)


def open_campaign(campaign_id: int) -> Campaign:
    """The campaign if this user may see it, else 404."""
    campaign = db.session.get(Campaign, campaign_id)
    if campaign is None or not require_account().sees(campaign):
        abort(404)
    return campaign


def _general(campaign: Campaign, wrong: dict[str, str]) -> str:
    counts = db.session.execute(
        select(Person.kind, func.count())
        .join(CampaignMember, CampaignMember.person_id == Person.id)
        .where(CampaignMember.campaign_id == campaign.id)
        .group_by(Person.kind)
    )
    people = dict(counts.all())
    return render_template("campaigns/general.html", campaign=campaign, wrong=wrong, people=people)


def _fill(campaign: Campaign, kind: str) -> dict[str, str]:
    """Takes over what was typed; returns what is wrong with it, by field."""
    campaign.title = request.form.get("title", "").strip()[:200]
    campaign.type = kind if kind in _types() or campaign.id else EMAIL
    for name in _EMAIL_FIELDS:
        typed = request.form.get(name, "").strip()
        setattr(campaign, name, typed if campaign.type == EMAIL else "")
    wrong = {} if campaign.title else {"title": t("Enter a title.")}
    return wrong if campaign.type == kind else {**wrong, "type": t("Choose one of the list.")}


def _types() -> tuple[str, ...]:
    slots: Any = current_app.jinja_env.globals
    return (EMAIL, MAILCHIMP) if slots["cxmc_enabled"]() else (EMAIL,)


def _sizes(campaigns: list[Campaign]) -> dict[int, int]:
    member = CampaignMember.campaign_id
    counted = select(member, func.count()).where(member.in_([c.id for c in campaigns]))
    return dict(db.session.execute(counted.group_by(member)).all())
