"""The panel of a scheduled campaign, in words."""

from datetime import date, timedelta

from cxmc_ext.domain.people import PersonKind
from cxmc_ext.domain.rules.addresses import member_hash
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from tests.support.browser import Browser
from tests.support.factories import create_mailing, create_recipient

FORM = {
    "subject": "Nieuwe vacatures",
    "from_name": "Rosa",
    "from_email": "rosa@cedarstaffing.example",
    "template_id": "10001",
}


def scheduled_for_two(services: Services, host: MemoryHost, campaign: str) -> None:
    host.members[campaign].clear()
    at = services.clock() + 7200
    values = {"schedule_at": at, "people_count": 2, "mailable_count": 2, "counts": {}}
    mailing_id = create_mailing(services, campaign, "scheduled", **values)
    for address in ("anna@kandidaten.example", "bram@kandidaten.example"):
        ref = host.add_person(address)
        host.add_to_campaign(campaign, ref)
        create_recipient(
            services,
            mailing_id,
            person_kind=PersonKind.CANDIDATE,
            person_id=ref.id,
            address=address,
            member_hash=member_hash(address),
        )


def test_it_says_who_was_removed_and_who_was_added(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    scheduled_for_two(connected, host, campaign)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "MailChimp sends it to 2 people" in page.text
    assert "since" not in page.text
    host.members[campaign].popitem()
    host.add_to_campaign(campaign, host.add_person("carl@kandidaten.example"))
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "MailChimp sends it to 1 person" in page.text
    assert "1 person has been removed since; they are left out." in page.text
    assert "1 person has been added since; they do not receive this mail." in page.text


def test_who_was_left_out_by_a_check_is_counted_once(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost, queue: ManualQueue
) -> None:
    day = date.today() + timedelta(days=30)  # noqa: DTZ011
    at = {"date": day.isoformat(), "time": "09:00"}
    browser.submit(f"/cxmc/campaigns/{campaign}/schedule", **FORM, **at, confirmed="yes")
    queue.run_all()
    host.members[campaign].popitem()
    for time in ("10:15", "10:30"):
        browser.submit(f"/cxmc/campaigns/{campaign}/reschedule", date=day.isoformat(), time=time)
        queue.run_all()
        page = browser.open_page(f"/cxmc/campaigns/{campaign}")
        assert "MailChimp sends it to 4 people" in page.text
        assert "1 person has been removed since; they are left out." in page.text
        assert "When scheduled 5 people By" in page.text


def test_it_says_that_a_missing_opt_out_group_keeps_it_from_being_sent(
    connected: Services, campaign: str, browser: Browser, host: MemoryHost
) -> None:
    scheduled_for_two(connected, host, campaign)
    groups = dict(host.groups)
    host.groups.clear()
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "missing, so this campaign will not be sent." in page.text
    assert "Anyone who opts out" not in page.text
    host.groups.update(groups)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "missing" not in page.text
    assert "Anyone who opts out" in page.text


def test_the_time_is_changed_in_place_and_the_page_says_so(
    connected: Services, campaign: str, browser: Browser, queue: ManualQueue
) -> None:
    day = date.today() + timedelta(days=30)  # noqa: DTZ011
    at = {"date": day.isoformat(), "time": "09:00"}
    browser.submit(f"/cxmc/campaigns/{campaign}/schedule", **FORM, **at, confirmed="yes")
    queue.run_all()
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "Change time" in page.buttons()
    assert page.field("date")["value"] == day.isoformat()
    path = f"/cxmc/campaigns/{campaign}/reschedule"
    refused = browser.submit(path, 422, date="2020-01-01", time="09:00")
    assert refused.field("date")["aria-invalid"] == "true"
    assert refused.field("date")["value"] == "2020-01-01"
    later = day + timedelta(days=3)
    pending = browser.submit(path, date=later.isoformat(), time="10:15")
    assert "Changing the time of the campaign" in pending.text
    queue.run_all()
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "The time was changed. It will be sent on" in page.text
    assert f"{later:%a} {later.day} {later:%b} {later.year}, 10:15" in page.text
