"""Candidates and Contacts: the lists, “Add to campaign”, and the page of one person."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, select
from werkzeug.wrappers import Response

from host_app import group_members
from host_app.auth import require_account, require_login, require_right
from host_app.campaign_members import AddResult, add_people
from host_app.database import db
from host_app.language import t
from host_app.models import Campaign, CampaignMember, Group, GroupMember, Person
from host_app.pages.campaigns import open_campaign, visible_campaigns
from host_app.pages.listing import ListFilter, opted_out_ids, paginate, people_by_name

STATUSES = {
    "candidate": ("Available", "Placed", "Not available"),
    "contact": ("Active", "Former"),
}
_FIELDS = {
    "first_name": 80,
    "prefix": 20,
    "last_name": 80,
    "email": 254,
    "phone": 40,
    "city": 80,
}

_OUT = "%(n)s of them opted out: shown there, not mailed."

bp = Blueprint("people", __name__)
bp.before_request(require_login)


@bp.get("/")
def start() -> Response:
    return redirect(url_for("people.index", kind="candidate"))


@bp.get("/<kind:kind>")
def index(kind: str) -> str:
    lines = ListFilter.from_request(request.args)
    page = paginate(lines.apply(people_by_name(kind)))
    return render_template(
        "people/index.html",
        kind=kind,
        lines=lines,
        page=page,
        out=opted_out_ids(page.rows),
        groups=_groups(kind),
        statuses=STATUSES[kind],
    )


@bp.get("/<kind:kind>/add-to-campaign")
def ask_campaign(kind: str) -> str:
    require_right("campaigns")
    found = paginate(_chosen(kind, request.args)).total
    return render_template("people/add.html", kind=kind, found=found, **_choice(request.args))


@bp.post("/<kind:kind>/add-to-campaign")
def add_to_campaign(kind: str) -> tuple[str, int] | Response:
    require_right("campaigns")
    campaign_id = request.form.get("campaign", type=int)
    if not campaign_id:
        found = paginate(_chosen(kind, request.form)).total
        choice = _choice(request.form)
        page = render_template("people/add.html", kind=kind, found=found, missing=True, **choice)
        return page, 422
    campaign = open_campaign(campaign_id)
    added = add_people(campaign, _chosen(kind, request.form).with_only_columns(Person.id))
    db.session.commit()
    flash(_answer(campaign, added))
    lines = ListFilter.from_request(request.form)
    return redirect(url_for("people.index", kind=kind, **lines.as_query), 303)


@bp.get("/<kind:kind>/<int:person_id>")
def general(kind: str, person_id: int) -> str:
    return _general(_person(kind, person_id))


@bp.post("/<kind:kind>/<int:person_id>")
def save(kind: str, person_id: int) -> tuple[str, int] | Response:
    person = _person(kind, person_id)
    typed = {name: request.form.get(name, "").strip()[:size] for name, size in _FIELDS.items()}
    status = request.form.get("status", "")
    if not typed["last_name"] or status not in STATUSES[kind]:
        return _general(person, missing=True), 422
    for name, value in {**typed, "status": status}.items():
        setattr(person, name, value)
    db.session.commit()
    flash(t("Saved."))
    return _back(person)


@bp.get("/<kind:kind>/<int:person_id>/activities")
def activities(kind: str, person_id: int) -> str:
    return render_template("people/activities.html", person=_person(kind, person_id))


@bp.post("/<kind:kind>/<int:person_id>/groups")
def join_group(kind: str, person_id: int) -> Response:
    person = _person(kind, person_id)
    group = db.session.get(Group, request.form.get("group", 0, type=int))
    if group is None or group.kind != kind:
        abort(404)
    group_members.add_to_group(group, person, f"by {require_account().name}")
    db.session.commit()
    flash(t("%(name)s is in the group “%(group)s”.", name=person.name, group=group.name))
    return _back(person)


@bp.post("/<kind:kind>/<int:person_id>/groups/<int:group_id>/leave")
def leave_group(kind: str, person_id: int, group_id: int) -> Response:
    person = _person(kind, person_id)
    group_members.remove_from_group(group_id, person)
    db.session.commit()
    flash(t("%(name)s left the group.", name=person.name))
    return _back(person)


def _general(person: Person, *, missing: bool = False) -> str:
    return render_template(
        "people/general.html",
        person=person,
        missing=missing,
        statuses=STATUSES[person.kind],
        memberships=_memberships(person),
        groups=_groups(person.kind),
        campaigns=_campaigns(person) if require_account().role.campaigns else [],
        out=opted_out_ids([person]),
    )


def _person(kind: str, person_id: int) -> Person:
    person = db.session.get(Person, person_id)
    if person is None or person.kind != kind:
        abort(404)
    return person


def _back(person: Person) -> Response:
    return redirect(url_for("people.general", kind=person.kind, person_id=person.id), 303)


def _groups(kind: str) -> list[tuple[int, str]]:
    named = select(Group.id, Group.name).where(Group.kind == kind).order_by(Group.name, Group.id)
    return list(db.session.execute(named))


def _memberships(person: Person) -> list[GroupMember]:
    mine = select(GroupMember).where(GroupMember.person_id == person.id)
    return list(db.session.scalars(mine.join(Group).order_by(Group.name)))


def _campaigns(person: Person) -> list[Campaign]:
    mine = visible_campaigns(require_account()).join(
        CampaignMember, CampaignMember.campaign_id == Campaign.id
    )
    return list(db.session.scalars(mine.where(CampaignMember.person_id == person.id).limit(20)))


def _chosen(kind: str, args: Any) -> Select[Person]:
    """The ticked people; with nothing ticked all whom the lines find."""
    ticked = args.getlist("person", type=int)
    people = people_by_name(kind)
    return (
        people.where(Person.id.in_(ticked))
        if ticked
        else ListFilter.from_request(args).apply(people)
    )


def _choice(args: Any) -> dict[str, Any]:
    open_ones = visible_campaigns(require_account()).where(Campaign.sent_at.is_(None)).limit(200)
    choices = db.session.execute(open_ones.with_only_columns(Campaign.id, Campaign.title))
    ticked = args.getlist("person", type=int)
    return {"lines": ListFilter.from_request(args), "ticked": ticked, "campaigns": list(choices)}


def _answer(campaign: Campaign, added: AddResult) -> str:
    parts = [t("%(n)s added to “%(title)s”.", n=added.new, title=campaign.title)]
    if added.already_present:
        parts.append(t(_there(added.already_present), n=added.already_present))
    if added.opted_out:
        parts.append(t(_OUT, n=added.opted_out))
    return " ".join(parts)


def _there(count: int) -> str:
    return "%(n)s was there already." if count == 1 else "%(n)s were there already."
