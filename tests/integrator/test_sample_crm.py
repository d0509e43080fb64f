"""The README's “Integrate” in the sample CRM: under a prefix, twice in one process, from key to mail."""

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

MAX_LINES = 40
PREFIX = "/office/crm"
# How the CRM differs where it could matter.
KINDS: dict[str, dict[str, Any]] = {
    "README only": {},
    "CSRFProtect before": {"csrf": "before"},
    "CSRFProtect after": {"csrf": "after"},
    "own CSRF check": {"csrf": "own"},
    **({"PostgreSQL": {}} if POSTGRES else {}),
}


def _nothing(app: Flask) -> None:
    """A CRM without CSRFProtect."""


# What a CRM does against forged requests, before and after the extension is installed.
_CSRF_PROTECTION: dict[str, tuple[Callable[[Flask], object], Callable[[Flask], object]]] = {
    "": (_nothing, _nothing),
    "before": (CSRFProtect, _nothing),
    "after": (_nothing, CSRFProtect),
    "own": (readme_code.install_own_csrf, _nothing),
}


class MountedCrm:
    """The sample CRM behind a URL prefix, with a manual queue."""

    def __init__(self, folder: Path, api_root: str, csrf: str = "", **more: Any) -> None:
        folder.mkdir()
        before, after = _CSRF_PROTECTION[csrf]
        settings = config(folder) | {"CXMC_API_ROOT": api_root, **more}
        self.app = readme_code.create_sample_crm(settings, before)
        after(self.app)
        with self.app.app_context():
            sample_crm.db.create_all()
            AcmeSandbox.arrange(self)  # type: ignore[arg-type]
            for number in range(3):
                address = f"r{number}@people.example"
                fields = {"code": f"R{number}", "name": "Rel", "email": address}
                kind = PersonKind.CANDIDATE.value
                self.put(sample_crm.Contact(kind=kind, email_key=address, **fields))
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
        response = self.web.get(PREFIX + path)
        assert response.status_code == 200, f"{path}: {response.status_code}"
        return response.text

    def post(self, page: str, name: str, **form: str) -> TestResponse:
        """Presses the button of the form that posts to `name`, with its hidden fields."""
        html = self.get(page)
        found = re.search(rf'<form[^>]* action="([^"]*/{name})"[^>]*>(.*?)</form>', html, re.DOTALL)
        assert found, f"no form {name} in {html}"
        url, content = found.groups()
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', content))
        assert url.startswith(PREFIX)
        response = self.web.post(url, data=hidden | form)
        assert response.status_code == 303, response.text
        return response

    def work(self) -> None:
        with self.app.app_context():
            services = self.app.extensions["cxmc"].services
            services.queue.run_all()


@pytest.fixture
def mount_crm(
    tmp_path: Path, standin: StandinServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], MountedCrm]]:
    """Creates CRMs. The queue is manual; everything else is what the README installs."""
    monkeypatch.setattr("cxmc_ext.extension.RqQueue", lambda settings: ManualQueue())
    crms: list[MountedCrm] = []

    def mount(name: str, **more: Any) -> MountedCrm:
        crm = MountedCrm(tmp_path / name, standin.url, **more)
        crm.app.extensions["cxmc"].services.queue.bind(crm.app)
        crms.append(crm)
        return crm

    yield mount
    for crm in crms:
        with crm.app.app_context():
            sample_crm.db.session.remove()
            sample_crm.db.engine.dispose()


def test_the_tab_takes_forty_lines_of_code() -> None:
    code = readme_code.integration_blocks()
    tab = code["jinja"][0].splitlines()[0]
    lines = [*"".join(code["python"]).splitlines(), tab]
    counted = [line for line in lines if line.strip() and not re.match(r"(from|import) ", line)]
    assert len(counted) <= MAX_LINES


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_from_nothing_to_a_sent_campaign_by_the_readme_alone(
    mount_crm: Callable[..., MountedCrm],
    standin: StandinServer,
    request: pytest.FixtureRequest,
    kind: str,
) -> None:
    more = dict(KINDS[kind])
    if kind == "PostgreSQL":
        more["SQLALCHEMY_DATABASE_URI"] = request.getfixturevalue("postgres_url")
    crm = mount_crm("one", **more)
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


def test_the_crms_own_csrf_check_still_works(mount_crm: Callable[..., MountedCrm]) -> None:
    crm = mount_crm("one", csrf="own")
    assert crm.web.post(f"{PREFIX}/settings", data={}).status_code == 403
    assert crm.web.post(f"{PREFIX}/cxmc/activate", data={}).status_code != 403


def test_two_apps_in_one_process_are_isolated(
    mount_crm: Callable[[str], MountedCrm],
) -> None:
    one, two = mount_crm("one"), mount_crm("two", CXMC_URL_PREFIX="/mailing")
    for crm in (one, two):
        assert crm.app.test_cli_runner().invoke(args=["cxmc", "init-db"]).exit_code == 0
        crm.web.get(f"{PREFIX}/login/bas")
    one.post("/settings", "activate")
    one.work()
    two.work()
    assert "Active" in one.get("/cxmc/activation")
    assert "Active" not in two.get("/mailing/activation")
    assert f'action="{PREFIX}/mailing/activate"' in two.get("/settings")


def test_the_hosts_own_request_class_and_tables_are_kept(
    mount_crm: Callable[[str], MountedCrm],
) -> None:
    crm = mount_crm("one")
    with crm.app.test_request_context(headers={"X-Branch": "Gent"}):
        assert isinstance(flask_request._get_current_object(), sample_crm.AcmeRequest)  # type: ignore[attr-defined]
        assert flask_request.branch == "Gent"  # type: ignore[attr-defined]
    with crm.app.app_context():
        ours = {n for n in inspect(sample_crm.db.engine).get_table_names() if n.startswith("cxmc_")}
    assert ours == {n for n in sample_crm.db.metadata.tables if n.startswith("cxmc_")}
