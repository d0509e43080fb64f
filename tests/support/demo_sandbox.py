"""The demo CRM, arranged the way HostContract asks for."""

import tempfile
from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import delete, func, select

from cxmc_ext import PersonKind, PersonRef
from host_app import models as demo
from host_app.database import db as demo_db
from tests.support.sandboxes import SqlSandbox

_REST = {"email": "u@crm.example", "password_hash": "-"}


class DemoSandbox(SqlSandbox):
    """The demo CRM without its seed."""

    member, outsider = "1", "2"

    def __init__(self, app: Flask, folder: tempfile.TemporaryDirectory[str]) -> None:
        self.host = app.extensions["cxmc"].services.host
        super().__init__(app, demo_db, folder)

    def arrange(self) -> None:
        tab = demo.DocumentTemplate(name="Mailchimp")
        planner = demo.Role(name="Planner", campaigns=True, send=True, templates=[tab])
        roles = (planner, demo.Role(name="Visitor"))
        for number, role in enumerate(roles, 1):
            self.put(demo.Account(id=number, username=f"u{number}", name="U", role=role, **_REST))

    def add_people(self, kind: PersonKind, addresses: Sequence[str | None]) -> list[PersonRef]:
        rows = [demo.Person(kind=kind.value, last_name="Jansen", email=a or "") for a in addresses]
        self.put(*rows)
        return [PersonRef(kind, str(row.id)) for row in rows]

    def delete_person(self, ref: PersonRef) -> bool:
        for model in (demo.CampaignMember, demo.GroupMember, demo.Note):
            self.db.session.execute(delete(model).where(model.person_id == int(ref.id)))
        self.db.session.delete(self.native_person(ref))
        self.db.session.flush()
        return False

    def add_campaign(self, title: str) -> str:
        row = demo.Campaign(title=title, type=demo.MAILCHIMP, created_at=1, owner_id=1)
        self.put(row)
        return str(row.id)

    def add_to_campaign(self, campaign_ref: str, refs: Sequence[PersonRef]) -> None:
        member, key = demo.CampaignMember, int(campaign_ref)
        self.put(*(member(campaign_id=key, person_id=int(ref.id), at=1) for ref in refs))

    def add_group(
        self, kind: PersonKind, name: str, tag: str | None, refs: Sequence[PersonRef]
    ) -> None:
        row = demo.Tag(name=tag) if tag else None
        group = demo.Group(kind=kind.value, name=name, tag=row)
        self.put(group)
        self.put(
            *(demo.GroupMember(group_id=group.id, person_id=int(ref.id), at=1) for ref in refs)
        )

    def count_groups(self, kind: PersonKind, tag: str) -> int:
        wanted = select(func.count()).select_from(demo.Group).join(demo.Tag)
        return int(
            self.db.session.scalar(wanted.where(demo.Tag.name == tag, demo.Group.kind == kind))
        )

    def native_person(self, ref: PersonRef) -> Any:
        return self.db.session.get(demo.Person, int(ref.id))

    def marked_people(self, refs: Sequence[PersonRef]) -> set[PersonRef]:
        ids = [int(ref.id) for ref in refs]
        wanted = select(demo.Person.id).where(demo.Person.id.in_(ids), demo.Person.failed_key != "")
        marked = set(self.db.session.scalars(wanted))
        return {ref for ref in refs if int(ref.id) in marked}

    def change_address(self, ref: PersonRef, address: str) -> None:
        self.native_person(ref).email = address
        self.db.session.flush()
