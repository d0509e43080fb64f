"""Reports: events, totals, filters; and the crowd that makes them."""

from typing import Any

import pytest

from cxmc_ext.standin import StandinServer
from cxmc_ext.standin.models import Account, Campaign, subscriber_hash
from cxmc_ext.standin.service import engagement, simulation
from tests.standin.client import StandinClient

P0, P1, P2 = (subscriber_hash(f"p{at}@people.example") for at in range(3))


class Sent:
    """A sent campaign of three and short ways to make its recipients react."""

    def __init__(self, standin: StandinServer, client: StandinClient) -> None:
        self.client, self.state = client, standin.state
        self.id = client.sent(3)
        self.account: Account
        self.campaign: Campaign
        self.account, self.campaign = standin.state.find_campaign(self.id) or pytest.fail("gone")
        self.url = next(iter(self.campaign.links))

    def open(self, who: str, proxy: bool = False) -> bool:
        return engagement.record_open(self.campaign, who, self.state.clock.now(), proxy)

    def click(self, who: str) -> bool:
        return engagement.record_click(self.campaign, who, self.url, self.state.clock.now())

    def bounce(self, who: str, kind: str = "hard") -> bool:
        now = self.state.clock.now()
        return engagement.record_bounce(self.state, self.account, self.campaign, who, kind, now)

    def leave(self, who: str, reason: str = "") -> bool:
        now = self.state.clock.now()
        return engagement.record_unsubscribe(
            self.state, self.account, self.campaign, who, reason, now
        )

    def report(self, part: str = "", **params: Any) -> Any:
        return self.client.ok("GET", f"/reports/{self.id}{part}", **params)

    def activity(self, **params: Any) -> dict[str, list[str]]:
        rows = self.report("/email-activity", **params)["emails"]
        return {row["email_id"]: [each["action"] for each in row["activity"]] for row in rows}


@pytest.fixture
def sent(standin: StandinServer, client: StandinClient) -> Sent:
    return Sent(standin, client)


def test_every_recipient_has_a_row_also_the_silent_ones(sent: Sent) -> None:
    sent.open(P0)
    sent.click(P0)
    assert sent.activity() == {P0: ["open", "click"], P1: [], P2: []}
    assert sent.report("/email-activity")["total_items"] == 3


def test_since_thins_events_but_not_rows_and_is_exclusive(sent: Sent) -> None:
    sent.open(P0)
    first = sent.report()["opens"]["last_open"]
    sent.state.advance(1)
    sent.click(P0)
    assert sent.activity(since=first) == {P0: ["click"], P1: [], P2: []}


def test_the_gate_tells_the_last_open_and_click_exactly(sent: Sent) -> None:
    gate = {"fields": "reports.opens.last_open,reports.clicks.last_click"}
    never = {"opens": {"last_open": ""}, "clicks": {"last_click": ""}}
    assert sent.client.ok("GET", "/reports", **gate) == {"reports": [never]}
    sent.open(P0)
    sent.state.advance(5)
    sent.click(P1)
    (row,) = sent.client.ok("GET", "/reports", **gate)["reports"]
    stamps = {each["action"]: each["timestamp"] for who in (P0, P1) for each in _events(sent, who)}
    assert row["opens"]["last_open"] == stamps["open"]
    assert row["clicks"]["last_click"] == stamps["click"]


def _events(sent: Sent, who: str) -> Any:
    return sent.report(f"/email-activity/{who}")["activity"]


def test_one_second_holds_one_event_of_a_kind(sent: Sent) -> None:
    sent.state.clock.advance(100)
    moment = sent.state.clock.now()
    assert engagement.record_open(sent.campaign, P0, moment)
    assert not engagement.record_open(sent.campaign, P0, moment)
    assert engagement.record_open(sent.campaign, P0, moment + 1)
    assert sent.report()["opens"]["opens_total"] == 2
    assert sent.report()["opens"]["unique_opens"] == 1


def test_a_hard_bounce_cleans_a_soft_one_does_not(sent: Sent) -> None:
    sent.bounce(P0)
    sent.bounce(P1, "soft")
    assert not sent.bounce(P1, "hard")
    assert sent.report()["bounces"] == {"hard_bounces": 1, "soft_bounces": 1, "syntax_errors": 0}
    statuses = [each["status"] for each in sent.report("/sent-to")["sent_to"]]
    assert statuses == ["hard", "soft", "sent"]
    list_id = sent.campaign.list_id
    assert sent.client.ok("GET", f"/lists/{list_id}/members/{P0}")["status"] == "cleaned"
    assert sent.client.ok("GET", f"/lists/{list_id}/members/{P1}")["status"] == "subscribed"
    (event,) = _events(sent, P0)
    assert (event["action"], event["type"], "ip" in event) == ("bounce", "hard", False)


def test_leaving_is_not_in_the_activity_but_in_its_own_list(sent: Sent) -> None:
    assert sent.leave(P0, "too many mails")
    assert not sent.leave(P0)
    assert sent.activity()[P0] == []
    (row,) = sent.report("/unsubscribed")["unsubscribes"]
    assert (row["email_id"], row["reason"]) == (P0, "too many mails")
    assert sent.report()["unsubscribed"] == 1
    list_id = sent.campaign.list_id
    (member,) = sent.client.ok("GET", f"/lists/{list_id}/members", status="unsubscribed")["members"]
    assert member["id"] == P0


def test_robots_can_be_filtered_out(sent: Sent) -> None:
    sent.open(P0, proxy=True)
    sent.open(P1, proxy=True)
    sent.state.clock.advance(10)
    sent.open(P1)
    assert sent.activity(filter_bots="true") == {P0: [], P1: ["open"], P2: []}
    opens = sent.report()["opens"]
    figures = (
        opens["unique_opens"],
        opens["proxy_excluded_opens"],
        opens["proxy_excluded_unique_opens"],
    )
    assert figures == (2, 1, 1)


def test_links_are_listed_with_their_clickers(sent: Sent) -> None:
    sent.click(P0)
    sent.click(P1)
    sent.state.clock.advance(10)
    sent.click(P1)
    rows = sent.report("/click-details", sort_field="total_clicks", sort_dir="DESC")["urls_clicked"]
    assert len(rows) == len(sent.campaign.links) > 1
    assert (rows[0]["url"], rows[0]["total_clicks"], rows[0]["unique_clicks"]) == (sent.url, 3, 2)
    members = sent.report(f"/click-details/{rows[0]['id']}/members")["members"]
    assert {each["email_id"]: each["clicks"] for each in members} == {P0: 1, P1: 2}


def test_openers_domains_and_hours_add_up(sent: Sent) -> None:
    sent.open(P0)
    sent.state.clock.advance(3700)
    sent.open(P0)
    sent.open(P1)
    details = sent.report("/open-details")
    assert {each["email_id"]: each["opens_count"] for each in details["members"]} == {P0: 2, P1: 1}
    series = sent.report()["timeseries"]
    assert ([each["unique_opens"] for each in series[:3]], len(series)) == ([1, 1, 0], 24)
    (domain,) = sent.report("/domain-performance")["domains"]
    assert (domain["domain"], domain["emails_sent"], domain["opens"]) == ("people.example", 3, 2)


def test_an_unsent_campaign_has_no_report_but_an_empty_activity(client: StandinClient) -> None:
    campaign = client.draft(client.audience())
    assert client.problem("GET", f"/reports/{campaign}")[0] == 404
    assert client.ok("GET", f"/reports/{campaign}/email-activity")["emails"] == []


def test_a_crowd_behaves_believably(standin: StandinServer, client: StandinClient) -> None:
    campaign = _big(standin, client, 2000)
    account, found = standin.state.find_campaign(campaign) or pytest.fail("gone")
    standin.state.advance(86_400)
    assert simulation.run_day(standin.state, account, found) > 1000
    report = client.ok("GET", f"/reports/{campaign}")
    bounces = report["bounces"]["hard_bounces"] + report["bounces"]["soft_bounces"]
    assert 20 <= bounces <= 65
    assert 0.38 <= report["opens"]["open_rate"] <= 0.52
    assert 0.05 <= report["clicks"]["click_rate"] <= 0.12
    assert 8 <= report["unsubscribed"] <= 40
    assert report["opens"]["opens_total"] > report["opens"]["unique_opens"]


def test_a_crowd_never_reacts_in_the_future_nor_before_an_earlier_run(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign = _big(standin, client, 300)
    account, found = standin.state.find_campaign(campaign) or pytest.fail("gone")
    standin.state.advance(3600)
    simulation.run_day(standin.state, account, found)
    first_run, before = standin.state.clock.now(), _stamps(found)
    standin.state.advance(3600)
    simulation.run_day(standin.state, account, found)
    later = _stamps(found)[len(before) :]
    assert _stamps(found)[: len(before)] == before
    assert found.send_time <= min(before) <= max(before) <= first_run
    assert first_run <= min(later) <= max(later) <= standin.state.clock.now()
    assert len(later) < len(before)


def test_nobody_reacts_after_leaving(standin: StandinServer, client: StandinClient) -> None:
    campaign = _big(standin, client, 300)
    account, found = standin.state.find_campaign(campaign) or pytest.fail("gone")
    standin.state.advance(3600)
    simulation.run_day(standin.state, account, found)
    gone = {
        who: len(each.activity) for who, each in found.recipients.items() if each.unsubscribed_at
    }
    standin.state.advance(3600)
    for _ in range(5):
        simulation.run_day(standin.state, account, found)
    assert gone
    assert {who: len(found.recipients[who].activity) for who in gone} == gone
    assert all(account.lists[found.list_id].members[who].status == "unsubscribed" for who in gone)


def _big(standin: StandinServer, client: StandinClient, people: int) -> str:
    list_id = client.audience(0)
    for start in range(0, people, 500):
        rows = [f"p{at}@people.example" for at in range(start, min(start + 500, people))]
        client.subscribe(list_id, rows)
    campaign = client.draft(list_id)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    return campaign


def _stamps(campaign: Campaign) -> list[int]:
    return sorted(
        each["timestamp"] for row in campaign.recipients.values() for each in row.activity
    )
