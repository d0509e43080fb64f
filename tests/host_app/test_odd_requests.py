"""Texts and ids that no row can hold: the CRM's own pages refuse them before they look for anything."""

from collections.abc import Callable

import pytest

from host_app.host import parse_id
from host_app.request_checks import MAX_ID
from tests.host_app.conftest import Browser

pytestmark = pytest.mark.slow

LogIn = Callable[[str], Browser]
TOO_LARGE = ("2147483648", "9223372036854775808", "9" * 30)


@pytest.mark.parametrize("path", ["/candidates", "/contacts", "/campaigns/1/candidates"])
@pytest.mark.parametrize("name", ["q", "status", "condition", "group", "page"])
def test_nul_in_a_search_is_refused(log_in_as: LogIn, path: str, name: str) -> None:
    browser = log_in_as("admin")
    assert browser.get(path).status_code == 200
    assert browser.get(f"{path}?{name}=a%00b").status_code == 400


@pytest.mark.parametrize("number", TOO_LARGE)
@pytest.mark.parametrize("path", ["/candidates/{}", "/candidates/{}/activities", "/campaigns/{}"])
def test_an_id_that_no_column_can_hold_is_not_found(
    log_in_as: LogIn, path: str, number: str
) -> None:
    assert log_in_as("admin").get(path.format(number)).status_code == 404


@pytest.mark.parametrize("number", TOO_LARGE)
def test_an_id_in_a_form_that_no_column_can_hold_counts_as_missing(
    log_in_as: LogIn, number: str
) -> None:
    browser = log_in_as("admin")
    assert browser.post("/candidates/add-to-campaign", campaign=number).status_code == 422
    assert browser.post("/candidates/1/groups", group=number).status_code == 404


def test_refs_and_forms_have_one_bound() -> None:
    assert parse_id(str(MAX_ID)) == MAX_ID
    for text in (*TOO_LARGE, "0", "-1", "", "1.0", "٣", "9" * 5000):
        assert parse_id(text) == 0


def test_nul_in_a_form_is_refused_and_nothing_is_saved(log_in_as: LogIn) -> None:
    browser = log_in_as("admin")
    answer = browser.post(
        "/candidates/1", first_name="A\0", last_name="B", status="Available", email="a@b.example"
    )
    assert answer.status_code == 400
    assert "A\0" not in browser.get("/candidates/1").text
