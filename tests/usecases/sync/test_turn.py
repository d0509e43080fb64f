"""One sync turn against the stand-in: what it stores, exactly once, and which status results."""

from typing import Any

import pytest

from cxmc_ext.adapters.mailchimp.reports import ReportEndpoints
from cxmc_ext.domain.people import OPT_OUT_TAG, PersonKind
from tests.support.databases import on_both
from tests.support.sync_world import SyncWorld, subscriber_hash

pytestmark = on_both

ANNA, BRAM, CARLA = "anna@kantoor.example", "bram@kantoor.example", "carla@kantoor.example"
CHANGE_CHECK = "GET /reports"
PAGES = "GET /reports/{campaign_id}/email-activity"
UNSUBSCRIBES = "GET /reports/{campaign_id}/unsubscribed"


def test_all_five_kinds_of_event_are_stored_with_their_time(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM, CARLA)
    sent = world.mailing(mailing).sent_at or 0
    world.record_opens(mailing, ANNA, sent + 60)
    world.record_click(mailing, ANNA, "https://vacature.example/1", sent + 90)
    world.record_bounce(mailing, BRAM, sent + 5)
    world.record_unsubscribe(mailing, CARLA, sent + 120)
    world.sync(mailing)
    assert world.events(mailing) == [
        (ANNA, "clicked", sent + 90, "https://vacature.example/1", 0),
        (ANNA, "opened", sent + 60, "", 0),
        (ANNA, "sent", sent, "", 0),
        (BRAM, "bounced", sent + 5, "", 0),
        (BRAM, "sent", sent, "", 0),
        (CARLA, "sent", sent, "", 0),
        (CARLA, "unsubscribed", sent + 120, "", 0),
    ]
    assert world.statuses(mailing) == {
        ANNA: ["clicked"],
        BRAM: ["bounced"],
        CARLA: ["unsubscribed"],
    }


def test_status_never_goes_down(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    sent = world.mailing(mailing).sent_at or 0
    world.record_click(mailing, ANNA, "https://a.example", sent + 50)
    world.sync(mailing)
    world.record_opens(mailing, ANNA, sent + 100)
    world.record_bounce(mailing, ANNA, sent + 110)
    world.sync(mailing, after=600)
    assert world.status(mailing, ANNA) == "clicked"
    assert world.event_kinds(mailing, ANNA) == ["bounced", "clicked", "opened", "sent"]


def test_second_full_import_adds_nothing(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    world.record_opens(mailing, ANNA, world.mailing(mailing).sent_at or 0)
    world.sync(mailing)
    before, counts = world.events(mailing), world.mailing(mailing).counts
    reread_everything(world, mailing)
    assert world.events(mailing) == before
    assert world.mailing(mailing).counts == counts


def test_equal_events_within_one_second_all_count(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    sent = world.mailing(mailing).sent_at or 0
    world.record_opens(mailing, ANNA, sent + 60, times=3)
    world.sync(mailing)
    opened = [(at, nth) for _, kind, at, _, nth in world.events(mailing) if kind == "opened"]
    assert opened == [(sent + 60, 0), (sent + 60, 1), (sent + 60, 2)]


def test_new_event_is_stored_by_the_next_turn(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    world.sync(mailing)
    world.advance(600)
    world.record_opens(mailing, BRAM, world.services.clock() - 5)
    world.sync(mailing)
    assert world.status(mailing, BRAM) == "opened"
    assert world.mailing(mailing).counts["events"] == {"sent": 2, "opened": 1}
    assert world.mailing(mailing).counts["status"] == {"sent": 1, "opened": 1}


def test_unchanged_campaign_takes_only_the_change_check(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.sync(mailing)
    world.take_request_counts()
    world.sync(mailing, after=600)
    assert world.take_request_counts() == {CHANGE_CHECK: 1}
    assert world.mailing(mailing).last_sync_at == world.services.clock()


def test_first_import_takes_the_change_check_and_the_pages(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(*(f"p{n}@kantoor.example" for n in range(1100)))
    world.record_unsubscribe(mailing, "p7@kantoor.example")
    world.sync(mailing)
    assert world.take_request_counts() == {CHANGE_CHECK: 1, PAGES: 2, UNSUBSCRIBES: 1}
    assert world.mailing(mailing).counts["status"] == {"sent": 1099, "unsubscribed": 1}


def test_unsubscribe_opts_out_everybody_at_the_address(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    contact = world.host.add_person(ANNA, PersonKind.CONTACT)
    world.record_unsubscribe(mailing, ANNA)
    world.sync(mailing)
    assert {world.host.persons[ref].address for ref in world.host.opt_outs} == {ANNA}
    assert contact in world.host.opt_outs
    note = world.host.groups[OPT_OUT_TAG, PersonKind.CONTACT][contact]
    assert "Vacatures" in note


def test_person_removed_from_the_opt_out_group_by_hand_is_not_put_back(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.record_unsubscribe(mailing, ANNA)
    world.sync(mailing)
    world.host.groups[OPT_OUT_TAG, PersonKind.CANDIDATE].clear()
    reread_everything(world, mailing)
    assert not world.host.opt_outs


def test_people_who_share_an_address_share_its_status(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    first = world.services.session().connection().exec_driver_sql(
        "SELECT id FROM cxmc_recipient"
    ).scalar_one()  # fmt: skip
    world.services.session().commit()
    twin = world.host.add_person(ANNA, PersonKind.CONTACT)
    world.add_recipient(mailing, ANNA, twin, reason="duplicate", primary_id=first)
    world.record_opens(mailing, ANNA, world.mailing(mailing).sent_at or 0)
    world.sync(mailing)
    assert world.statuses(mailing) == {ANNA: ["opened", "opened"]}
    assert world.event_kinds(mailing, ANNA) == ["opened", "sent"]
    assert world.mailing(mailing).counts["status"] == {"opened": 1}


def test_recipient_with_a_changed_member_id_is_found_by_address(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    with world.standin.state.lock:
        recipients = world.remote_campaign(mailing).recipients
        recipients[subscriber_hash("anna.oud@kantoor.example")] = recipients.pop(
            subscriber_hash(ANNA)
        )
    world.sync(mailing)
    assert world.statuses(mailing) == {ANNA: ["sent"]}


def test_address_changed_in_the_crm_loses_no_events(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.host.persons.clear()
    world.host.add_person("anna.nieuw@kantoor.example")
    world.record_opens(mailing, ANNA, world.mailing(mailing).sent_at or 0)
    world.sync(mailing)
    assert world.status(mailing, ANNA) == "opened"


def test_recipient_who_was_not_frozen_is_stored_without_a_person(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    world.deliver(world.mailing(mailing).remote_id or "", [BRAM], world.services.clock() - 600)
    world.record_opens(mailing, BRAM, world.services.clock())
    world.sync(mailing)
    reread_everything(world, mailing)
    assert world.status(mailing, BRAM) == "opened"
    assert world.event_kinds(mailing, BRAM) == ["opened", "sent"]


def test_empty_dates_and_unknown_actions_are_ignored(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    with world.standin.state.lock:
        world.remote_campaign(mailing).recipients[subscriber_hash(ANNA)].activity += [
            {"action": "open", "timestamp": 0, "ip": ""},
            {"action": "forward", "timestamp": world.services.clock(), "ip": ""},
        ]
    world.sync(mailing)
    assert world.event_kinds(mailing, ANNA) == ["sent"]


@pytest.mark.parametrize("moved", [False, True])
def test_rows_that_move_between_pages_are_not_missed(world: SyncWorld, moved: bool) -> None:
    people = [f"p{n}@kantoor.example" for n in range(1500)]
    mailing = world.add_sent_mailing(*people)
    if moved:  # a row of the first page disappears while the report is read
        forgetful(world, mailing, people[0])
    world.sync(mailing)
    gone = {people[0]} if moved else set()
    stored = {address for address, kind, *_ in world.events(mailing) if kind == "sent"}
    assert stored >= set(people) - gone
    assert (
        world.mailing(mailing).events_cursor is not None or world.mailing(mailing).count_differences
    )


def test_stored_counts_are_compared_with_the_report(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA)
    with world.standin.state.lock:
        world.remote_campaign(mailing).totals["opens"] = 2
    world.sync(mailing)
    assert world.mailing(mailing).count_differences == {"opened": [0, 2]}
    world.take_request_counts()
    world.sync(mailing, after=600)
    assert world.take_request_counts() == {CHANGE_CHECK: 1, PAGES: 1}, (
        "missing events are looked for once"
    )
    world.sync(mailing, after=600)
    assert world.take_request_counts() == {CHANGE_CHECK: 1}


def test_event_that_shows_up_hours_late_is_found_by_its_count(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM, ago=9 * 3600)
    sent = world.mailing(mailing).sent_at or 0
    world.record_opens(mailing, ANNA, sent + 8 * 3600)
    world.sync(mailing)
    world.record_opens(mailing, BRAM, sent + 60)
    world.take_request_counts()
    world.sync(mailing, after=600)
    assert world.take_request_counts() == {CHANGE_CHECK: 1, PAGES: 2}
    assert world.status(mailing, BRAM) == "opened"
    assert world.mailing(mailing).count_differences == {}


def test_pages_are_read_from_a_little_before_the_cursor(
    world: SyncWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []
    page = ReportEndpoints.activity_page

    def noting(self: Any, remote: str, offset: int, since: int | None) -> Any:
        asked.append(since)
        return page(self, remote, offset, since)

    monkeypatch.setattr(ReportEndpoints, "activity_page", noting)
    mailing = world.add_sent_mailing(ANNA, BRAM, ago=3000)
    sent = world.mailing(mailing).sent_at or 0
    world.record_opens(mailing, ANNA, sent + 2000)
    world.sync(mailing)
    world.record_opens(mailing, BRAM, sent + 2500)
    world.sync(mailing, after=600)
    world.record_bounce(mailing, BRAM, sent + 10)
    world.sync(mailing, after=600)
    assert asked == [None, sent + 1400, None], "bounces may be dated back: everything again"


def test_report_is_kept_for_the_screen(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM)
    sent = world.mailing(mailing).sent_at or 0
    world.record_opens(mailing, ANNA, sent + 10)
    world.record_click(mailing, ANNA, "https://a.example", sent + 20)
    world.sync(mailing)
    report = world.mailing(mailing).report
    assert report["opens"]["unique_opens"] == 1
    assert [link[:3] for link in report["links"]] == [["https://a.example", 1, 1]]
    assert [(hour["unique_opens"], hour["recipients_clicks"]) for hour in report["timeseries"]] == [
        (1, 1)
    ]


def test_chart_and_domains_grow_with_every_import(world: SyncWorld) -> None:
    mailing = world.add_sent_mailing(ANNA, BRAM, "carl@ander.example", ago=60)
    sent = world.mailing(mailing).sent_at or 0
    world.record_opens(mailing, ANNA, sent + 10)
    world.sync(mailing)
    world.record_opens(mailing, "carl@ander.example", sent + 4000)
    world.record_bounce(mailing, BRAM, sent + 4000, "soft")
    world.sync(mailing, after=4200)
    report = world.mailing(mailing).report
    assert [hour["unique_opens"] for hour in report["timeseries"]] == [1, 1]
    assert report["domains"] == [["kantoor.example", 2, 1, 1, 0], ["ander.example", 1, 0, 1, 0]]


def reread_everything(world: SyncWorld, mailing: int) -> None:
    world.update_mailing(mailing, events_cursor=None)
    world.sync(mailing, after=600)


def forgetful(world: SyncWorld, mailing: int, address: str) -> None:
    """MailChimp loses a recipient when the second page is read."""
    traffic, campaign = world.standin.state.requests, world.remote_campaign(mailing)
    count = traffic.add

    def watching(route: str) -> None:
        count(route)
        if traffic.routes[PAGES] == 2:
            campaign.recipients.pop(subscriber_hash(address), None)

    traffic.add = watching  # type: ignore[method-assign]
