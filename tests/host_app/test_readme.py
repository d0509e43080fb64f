"""The README and the docs agree with the settings, the commands and the Host protocol."""

import re

from flask import Flask

from cxmc_ext.config import CONFIG_KEYS
from cxmc_ext.domain.ports.host import Host
from host_app.host import DemoHost
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIGURE = (ROOT / "docs" / "configure.md").read_text(encoding="utf-8")


def test_every_setting_is_explained_and_no_other() -> None:
    explained = set(re.findall(r"^\| `(CXMC_[A-Z_]+)`", CONFIGURE, re.MULTILINE))
    assert explained == {key.name for key in CONFIG_KEYS}


def test_every_command_it_names_exists(crm: Flask) -> None:
    group = crm.cli.commands["cxmc"]
    named = set(re.findall(r"`flask cxmc ([a-z-]+)", README))
    assert named
    assert named <= set(group.commands)  # type: ignore[attr-defined]


def test_its_example_host_and_the_demos_have_every_method_of_the_contract() -> None:
    wanted = {name for name in vars(Host) if not name.startswith("_")}
    example = README.split("class AcmeHost")[1].split("```")[0]
    assert set(re.findall(r"def ([a-z]\w+)\(", example)) == wanted
    assert wanted <= set(dir(DemoHost))


def test_the_lines_it_gives_for_a_template_are_globals_of_the_app(crm: Flask) -> None:
    named = set(re.findall(r"\b(cxmc_[a-z]+(?:_[a-z]+)*)\(", README))
    assert named <= set(crm.jinja_env.globals)
