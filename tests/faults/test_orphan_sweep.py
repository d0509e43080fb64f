"""What lost answers leave at MailChimp: swept when nobody can need it, kept while somebody may."""

from cxmc_ext.domain.mailchimp import Draft
from cxmc_ext.standin import DEMO_KEY
from tests.faults.checkpoints import Checkpoints
from tests.faults.fault_environment import FaultEnvironment
from tests.faults.invariants import check_invariants, orphaned_drafts
from tests.faults.scenarios import SCENARIOS, press_retry, press_send

CREATE, LIST = "POST /campaigns", "GET /campaigns"


def arrive_late(env: FaultEnvironment) -> None:
    """A draft of the first attempt, whose request was thought lost, turns up after all."""
    mailing, token = env.mailing, env.operations()[-1].title_token
    assert mailing is not None
    assert mailing.segment_id is not None
    title = f"Vacatures [{token}/{mailing.segment_id}]"
    sender = (mailing.subject, mailing.from_name, mailing.from_email)
    client = env.mailchimp(DEMO_KEY, 9)
    client.create_campaign(Draft(mailing.list_id, mailing.segment_id, title, *sender))


def test_a_late_draft_of_an_old_attempt_is_swept_and_the_awaited_one_stays(
    checkpoints: Checkpoints,
) -> None:
    env = checkpoints.restore("ready")
    faults = env.standin.state.faults
    faults.add(CREATE, "reset_before")
    faults.add(CREATE, "400", nth=2)
    press_send(env, "first")
    env.run_workers()
    arrive_late(env)
    faults.clear()
    faults.add(CREATE, "reset_after")
    faults.add(LIST, "503_html", times=0)
    press_retry(env, "second")
    env.run_workers()
    assert len(env.remote_account.campaigns) == 2
    faults.clear()
    env.advance(7200)
    env.pass_round()
    env.run_workers()
    assert len(env.remote_account.campaigns) == 1
    assert orphaned_drafts(env) == []
    press_retry(env, "third")
    env.run_workers()
    SCENARIOS["send"].check_goal(env)
    check_invariants(env)
