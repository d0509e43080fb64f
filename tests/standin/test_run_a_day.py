"""“Run a day” on the website: the crowd reacts to what was sent."""

import requests

from cxmc_ext.standin import StandinServer
from tests.standin.client import StandinClient


def press(standin: StandinServer, path: str) -> None:
    assert requests.post(standin.root + path, timeout=5).status_code == 200


def test_run_a_day_makes_the_crowd_react(standin: StandinServer, client: StandinClient) -> None:
    campaign = client.sent(200)
    standin.state.advance(3600)
    assert "Run a day" in requests.get(f"{standin.root}/campaigns/{campaign}", timeout=5).text
    press(standin, f"/campaigns/{campaign}/day")
    opens = client.ok("GET", f"/reports/{campaign}")["opens"]["opens_total"]
    press(standin, "/day")
    assert 0 < opens < client.ok("GET", f"/reports/{campaign}")["opens"]["opens_total"]


def test_a_day_right_after_the_press_shows_every_kind_of_reaction(
    standin: StandinServer, client: StandinClient
) -> None:
    standin.state.switches.send_seconds = 60.0
    campaign = client.sent(21)
    standin.state.advance(5)
    assert client.ok("GET", f"/campaigns/{campaign}")["status"] == "sending"
    press(standin, f"/campaigns/{campaign}/day")
    report = client.ok("GET", f"/reports/{campaign}")
    bounces = report["bounces"]
    assert bounces["hard_bounces"] + bounces["soft_bounces"] > 0
    assert report["opens"]["opens_total"] > 0
    assert report["clicks"]["clicks_total"] > 0
    assert report["unsubscribed"] > 0
