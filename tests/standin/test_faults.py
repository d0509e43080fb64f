"""Planned faults, as a client at the other end of a real socket sees them."""

import json
import threading
import time
from typing import Any

import pytest
import requests

from cxmc_ext.standin import DEMO_KEY, StandinServer
from cxmc_ext.standin.faults.kinds import KINDS
from cxmc_ext.standin.models import subscriber_hash
from tests.standin.client import NEW_LIST, StandinClient
from tests.support.ports import free_port
from tests.support.waiting import wait_until

LOST = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def post(standin: StandinServer, timeout: float = 5, **options: Any) -> requests.Response:
    url, key = f"{standin.url}/lists", ("x", DEMO_KEY)
    return requests.post(url, json=NEW_LIST, auth=key, timeout=timeout, **options)


def count_lists(standin: StandinServer) -> int:
    return sum(len(account.lists) for account in standin.state.accounts.values())


@pytest.mark.parametrize(("kind", "created"), [("reset_before", 0), ("reset_after", 1)])
def test_a_reset_happens_before_or_after_the_work(
    standin: StandinServer, kind: str, created: int
) -> None:
    before = count_lists(standin)
    standin.state.faults.add("POST /lists", kind)
    with pytest.raises(requests.ConnectionError):
        post(standin)
    assert count_lists(standin) == before + created
    assert post(standin).ok


@pytest.mark.slow
def test_a_delayed_call_does_the_work_after_the_connection_is_cut(standin: StandinServer) -> None:
    before = count_lists(standin)
    standin.state.faults.add("POST /lists", "delayed", seconds=2)
    with pytest.raises(requests.ConnectionError):
        post(standin)
    assert count_lists(standin) == before
    wait_until(lambda: count_lists(standin) == before + 1)


def test_a_timeout_happens_after_the_work(standin: StandinServer) -> None:
    before = count_lists(standin)
    standin.state.faults.add("POST /lists", "timeout_after", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        post(standin, timeout=0.3)
    wait_until(lambda: count_lists(standin) == before + 1)


def test_a_timeout_can_happen_without_the_work(standin: StandinServer) -> None:
    before = count_lists(standin)
    standin.state.faults.add("POST /lists", "timeout_before", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        post(standin, timeout=0.3)
    assert count_lists(standin) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "status", "created", "content_type"),
    [
        ("400", 400, 0, "application/problem+json"),
        ("401", 401, 0, "application/problem+json"),
        ("403", 403, 0, "application/problem+json"),
        ("404", 404, 0, "application/problem+json"),
        ("429", 429, 0, "application/problem+json"),
        ("403_akamai", 403, 0, "application/json"),
        ("403_akamai_html", 403, 0, "text/html"),
        ("403_user_disabled", 403, 0, "application/problem+json"),
        ("bare_403", 403, 0, "text/html"),
        ("bare_429", 429, 0, "text/html"),
        ("500_before", 500, 0, "application/problem+json"),
        ("500_after", 500, 1, "application/problem+json"),
        ("504_after", 504, 1, "application/problem+json"),
        ("502_html", 502, 0, "text/html"),
        ("503_html", 503, 0, "text/html"),
        ("503_akamai", 503, 0, "application/json"),
        ("html_200", 200, 1, "text/html"),
        ("wrong_shape", 200, 1, "application/json"),
        ("malformed", 200, 1, "application/json"),
        ("empty_200", 200, 1, "application/json"),
        ("slow", 200, 1, "application/json"),
    ],
)
def test_an_answer_can_be_replaced(
    standin: StandinServer, kind: str, status: int, created: int, content_type: str
) -> None:
    before = count_lists(standin)
    standin.state.faults.add("POST /lists", kind)
    answer = post(standin)
    assert (answer.status_code, count_lists(standin) - before) == (status, created)
    assert answer.headers["Content-Type"].startswith(content_type)


def test_retry_after_is_sent(standin: StandinServer) -> None:
    standin.state.faults.add("* **", "429_retry_after", retry_after=7)
    answer = post(standin)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_a_truncated_body_ends_the_connection_early(standin: StandinServer) -> None:
    standin.state.faults.add("POST /lists", "truncated")
    with pytest.raises(LOST):
        post(standin)


@pytest.mark.slow
def test_a_dripping_body_takes_longer_than_the_read_timeout(standin: StandinServer) -> None:
    standin.state.faults.add("GET /ping", "drip", seconds=0.06)
    started = time.monotonic()
    url = f"{standin.url}/ping"
    answer = requests.get(url, auth=("x", DEMO_KEY), timeout=2)
    assert answer.json()["health_status"]
    assert time.monotonic() - started > 2


def test_a_big_body_and_a_gzip_bomb_have_the_given_size(standin: StandinServer) -> None:
    size = 200_000
    for kind in ("big_body", "gzip_bomb"):
        standin.state.faults.add("GET /ping", kind, size=size)
        url = f"{standin.url}/ping"
        assert len(requests.get(url, auth=("x", DEMO_KEY), timeout=5).content) >= size


def test_a_malformed_body_is_not_json(standin: StandinServer) -> None:
    standin.state.faults.add("POST /lists", "malformed")
    with pytest.raises(json.JSONDecodeError):
        json.loads(post(standin).text)


def test_a_fault_applies_from_the_nth_call_and_as_often_as_planned(client: StandinClient) -> None:
    faults = client.server.state.faults
    faults.add("GET /lists/*", "500_before", nth=2, times=2)
    path = f"/lists/{client.create_audience(0)}"
    statuses = [client("GET", path).status_code for _ in range(4)]
    assert statuses == [200, 500, 500, 200]
    assert client("GET", f"{path}/members").ok


def test_zero_times_means_forever(client: StandinClient) -> None:
    client.server.state.faults.add("GET **", "500_before", times=0)
    assert {client("GET", path).status_code for path in ("/ping", "/lists", "/reports")} == {500}


def test_faults_can_be_planned_listed_and_cleared_over_http(standin: StandinServer) -> None:
    url = f"{standin.root}/__faults"
    fault = {"match": "POST /lists", "kind": "400", "detail": "no"}
    assert requests.post(url, json=fault, timeout=5).json()["id"] == 1
    assert post(standin).json()["detail"] == "no"
    shown = requests.get(url, timeout=5).json()
    assert (shown["faults"][0]["fired"], shown["log"]) == (1, [["POST /lists", "400"]])
    assert requests.delete(url, timeout=5).status_code == 204
    assert post(standin).ok
    for wrong in ({"match": "* **", "kind": "typo"}, {"kind": "400"}, {**fault, "colour": "red"}):
        assert requests.post(url, json=wrong, timeout=5).status_code == 400


def test_no_kind_of_fault_breaks_the_server(standin: StandinServer) -> None:
    for kind in KINDS:
        standin.state.faults.add("GET /ping", kind, seconds=0.01, size=1000)
        try:
            requests.get(f"{standin.url}/ping", auth=("x", DEMO_KEY), timeout=5)
        except requests.RequestException:
            continue
    assert requests.get(f"{standin.url}/ping", auth=("x", DEMO_KEY), timeout=5).ok


def test_a_stopped_server_refuses_connections_and_starts_again_with_its_state() -> None:
    with StandinServer(port=free_port()) as standin:
        client = StandinClient(standin)
        list_id = client.create_audience(1)
        standin.stop()
        with pytest.raises(requests.ConnectionError):
            client("GET", "/ping")
        standin.start()
        assert client.ok("GET", f"/lists/{list_id}/members")["total_items"] == 1


def test_stopping_does_not_wait_for_a_hanging_call() -> None:
    standin = StandinServer(port=free_port()).start()
    standin.state.faults.add("GET /ping", "timeout_after", seconds=60)
    call = threading.Thread(target=_call_and_ignore_errors, args=(f"{standin.url}/ping",))
    call.start()
    wait_until(lambda: standin.state.requests.total_for("GET /ping") == 1)
    started = time.monotonic()
    standin.stop()
    call.join(timeout=5)
    assert time.monotonic() - started < 3


def _call_and_ignore_errors(url: str) -> None:
    try:
        requests.get(url, auth=("x", DEMO_KEY), timeout=10)
    except requests.RequestException:
        return


def test_a_fault_for_one_address_hits_only_the_calls_that_name_it(standin: StandinServer) -> None:
    api = StandinClient(standin)
    list_id = api.create_audience()
    standin.state.faults.add("* /**", "500_before", times=0, address="Bad@a.example")
    for addresses, status in ((["ok@a.example"], 200), (["ok@a.example", "bad@a.example"], 500)):
        rows = [{"email_address": address, "status": "subscribed"} for address in addresses]
        assert api("POST", f"/lists/{list_id}", {"members": rows}).status_code == status
    for address, status in (("ok@a.example", 200), ("bad@a.example", 500)):
        path = f"/lists/{list_id}/members/{subscriber_hash(address)}"
        assert api("GET", path).status_code == status
