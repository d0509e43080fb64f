"""“Run a day” on the website: simulated recipients react to what was sent."""

import requests

from cxmc_ext.standin import StandinServer
from tests.standin.client import StandinClient


def post(standin: StandinServer, path: str) -> None:
    assert requests.post(standin.root + path, timeout=5).status_code == 200


def test_run_a_day_creates_events(standin: StandinServer, client: StandinClient) -> None:
    campaign = client.send_campaign(200)
    standin.state.advance(3600)
    assert "Run a day" in requests.get(f"{standin.root}/campaigns/{campaign}", timeout=5).text
    post(standin, f"/campaigns/{campaign}/day")
    opens = client.ok("GET", f"/reports/{campaign}")["opens"]["opens_total"]
    post(standin, "/day")
    assert 0 < opens < client.ok("GET", f"/reports/{campaign}")["opens"]["opens_total"]


def test_a_day_right_after_sending_has_every_kind_of_event(
    standin: StandinServer, client: StandinClient
) -> None:
    standin.state.switches.send_seconds = 60.0
    campaign = client.send_campaign(21)
    standin.state.advance(5)
    assert client.ok("GET", f"/campaigns/{campaign}")["status"] == "sending"
    post(standin, f"/campaigns/{campaign}/day")
    report = client.ok("GET", f"/reports/{campaign}")
    bounces = report["bounces"]
    assert bounces["hard_bounces"] + bounces["soft_bounces"] > 0
    assert report["opens"]["opens_total"] > 0
    assert report["clicks"]["clicks_total"] > 0
    assert report["unsubscribed"] > 0
