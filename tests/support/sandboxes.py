"""The CRMs we have, arranged the way HostContract asks for: Acme's and the one in memory."""

import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from cryptography.fernet import Fernet
from flask import Flask

from cxmc_ext import Host, PersonKind, PersonRef
from cxmc_ext.testing import HostSandbox, MemoryHost, MemoryMultiAccountHost
from tests.support import readme_code, sample_crm

_NOWHERE = "redis://127.0.0.1:1/0"
_SANDBOX_OF_THE_PAGE: Any = readme_code.contract_names()["AcmeSandbox"]


def config(folder: Path) -> dict[str, Any]:
    return {
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder / 'crm.db'}?timeout=30",
        "CXMC_SECRET_KEYS": Fernet.generate_key().decode(),
        "CXMC_REDIS_URL": _NOWHERE,
        "TESTING": True,
    }


class MemorySandbox:
    """Nothing to commit, nothing to roll back."""

    member, outsider = "recruiter", "intern"

    def __init__(self) -> None:
        self.memory = MemoryHost()
        self.host: Host = self.memory

    def context(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...

    def add_people(self, kind: PersonKind, addresses: Sequence[str | None]) -> list[PersonRef]:
        return [self.memory.add_person(address or "", kind) for address in addresses]

    def delete_person(self, ref: PersonRef) -> bool:
        self.memory.deleted.add(ref)
        return True

    def add_campaign(self, title: str) -> str:
        return self.memory.add_campaign(title)

    def add_to_campaign(self, campaign_ref: str, refs: Sequence[PersonRef]) -> None:
        self.memory.add_to_campaign(campaign_ref, *refs)

    def add_group(
        self, kind: PersonKind, name: str, tag: str | None, refs: Sequence[PersonRef]
    ) -> None:
        self.memory.groups[tag or f"no tag, named {name}", kind] = dict.fromkeys(refs, "")

    def count_groups(self, kind: PersonKind, tag: str) -> int:
        return int((tag, kind) in self.memory.groups)

    def native_person(self, ref: PersonRef) -> Any:
        return self.memory.persons[ref]

    def marked_people(self, refs: Sequence[PersonRef]) -> set[PersonRef]:
        failed, persons = self.memory.failed, self.memory.persons
        return {ref for ref in refs if ref in failed and failed[ref][0] == persons[ref].address}

    def change_address(self, ref: PersonRef, address: str) -> None:
        self.memory.persons[ref] = replace(self.memory.persons[ref], address=address)


class SqlSandbox:
    """What the two CRMs on SQLite share: a throw-away folder, an app, and its session."""

    made: ClassVar[dict[type, bytes]] = {}

    def __init__(self, app: Flask, db: Any, folder: tempfile.TemporaryDirectory[str]) -> None:
        self.app, self.db, self.folder = app, db, folder
        file = Path(folder.name) / "crm.db"
        if type(self) not in self.made:
            self.begin()
            self.made[type(self)] = file.read_bytes()
        file.write_bytes(self.made[type(self)])

    def begin(self) -> None:
        """The file as every world of this CRM starts with it; written once, then copied."""
        with self.context():
            self.db.create_all()
            self.arrange()
            self.db.session.commit()
            self.db.session.remove()
            self.db.engine.dispose()

    def arrange(self) -> None:
        raise NotImplementedError

    def context(self) -> AbstractContextManager[Any]:
        return self.app.test_request_context(method="POST")

    def commit(self) -> None:
        self.db.session.commit()

    def rollback(self) -> None:
        self.db.session.rollback()

    def close(self) -> None:
        with self.app.app_context():
            self.db.session.remove()
            self.db.engine.dispose()
        self.folder.cleanup()

    def put(self, *rows: Any) -> None:
        self.db.session.add_all(rows)
        self.db.session.flush()


class AcmeSandbox(SqlSandbox, _SANDBOX_OF_THE_PAGE):
    """Acme with the Host of the README, or one made from it."""

    def __init__(self, host: Host | None = None) -> None:
        folder = tempfile.TemporaryDirectory()
        app = readme_code.create_sample_crm(config(Path(folder.name)))
        self.host = host or app.extensions["cxmc"].services.host
        super().__init__(app, sample_crm.db, folder)

    def arrange(self) -> None:
        self.put(
            sample_crm.Employee(login="bas", name="Bas", email="bas@acme.example", role="manager"),
            sample_crm.Employee(
                login="pieter", name="Pieter", email="p@acme.example", role="planner"
            ),
            sample_crm.Employee(login="tina", name="Tina", email="t@acme.example", role="temp"),
        )


class HoldingSandbox(AcmeSandbox):
    """Acme as a holding of two companies, with the Host of the page on several accounts."""

    company = "north"

    def __init__(self) -> None:
        self.multi_account_host = readme_code.multi_account_names()["HoldingHost"]()
        super().__init__(self.multi_account_host.for_account("north"))
        self.other_account: HostSandbox = copy(self)
        self.other_account.company = "south"  # type: ignore[attr-defined]
        self.other_account.host = self.multi_account_host.for_account("south")
        self.other_account.new_code = self.new_code  # type: ignore[attr-defined]

    def add_people(self, kind: PersonKind, addresses: Sequence[str | None]) -> list[PersonRef]:
        refs: list[PersonRef] = super().add_people(kind, addresses)
        for ref in refs:
            self.native_person(ref).company = self.company
        self.db.session.flush()
        return refs

    def add_campaign(self, title: str) -> str:
        code = str(super().add_campaign(title))
        self.db.session.get(sample_crm.EmailCampaign, code).company = self.company
        self.db.session.flush()
        return code

    def arrange(self) -> None:
        for login, role, company in _HOLDING:
            email = f"{login}@{company}.example"
            self.put(
                sample_crm.Employee(
                    login=login, name=login, email=email, role=role, company=company
                )
            )


class MemoryMultiAccountSandbox(MemorySandbox):
    """Two tenants in memory, whose ids are alike."""

    def __init__(self) -> None:
        self.multi_account_host = MemoryMultiAccountHost("north", "south")
        self.memory = self.multi_account_host.accounts["north"]
        self.host = self.memory
        other = MemorySandbox()
        other.host = other.memory = self.multi_account_host.accounts["south"]
        self.other_account: HostSandbox = other


_HOLDING = (
    ("pieter", "planner", "north"),
    ("tina", "temp", "north"),
    ("sjors", "manager", "south"),
)
