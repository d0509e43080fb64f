"""Stored values that no page can show: they are a dash, and administrators see what could not be read."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from cxmc_ext.db.models.account import Account
from cxmc_ext.domain.campaigns import EventStatus, MailingState
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Browser, Page
from tests.support.databases import on_both
from tests.support.factories import (
    REPORT,
    SENT_AT,
    create_event,
    create_mailing,
    create_recipient,
)
from tests.support.odd_values import ODD_VALUES
from tests.support.unusual_answers import MISSING

pytestmark = [on_both, pytest.mark.slow]

ODD_TIMES = (253_402_300_800, 10**15, 2**62, -(10**12), -1)


def odd_report(odd: Any) -> dict[str, Any]:
    """A stored report whose every figure, rate, row and time is odd."""
    if odd is MISSING:
        return {}
    figures = {"opens_total": odd, "unique_opens": odd, "open_rate": odd, "clicks_total": odd}
    return {
        "emails_sent": odd,
        "opens": {**figures, "proxy_excluded_open_rate": odd},
        "clicks": {"clicks_total": odd, "unique_subscriber_clicks": odd, "click_rate": odd},
        "bounces": {"hard_bounces": odd, "soft_bounces": odd},
        "unsubscribed": odd,
        "list_stats": {"open_rate": odd, "click_rate": odd},
        "abuse_reports": odd,
        "timeseries": [odd, {"timestamp": odd, "unique_opens": odd, "recipients_clicks": odd}],
        "links": [odd, [odd, odd, odd, odd], ["https://a.example", odd, odd, odd]],
        "domains": [odd, [odd, odd, odd, odd, odd]],
        "summary": odd,
    }


# Python writes these into JSON; no database stores them.
STORABLE = [name for name in ODD_VALUES if name not in {"NaN", "Infinity", "NUL", "lone surrogate"}]


@pytest.mark.parametrize("name", STORABLE)
@pytest.mark.parametrize("state", ["sent", "sending", "cancelled"])
def test_a_report_that_was_stored_with_odd_values_can_be_opened(
    connected: Services, campaign: str, browser: Browser, state: str, name: str
) -> None:
    odd = ODD_VALUES[name]
    values: dict[str, Any] = {
        "report": odd_report(odd),
        "emails_sent": 3,
        "sync_interval_index": 99,
    }
    if odd is not MISSING:
        values |= {"count_differences": {"opened": odd, "clicked": [odd, odd]}}
        values |= {"counts": {"status": {"opened": odd}, "reason": odd}}
    create_mailing(connected, campaign, state, sent_at=SENT_AT, **values)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "Recipients" in page.text
    browser.open_page(f"/cxmc/campaigns/{campaign}/recipients")


@pytest.mark.parametrize("odd", [2**63, -1, 1e308, "many", [], {"x": 1}, True])
def test_a_figure_that_cannot_be_shown_is_a_dash(
    connected: Services, campaign: str, browser: Browser, odd: Any
) -> None:
    create_mailing(connected, campaign, "sent", sent_at=SENT_AT, report=odd_report(odd))
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "Opened – " in page.text
    assert "Unsubscribed –" in page.text


@pytest.mark.parametrize("at", ODD_TIMES)
@pytest.mark.parametrize("state", [str(state) for state in MailingState])
def test_a_time_that_no_calendar_has_breaks_no_page(
    connected: Services,
    campaign: str,
    client: FlaskClient,
    host: MemoryHost,
    show: Callable[..., Page],
    state: str,
    at: int,
) -> None:
    host.login("admin")
    mailing = create_mailing(
        connected, campaign, state, sent_at=at, schedule_at=at, last_sync_at=at, next_sync_at=at,
        remote_created_at=at, report=REPORT, remote_id="r1",
    )  # fmt: skip
    row = create_recipient(connected, mailing, person_kind="candidate", person_id="1")
    create_event(connected, mailing, row, EventStatus.CLICKED, at)
    session = connected.session()
    session.execute(update(Account).values(details_read_at=at, unsubscribes_cursor=at))
    session.commit()
    browser = Browser(client)
    for path in (f"campaigns/{campaign}", f"campaigns/{campaign}/recipients", "control"):
        browser.open_page(f"/cxmc/{path}")
    page = show(f"{{{{ cxmc_activities(ada) }}}}{{{{ cxmc_campaign_activities('{campaign}') }}}}")
    assert "cannot be shown" not in page.text
    assert "Clicked" in page.text


# For administrators.


def test_the_control_room_shows_what_could_not_be_read(
    connected: Services, campaign: str, client: FlaskClient, host: MemoryHost
) -> None:
    host.login("admin")
    dropped = {"code": "values_dropped", "values": {"count": "3", "fields": "timestamp, url"}}
    create_mailing(connected, campaign, "sent", remote_id="r1", sync_warnings=[dropped])
    _break_unsubscribes(connected)
    page = Browser(client).open_page("/cxmc/control")
    assert "MailChimp sent values that cannot be used: 3 (timestamp, url)." in page.text
    assert "failing" in page.text
    assert "Last read: 3 days ago" in page.text


def test_connecting_counts_as_reading_who_unsubscribed(
    connected: Services, client: FlaskClient, host: MemoryHost
) -> None:
    host.login("admin")
    page = Browser(client).open_page("/cxmc/control")
    assert "Unsubscribes in MailChimp Last read: just now" in page.text


def test_the_report_shows_that_unsubscribes_cannot_be_read(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "sent", sent_at=SENT_AT)
    assert "cannot be read" not in browser.open_page(f"/cxmc/campaigns/{campaign}").text
    _break_unsubscribes(connected)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "Who unsubscribed in MailChimp outside of a campaign cannot be read" in page.text
    assert "Last read: 3 days ago" in page.text


def test_a_campaign_cancelled_half_way_shows_its_report(
    connected: Services, campaign: str, browser: Browser
) -> None:
    why = [{"code": "cancelled_there"}]
    create_mailing(
        connected,
        campaign,
        "cancelled",
        sent_at=SENT_AT,
        emails_sent=3,
        report=REPORT,
        problems=why,
    )
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert "Update now" in page.buttons()
    assert "The delivery of the campaign was cancelled in MailChimp." in page.text


def _break_unsubscribes(services: Services) -> None:
    """The import of unsubscribes has been failing for three days."""
    session = services.session()
    session.execute(
        update(Account).values(
            unsubscribes_problem={"code": "waiting_unclear", "detail": "", "values": {}},
            unsubscribes_cursor=services.clock() - 3 * 86_400,
            key_stored_at=services.clock() - 4 * 86_400,
        )
    )
    session.commit()
