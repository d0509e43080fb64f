"""Maintenance > Document templates and User roles: who may see and do what."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from host_app.database import db
from host_app.language import t
from host_app.models import Account, DocumentTemplate, Role
from host_app.pages.maintenance import require_maintenance
from host_app.request_checks import row_id

# Attribute of `Role` to the text on the page.
RIGHTS = {
    "campaigns": "Menu “Campaigns”",
    "send": "MailChimp: create, send and schedule",
    "configure": "MailChimp: connect the account (API key)",
    "activate": "MailChimp: activate and deactivate",
    "maintenance": "Menu “Maintenance”",
}

_LAST_ADMINISTRATOR = "At least one role with users must keep the menu “Maintenance”."

bp = Blueprint("roles", __name__, url_prefix="/maintenance")
bp.before_request(require_maintenance)


@bp.get("/document-templates")
def templates() -> str:
    """Lists the document templates."""
    templates = db.session.scalars(select(DocumentTemplate).order_by(DocumentTemplate.name))
    return render_template("maintenance/templates.html", templates=list(templates))


@bp.get("/document-templates/<int:template_id>")
def template(template_id: int) -> str:
    """Shows which user roles may use a document template."""
    template = db.get_or_404(DocumentTemplate, template_id)
    return render_template("maintenance/template.html", template=template, roles=_roles())


@bp.post("/document-templates/<int:template_id>")
def save_template(template_id: int) -> Response:
    """Saves which user roles may use a document template."""
    # Locked until the commit: of two concurrent requests, the second sees the roles of the first.
    template = db.get_or_404(DocumentTemplate, template_id, with_for_update=True)
    role_ids = request.form.getlist("role", type=row_id)
    template.roles = [role for role in _roles() if role.id in role_ids]
    db.session.commit()
    flash(t("Saved."))
    return redirect(url_for("roles.template", template_id=template.id), 303)


@bp.get("/user-roles")
def index() -> str:
    """Shows the user roles with their rights."""
    accounts = list(db.session.scalars(select(Account).order_by(Account.name)))
    return render_template(
        "maintenance/roles.html", roles=_roles(), rights=RIGHTS, accounts=accounts
    )


@bp.post("/user-roles/<int:role_id>")
def save(role_id: int) -> Response:
    """Saves the rights of a role, unless nobody would be left who may change them."""
    _lock_roles()
    role = db.get_or_404(Role, role_id)
    rights = request.form.getlist("right")
    for right in RIGHTS:
        setattr(role, right, right in rights)
    if not has_administrator():
        db.session.rollback()
        flash(t(_LAST_ADMINISTRATOR), "error")
        return redirect(url_for("roles.index"), 303)
    db.session.commit()
    flash(t("The rights of “%(role)s” were saved.", role=role.name))
    return redirect(url_for("roles.index"), 303)


def has_administrator() -> bool:
    """Whether a user has the right “Maintenance”, including changes that are not committed yet."""
    administrators = select(Account.id).join(Role).where(Role.maintenance)
    return db.session.scalar(administrators.limit(1)) is not None


def _roles() -> list[Role]:
    return list(db.session.scalars(select(Role).order_by(Role.name)))


def _lock_roles() -> None:
    """Locks all roles until the commit.

    Otherwise two concurrent requests could each take “Maintenance” from one of the last two roles.
    """
    roles = select(Role).order_by(Role.id).with_for_update()
    db.session.scalars(roles.execution_options(populate_existing=True)).all()
