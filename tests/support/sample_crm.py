"""A second CRM in one file: own table names, text keys, own roles, own request class, no CSRF.

It knows nothing about MailChimp: the README's “Integrate” section adds everything.
"""

from collections.abc import Collection, Mapping
from typing import Any

from flask import Flask, Request, redirect, render_template, session
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy import ForeignKey, UniqueConstraint, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from werkzeug.wrappers import Response


class Base(DeclarativeBase):
    """Base class of Acme's models."""


db = SQLAlchemy(model_class=Base)


class Employee(Base):
    __tablename__ = "tb_employee"
    login: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    company: Mapped[str] = mapped_column(default="")

    @property
    def rights(self) -> Collection[str]:
        return {
            "manager": ("tab", "send", "configure", "activate"),
            "planner": ("tab", "send"),
        }.get(self.role, ())


class EmailCampaign(Base):
    __tablename__ = "tb_email_campaign"
    code: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    company: Mapped[str] = mapped_column(default="")


class CampaignContact(Base):
    __tablename__ = "tb_campaign_contact"
    campaign: Mapped[str] = mapped_column(ForeignKey("tb_email_campaign.code"), primary_key=True)
    contact: Mapped[str] = mapped_column(ForeignKey("tb_contact.code"), primary_key=True)


class Group(Base):
    __tablename__ = "tb_group"
    __table_args__ = (UniqueConstraint("kind", "tag"),)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    tag: Mapped[str | None]


class GroupMember(Base):
    __tablename__ = "tb_group_member"
    group: Mapped[int] = mapped_column(ForeignKey("tb_group.number"), primary_key=True)
    contact: Mapped[str] = mapped_column(ForeignKey("tb_contact.code"), primary_key=True)
    note: Mapped[str]


class Contact(Base):
    __tablename__ = "tb_contact"
    code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    email: Mapped[str | None]
    email_key: Mapped[str] = mapped_column(index=True)
    company: Mapped[str] = mapped_column(default="")
    campaigns: Mapped[list[EmailCampaign]] = relationship(
        secondary="tb_campaign_contact", viewonly=True
    )
    groups: Mapped[list[Group]] = relationship(secondary="tb_group_member", viewonly=True)


class AcmeRequest(Request):
    """Acme's own request class: installing the extension must not replace it."""

    @property
    def branch(self) -> str:
        return self.headers.get("X-Branch", "head office")


def current_employee() -> Employee | None:
    return db.session.get(Employee, session.get("login", ""))


def rights_of(login: str) -> list[str]:
    employee = db.session.get(Employee, login)
    return employee.rights if employee else []


def create_groups(tag: str, names: Mapping[str, str]) -> None:
    """Create the groups with this tag that do not exist; the UNIQUE constraint decides."""
    rows = [{"kind": kind, "tag": tag, "name": name} for kind, name in names.items()]
    db.session.execute(insert(Group).values(rows).on_conflict_do_nothing())


def add_members(tag: str, codes: Collection[str], note: str) -> int:
    """Add contacts to the group of their kind with this tag.

    Returns:
        How many of them were not members before.
    """
    rows = (
        select(Group.number, Contact.code, literal(note))
        .join(Contact, Contact.kind == Group.kind)
        .where(Group.tag == tag, Contact.code.in_(codes))
    )
    new_members = insert(GroupMember).from_select(["group", "contact", "note"], rows)
    return len(
        db.session.execute(
            new_members.on_conflict_do_nothing().returning(GroupMember.contact)
        ).all()
    )


def insert(model: type[Base]) -> Any:
    dialects = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return dialects[db.engine.dialect.name](model)


def create_app(config: Mapping[str, Any], pages: Mapping[str, str] | None = None) -> Flask:
    """Create Acme without the extension.

    Args:
        config: Flask settings that override Acme's defaults.
        pages: Acme's templates by file name.
    """
    app = Flask("acme_crm", template_folder=None)
    app.request_class = AcmeRequest
    app.jinja_loader = DictLoader(dict(pages or {}))
    app.config.from_mapping(SECRET_KEY="acme", SQLALCHEMY_DATABASE_URI="sqlite://")
    app.config.from_mapping(config)
    db.init_app(app)
    app.add_url_rule("/login/<login>", "login", log_in)
    for path, name in (
        ("/campaigns/<code>", "campaign"),
        ("/contacts/<code>", "contact"),
        ("/settings", "settings"),
    ):
        app.add_url_rule(path, name, _page(name))
    return app


def log_in(login: str) -> Response:
    session["login"] = login
    return redirect("/")


def _page(name: str) -> Any:
    def view(code: str = "") -> str:
        model = {"campaign": EmailCampaign, "contact": Contact}.get(name)
        row = db.get_or_404(model, code) if model else None
        return render_template(f"{name}.html", **{name: row})

    return view
