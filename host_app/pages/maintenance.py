"""Maintenance, for administrators only: Settings and Groups."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from host_app.auth import require_account, require_login, require_right
from host_app.database import db
from host_app.group_members import add_to_group, remove_from_group
from host_app.language import t
from host_app.models import KINDS, Group, GroupMember, Person, Tag
from host_app.pages.listing import ListFilter, paginate, people_by_name
from host_app.request_checks import row_id

_MAX_NAME = 120
_MAX_MATCHES = 10

bp = Blueprint("maintenance", __name__, url_prefix="/maintenance")


@bp.before_request
def require_maintenance() -> Response | None:
    """Before every page here: the user needs the right “maintenance”."""
    login_redirect = require_login()
    if login_redirect is None:
        require_right("maintenance")
    return login_redirect


@bp.get("/settings")
def settings() -> str:
    """Shows the settings, with the extension's MailChimp block."""
    return render_template("maintenance/settings.html")


@bp.get("/groups")
def groups() -> str:
    """Lists the groups."""
    groups = db.session.scalars(select(Group).order_by(Group.kind, Group.name))
    return render_template("maintenance/groups.html", groups=list(groups), counts=_member_counts())


@bp.post("/groups")
def create_group() -> Response:
    """Creates a group."""
    name, kind = request.form.get("name", "").strip()[:_MAX_NAME], request.form.get("kind", "")
    if not name or kind not in KINDS:
        flash(t("A group needs a name and a kind of people."), "error")
        return redirect(url_for("maintenance.groups"), 303)
    group = Group(name=name, kind=kind)
    db.session.add(group)
    db.session.commit()
    return _redirect_to(group)


@bp.get("/groups/<int:group_id>")
def group(group_id: int) -> str:
    """Shows a group and its members."""
    group = _group_or_404(group_id)
    filters = ListFilter.from_request(request.args)
    members = select(GroupMember).where(GroupMember.group_id == group.id)
    members = members.join(Person).order_by(Person.last_name, Person.first_name, Person.id)
    member_ids = select(GroupMember.person_id).where(GroupMember.group_id == group.id)
    others = filters.apply(people_by_name(group.kind)).where(Person.id.not_in(member_ids))
    return render_template(
        "maintenance/group.html",
        group=group,
        page=paginate(members),
        tags=list(db.session.execute(select(Tag.id, Tag.name).order_by(Tag.name))),
        filters=filters,
        matches=list(db.session.scalars(others.limit(_MAX_MATCHES))) if filters.q else [],
    )


@bp.post("/groups/<int:group_id>")
def save_group(group_id: int) -> Response:
    """Saves the name and tag of a group."""
    group = _group_or_404(group_id)
    tag = db.session.get(Tag, request.form.get("tag", 0, type=row_id))
    group.name = request.form.get("name", "").strip()[:_MAX_NAME] or group.name
    group.tag_id = tag.id if tag else None
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        flash(t("Another group of the same kind already has this tag."), "error")
    else:
        flash(t("Saved."))
    return _redirect_to(group)


@bp.post("/groups/<int:group_id>/members")
def add_member(group_id: int) -> Response:
    """Adds a person to the group."""
    group = _group_or_404(group_id)
    person = db.session.get(Person, request.form.get("person", 0, type=row_id))
    if person is None or person.kind != group.kind:
        abort(404)
    add_to_group(group, person, f"by {require_account().name}")
    db.session.commit()
    flash(t("%(name)s was added.", name=person.name))
    return _redirect_to(group)


@bp.post("/groups/<int:group_id>/members/<int:person_id>/remove")
def remove_member(group_id: int, person_id: int) -> Response:
    """Removes a person from the group."""
    group = _group_or_404(group_id)
    person = db.get_or_404(Person, person_id)
    remove_from_group(group.id, person)
    db.session.commit()
    flash(t("%(name)s was removed.", name=person.name))
    return _redirect_to(group)


def _group_or_404(group_id: int) -> Group:
    return db.get_or_404(Group, group_id)


def _member_counts() -> dict[int, int]:
    """Group id to the number of its members."""
    counts = select(GroupMember.group_id, func.count()).group_by(GroupMember.group_id)
    return dict(db.session.execute(counts).all())


def _redirect_to(group: Group) -> Response:
    return redirect(url_for("maintenance.group", group_id=group.id), 303)
