"""Reports: events, totals and filters, and the simulation that creates events."""

from typing import Any

import pytest

from cxmc_ext.standin import StandinServer
from cxmc_ext.standin.clock import iso
from cxmc_ext.standin.models import Campaign, subscriber_hash
from cxmc_ext.standin.service import engagement, simulation
from tests.standin.client import StandinClient, find_campaign

P0, P1, P2 = (subscriber_hash(f"p{at}@people.example") for at in range(3))


class SentCampaign:
    """A campaign sent to three people, with shortcuts to make them react."""

    def __init__(self, standin: StandinServer, client: StandinClient) -> None:
        self.client, self.state = client, standin.state
        self.id = client.send_campaign(3)
        self.account, self.campaign = find_campaign(standin, self.id)
        self.url = next(iter(self.campaign.links))

    def open(self, member_id: str, proxy: bool = False) -> bool:
        return engagement.record_open(self.campaign, member_id, self.state.clock.now(), proxy)

    def click(self, member_id: str) -> bool:
        return engagement.record_click(self.campaign, member_id, self.url, self.state.clock.now())

    def bounce(self, member_id: str, kind: str = "hard") -> bool:
        now = self.state.clock.now()
        return engagement.record_bounce(
            self.state, self.account, self.campaign, member_id, kind, now
        )

    def unsubscribe(self, member_id: str, reason: str = "") -> bool:
        now = self.state.clock.now()
        return engagement.record_unsubscribe(
            self.state, self.account, self.campaign, member_id, reason, now
        )

    def complain(self, member_id: str) -> bool:
        now = self.state.clock.now()
        return engagement.record_complaint(self.state, self.account, self.campaign, member_id, now)

    def member(self, member_id: str) -> Any:
        return self.client.ok("GET", f"/lists/{self.campaign.list_id}/members/{member_id}")

    def report(self, part: str = "", **params: Any) -> Any:
        return self.client.ok("GET", f"/reports/{self.id}{part}", **params)

    def events(self, member_id: str) -> Any:
        rows = self.report("/email-activity")["emails"]
        return next(row["activity"] for row in rows if row["email_id"] == member_id)

    def activity(self, **params: Any) -> dict[str, list[str]]:
        rows = self.report("/email-activity", **params)["emails"]
        return {row["email_id"]: [event["action"] for event in row["activity"]] for row in rows}


@pytest.fixture
def sent(standin: StandinServer, client: StandinClient) -> SentCampaign:
    return SentCampaign(standin, client)


def test_every_recipient_has_a_row_even_without_events(sent: SentCampaign) -> None:
    sent.open(P0)
    sent.click(P0)
    assert sent.activity() == {P0: ["open", "click"], P1: [], P2: []}
    assert sent.report("/email-activity")["total_items"] == 3


def test_since_filters_events_but_not_rows_and_is_exclusive(sent: SentCampaign) -> None:
    sent.open(P0)
    first = sent.report()["opens"]["last_open"]
    sent.state.advance(1)
    sent.click(P0)
    assert sent.activity(since=first) == {P0: ["click"], P1: [], P2: []}


def test_the_list_of_reports_has_the_exact_last_open_and_click(sent: SentCampaign) -> None:
    fields = {"fields": "reports.opens.last_open,reports.clicks.last_click"}
    never = {"opens": {"last_open": ""}, "clicks": {"last_click": ""}}
    assert sent.client.ok("GET", "/reports", **fields) == {"reports": [never]}
    sent.open(P0)
    sent.state.advance(5)
    sent.click(P1)
    (row,) = sent.client.ok("GET", "/reports", **fields)["reports"]
    stamps = {event["action"]: event["timestamp"] for id_ in (P0, P1) for event in sent.events(id_)}
    assert row["opens"]["last_open"] == stamps["open"]
    assert row["clicks"]["last_click"] == stamps["click"]


def test_equal_events_within_one_second_are_two_events(sent: SentCampaign) -> None:
    sent.state.clock.advance(100)
    moment = sent.state.clock.now()
    for _ in range(2):
        assert engagement.record_open(sent.campaign, P0, moment)
        assert engagement.record_click(sent.campaign, P0, sent.url, moment)
    assert sent.activity()[P0] == ["open", "click", "open", "click"]
    assert len({event["timestamp"] for event in sent.events(P0)}) == 1
    opens, clicks = sent.report()["opens"], sent.report()["clicks"]
    assert (opens["opens_total"], opens["unique_opens"]) == (2, 1)
    assert (clicks["clicks_total"], clicks["unique_subscriber_clicks"]) == (2, 1)


def test_a_hard_bounce_cleans_the_member_and_a_soft_one_does_not(sent: SentCampaign) -> None:
    sent.bounce(P0)
    sent.bounce(P1, "soft")
    assert not sent.bounce(P1, "hard")
    assert sent.report()["bounces"] == {"hard_bounces": 1, "soft_bounces": 1, "syntax_errors": 0}
    recipients = sent.campaign.recipients.values()
    assert [recipient.bounce for recipient in recipients] == ["hard", "soft", ""]
    list_id = sent.campaign.list_id
    assert sent.client.ok("GET", f"/lists/{list_id}/members/{P0}")["status"] == "cleaned"
    assert sent.client.ok("GET", f"/lists/{list_id}/members/{P1}")["status"] == "subscribed"
    (event,) = sent.events(P0)
    assert (event["action"], event["type"], "ip" in event) == ("bounce", "hard", False)


def test_an_unsubscribe_is_not_an_activity_but_listed_separately(sent: SentCampaign) -> None:
    assert sent.unsubscribe(P0, "too many mails")
    assert not sent.unsubscribe(P0)
    assert sent.activity()[P0] == []
    (row,) = sent.report("/unsubscribed")["unsubscribes"]
    assert (row["email_id"], row["reason"]) == (P0, "too many mails")
    assert sent.report()["unsubscribed"] == 1
    list_id = sent.campaign.list_id
    (member,) = sent.client.ok("GET", f"/lists/{list_id}/members", status="unsubscribed")["members"]
    assert member["id"] == P0


def test_an_unsubscribe_has_the_same_time_in_report_and_audience(sent: SentCampaign) -> None:
    sent.state.advance(3600)
    at = sent.state.clock.now() - 1800
    engagement.record_unsubscribe(sent.state, sent.account, sent.campaign, P0, "", at)
    (row,) = sent.report("/unsubscribed")["unsubscribes"]
    assert row["timestamp"] == sent.member(P0)["last_changed"] == iso(at)


def test_an_edit_moves_last_changed_but_not_the_unsubscribe(sent: SentCampaign) -> None:
    sent.unsubscribe(P0)
    (before,) = sent.report("/unsubscribed")["unsubscribes"]
    sent.state.advance(86_400)
    path = f"/lists/{sent.campaign.list_id}/members/{P0}"
    sent.client.ok("PATCH", path, {"merge_fields": {"FNAME": "Zoë"}})
    (after,) = sent.report("/unsubscribed")["unsubscribes"]
    assert before["timestamp"] == after["timestamp"] < sent.member(P0)["last_changed"]
    assert sent.member(P0)["status"] == "unsubscribed"


@pytest.mark.parametrize(("status", "listed"), [("cleaned", 0), ("unsubscribed", 1)])
def test_a_spam_complaint_ends_the_subscription(
    sent: SentCampaign, status: str, listed: int
) -> None:
    sent.state.switches.change({"complaint_status": status})
    assert sent.complain(P0)
    assert not sent.complain(P0)
    (row,) = sent.report("/abuse-reports")["abuse_reports"]
    assert (row["email_id"], row["campaign_id"]) == (P0, sent.id)
    assert row["date"] == sent.member(P0)["last_changed"]
    assert sent.member(P0)["status"] == status
    report = sent.report()
    assert (report["abuse_reports"], report["unsubscribed"]) == (1, listed)
    assert len(sent.report("/unsubscribed")["unsubscribes"]) == listed
    assert sent.activity()[P0] == []


def test_robots_can_be_filtered_out(sent: SentCampaign) -> None:
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


def test_links_are_listed_with_the_people_who_clicked(sent: SentCampaign) -> None:
    sent.click(P0)
    sent.click(P1)
    sent.state.clock.advance(10)
    sent.click(P1)
    rows = sent.report("/click-details", sort_field="total_clicks", sort_dir="DESC")["urls_clicked"]
    assert len(rows) == len(sent.campaign.links) > 1
    assert (rows[0]["url"], rows[0]["total_clicks"], rows[0]["unique_clicks"]) == (sent.url, 3, 2)
    members = sent.report(f"/click-details/{rows[0]['id']}/members")["members"]
    assert {member["email_id"]: member["clicks"] for member in members} == {P0: 1, P1: 2}


def test_the_hourly_series_counts_the_first_open_of_each_person(sent: SentCampaign) -> None:
    sent.open(P0)
    sent.state.clock.advance(3700)
    sent.open(P0)
    sent.open(P1)
    series = sent.report()["timeseries"]
    assert ([hour["unique_opens"] for hour in series[:3]], len(series)) == ([1, 1, 0], 24)


def test_an_unsent_campaign_has_no_report_and_no_activity(client: StandinClient) -> None:
    campaign = client.create_draft(client.create_audience())
    assert client.problem("GET", f"/reports/{campaign}")[0] == 404
    assert client.ok("GET", f"/reports/{campaign}/email-activity")["emails"] == []


def test_a_simulated_day_has_believable_totals(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign_id = _send_to_many(standin, client, 2000)
    account, campaign = find_campaign(standin, campaign_id)
    standin.state.advance(86_400)
    assert simulation.run_day(standin.state, account, campaign) > 1000
    report = client.ok("GET", f"/reports/{campaign_id}")
    bounces = report["bounces"]["hard_bounces"] + report["bounces"]["soft_bounces"]
    assert 20 <= bounces <= 65
    assert 0.38 <= report["opens"]["open_rate"] <= 0.52
    assert 0.05 <= report["clicks"]["click_rate"] <= 0.12
    assert 8 <= report["unsubscribed"] <= 40
    assert report["opens"]["opens_total"] > report["opens"]["unique_opens"]
    delivered = report["emails_sent"] - bounces
    assert report["opens"]["open_rate"] == report["opens"]["unique_opens"] / delivered
    summary = client.ok("GET", f"/campaigns/{campaign_id}")["report_summary"]
    assert summary["open_rate"] == report["opens"]["open_rate"]


def test_simulated_events_lie_between_the_last_run_and_now(
    standin: StandinServer, client: StandinClient
) -> None:
    campaign_id = _send_to_many(standin, client, 300)
    account, campaign = find_campaign(standin, campaign_id)
    standin.state.advance(3600)
    simulation.run_day(standin.state, account, campaign)
    first_run, before = standin.state.clock.now(), _stamps(campaign)
    standin.state.advance(3600)
    simulation.run_day(standin.state, account, campaign)
    later = _stamps(campaign)[len(before) :]
    assert _stamps(campaign)[: len(before)] == before
    assert campaign.send_time <= min(before) <= max(before) <= first_run
    assert first_run <= min(later) <= max(later) <= standin.state.clock.now()
    assert len(later) < len(before)


def test_nobody_reacts_after_unsubscribing(standin: StandinServer, client: StandinClient) -> None:
    campaign_id = _send_to_many(standin, client, 300)
    account, campaign = find_campaign(standin, campaign_id)
    standin.state.advance(3600)
    simulation.run_day(standin.state, account, campaign)
    event_counts = {
        member_id: len(recipient.activity)
        for member_id, recipient in campaign.recipients.items()
        if recipient.unsubscribed_at
    }
    standin.state.advance(3600)
    for _ in range(5):
        simulation.run_day(standin.state, account, campaign)
    assert event_counts
    recipients, members = campaign.recipients, account.lists[campaign.list_id].members
    assert {id_: len(recipients[id_].activity) for id_ in event_counts} == event_counts
    assert all(members[id_].status == "unsubscribed" for id_ in event_counts)


def _send_to_many(standin: StandinServer, client: StandinClient, people: int) -> str:
    list_id = client.create_audience(0)
    for start in range(0, people, 500):
        addresses = [
            f"p{number}@people.example" for number in range(start, min(start + 500, people))
        ]
        client.subscribe(list_id, addresses)
    campaign = client.create_draft(list_id)
    client.ok("POST", f"/campaigns/{campaign}/actions/send")
    return campaign


def _stamps(campaign: Campaign) -> list[int]:
    return sorted(
        event["timestamp"] for row in campaign.recipients.values() for event in row.activity
    )
