"""A CRM that shares little with others: UUIDs, a database schema, a login check before every request, strict
headers, German, dark Bootstrap. Written from README.md and docs/ alone.
"""

import uuid
from collections import defaultdict
from typing import Any

from flask import Flask, redirect, render_template_string, request, session, url_for
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, MetaData, UniqueConstraint, Uuid, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from cxmc_ext import (
    Campaign,
    CxMailChimp,
    Person,
    PersonKind,
    PersonRef,
    Right,
    User,
    canonical_address,
)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self';"
    " frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
PAGE = (
    '<!doctype html><html lang="de" data-bs-theme="dark"><title>Personal</title><body class="bg-dark">'
    "{% block main %}{{ part }}{% endblock %}{{ cxmc_toasts() }}</body></html>"
)


class Base(DeclarativeBase):
    metadata = MetaData(schema="personal büro")


def _key() -> Mapped[uuid.UUID]:
    return mapped_column(Uuid, primary_key=True, default=uuid.uuid4)


class Worker(Base):
    __tablename__ = "worker"
    id: Mapped[uuid.UUID] = _key()
    kind: Mapped[str] = mapped_column(default="candidate")
    first: Mapped[str] = mapped_column(default="")
    last: Mapped[str]
    mail: Mapped[str | None]
    mail_key: Mapped[str] = mapped_column(default="", index=True)


class Mailshot(Base):
    __tablename__ = "mailshot"
    id: Mapped[uuid.UUID] = _key()
    title: Mapped[str]


class Addressee(Base):
    __tablename__ = "addressee"
    mailshot: Mapped[uuid.UUID] = mapped_column(ForeignKey(Mailshot.id), primary_key=True)
    worker: Mapped[uuid.UUID] = mapped_column(ForeignKey(Worker.id), primary_key=True)


class Circle(Base):
    __tablename__ = "circle"
    __table_args__ = (UniqueConstraint("kind", "tag"),)
    id: Mapped[uuid.UUID] = _key()
    kind: Mapped[str]
    tag: Mapped[str]
    name: Mapped[str]


class CircleMember(Base):
    __tablename__ = "circle_member"
    circle: Mapped[uuid.UUID] = mapped_column(ForeignKey(Circle.id), primary_key=True)
    worker: Mapped[uuid.UUID] = mapped_column(ForeignKey(Worker.id), primary_key=True)
    note: Mapped[str]


db = SQLAlchemy(model_class=Base)
USERS = {"ute": User("ute", "Ute Unruh", "ute@cedarstaffing.example")}


def parse_uuid(text: str) -> uuid.UUID:
    """The id in a ref; one that no row has if it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


class OfficeHost:
    """The office as the extension sees it."""

    def current_user(self) -> User | None:
        return USERS.get(session.get("user", ""))

    def rights(self, user_id: str) -> frozenset[Right]:
        return frozenset(Right) if user_id in USERS else frozenset()

    def campaign(self, campaign_ref: str, user_id: str | None) -> Campaign | None:
        row = db.session.get(Mailshot, parse_uuid(campaign_ref))
        return Campaign(str(row.id), row.title) if row else None

    def people(self, campaign_ref: str) -> Any:
        addressed = select(Addressee.worker).where(Addressee.mailshot == parse_uuid(campaign_ref))
        people = list(self._people(Worker.id.in_(addressed)).values())
        return (people[n : n + 1000] for n in range(0, len(people), 1000))

    def people_by_ref(self, refs: Any) -> dict[PersonRef, Person]:
        people = self._people(Worker.id.in_([parse_uuid(ref.id) for ref in refs]))
        return {ref: people[ref] for ref in refs if ref in people}

    def people_with_address(self, addresses: Any) -> dict[str, list[PersonRef]]:
        refs = defaultdict(list)
        for ref, person in self._people(Worker.mail_key.in_(addresses)).items():
            refs[canonical_address(person.address)].append(ref)
        return refs

    def ensure_opt_out_groups(self, tag: str, names: Any) -> None:
        for kind, name in names.items():
            row = {"id": uuid.uuid4(), "kind": kind, "tag": tag, "name": name}
            db.session.execute(insert(Circle).values(row).on_conflict_do_nothing())

    def opt_out_groups(self, tag: str) -> set[PersonKind]:
        kinds = db.session.scalars(select(Circle.kind).where(Circle.tag == tag))
        return {PersonKind(kind) for kind in kinds}

    def opted_out(self, tag: str, refs: Any) -> set[PersonRef]:
        members = select(CircleMember.worker).join(Circle, Circle.id == CircleMember.circle)
        found = self._people(Worker.id.in_(members.where(Circle.tag == tag)))
        return set(refs) & found.keys()

    def opt_out(self, tag: str, refs: Any, note: str) -> int:
        count = 0
        for ref in refs:
            circle = select(Circle.id).where(Circle.tag == tag, Circle.kind == ref.kind)
            row = {"circle": circle.scalar_subquery(), "worker": parse_uuid(ref.id), "note": note}
            result = db.session.execute(
                insert(CircleMember)
                .values(row)
                .on_conflict_do_nothing()
                .returning(CircleMember.worker)
            )
            count += len(result.all())
        return count

    def tab_url(self, campaign_ref: str) -> str:
        return url_for("mailshot", id=campaign_ref)

    def person_ref(self, person: Worker) -> PersonRef:
        return PersonRef(PersonKind(person.kind), str(person.id))

    def person_url(self, ref: PersonRef) -> str:
        return url_for("worker", id=ref.id)

    def locale(self) -> str:
        return "de"

    def login_url(self, return_to: str) -> str:
        return url_for("login", next=return_to)

    def _people(self, condition: Any) -> dict[PersonRef, Person]:
        rows = db.session.scalars(select(Worker).where(condition).order_by(Worker.id))
        return {
            self.person_ref(row): Person(
                self.person_ref(row),
                f"{row.first} {row.last}",
                row.mail or "",
                row.first,
                "",
                row.last,
            )
            for row in rows
        }


def create_app(config: dict[str, Any], **extension: Any) -> Flask:
    app = Flask("office", template_folder=None)
    app.config.from_mapping(config, SECRET_KEY="office")
    db.init_app(app)
    CxMailChimp(app, host=OfficeHost(), **extension)

    @app.before_request
    def require_login() -> Any:
        if "user" not in session and request.endpoint != "login" and request.blueprint != "cxmc":
            return redirect(url_for("login"))
        return None

    @app.after_request
    def strict_headers(response: Any) -> Any:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response

    @app.route("/login")
    def login() -> Any:
        session["user"] = "ute"
        return "ok"

    @app.route("/mailshots/<id>")
    def mailshot(id: str) -> str:
        return render_template_string(PAGE.replace("{{ part }}", "{{ cxmc_tab(id) }}"), id=id)

    @app.route("/workers/<id>")
    def worker(id: str) -> str:
        row = db.get_or_404(Worker, parse_uuid(id))
        return render_template_string(
            PAGE.replace("{{ part }}", "{{ cxmc_activities(row) }}"), row=row
        )

    return app
