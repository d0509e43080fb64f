"""API keys, roles, plans, and the limit of ten simultaneous calls."""

import threading

import pytest
import requests

from cxmc_ext.standin import (
    AUTHOR_KEY,
    DEACTIVATED_KEY,
    DEMO_KEY,
    DEMO_LIST,
    DISABLED_KEY,
    EMPTY_KEY,
    OTHER_KEY,
    VIEWER_KEY,
    StandinServer,
)
from cxmc_ext.standin.faults.kinds import KINDS
from tests.standin.client import NEW_LIST, StandinClient

INVALID = "API Key Invalid"


def test_basic_authentication_and_bearer_tokens_are_accepted(standin: StandinServer) -> None:
    url = f"{standin.url}/ping"
    assert requests.get(url, auth=("whoever", DEMO_KEY), timeout=5).ok
    assert requests.get(url, headers={"Authorization": f"Bearer {DEMO_KEY}"}, timeout=5).ok


def test_a_missing_key_has_its_own_title(standin: StandinServer) -> None:
    answer = requests.get(f"{standin.url}/ping", timeout=5)
    assert (answer.status_code, answer.json()["title"]) == (401, "API Key Missing")


@pytest.mark.parametrize(
    ("key", "status", "title"),
    [
        ("0123456789abcdef0123456789abcdef-us21", 401, INVALID),
        (DEMO_KEY.replace("us21", "us22"), 401, INVALID),
        (DISABLED_KEY, 401, INVALID),
        (DEACTIVATED_KEY, 403, "User Disabled"),
    ],
    ids=["unknown", "wrong datacenter", "disabled", "deactivated"],
)
def test_unusable_keys_are_refused(
    standin: StandinServer, key: str, status: int, title: str
) -> None:
    assert StandinClient(standin, key).problem("GET", "/ping")[:2] == (status, title)


def test_a_key_can_be_revoked_at_any_time(standin: StandinServer, client: StandinClient) -> None:
    client.ok("GET", "/ping")
    standin.state.keys[DEMO_KEY].state = "disabled"
    assert client.problem("GET", "/ping")[:2] == (401, INVALID)


def test_a_viewer_can_only_read_reports(standin: StandinServer) -> None:
    viewer = StandinClient(standin, VIEWER_KEY)
    assert viewer.ok("GET", "/")["role"] == "viewer"
    assert viewer.ok("GET", "/reports")["reports"] == []
    for method, path in (("POST", "/campaigns"), ("POST", "/lists"), ("GET", "/lists")):
        assert viewer.problem(method, path, NEW_LIST)[:2] == (403, "Forbidden")


def test_an_author_can_write_campaigns_but_not_send_them(standin: StandinServer) -> None:
    author = StandinClient(standin, AUTHOR_KEY)
    campaign = author.create_draft(DEMO_LIST)
    for action in ("send", "schedule"):
        path = f"/campaigns/{campaign}/actions/{action}"
        assert author.problem("POST", path, {})[:2] == (403, "Forbidden")
    assert author.problem("POST", f"/lists/{DEMO_LIST}", {"members": []})[0] == 403
    assert len(standin.outbox) == 0


def test_accounts_do_not_see_each_other(standin: StandinServer, client: StandinClient) -> None:
    other = StandinClient(standin, OTHER_KEY)
    assert other.ok("GET", "/")["account_id"] != client.ok("GET", "/")["account_id"]
    campaign = client.create_draft(client.create_audience())
    assert other.problem("GET", f"/campaigns/{campaign}")[0] == 404
    assert other.problem("GET", f"/lists/{DEMO_LIST}")[0] == 404


def test_an_account_can_have_no_templates_of_its_own(standin: StandinServer) -> None:
    empty = StandinClient(standin, EMPTY_KEY)
    assert empty.ok("GET", "/templates", type="user") == {
        "templates": [],
        "total_items": 0,
        "_links": [],
    }
    assert empty.ok("GET", "/templates")["total_items"] == 3


def test_the_eleventh_simultaneous_call_is_refused(
    standin: StandinServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten calls wait until it has its answer."""
    standin.state.faults.add("GET /ping", "slow", times=0)
    answered = threading.Event()
    monkeypatch.setitem(KINDS, "slow", lambda _, __, act, ___: (answered.wait(30), act())[1])
    answers: list[requests.Response] = []

    def call() -> None:
        url = f"{standin.url}/ping"
        answers.append(requests.get(url, auth=("x", DEMO_KEY), timeout=60))
        answered.set()

    threads = [threading.Thread(target=call) for _ in range(11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (refused,) = [answer for answer in answers if not answer.ok]
    assert refused.status_code == 429
    assert "Retry-After" not in refused.headers
    summary = requests.get(f"{standin.root}/__requests", timeout=5).json()
    assert (summary["peak"], summary["refused"], summary["routes"]["GET /ping"]) == (10, 1, 11)


def test_an_abandoned_call_keeps_its_connection(standin: StandinServer) -> None:
    standin.state.switches.max_connections = 1
    standin.state.faults.add("GET /ping", "timeout_after", seconds=60)
    with pytest.raises(requests.Timeout):
        requests.get(f"{standin.url}/ping", auth=("x", DEMO_KEY), timeout=1)
    assert requests.get(f"{standin.url}/ping", auth=("x", DEMO_KEY), timeout=5).status_code == 429


def test_a_header_can_trigger_an_error(standin: StandinServer, client: StandinClient) -> None:
    client.session.headers["X-Trigger-Error"] = "APIKeyInvalid"
    assert client.problem("GET", "/ping")[:2] == (401, INVALID)
