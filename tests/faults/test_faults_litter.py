"""What lost answers leave at MailChimp: swept when nobody can need it, kept while somebody may."""

from cxmc_ext.domain.remote import Draft
from cxmc_ext.standin import DEMO_KEY
from tests.faults.lab import Lab
from tests.faults.oracle import drafts, judge
from tests.faults.starts import Starts
from tests.faults.stories import STORIES, press_retry, press_send

CREATE, LIST = "POST /campaigns", "GET /campaigns"


def arrive_late(lab: Lab) -> None:
    """A draft of the first attempt, whose request was thought lost, turns up after all."""
    mailing, token = lab.mailing, lab.operations()[-1].token
    assert mailing is not None
    assert mailing.segment_id is not None
    title = f"Vacatures [{token}/{mailing.segment_id}]"
    sender = (mailing.subject, mailing.from_name, mailing.from_email)
    client = lab.patient(DEMO_KEY, 9)
    client.create_campaign(Draft(mailing.list_id, mailing.segment_id, title, *sender))


def test_a_late_draft_of_an_old_attempt_goes_and_the_one_that_is_looked_for_stays(
    starts: Starts,
) -> None:
    lab = starts.at("ready")
    faults = lab.standin.state.faults
    faults.add(CREATE, "reset_before")
    faults.add(CREATE, "400", nth=2)
    press_send(lab, "first")
    lab.work()
    arrive_late(lab)
    faults.clear()
    faults.add(CREATE, "reset_after")
    faults.add(LIST, "503_html", times=0)
    press_retry(lab, "second")
    lab.work()
    assert len(lab.there.campaigns) == 2
    faults.clear()
    lab.advance(7200)
    lab.pass_round()
    lab.work()
    assert len(lab.there.campaigns) == 1
    assert drafts(lab) == []
    press_retry(lab, "third")
    lab.work()
    STORIES["send"].goal(lab)
    judge(lab)
