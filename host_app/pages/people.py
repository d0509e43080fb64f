"""Candidates and Contacts: the lists, “Add to campaign”, and the pages of a person."""

import time
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, select
from werkzeug.wrappers import Response

from host_app.auth import require_account, require_login, require_right
from host_app.campaign_members import AddResult, add_people
from host_app.database import db
from host_app.group_members import add_to_group, remove_from_group
from host_app.language import format_time, t
from host_app.models import MAILCHIMP, Campaign, CampaignMember, Group, GroupMember, Person
from host_app.pages.campaigns import (
    is_mailchimp_active,
    mailchimp_facts,
    new_campaign,
    open_campaign,
    visible_campaigns,
)
from host_app.pages.listing import ListFilter, opted_out_ids, paginate, people_by_name
from host_app.request_checks import row_id

STATUSES = {
    "candidate": ("Available", "Placed", "Not available"),
    "contact": ("Active", "Former"),
}
# Name and maximum length of the fields that can be edited.
_FIELDS = {
    "first_name": 80,
    "prefix": 20,
    "last_name": 80,
    "email": 254,
    "phone": 40,
    "city": 80,
}
_MAX_CAMPAIGN_CHOICES = 200
_MAX_CAMPAIGNS_SHOWN = 20

_SENT_ALREADY = "The campaign was sent already. They will not receive it."
_SCHEDULED_ALREADY = (
    "The campaign is scheduled already. Unless it is scheduled again, they will not receive it."
)
_OPTED_OUT = "%(n)s of them opted out and will not be mailed."

bp = Blueprint("people", __name__)
bp.before_request(require_login)


@bp.get("/")
def start() -> Response:
    """The start page: the candidates."""
    return redirect(url_for("people.index", kind="candidate"))


@bp.get("/<kind:kind>")
def index(kind: str) -> str:
    """Lists the candidates or contacts."""
    filters = ListFilter.from_request(request.args)
    page = paginate(filters.apply(people_by_name(kind)))
    return render_template(
        "people/index.html",
        kind=kind,
        filters=filters,
        page=page,
        opted_out=opted_out_ids(page.rows),
        groups=_groups(kind),
        statuses=STATUSES[kind],
        can_mail=is_mailchimp_active(),
    )


@bp.get("/<kind:kind>/add-to-campaign")
# Under a name of its own: otherwise the form would post to the address above, where people are added.
@bp.post("/<kind:kind>/choose-campaign", endpoint="choose_campaign_for_selection")
def choose_campaign(kind: str) -> str:
    """Asks which campaign the selected people are added to: by POST, because a URL has no room for many."""
    require_right("campaigns")
    return _choose_campaign_page(kind, request.values)


@bp.post("/<kind:kind>/add-to-campaign")
def add_to_campaign(kind: str) -> tuple[str, int] | Response:
    """Adds the selected people to the chosen campaign."""
    require_right("campaigns")
    campaign_id = request.form.get("campaign", type=row_id)
    if not campaign_id:
        return _choose_campaign_page(kind, request.form, missing=True), 422
    campaign = open_campaign(campaign_id)
    result = add_people(campaign, _selected(kind, request.form).with_only_columns(Person.id))
    db.session.commit()
    flash(_result_message(campaign, result))
    query = ListFilter.from_request(request.form).as_query
    return redirect(url_for("people.index", kind=kind, **query), 303)


@bp.post("/<kind:kind>/mail")
def mail(kind: str) -> Response:
    """“Mail these people”: a new MailChimp campaign of the selected people, and its tab."""
    require_right("campaigns")
    if not is_mailchimp_active():
        abort(404)
    count = paginate(_selected(kind, request.form)).total
    if not count or not request.form.getlist("person", type=row_id):
        flash(t("Select the people to mail first."))
        query = ListFilter.from_request(request.form).as_query
        return redirect(url_for("people.index", kind=kind, **query), 303)
    people, moment = t(kind if count == 1 else f"{kind}s"), format_time(int(time.time()))
    title = t("Mailing to %(n)s %(people)s, %(time)s", n=count, people=people, time=moment)
    campaign = new_campaign(title, MAILCHIMP)
    db.session.add(campaign)
    db.session.flush()
    result = add_people(campaign, _selected(kind, request.form).with_only_columns(Person.id))
    db.session.commit()
    flash(_result_message(campaign, result))
    # The extension puts the focus on the subject.
    url = url_for("campaigns.mailchimp", campaign_id=campaign.id, _anchor="cxmc-subject")
    return redirect(url, 303)


@bp.get("/<kind:kind>/<int:person_id>")
def general(kind: str, person_id: int) -> str:
    """Shows a person's own fields."""
    return _general_page(_person_or_404(kind, person_id))


@bp.post("/<kind:kind>/<int:person_id>")
def save(kind: str, person_id: int) -> tuple[str, int] | Response:
    """Saves a person's own fields."""
    person = _person_or_404(kind, person_id)
    values = {name: request.form.get(name, "").strip()[:size] for name, size in _FIELDS.items()}
    status = request.form.get("status", "")
    if not values["last_name"] or status not in STATUSES[kind]:
        return _general_page(person, missing=True), 422
    for name, value in {**values, "status": status}.items():
        setattr(person, name, value)
    db.session.commit()
    flash(t("Saved."))
    return _redirect_to(person)


@bp.get("/<kind:kind>/<int:person_id>/activities")
def activities(kind: str, person_id: int) -> str:
    """Shows the extension's activities of a person."""
    return render_template("people/activities.html", person=_person_or_404(kind, person_id))


@bp.post("/<kind:kind>/<int:person_id>/groups")
def join_group(kind: str, person_id: int) -> Response:
    """Adds the person to a group."""
    person = _person_or_404(kind, person_id)
    group = db.session.get(Group, request.form.get("group", 0, type=row_id))
    if group is None or group.kind != kind:
        abort(404)
    add_to_group(group, person, f"by {require_account().name}")
    db.session.commit()
    flash(t("%(name)s is in the group “%(group)s”.", name=person.name, group=group.name))
    return _redirect_to(person)


@bp.post("/<kind:kind>/<int:person_id>/groups/<int:group_id>/leave")
def leave_group(kind: str, person_id: int, group_id: int) -> Response:
    """Removes the person from a group."""
    person = _person_or_404(kind, person_id)
    remove_from_group(group_id, person)
    db.session.commit()
    flash(t("%(name)s is no longer in the group.", name=person.name))
    return _redirect_to(person)


def _choose_campaign_page(kind: str, args: Any, *, missing: bool = False) -> str:
    """The dialog “Add to campaign”; `missing` if no campaign was chosen."""
    unsent = visible_campaigns(require_account()).where(Campaign.sent_at.is_(None))
    choices = list(db.session.scalars(unsent.limit(_MAX_CAMPAIGN_CHOICES)))
    facts = mailchimp_facts(choices)
    return render_template(
        "people/add.html",
        kind=kind,
        count=paginate(_selected(kind, args)).total,
        filters=ListFilter.from_request(args),
        selected=args.getlist("person", type=row_id),
        campaigns=[(campaign.id, _choice_label(campaign, facts)) for campaign in choices],
        missing=missing,
    )


def _general_page(person: Person, *, missing: bool = False) -> str:
    """The tab General; `missing` if something required was not entered."""
    return render_template(
        "people/general.html",
        person=person,
        missing=missing,
        statuses=STATUSES[person.kind],
        memberships=_memberships(person),
        groups=_groups(person.kind),
        campaigns=_campaigns(person) if require_account().role.campaigns else [],
        opted_out=opted_out_ids([person]),
    )


def _person_or_404(kind: str, person_id: int) -> Person:
    person = db.session.get(Person, person_id)
    if person is None or person.kind != kind:
        abort(404)
    return person


def _redirect_to(person: Person) -> Response:
    return redirect(url_for("people.general", kind=person.kind, person_id=person.id), 303)


def _groups(kind: str) -> list[tuple[int, str]]:
    """Id and name of the groups for one kind of people."""
    groups = select(Group.id, Group.name).where(Group.kind == kind).order_by(Group.name, Group.id)
    return list(db.session.execute(groups))


def _memberships(person: Person) -> list[GroupMember]:
    memberships = select(GroupMember).where(GroupMember.person_id == person.id)
    return list(db.session.scalars(memberships.join(Group).order_by(Group.name)))


def _campaigns(person: Person) -> list[Campaign]:
    """The newest campaigns with this person that the user may see."""
    campaigns = visible_campaigns(require_account())
    campaigns = campaigns.join(CampaignMember, CampaignMember.campaign_id == Campaign.id)
    campaigns = campaigns.where(CampaignMember.person_id == person.id)
    return list(db.session.scalars(campaigns.limit(_MAX_CAMPAIGNS_SHOWN)))


def _selected(kind: str, args: Any) -> Select[Person]:
    """The selected people, or everyone who matches the filters if nobody is selected."""
    person_ids = args.getlist("person", type=row_id)
    people = people_by_name(kind)
    if person_ids:
        return people.where(Person.id.in_(person_ids))
    return ListFilter.from_request(args).apply(people)


def _result_message(campaign: Campaign, result: AddResult) -> str:
    parts = [t("%(n)s added to “%(title)s”.", n=result.new, title=campaign.title)]
    if result.already_present:
        parts.append(t(_already_present(result.already_present), n=result.already_present))
    if result.opted_out:
        parts.append(t(_OPTED_OUT, n=result.opted_out))
    facts = mailchimp_facts([campaign]).get(campaign.ref)
    if result.new and facts and facts.is_sent:
        parts.append(t(_SENT_ALREADY))
    elif result.new and facts and facts.is_scheduled:
        parts.append(t(_SCHEDULED_ALREADY))
    return " ".join(parts)


def _choice_label(campaign: Campaign, facts: Mapping[str, Any]) -> str:
    """The title, and the state where people who are added do not receive the mail."""
    known = facts.get(campaign.ref)
    if known is None or not (known.is_sent or known.is_scheduled):
        return campaign.title
    return f"{campaign.title} ({known.label})"


def _already_present(count: int) -> str:
    return "%(n)s was there already." if count == 1 else "%(n)s were there already."
