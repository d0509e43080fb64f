"""A second CRM in one file: other tables, text keys, other roles, its own request class, no CSRF.

It knows nothing of MailChimp; what README's “Plug it in” says is all that is added to it.
"""

from collections.abc import Collection, Mapping
from typing import Any

from flask import Flask, Request, redirect, render_template, session
from flask_sqlalchemy import SQLAlchemy
from jinja2 import DictLoader
from sqlalchemy import ForeignKey, UniqueConstraint, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """Root of Acme's models."""


db = SQLAlchemy(model_class=Base)


class Staff(Base):
    __tablename__ = "tb_staff"
    login: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    mail: Mapped[str]
    role: Mapped[str]
    company: Mapped[str] = mapped_column(default="")

    @property
    def rights(self) -> Collection[str]:
        return {"boss": ("tab", "send", "configure", "activate"), "planner": ("tab", "send")}.get(
            self.role, ()
        )


class Action(Base):
    __tablename__ = "tb_action"
    code: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    company: Mapped[str] = mapped_column(default="")


class Invited(Base):
    __tablename__ = "tb_invited"
    action: Mapped[str] = mapped_column(ForeignKey("tb_action.code"), primary_key=True)
    relation: Mapped[str] = mapped_column(ForeignKey("tb_relation.code"), primary_key=True)


class Circle(Base):
    __tablename__ = "tb_circle"
    __table_args__ = (UniqueConstraint("sort", "mark"),)
    number: Mapped[int] = mapped_column(primary_key=True)
    sort: Mapped[str]
    name: Mapped[str]
    mark: Mapped[str | None]


class Enlisted(Base):
    __tablename__ = "tb_enlisted"
    circle: Mapped[int] = mapped_column(ForeignKey("tb_circle.number"), primary_key=True)
    relation: Mapped[str] = mapped_column(ForeignKey("tb_relation.code"), primary_key=True)
    remark: Mapped[str]


class Relation(Base):
    __tablename__ = "tb_relation"
    code: Mapped[str] = mapped_column(primary_key=True)
    sort: Mapped[str]
    name: Mapped[str]
    mail: Mapped[str]
    mail_key: Mapped[str]
    company: Mapped[str] = mapped_column(default="")
    actions: Mapped[list[Action]] = relationship(secondary="tb_invited", viewonly=True)
    circles: Mapped[list[Circle]] = relationship(secondary="tb_enlisted", viewonly=True)


class AcmeRequest(Request):
    """Acme's own request class: what it adds must still be there."""

    @property
    def branch(self) -> str:
        return self.headers.get("X-Branch", "head office")


def who() -> Staff | None:
    return db.session.get(Staff, session.get("login", ""))


def open_circle(sort: str, mark: str, name: str) -> None:
    """The circle with that mark is there afterwards; the UNIQUE decides."""
    row = {"sort": sort, "mark": mark, "name": name}
    db.session.execute(insert(Circle).values(row).on_conflict_do_nothing())


def enlist(mark: str, codes: Collection[str], remark: str) -> int:
    """Puts relations into the marked circle of their sort; how many were new."""
    rows = (
        select(Circle.number, Relation.code, literal(remark))
        .join(Relation, Relation.sort == Circle.sort)
        .where(Circle.mark == mark, Relation.code.in_(codes))
    )
    wanted = insert(Enlisted).from_select(["circle", "relation", "remark"], rows)
    return len(
        db.session.execute(wanted.on_conflict_do_nothing().returning(Enlisted.relation)).all()
    )


def insert(model: type[Base]) -> Any:
    dialects = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return dialects[db.engine.dialect.name](model)


def create_app(config: Mapping[str, Any], pages: Mapping[str, str]) -> Flask:
    """Acme as it was: `pages` are its templates by name."""
    app = Flask("acme_crm", template_folder=None)
    app.request_class = AcmeRequest
    app.jinja_loader = DictLoader(dict(pages))
    app.config.from_mapping(SECRET_KEY="acme", SQLALCHEMY_DATABASE_URI="sqlite://")
    app.config.from_mapping(config)
    db.init_app(app)
    app.add_url_rule("/login/<login>", "login", log_in)
    for path, name in (
        ("/actions/<code>", "action"),
        ("/relations/<code>", "relation"),
        ("/setup", "setup"),
    ):
        app.add_url_rule(path, name, _page(name))
    return app


def log_in(login: str) -> Any:
    session["login"] = login
    return redirect("/")


def _page(name: str) -> Any:
    def view(code: str = "") -> str:
        found = {"action": Action, "relation": Relation}.get(name)
        row = db.get_or_404(found, code) if found else None
        return render_template(f"{name}.html", **{name: row})

    return view
