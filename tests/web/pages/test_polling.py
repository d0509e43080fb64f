"""The pending panel: small, cheap, honest, and it ends by itself."""

from sqlalchemy import event, update

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.services import Services
from cxmc_ext.standin import StandinServer
from cxmc_ext.testing import Clock, ManualQueue
from cxmc_ext.usecases.shared import heartbeats
from tests.support.browser import Browser, Page
from tests.support.factories import create_mailing, create_operation


def start(services: Services, campaign: str, **values: object) -> tuple[int, str]:
    given = {"step": "subscribe_new", "progress_done": 250, "progress_total": 412, **values}
    operation = create_operation(services, create_mailing(services, campaign, "preparing"), **given)
    return operation, f"/cxmc/campaigns/{campaign}/panel?op={operation}"


def change(services: Services, operation: int, **values: object) -> None:
    session = services.session()
    session.execute(update(Operation).where(Operation.id == operation).values(**values))
    session.commit()


def test_the_three_steps_and_the_count_are_shown(
    connected: Services, campaign: str, browser: Browser
) -> None:
    _, poll = start(connected, campaign)
    page = browser.open_page(poll)
    for said in (
        "Pending action...",
        "Create the campaign",
        "Check its readiness",
        "Send",
        "Adding recipients to the audience : 250 of 412 people …".replace(" :", ":"),
        "by Rosa Recruiter",
    ):
        assert said in page.text
    assert page.panel_attributes["hx-trigger"] == "every 2s"
    assert page.panel_attributes["hx-swap"] == "outerHTML"


def test_a_poll_costs_at_most_two_statements_and_four_kilobytes(
    connected: Services, campaign: str, browser: Browser, standin: StandinServer
) -> None:
    _, poll = start(connected, campaign)
    calls = standin.state.requests.routes.total()
    statements: list[str] = []
    bind = connected.session().get_bind()
    event.listen(bind, "before_cursor_execute", lambda *a: statements.append(a[2]))
    answer = browser.get(poll)
    assert len(statements) <= 2, statements
    assert len(answer.data) <= 4096
    assert standin.state.requests.routes.total() == calls


def test_progress_never_jumps_back(connected: Services, campaign: str, browser: Browser) -> None:
    operation, poll = start(connected, campaign, step="verify", progress_done=0, progress_total=0)
    first = browser.open_page(poll)
    change(connected, operation, step="segment")
    again = browser.open_page(first.panel_attributes["hx-get"])
    assert _percent(again) == _percent(first)
    assert [w for w in again.text_parts if w == "3"], "the third step still waits"
    assert browser.get(f"{poll}&seen=999").status_code == 200


def test_the_next_step_is_said_aloud_once(
    connected: Services, campaign: str, browser: Browser
) -> None:
    operation, poll = start(connected, campaign)
    page = browser.open_page(poll)
    assert "HX-Trigger" not in browser.get(page.panel_attributes["hx-get"]).headers
    change(connected, operation, step="verify")
    assert "readiness" in browser.get(page.panel_attributes["hx-get"]).headers["HX-Trigger"]


def test_missing_workers_are_said_aloud_once(
    connected: Services, campaign: str, browser: Browser, clock: Clock
) -> None:
    _, poll = start(connected, campaign, state="queued", lease_until=0)
    heartbeats.write_heartbeat(connected, "worker:here:1", "worker")
    clock.advance(11 * connected.settings.tick_seconds)
    answer = browser.get(f"{poll}&late=1&seen=50")
    assert "No worker is alive." in answer.headers["HX-Trigger"]
    page = Page(answer.text)
    assert "No worker is alive." in page.text
    again = browser.get(page.panel_attributes["hx-get"])
    assert "No worker is alive." in Page(again.text).text
    assert "HX-Trigger" not in again.headers


def test_the_end_carries_no_trigger(connected: Services, campaign: str, browser: Browser) -> None:
    operation, poll = start(connected, campaign)
    change(connected, operation, state="failed", problems=[{"code": "took_too_long"}])
    page = browser.open_page(poll)
    assert "hx-trigger" not in page.panel_attributes
    assert "Try again" in page.buttons()


def test_late_gives_the_advice_and_the_button(
    connected: Services, campaign: str, browser: Browser
) -> None:
    _, poll = start(connected, campaign, created_at=connected.clock() - 100)
    page = browser.open_page(poll)
    advice = "Make sure that you are logged in to MailChimp, then press “Try again”."
    assert advice in page.text
    assert "Try again" in page.buttons()


def test_it_says_what_it_waits_for(connected: Services, campaign: str, browser: Browser) -> None:
    why = [{"code": "waiting_throttled", "detail": "", "values": {}}]
    _, poll = start(connected, campaign, state="waiting", problems=why)
    assert "MailChimp is limiting the requests of this account" in browser.open_page(poll).text


def test_a_poll_that_finds_nobody_at_work_calls_for_a_worker(
    connected: Services, campaign: str, browser: Browser, queue: ManualQueue
) -> None:
    long_ago = connected.clock() - 60
    operation, poll = start(connected, campaign, state="queued", created_at=long_ago, lease_until=0)
    page = browser.open_page(poll)
    assert "Waiting for a worker …" in page.text
    assert ("operation", operation) in queue.nudges


def test_what_has_been_running_for_long_does_not_wait_for_a_worker(
    connected: Services, campaign: str, browser: Browser
) -> None:
    _, poll = start(connected, campaign, created_at=connected.clock() - 60)
    assert "Waiting for a worker" not in browser.open_page(poll).text


def test_a_settled_panel_that_did_not_change_is_not_sent_again(
    connected: Services, campaign: str, browser: Browser
) -> None:
    create_mailing(connected, campaign, "scheduled", schedule_at=connected.clock() + 9000)
    page = browser.open_page(f"/cxmc/campaigns/{campaign}")
    assert page.panel_attributes["hx-trigger"] == "every 15s"
    assert browser.get(page.panel_attributes["hx-get"]).status_code == 204


def test_an_operation_of_another_campaign_is_not_shown(
    connected: Services, campaign: str, browser: Browser
) -> None:
    other = create_operation(connected, create_mailing(connected, "99", "preparing"))
    page = browser.open_page(f"/cxmc/campaigns/{campaign}/panel?op={other}")
    assert "Pending action..." not in page.text


def test_a_poll_opened_as_a_page_is_a_whole_page(
    connected: Services, campaign: str, browser_without_js: Browser
) -> None:
    _, poll = start(connected, campaign)
    assert browser_without_js.open_page(poll).elements("main")


def test_refreshing_by_the_page_itself_is_kept_out_of_fragments(
    connected: Services, campaign: str, browser: Browser, browser_without_js: Browser
) -> None:
    _, poll = start(connected, campaign)
    assert not browser.open_page(poll).elements("meta"), "htmx would wake it up"
    assert browser_without_js.open_page(poll).elements("noscript")


def _percent(page: Page) -> int:
    return int(page.elements("progress")[0]["value"])
