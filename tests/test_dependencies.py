"""The audit of dependencies: a hole fails, nobody to ask is said in one sentence. Their lowest versions."""

import json

import pytest

from tests.tools.dependency_audit import NOT_ASKED, Verdict, judge
from tests.tools.try_versions import lowest_versions, requirements

HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": "…"}


def answer(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


CLEAN = {"name": "flask", "version": "3.1", "vulns": []}
HOLED = {"name": "rq", "version": "1.0", "vulns": [HOLE]}
UNKNOWN = {"name": "flask", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.mark.parametrize(
    ("told", "trouble", "status", "wanted"),
    [
        (answer(CLEAN), "", 0, Verdict()),
        (answer(CLEAN, UNKNOWN), "", 0, Verdict()),
        (answer(UNKNOWN), "", 0, Verdict(NOT_ASKED)),
        ("", "…\nrequests.exceptions.ProxyError: no way", 1, Verdict(NOT_ASKED)),
        ("", "ERROR:pip_audit._cli:Could not connect to PyPI's feed", 1, Verdict(NOT_ASKED)),
        (
            "",
            "requests.exceptions.HTTPError: 500",
            1,
            Verdict("requests.exceptions.HTTPError: 500", True),
        ),
        ("", "No module named pip_audit", 1, Verdict("No module named pip_audit", True)),
        (answer(CLEAN), "strange", 1, Verdict("strange", True)),
        (answer(UNKNOWN, HOLED), "", 1, Verdict("rq 1.0: PYSEC-2026-1, mended in 2.0", True)),
    ],
)
def test_only_a_service_out_of_reach_is_passed_over(
    told: str, trouble: str, status: int, wanted: Verdict
) -> None:
    assert judge(told, trouble, status) == wanted


def test_every_dependency_has_a_lowest_version_that_can_be_tried() -> None:
    """`make versions` sends a campaign with them."""
    lowest = lowest_versions(requirements())
    assert len(lowest) == len(requirements())
    assert [name for name in lowest if "==" not in name] == []
    assert {"rq==3", "redis==5.3", "psycopg[binary]==3.2.2"} <= set(lowest)
