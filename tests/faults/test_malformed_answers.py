"""Every field of every answer × every odd value: nothing crashes, nothing is endless, every page opens.

CXMC_FAULTS=all tries every case, otherwise a sample. Cases that the client reads alike run once. The number
of cases and runs is printed with `-s`.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import TypeAlias

import pytest
from flask import render_template_string

from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import PersonRef
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import engagement
from cxmc_ext.usecases.sending import removal_requests, test_mail_requests
from tests.faults.answer_readings import AnswerReadings
from tests.faults.call_sequences import CALL_SEQUENCES
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.invariants import check_invariants
from tests.faults.people import EXPECTED
from tests.faults.run_scenario import NONCE
from tests.faults.scenarios import SCENARIOS, Scenario, press_send, press_update, run_syncs, user
from tests.faults.selection import every_nth
from tests.support.factories import SUPPORT_TEMPLATE_ID
from tests.support.odd_values import ODD_VALUES, paths_of
from tests.support.unusual_answers import Path, UnusualAnswers

pytestmark = pytest.mark.slow

DAY = 86_400
EventCounts: TypeAlias = Mapping[str, int]
# Answers of which the client reads nothing but that there is one.
UNREAD = (
    "PATCH /lists/*/members/*", "PUT /campaigns/*/content", "POST /lists/*/merge-fields",
    "POST /verified-domains", "POST /verified-domains/*/actions/verify",
)  # fmt: skip
# One of so many cases of a route runs by default.
STEP = 83
READING, OPERATIONS = ("sync", "delivered"), ("connect", "send", "batches", "retry")
# What a sync turn calls at most: change check, campaign, unsubscribes, and few passes over the pages.
MAX_CALLS = 120


def press_preview(env: FaultEnvironment, nonce: str) -> int:
    press = Press(user(env), nonce, env.campaign)
    return test_mail_requests.request_preview(env.services, press, SUPPORT_TEMPLATE_ID)


def press_send_and_delete(env: FaultEnvironment, nonce: str) -> None:
    """The answer to the creation of the segment is lost, so that deleting looks for it by name."""
    env.standin.state.faults.add("POST /lists/*/segments", "reset_after")
    env.standin.state.faults.add("POST /campaigns", "400")
    press_send(env, nonce)
    env.run_workers()
    removal_requests.request_delete(env.services, Press(user(env), f"{nonce} 2", env.campaign))


MORE_SCENARIOS = {
    "one member": Scenario("one member", "one member", press_send, id, press_send),
    "preview": Scenario("preview", "ready", press_preview, id, press_preview),
    "send and delete": Scenario(
        "send and delete", "ready", press_send_and_delete, id, press_send_and_delete
    ),
}
MORE_ROUTES = {
    "one member": ("GET /lists/*/members/*",),
    "preview": ("GET /campaigns/*/content",),
    "send and delete": ("GET /lists/*/segments",),
}


def _routes() -> list[tuple[str, str]]:
    """Every route, in the first scenario that calls it; routes that are read twice, in both."""
    names = (*READING, *OPERATIONS, "domain", "code", "unschedule")
    sequences: Mapping[str, tuple[str, ...]] = {
        **{name: CALL_SEQUENCES[name] for name in names},
        **MORE_ROUTES,
    }
    found: dict[tuple[str, bool], str] = {}
    for name, calls in sequences.items():
        for route in filter(_has_answer, calls):
            found.setdefault((route, name in READING), name)
    return sorted((name, route) for (route, _), name in found.items())


def _has_answer(route: str) -> bool:
    """Actions and deletions are answered with 204 and no body."""
    is_action = "/actions/" in route and not route.endswith("/verify")
    return not is_action and not route.startswith("DELETE")


@pytest.fixture
def answers(checkpoints: Checkpoints) -> Iterator[UnusualAnswers]:
    standin = checkpoints.environment.standin
    app = standin.app
    yield UnusualAnswers.install(standin)
    standin.stop()
    standin.app = app
    standin.start()


@pytest.mark.parametrize(("name", "route"), _routes())
def test_no_odd_value_breaks_anything(
    checkpoints: Checkpoints, answers: UnusualAnswers, name: str, route: str
) -> None:
    scenario = SCENARIOS.get(name) or MORE_SCENARIOS[name]
    answers.clear()
    readings = AnswerReadings()
    with readings.record():
        _run(checkpoints, scenario)
    cases = _cases(answers, route)
    assert cases, "the scenario reads no such answer"
    chosen = every_nth(cases, STEP)
    events_by_reading: dict[Hashable, EventCounts] = {}
    for path, odd in chosen:
        reading = readings.of(route, path, ODD_VALUES[odd])
        try:
            if reading not in events_by_reading:
                answers.clear()
                answers.change(route, path, ODD_VALUES[odd])
                events_by_reading[reading] = _run_case(checkpoints, answers, scenario)
            if name == "sync":
                _check_events_while_odd(events_by_reading[reading], path)
        except BaseException as error:
            error.add_note(f"{name}: {route} {path} = {odd}")
            raise
    numbers = f"{len(chosen)} of {len(cases)} cases, {len(events_by_reading)} runs"
    print(f"\n{name}: {route}: {numbers}")  # noqa: T201


def _cases(answers: UnusualAnswers, route: str) -> list[tuple[Path, str]]:
    """Every field of the answers so far, with the name of every odd value."""
    recorded = answers.answers_to(route)
    paths: list[Path] = [() for _ in recorded[:1]]
    if route not in UNREAD:
        paths += [path for answer in recorded for path in paths_of(answer)]
    return [(path, odd) for path in dict.fromkeys(paths) for odd in ODD_VALUES]


def _run_case(checkpoints: Checkpoints, answers: UnusualAnswers, scenario: Scenario) -> EventCounts:
    """Returns the events that were stored while MailChimp answered oddly."""
    env = _run(checkpoints, scenario)
    check_invariants(env, sweep=False)
    check_pages(env)
    stored = dict(((env.mailing and env.mailing.counts) or {}).get("events", {}))
    if scenario.name == "sync":
        answers.clear()
        env.advance(3 * DAY)
        press_update(env, NONCE)
        run_syncs(env, rounds=1)
        _check_all_events(env)
    return stored


def _run(checkpoints: Checkpoints, scenario: Scenario) -> FaultEnvironment:
    env = checkpoints.restore(scenario.checkpoint)
    if scenario.name == "sync":
        _let_more_happen(env)
    requests = env.standin.state.requests
    requests.clear()
    scenario.press(env, NONCE)
    env.run_workers()
    if scenario.syncs:
        run_syncs(env, rounds=1)
        assert sum(requests.routes.values()) < MAX_CALLS, requests.routes
    return env


def _let_more_happen(env: FaultEnvironment) -> None:
    """A click and a bounce, besides the opens and the unsubscribe of the checkpoint."""
    state, mailing = env.standin.state, env.mailing
    assert mailing is not None
    with state.lock:
        campaign = env.remote_account.campaigns[mailing.remote_id or ""]
        now = state.clock.now() - 30
        anna, carla = subscriber_hash(EXPECTED[0]), subscriber_hash(EXPECTED[2])
        assert engagement.record_click(campaign, anna, "https://jobs.example/1", now)
        assert engagement.record_bounce(state, env.remote_account, campaign, carla, "soft", now)


ALL_EVENTS = {"sent": 3, "bounced": 1, "opened": 2, "clicked": 1, "unsubscribed": 1}
# What one row of the activity can cost: a person's four events and, with the person, the unsubscribe.
MOST_OF_A_ROW = 5


def _check_events_while_odd(stored: EventCounts, path: Path) -> None:
    """One odd value costs its event or its row, not what stands beside it."""
    assert all(stored.get(kind, 0) <= count for kind, count in ALL_EVENTS.items()), stored
    if path[:1] == ("emails",) and len(path) > 1:
        assert sum(stored.values()) >= sum(ALL_EVENTS.values()) - MOST_OF_A_ROW, stored
    if path[:1] == ("emails",) and len(path) == 5:
        assert sum(stored.values()) >= sum(ALL_EVENTS.values()) - 1, stored


def _check_all_events(env: FaultEnvironment) -> None:
    mailing = env.mailing
    assert mailing is not None
    assert mailing.counts["events"] == ALL_EVENTS
    assert (mailing.count_differences, mailing.sync_problem) == ({}, None)
    assert mailing.sync_warnings == []


PAGES = (
    "campaigns/{}", "campaigns/{}/recipients", "campaigns/{}/recipients.csv", "campaigns/{}/open",
    "campaigns/{}/settings", "campaigns/{}/test-mail", "campaigns/{}/preview?template=10001",
    "activation", "control", "control/audit",
)  # fmt: skip
SLOTS = """
{{ cxmc_toasts() }}{{ cxmc_settings() }}{{ cxmc_campaign_activities(ref) }}
{% for person in people %}{{ cxmc_activities(person) }}{% endfor %}
{% for person, status in cxmc_statuses(ref, people).items() %}{{ status }}{% endfor %}
{% if cxmc_tab_visible(ref) %}{{ cxmc_tab(ref) }}{% endif %}
"""


def check_pages(env: FaultEnvironment) -> None:
    """Every page and every slot can be shown; the app passes errors on, so a 500 raises here."""
    env.session.rollback()
    env.host.login("admin")
    client = env.app.test_client()
    for page in PAGES:
        answer = client.get("/cxmc/" + page.format(env.campaign))
        answer.get_data()  # also what is sent while it is read
        assert answer.status_code < 500, (page, answer.status_code)
    people: list[PersonRef] = list(env.host.persons)
    with env.app.test_request_context("/host"):
        html = render_template_string(SLOTS, ref=env.campaign, people=people)
        env.services.session().rollback()
    assert "cannot be shown" not in html
