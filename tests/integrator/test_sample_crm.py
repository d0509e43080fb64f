"""README's “Integrate” on a stranger's CRM: under a prefix, twice in one process, from key to mail."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask import request as flask_request
from flask_wtf.csrf import CSRFProtect
from sqlalchemy import inspect
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from cxmc_ext import PersonKind
from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.testing import ManualQueue
from tests.support import readme_code, sample_crm
from tests.support.databases import POSTGRES
from tests.support.sandboxes import AcmeSandbox, config

LINES = 40
PREFIX = "/office/crm"
KINDS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "CSRFProtect before": {"csrf": "before"},
    "CSRFProtect after": {"csrf": "after"},
    "a check of its own": {"csrf": "own"},
    **({"PostgreSQL": {}} if POSTGRES else {}),
}
"""How strangers' CRMs differ where it could matter."""


def _nothing(app: Flask) -> None:
    """A CRM without CSRFProtect."""


_GUARDS: dict[str, tuple[Callable[[Flask], object], Callable[[Flask], object]]] = {
    "": (_nothing, _nothing),
    "before": (CSRFProtect, _nothing),
    "after": (_nothing, CSRFProtect),
    "own": (readme_code.install_own_csrf, _nothing),
}
"""What a CRM does against forged posts, ahead of our extension and after it."""


class Office:
    """One Acme behind a prefix, its tables made by the command, its worker driven by hand."""

    def __init__(self, folder: Path, api_root: str, csrf: str = "", **more: Any) -> None:
        folder.mkdir()
        before, after = _GUARDS[csrf]
        settings = config(folder) | {"CXMC_API_ROOT": api_root, **more}
        self.app = readme_code.create_sample_crm(settings, before)
        after(self.app)
        with self.app.app_context():
            sample_crm.db.create_all()
            AcmeSandbox.arrange(self)  # type: ignore[arg-type]
            for number in range(3):
                address = f"r{number}@people.example"
                one = {"code": f"R{number}", "name": "Rel", "email": address, "email_key": address}
                self.put(sample_crm.Contact(kind=PersonKind.CANDIDATE.value, **one))
            self.put(sample_crm.EmailCampaign(code="spring", title="Spring mailing"))
            self.put(
                *(sample_crm.CampaignContact(campaign="spring", contact=f"R{n}") for n in range(3))
            )
            sample_crm.db.session.commit()
        mounted = DispatcherMiddleware(Response("", 404), {PREFIX: self.app})
        self.web = Client(mounted, Response)

    def put(self, *rows: Any) -> None:
        sample_crm.db.session.add_all(rows)
        sample_crm.db.session.flush()

    def get(self, path: str) -> str:
        answer = self.web.get(PREFIX + path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def post(self, page: str, name: str, **form: str) -> TestResponse:
        """Presses the button of the form that posts to `name`, with its hidden fields."""
        html = self.get(page)
        found = re.search(rf'<form[^>]* action="([^"]*/{name})"[^>]*>(.*?)</form>', html, re.DOTALL)
        assert found, f"no form {name} in {html}"
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[2]))
        assert found[1].startswith(PREFIX)
        answer = self.web.post(found[1], data=fields | form)
        assert answer.status_code == 303, answer.text
        return answer

    def work(self) -> None:
        with self.app.app_context():
            services = self.app.extensions["cxmc"].services
            services.queue.run_all()


@pytest.fixture
def office(
    tmp_path: Path, standin: StandinServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Office]]:
    """Makes offices; rq is replaced by hand, everything else is what README installs."""
    monkeypatch.setattr("cxmc_ext.extension.RqQueue", lambda settings: ManualQueue())
    made: list[Office] = []

    def make(name: str, **more: Any) -> Office:
        one = Office(tmp_path / name, standin.url, **more)
        one.app.extensions["cxmc"].services.queue.bind(one.app)
        made.append(one)
        return one

    yield make
    for one in made:
        with one.app.app_context():
            sample_crm.db.session.remove()
            sample_crm.db.engine.dispose()


def test_the_tab_takes_forty_lines_of_code() -> None:
    plug = readme_code.integration_blocks()
    tab = plug["jinja"][0].splitlines()[0]
    own = [*"".join(plug["python"]).splitlines(), tab]
    counted = [line for line in own if line.strip() and not re.match(r"(from|import) ", line)]
    assert len(counted) <= LINES


@pytest.mark.parametrize("kind", KINDS)
def test_from_nothing_to_a_sent_campaign_by_the_readme_alone(
    office: Callable[..., Office],
    standin: StandinServer,
    request: pytest.FixtureRequest,
    kind: str,
) -> None:
    more = dict(KINDS[kind])
    if kind == "PostgreSQL":
        more["SQLALCHEMY_DATABASE_URI"] = request.getfixturevalue("postgres_url")
    crm = office("one", **more)
    assert crm.app.test_cli_runner().invoke(args=["cxmc", "init-db"]).exit_code == 0
    crm.web.get(f"{PREFIX}/login/bas")
    crm.post("/settings", "activate")
    crm.work()
    assert "Active" in crm.get("/cxmc/activation")
    crm.post("/cxmc/campaigns/spring/settings", "settings", key=DEMO_KEY)
    crm.work()
    crm.web.get(f"{PREFIX}/login/pieter")
    form = crm.get("/campaigns/spring")
    template = re.search(r'<option value="(\d+)"[^>]*>\s*Support', form)
    assert template, form
    sender = {"from_name": "Pieter", "from_email": "p@cedarstaffing.example"}
    crm.post(
        "/campaigns/spring",
        "send",
        subject="Spring",
        template_id=template[1],
        confirmed="yes",
        **sender,
    )
    crm.work()
    assert "Reports for Campaign" in crm.get("/campaigns/spring")
    assert len(standin.state.outbox.deliveries) == 3
    crm.post("/campaigns/spring", "update")
    crm.work()
    assert "Spring mailing" in crm.get("/contacts/R1")


def test_the_crms_own_csrf_check_still_works(office: Callable[..., Office]) -> None:
    crm = office("one", csrf="own")
    assert crm.web.post(f"{PREFIX}/settings", data={}).status_code == 403
    assert crm.web.post(f"{PREFIX}/cxmc/activate", data={}).status_code != 403


def test_two_apps_in_one_process_are_isolated(
    office: Callable[[str], Office],
) -> None:
    one, two = office("one"), office("two", CXMC_URL_PREFIX="/mailing")
    for crm in (one, two):
        assert crm.app.test_cli_runner().invoke(args=["cxmc", "init-db"]).exit_code == 0
        crm.web.get(f"{PREFIX}/login/bas")
    one.post("/settings", "activate")
    one.work()
    two.work()
    assert "Active" in one.get("/cxmc/activation")
    assert "Active" not in two.get("/mailing/activation")
    assert f'action="{PREFIX}/mailing/activate"' in two.get("/settings")


def test_the_hosts_own_request_class_and_tables_are_kept(office: Callable[[str], Office]) -> None:
    crm = office("one")
    with crm.app.test_request_context(headers={"X-Branch": "Gent"}):
        assert isinstance(flask_request._get_current_object(), sample_crm.AcmeRequest)  # type: ignore[attr-defined]
        assert flask_request.branch == "Gent"  # type: ignore[attr-defined]
    with crm.app.app_context():
        ours = {n for n in inspect(sample_crm.db.engine).get_table_names() if n.startswith("cxmc_")}
    assert ours == {n for n in sample_crm.db.metadata.tables if n.startswith("cxmc_")}
