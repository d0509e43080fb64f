"""The public names, and the methods of the extension object."""

import importlib.metadata
import subprocess
import sys

import pytest
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.schema import DropTable

import cxmc_ext
from cxmc_ext import CampaignCreator, CxMailChimp, LocalizedHost, MultiAccountHost, SetupError
from cxmc_ext.db.models.heartbeat import Heartbeat
from cxmc_ext.db.schema import VERSION_TABLE
from cxmc_ext.testing import ManualQueue, MemoryHost, MemoryMultiAccountHost


class DutchHost(MemoryHost):
    def locale(self) -> str:
        return "nl"


def test_every_public_name_exists() -> None:
    assert all(getattr(cxmc_ext, name) for name in cxmc_ext.__all__)
    assert sorted(cxmc_ext.__all__) == sorted(set(cxmc_ext.__all__))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        _ = cxmc_ext.Nothing


def test_the_version_is_that_of_the_installed_package() -> None:
    assert cxmc_ext.__version__ == importlib.metadata.version("cxmc-ext")


def test_importing_the_package_does_not_import_flask() -> None:
    code = "import sys, cxmc_ext.domain.people; sys.exit('flask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_ability_is_recognized_by_its_method() -> None:
    assert isinstance(MemoryHost(), CampaignCreator)
    assert not isinstance(MemoryHost(), LocalizedHost)
    assert not isinstance(MemoryHost(), MultiAccountHost)
    assert isinstance(DutchHost(), LocalizedHost)
    assert isinstance(MemoryMultiAccountHost("north"), MultiAccountHost)


def test_the_extension_creates_its_tables_in_the_current_app(app: Flask) -> None:
    mailchimp = CxMailChimp(host=MemoryHost)
    db = app.extensions["sqlalchemy"]
    mailchimp.metadata.drop_all(db.session.connection())
    db.session.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    db.session.commit()
    mailchimp.create_tables()
    mailchimp.create_tables()
    assert set(mailchimp.metadata.tables) <= set(inspect(db.engine).get_table_names())


def test_health_names_every_part(app: Flask, queue: ManualQueue) -> None:
    mailchimp = CxMailChimp(host=MemoryHost)
    assert mailchimp.health() == {
        "database": True,
        "redis": True,
        "worker": False,
        "scheduler": False,
    }
    queue.available = False
    session = app.extensions["sqlalchemy"].session
    session.execute(DropTable(Heartbeat.__table__))
    session.commit()
    assert not any(mailchimp.health().values())


def test_an_app_without_the_extension_is_told_so() -> None:
    with Flask("bare").app_context(), pytest.raises(SetupError, match="init_app"):
        CxMailChimp(host=MemoryHost).health()
