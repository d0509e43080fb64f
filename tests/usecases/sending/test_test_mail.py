"""“Send test” and “Preview”: a draft that addresses nobody, gone afterwards whatever happens."""

import pytest
from sqlalchemy import select, text

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.template_content import TemplateContent
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.standin import DEMO_ACCOUNT
from cxmc_ext.standin.service import targeting
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.sending import test_mail_requests
from cxmc_ext.usecases.worker import tick
from cxmc_ext.usecases.worker.step_tables import STEPS
from tests.support.recruiter import SENDER, SUPPORT_TEMPLATE_ID, Recruiter

ME = "rosa@cedarstaffing.example"
ROUTES = [
    "POST /lists/*/segments",
    "POST /campaigns",
    "PUT /campaigns/*/content",
    "GET /campaigns/*",
    "POST /campaigns/*/actions/test",
    "DELETE /campaigns/*",
    "DELETE /lists/*/segments/*",
]


def press(desk: Recruiter, to: str = ME, **changes: object) -> int:
    return test_mail_requests.request_test_mail(
        desk.services, desk.user, desk.next_nonce(), desk.campaign, desk.send_order(**changes), to
    )


def send_test(desk: Recruiter, to: str = ME, **changes: object) -> Operation:
    pressed = press(desk, to, **changes)
    desk.run_workers()
    return desk.operation(pressed)


def preview(desk: Recruiter, template: int = SUPPORT_TEMPLATE_ID) -> Operation:
    pressed = test_mail_requests.request_preview(
        desk.services, desk.user, desk.next_nonce(), desk.campaign, template
    )
    desk.run_workers()
    return desk.operation(pressed)


def probes(desk: Recruiter) -> list[str]:
    return [mail.address for mail in desk.standin.outbox.mails(kind="test")]


def left(desk: Recruiter) -> int:
    """Campaigns and segments that lie at MailChimp."""
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    return len(account.campaigns) + len(account.lists[desk.account().list_id].segments)


def codes(operation: Operation) -> list[str]:
    return [why["code"] for why in operation.problems]


def test_a_test_mail_reaches_the_named_addresses_and_nobody_else(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example")
    done = send_test(desk, f"{ME}; Chef@Cedarstaffing.example, {ME}")
    assert (done.state, done.problems) == ("done", [])
    assert probes(desk) == [ME, "chef@cedarstaffing.example"]
    (mail, _) = desk.standin.outbox.mails(kind="test")
    assert (mail.subject, mail.from_name, mail.sender) == ("Nieuwe vacatures", "Rosa", SENDER)
    assert desk.mailed_addresses == []
    assert left(desk) == 0
    assert not {"send", "schedule"} & set(desk.remote_calls())


def test_the_mailing_is_not_touched_and_the_form_keeps_its_values(desk: Recruiter) -> None:
    send_test(desk, subject="Proef", from_name="Rosa de Boer")
    mailing = desk.mailing
    assert (mailing.state, mailing.remote_id, mailing.segment_name) == ("none", None, "")
    assert (mailing.subject, mailing.from_name) == ("Proef", "Rosa de Boer")
    desk.add("anna@kandidaten.example")
    desk.send()
    desk.run_workers()
    assert desk.mailed_addresses == ["anna@kandidaten.example"]


def test_addresses_do_not_outlive_the_test(desk: Recruiter) -> None:
    done = send_test(desk)
    assert ME not in str({k: v for k, v in done.payload.items() if k != "from_email"})
    assert done.payload["count"] == 1


def test_addresses_do_not_outlive_a_deactivation_and_the_broom_still_finds_the_draft(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = interrupted(desk, monkeypatch)
    activation.deactivate(desk.services, desk.user)
    stopped = desk.operation(pressed)
    assert stopped.state == "cancelled"
    assert "addresses" not in stopped.payload
    assert stopped.payload["list"] == desk.account().list_id


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "test_to_missing"),
        (" , ;", "test_to_missing"),
        ("rosa", "test_to_wrong"),
        (",".join(f"p{n}@a.example" for n in range(6)), "test_to_many"),
    ],
)
def test_what_is_no_handful_of_addresses_is_refused_beside_the_field(
    desk: Recruiter, typed: str, code: str
) -> None:
    with pytest.raises(Invalid) as told:
        send_test(desk, typed, subject="")
    assert {name: why.code for name, why in told.value.fields.items()} == {
        "test_to": code,
        "subject": "subject_empty",
    }


def test_a_created_campaign_takes_no_test(desk: Recruiter) -> None:
    desk.add("anna@kandidaten.example")
    desk.send()
    with pytest.raises(Conflict) as told:
        send_test(desk)
    assert told.value.problem.code == "already_created"


def test_a_refusal_is_told_in_mailchimps_words_and_leaves_nothing(desk: Recruiter) -> None:
    limit = "You have reached the limit of test emails for today."
    desk.standin.state.faults.add("POST /campaigns/*/actions/test", "400", detail=limit)
    failed = send_test(desk)
    assert (failed.state, codes(failed)) == ("failed", ["trial_refused"])
    assert failed.problems[0]["detail"] == limit
    assert (probes(desk), left(desk)) == ([], 0)


def test_a_template_that_is_gone_is_named(desk: Recruiter) -> None:
    desk.standin.state.accounts[DEMO_ACCOUNT].templates[str(SUPPORT_TEMPLATE_ID)].active = False
    failed = send_test(desk)
    assert codes(failed) == ["trial_template"]
    assert left(desk) == 0


def test_a_draft_that_addresses_somebody_is_not_used(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MailChimp may not take the segment and then addresses everybody, without an error."""
    desk.add("anna@kandidaten.example")
    desk.send()
    desk.run_workers()
    desk.campaign = desk.host.add_campaign()
    monkeypatch.setattr(targeting, "effective_target", lambda audience, options: None)
    failed = send_test(desk)
    assert codes(failed) == ["trial_unsafe"]
    assert probes(desk) == []
    assert len(desk.standin.state.accounts[DEMO_ACCOUNT].campaigns) == 1


def test_no_answer_to_the_test_is_said_and_never_asked_again(desk: Recruiter) -> None:
    desk.standin.state.faults.add("POST /campaigns/*/actions/test", "reset_after")
    failed = send_test(desk)
    assert codes(failed) == ["test_unknown"]
    assert desk.remote_calls().count("send_test") == 1
    assert (probes(desk), left(desk)) == ([ME], 0)


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429"])
@pytest.mark.parametrize("match", ROUTES)
def test_whatever_answer_is_lost_one_test_mail_at_most_and_nothing_stays(
    desk: Recruiter, match: str, kind: str
) -> None:
    desk.add("anna@kandidaten.example")
    desk.standin.state.faults.add(match, kind)
    ended = send_test(desk)
    assert ended.state in ("done", "failed")
    assert len(probes(desk)) <= 1
    assert (probes(desk) == [ME]) or codes(ended) == ["test_unknown"]
    assert desk.mailed_addresses == []
    sweep(desk)
    assert left(desk) == 0


@pytest.mark.parametrize("step", ["segment", "draft", "fill", "look", "mail", "clean"])
def test_a_worker_that_dies_before_a_commit_is_taken_over(
    desk: Recruiter, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_after(desk, monkeypatch, step)
    pressed = press(desk)
    with pytest.raises(Killed):
        desk.run_once(pressed)
    desk.run_workers()
    ended = desk.operation(pressed)
    assert (ended.state, codes(ended)) in (("done", []), ("failed", ["test_unknown"]))
    assert probes(desk) == [ME]
    sweep(desk)
    assert left(desk) == 0


def test_what_a_cancelled_test_left_is_swept_after_an_hour(
    desk: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(desk, monkeypatch)
    session = desk.session
    session.execute(text("UPDATE cxmc_operation SET state = 'cancelled', lease_token = ''"))
    session.commit()
    assert left(desk) == 2
    sweep(desk)
    assert left(desk) == 0
    before = len(desk.remote_calls())
    sweep(desk)
    assert len(desk.remote_calls()) == before, "once"


def test_two_presses_are_one_test_mail(desk: Recruiter) -> None:
    for _ in range(2):
        press(desk)
    desk.run_workers()
    assert probes(desk) == [ME]


def test_a_preview_keeps_what_the_template_holds(desk: Recruiter) -> None:
    assert preview(desk).state == "done"
    stored = desk.session.scalars(select(TemplateContent)).one()
    account = desk.standin.state.accounts[DEMO_ACCOUNT]
    assert stored.html == account.templates[str(SUPPORT_TEMPLATE_ID)].html
    account.templates[str(SUPPORT_TEMPLATE_ID)].html = "<p>new</p>"
    desk.session.rollback()
    preview(desk)
    assert [one.html for one in desk.session.scalars(select(TemplateContent))] == ["<p>new</p>"]
    assert (probes(desk), left(desk)) == ([], 0)


def test_a_preview_of_what_was_never_offered_is_refused(desk: Recruiter) -> None:
    with pytest.raises(Invalid) as told:
        preview(desk, 666)
    assert told.value.fields["template_id"].code == "template_unknown"


class Killed(BaseException):
    """Like a SIGKILL: nothing catches it."""


def interrupted(desk: Recruiter, monkeypatch: pytest.MonkeyPatch) -> int:
    """A test mail whose worker died when draft and segment were made."""
    die_after(desk, monkeypatch, "look")
    pressed = press(desk)
    with pytest.raises(Killed):
        desk.run_once(pressed)
    return pressed


def die_after(desk: Recruiter, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The worker dies once, when the step has done its calls and not yet been committed as done."""
    table = STEPS["test"]
    real = table[step]

    def dying(run: object) -> str | None:
        monkeypatch.setitem(table, step, real)  # type: ignore[arg-type]
        real(run)  # type: ignore[arg-type]
        raise Killed

    monkeypatch.setitem(table, step, dying)  # type: ignore[arg-type]


def sweep(desk: Recruiter) -> None:
    desk.standin.state.advance(3700)
    tick.tick(desk.services)
    desk.run_workers()
