"""Maintenance > Document templates and User roles: who may see and do what."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from host_app.database import db
from host_app.language import t
from host_app.models import Account, DocumentTemplate, Role
from host_app.pages.maintenance import require_maintenance

RIGHTS = {
    "campaigns": "Menu “Campaigns”",
    "send": "MailChimp: create, send and schedule",
    "configure": "MailChimp: connect the account (API key)",
    "activate": "MailChimp: activate and deactivate",
    "maintenance": "Menu “Maintenance”",
}

_LAST = "One role must keep the menu “Maintenance”, or nobody could give it back."

bp = Blueprint("roles", __name__, url_prefix="/maintenance")
bp.before_request(require_maintenance)


@bp.get("/document-templates")
def templates() -> str:
    found = db.session.scalars(select(DocumentTemplate).order_by(DocumentTemplate.name))
    return render_template("maintenance/templates.html", templates=list(found))


@bp.get("/document-templates/<int:template_id>")
def template(template_id: int) -> str:
    found = db.get_or_404(DocumentTemplate, template_id)
    return render_template("maintenance/template.html", template=found, roles=_roles())


@bp.post("/document-templates/<int:template_id>")
def save_template(template_id: int) -> Response:
    # Held until the commit: of two at once the second finds the roles that the first one gave it.
    found = db.get_or_404(DocumentTemplate, template_id, with_for_update=True)
    ticked = request.form.getlist("role", type=int)
    found.roles = [role for role in _roles() if role.id in ticked]
    db.session.commit()
    flash(t("Saved."))
    return redirect(url_for("roles.template", template_id=found.id), 303)


@bp.get("/user-roles")
def index() -> str:
    accounts = list(db.session.scalars(select(Account).order_by(Account.name)))
    return render_template(
        "maintenance/roles.html", roles=_roles(), rights=RIGHTS, accounts=accounts
    )


@bp.post("/user-roles/<int:role_id>")
def save(role_id: int) -> Response:
    _hold_roles()
    role = db.get_or_404(Role, role_id)
    ticked = request.form.getlist("right")
    for right in RIGHTS:
        setattr(role, right, right in ticked)
    if not _somebody_maintains():
        db.session.rollback()
        flash(t(_LAST), "error")
        return redirect(url_for("roles.index"), 303)
    db.session.commit()
    flash(t("The rights of “%(role)s” were saved.", role=role.name))
    return redirect(url_for("roles.index"), 303)


def _roles() -> list[Role]:
    return list(db.session.scalars(select(Role).order_by(Role.name)))


def _hold_roles() -> None:
    """Until the commit: two at once must not take “Maintenance” from one role each, and leave none."""
    roles = select(Role).order_by(Role.id).with_for_update()
    db.session.scalars(roles.execution_options(populate_existing=True)).all()


def _somebody_maintains() -> bool:
    """Read after the flush that the query causes."""
    kept = select(Account.id).join(Role).where(Role.maintenance)
    return db.session.scalar(kept.limit(1)) is not None
