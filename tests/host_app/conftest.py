"""The demo CRM with its seed data, one copy of the database per test, and test clients."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cxmc_ext import User
from cxmc_ext.domain.operations import Press
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.worker import runner
from host_app import create_app
from host_app.database import db
from host_app.host import DemoHost

# Nothing listens here.
NO_REDIS = "redis://127.0.0.1:1/0"


class Browser:
    """A test client that adds the CSRF token of its session to forms."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, **form: Any) -> TestResponse:
        page = self.client.get("/login", follow_redirects=True).text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        return self.client.post(path, data={"csrf_token": token[1], **form})

    def log_in(self, name: str, path: str = "/login") -> TestResponse:
        return self.post(path, username=name, password=name)

    def flash_messages(self, answer: TestResponse) -> str:
        """The messages on the page to which a form redirects."""
        assert answer.status_code == 303, answer.text
        page = self.get(answer.headers["Location"]).text
        return "\n".join(re.findall(r'<p class="flash [^>]*>(.*?)</p>', page))


@pytest.fixture(scope="session")
def seeded_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database right after `init-demo`; tests copy it and do not write to it."""
    folder = tmp_path_factory.mktemp("seeded")
    app = create_crm(folder)
    result = app.test_cli_runner().invoke(args=["init-demo"])
    assert result.exit_code == 0, result.output
    close_crm(app)
    return folder / "crm.db"


@pytest.fixture
def crm(seeded_database: Path, tmp_path: Path) -> Iterator[Flask]:
    shutil.copy(seeded_database, tmp_path / "crm.db")
    app = create_crm(tmp_path)
    yield app
    close_crm(app)


@pytest.fixture
def demo_host(crm: Flask) -> Iterator[DemoHost]:
    """The `DemoHost` in an app context without a request, as in a worker."""
    with crm.app_context():
        yield crm.extensions["cxmc"].services.host


@pytest.fixture
def log_in_as(crm: Flask) -> Callable[[str], Browser]:
    """Log in as admin, recruiter or intern."""

    def as_user(name: str) -> Browser:
        browser = Browser(crm.test_client())
        assert browser.log_in(name).status_code == 303
        return browser

    return as_user


@pytest.fixture
def activated(crm: Flask) -> None:
    """The extension is activated."""
    with crm.app_context():
        services = crm.extensions["cxmc"].services
        admin = User("1", "Marjan Hofstra")
        runner.run(services, activation.request_activation(services, Press(admin, "nonce")))


def create_crm(folder: Path, **config: Any) -> Flask:
    keys = {"CXMC_SECRET_KEYS": Fernet.generate_key().decode(), "CXMC_REDIS_URL": NO_REDIS}
    return create_app({"INSTANCE": folder, "TESTING": True, **keys, **config})


def close_crm(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
