"""Parts inside the Host's pages: what they may show, and that they never break the page."""

from collections.abc import Callable

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from sqlalchemy import text

from cxmc_ext.domain.campaigns import Campaign, EventStatus
from cxmc_ext.services import Services
from cxmc_ext.testing import MemoryHost
from tests.support.browser import Page
from tests.support.databases import on_both
from tests.support.factories import (
    SENT_AT,
    create_event,
    create_mailing,
    create_recipient,
)
from tests.support.slot_values import ADA

pytestmark = on_both


@pytest.mark.slow
@pytest.mark.parametrize("query", ["?cxmc_before=%00", f"?cxmc_before={'9' * 12}-{'9' * 18}"])
@pytest.mark.parametrize(
    "slot",
    [
        "cxmc_activities(ada)",
        "cxmc_campaign_activities(NUL)",
        "cxmc_campaign_activities('1')",
        "cxmc_statuses(NUL, [ada])",
        "cxmc_tab_visible(NUL)",
    ],
)
def test_no_slot_fails_for_an_odd_request(
    campaign: str, show: Callable[..., Page], slot: str, query: str
) -> None:
    assert "cannot be shown" not in show(f"{{{{ {slot} }}}}", query).text


class _SecretiveHost:
    """A Host that shows some campaigns to nobody, and counts how often it is asked."""

    def __init__(self, host: MemoryHost, hidden: set[str]) -> None:
        self.hidden, self.asked = hidden, list[str]()
        self._campaign = host.campaign
        host.campaign = self.campaign  # type: ignore[method-assign]

    def campaign(self, ref: str, user_id: str | None) -> Campaign | None:
        self.asked.append(ref)
        return None if ref in self.hidden else self._campaign(ref, user_id)


def test_activities_name_only_campaigns_that_the_viewer_may_see(
    connected: Services, campaign: str, host: MemoryHost, show: Callable[..., Page]
) -> None:
    secret = host.add_campaign("Reorganisatie")
    for ref, title in ((campaign, "Vacatures week 48"), (secret, "Reorganisatie")):
        mailing = create_mailing(connected, ref, "sent", campaign_title=title)
        row = create_recipient(connected, mailing, person_kind="candidate", person_id="1")
        for n in range(3):
            create_event(connected, mailing, row, EventStatus.CLICKED, SENT_AT + n)
    secretive = _SecretiveHost(host, {secret})
    page = show("{{ cxmc_activities(ada) }}{{ cxmc_activities(ada) }}")
    assert page.text.count("A campaign that you may not see") == 6
    assert page.text.count("Vacatures week 48") == 6
    assert "Reorganisatie" not in page.html
    assert f"(campaign {secret})" not in page.text
    links = {a["href"].partition("?")[0] for a in page.elements("a")}
    assert host.tab_url(secret) not in links
    assert sorted(secretive.asked) == sorted([campaign, secret]), "asked once per campaign"


def test_a_campaigns_slots_are_empty_for_who_may_not_see_it(
    connected: Services, campaign: str, host: MemoryHost, show: Callable[..., Page]
) -> None:
    mailing = create_mailing(connected, campaign, "sent", frozen_at=1)
    row = create_recipient(
        connected, mailing, name="Ada Lovelace", person_kind="candidate", person_id="1"
    )
    create_event(connected, mailing, row, EventStatus.OPENED, SENT_AT)
    line = (
        f"{{{{ cxmc_campaign_activities('{campaign}') }}}}"
        f"{{{{ cxmc_statuses('{campaign}', [ada]) | length }}}}"
    )
    assert "Ada Lovelace" in show(line).text
    _SecretiveHost(host, {campaign})
    page = show(line)
    assert "Ada Lovelace" not in page.html
    assert page.text.endswith("0")


SLOTS = (
    "cxmc_tab('1')",
    "cxmc_settings()",
    "cxmc_activities(ada)",
    "cxmc_campaign_activities('1')",
    "cxmc_statuses('1', [ada])",
    "cxmc_tab_visible('1')",
    "cxmc_enabled()",
    "cxmc_toasts()",
)


@pytest.mark.slow
@pytest.mark.parametrize("slot", SLOTS)
def test_a_slot_that_fails_leaves_the_hosts_page_and_its_transaction(
    app: Flask,
    connected: Services,
    campaign: str,
    host: MemoryHost,
    client: FlaskClient,
    caplog: pytest.LogCaptureFixture,
    slot: str,
) -> None:
    """The tables are not there, as after an upgrade without its migration."""
    host.login("admin")
    session = connected.session()
    for table in ("cxmc_mailing", "cxmc_account"):
        session.execute(text(f"ALTER TABLE {table} RENAME TO {table}_away"))
    session.execute(text("CREATE TABLE own (name VARCHAR(9))"))
    session.commit()

    def page() -> str:
        own = connected.session()
        own.execute(text("INSERT INTO own VALUES ('kept')"))
        part = render_template_string(f"<b>before</b>{{{{ {slot} }}}}<b>after</b>", ada=ADA)
        own.commit()
        return part

    app.add_url_rule("/mine", "mine", page)
    answer = client.get("/mine")
    assert answer.status_code == 200
    assert answer.text.startswith("<b>before</b>")
    assert answer.text.endswith("<b>after</b>")
    assert session.execute(text("SELECT name FROM own")).scalars().all() == ["kept"]
    session.rollback()
    failed = [r.getMessage() for r in caplog.records if "Reference" in r.getMessage()]
    if "cannot be shown" in answer.text:
        assert failed
        assert failed[0].split()[1].rstrip(":") in answer.text
