"""“Stop all sending” in the control room, and what the tab and the commands say meanwhile."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cxmc_ext.domain.campaigns import MailingState
from cxmc_ext.services import Services
from cxmc_ext.testing import ManualQueue, MemoryHost
from cxmc_ext.usecases.admin import metrics
from tests.support.browser import Browser
from tests.support.factories import create_mailing

PATH = "/cxmc/control"
SINCE = "Sending is stopped since"


@pytest.fixture
def room(connected: Services, host: MemoryHost, client: FlaskClient) -> Browser:
    host.login("admin")
    return Browser(client, javascript=False)


def test_the_question_lists_what_is_scheduled(room: Browser, connected: Services) -> None:
    at = connected.clock() + 7200
    create_mailing(connected, "1", MailingState.SCHEDULED, remote_id="r1", schedule_at=at)
    page = room.submit(f"{PATH}/stop-sending")
    assert "Stop all sending?" in page.text
    assert "These scheduled campaigns are unscheduled" in page.text
    assert "Vacatures week 48" in page.text
    assert SINCE not in room.open_page(PATH).text, "nothing happens before the answer"


def test_everybody_is_told_until_sending_is_allowed_again(
    room: Browser, app: Flask, connected: Services, host: MemoryHost, queue: ManualQueue
) -> None:
    campaign = host.add_campaign()
    tab = f"/cxmc/campaigns/{campaign}"
    room.submit(f"{PATH}/stop-sending", 303, confirmed="yes")
    queue.run_all()
    page = room.open_page(PATH)
    assert SINCE in page.text
    assert page.text.count("by Ada Admin") >= 1
    assert "Stop all sending" not in page.buttons()
    form = room.open_page(tab)
    assert SINCE in form.text
    disabled = {button.get("id") for button in form.elements("button") if "disabled" in button}
    assert {"cxmc-send", "cxmc-schedule", "cxmc-test"} <= disabled
    run = app.test_cli_runner().invoke
    assert "sending is stopped since" in run(args=["cxmc", "status"]).output
    assert json.loads(run(args=["cxmc", "status", "--json"]).output)["sending_stopped_at"]
    assert "sending is stopped since" in run(args=["cxmc", "doctor"]).output
    samples = {metric.name: metric.samples for metric in metrics.collect(connected)}
    assert samples["cxmc_sending_stopped"] == (({}, True),)
    room.submit(f"{PATH}/allow-sending", 303)
    for path in (PATH, tab):
        assert SINCE not in room.open_page(path).text, path


def test_what_is_still_scheduled_can_be_unscheduled_again(
    room: Browser, connected: Services, queue: ManualQueue
) -> None:
    room.submit(f"{PATH}/stop-sending", 303, confirmed="yes")
    queue.run_all()
    at = connected.clock() + 7200
    create_mailing(connected, "1", MailingState.SCHEDULED, remote_id="r1", schedule_at=at)
    page = room.open_page(PATH)
    assert "MailChimp still sends these campaigns" in page.text
    assert "Unschedule them now" in page.buttons()


def test_a_recruiter_cannot_stop_or_allow(
    room: Browser, connected: Services, host: MemoryHost
) -> None:
    host.login("recruiter")
    for path in ("stop-sending", "allow-sending"):
        room.submit(f"{PATH}/{path}", 404)
