"""Mailings > Campaigns: the list, new campaigns, and the tabs of a campaign."""

import time
from collections.abc import Iterable, Mapping
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
from host_app.request_checks import row_id
from host_app.vacancies import choose_vacancies, chosen_vacancies, open_vacancies

_EMAIL_FIELDS = ("email_subject", "email_reply_to", "email_text")

_SAVED = "“%(title)s” was saved. Add candidates or contacts to it from their lists."

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")


@bp.before_request
def _require_campaigns() -> Response | None:
    login_redirect = require_login()
    if login_redirect is None:
        require_right("campaigns")
    return login_redirect


@bp.get("")
def index() -> str:
    """Lists the campaigns that the user may see."""
    page = paginate(visible_campaigns(require_account()))
    return render_template(
        "campaigns/index.html",
        page=page,
        counts=_recipient_counts(page.rows),
        facts=mailchimp_facts(page.rows),
    )


@bp.get("/new")
def new() -> str:
    """Shows an empty form."""
    blank = Campaign(title="", type=EMAIL)
    return render_template("campaigns/new.html", campaign=blank, types=_types(), errors={})


@bp.post("/new")
def create() -> tuple[str, int] | Response:
    """Creates a campaign."""
    campaign = new_campaign("", EMAIL)
    errors = _read_form(campaign, request.form.get("type", ""))
    if errors:
        page = render_template(
            "campaigns/new.html", campaign=campaign, types=_types(), errors=errors
        )
        return page, 422
    db.session.add(campaign)
    db.session.commit()
    flash(t(_SAVED, title=campaign.title))
    return redirect(url_for("campaigns.general", campaign_id=campaign.id), 303)


@bp.get("/<int:campaign_id>")
def general(campaign_id: int) -> str:
    """Shows the campaign's own fields."""
    return _general_page(open_campaign(campaign_id), {})


@bp.post("/<int:campaign_id>")
def save(campaign_id: int) -> tuple[str, int] | Response:
    """Saves the campaign's own fields."""
    campaign = open_campaign(campaign_id)
    with db.session.no_autoflush:
        errors = _read_form(campaign, campaign.type)
        if errors:
            page = _general_page(campaign, errors)
            db.session.rollback()
            return page, 422
    db.session.commit()
    flash(t("Saved."))
    return redirect(url_for("campaigns.general", campaign_id=campaign.id), 303)


@bp.post("/<int:campaign_id>/vacancies")
def save_vacancies(campaign_id: int) -> Response:
    """Saves which vacancies the campaign can show in its mail."""
    campaign = open_campaign(campaign_id)
    choose_vacancies(campaign, request.form.getlist("vacancy", type=row_id))
    db.session.commit()
    flash(t("Saved."))
    return redirect(url_for("campaigns.general", campaign_id=campaign.id), 303)


@bp.get("/<int:campaign_id>/<kind:kind>")
def recipients(campaign_id: int, kind: str) -> str:
    """Lists the campaign's candidates or contacts."""
    campaign = open_campaign(campaign_id)
    filters = ListFilter.from_request(request.args)
    page = paginate(filters.apply(members_of(campaign, kind)))
    return render_template(
        "campaigns/recipients.html",
        campaign=campaign,
        kind=kind,
        filters=filters,
        page=page,
        refs=refs_of(page.rows),
        opted_out=opted_out_ids(page.rows),
    )


@bp.post("/<int:campaign_id>/<kind:kind>/remove")
def remove(campaign_id: int, kind: str) -> Response:
    """Removes the ticked people from the campaign."""
    campaign = open_campaign(campaign_id)
    removed = remove_people(campaign, request.form.getlist("person", type=row_id))
    db.session.commit()
    if removed:
        flash(t("%(n)s removed from the campaign.", n=removed))
    else:
        flash(t("Nobody was selected."))
    query = ListFilter.from_request(request.form).as_query
    url = url_for("campaigns.recipients", campaign_id=campaign.id, kind=kind, **query)
    return redirect(url, 303)


@bp.get("/<int:campaign_id>/activities")
def activities(campaign_id: int) -> str:
    """Shows the extension's activities of the campaign."""
    return render_template("campaigns/activities.html", campaign=open_campaign(campaign_id))


@bp.get("/<int:campaign_id>/mailchimp")
def mailchimp(campaign_id: int) -> str:
    """The page with the extension's tab, which answers 404 to users who may not see it."""
    return render_template("campaigns/mailchimp.html", campaign=open_campaign(campaign_id))


def new_campaign(title: str, type_: str) -> Campaign:
    """A campaign of the user and their office, which the caller adds to the session."""
    account = require_account()
    return Campaign(
        title=title,
        type=type_,
        created_at=int(time.time()),
        owner_id=account.id,
        office_id=account.office_id,
    )


def is_mailchimp_active() -> bool:
    """Whether the extension is activated, so that campaigns can be of its type."""
    template_globals: Any = current_app.jinja_env.globals
    return bool(template_globals["cxmc_enabled"]())


def mailchimp_facts(campaigns: Iterable[Campaign]) -> Mapping[str, Any]:
    """What the extension knows about campaigns, by their ref: state, date, rates."""
    template_globals: Any = current_app.jinja_env.globals
    refs = [campaign.ref for campaign in campaigns if campaign.type == MAILCHIMP]
    facts: Mapping[str, Any] = template_globals["cxmc_campaigns"](refs)
    return facts


def visible_campaigns(account: Account) -> Select[Campaign]:
    """The campaigns that a user may see, newest first; the same rule as `Account.sees`."""
    campaigns = select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id.desc())
    if account.office_id is None:
        return campaigns
    is_visible = or_(Campaign.office_id.is_(None), Campaign.office_id == account.office_id)
    return campaigns.where(is_visible)


def open_campaign(campaign_id: int) -> Campaign:
    """The campaign; aborts with 404 unless this user may see it."""
    campaign = db.session.get(Campaign, campaign_id)
    if campaign is None or not require_account().sees(campaign):
        abort(404)
    return campaign


def _general_page(campaign: Campaign, errors: dict[str, str]) -> str:
    rows = db.session.execute(
        select(Person.kind, func.count())
        .join(CampaignMember, CampaignMember.person_id == Person.id)
        .where(CampaignMember.campaign_id == campaign.id)
        .group_by(Person.kind)
    )
    counts = dict(rows.all())
    is_mailchimp = campaign.type == MAILCHIMP
    return render_template(
        "campaigns/general.html",
        campaign=campaign,
        errors=errors,
        counts=counts,
        vacancies=open_vacancies() if is_mailchimp else (),
        chosen={vacancy.id for vacancy in chosen_vacancies(campaign.id)} if is_mailchimp else set(),
    )


def _read_form(campaign: Campaign, type_: str) -> dict[str, str]:
    """Copies the form into the campaign; returns the errors by field."""
    campaign.title = request.form.get("title", "").strip()[:200]
    campaign.type = type_ if type_ in _types() or campaign.id else EMAIL
    for name in _EMAIL_FIELDS:
        value = request.form.get(name, "").strip()
        setattr(campaign, name, value if campaign.type == EMAIL else "")
    errors = {} if campaign.title else {"title": t("Enter a title.")}
    return (
        errors if campaign.type == type_ else {**errors, "type": t("Choose a type from the list.")}
    )


def _types() -> tuple[str, ...]:
    """The types of campaign; MailChimp only while the extension is activated."""
    return (EMAIL, MAILCHIMP) if is_mailchimp_active() else (EMAIL,)


def _recipient_counts(campaigns: list[Campaign]) -> dict[int, int]:
    """Campaign id to the number of its recipients."""
    campaign_id = CampaignMember.campaign_id
    ids = [campaign.id for campaign in campaigns]
    counts = select(campaign_id, func.count()).where(campaign_id.in_(ids)).group_by(campaign_id)
    return dict(db.session.execute(counts).all())
