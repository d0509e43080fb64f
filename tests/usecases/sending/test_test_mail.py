"""“Send test” and “Preview”: a draft that addresses nobody, gone afterwards whatever happens."""

import pytest
from sqlalchemy import select, text

from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.template_content import TemplateContent
from cxmc_ext.domain.errors import Conflict, Invalid
from cxmc_ext.domain.operations import OperationKind
from cxmc_ext.standin import DEMO_ACCOUNT
from cxmc_ext.standin.service import targeting
from cxmc_ext.usecases.accounts import activation
from cxmc_ext.usecases.sending import test_mail_requests
from cxmc_ext.usecases.worker import tick
from tests.support.factories import SENDER, SUPPORT_TEMPLATE_ID, send_order
from tests.support.recruiter import Recruiter
from tests.support.steps import RunStep, intercept_step

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


def press(recruiter: Recruiter, to: str = ME, **changes: object) -> int:
    return test_mail_requests.request_test_mail(
        recruiter.services,
        recruiter.press(),
        send_order(**changes),
        to,
    )


def send_test(recruiter: Recruiter, to: str = ME, **changes: object) -> Operation:
    pressed = press(recruiter, to, **changes)
    recruiter.run_workers()
    return recruiter.operation(pressed)


def preview(recruiter: Recruiter, template: int = SUPPORT_TEMPLATE_ID) -> Operation:
    pressed = test_mail_requests.request_preview(
        recruiter.services,
        recruiter.press(),
        template,
    )
    recruiter.run_workers()
    return recruiter.operation(pressed)


def probes(recruiter: Recruiter) -> list[str]:
    return [mail.address for mail in recruiter.standin.outbox.mails(kind="test")]


def left(recruiter: Recruiter) -> int:
    """Campaigns and segments that lie at MailChimp."""
    account = recruiter.standin.state.accounts[DEMO_ACCOUNT]
    return len(account.campaigns) + len(account.lists[recruiter.account.list_id].segments)


def codes(operation: Operation) -> list[str]:
    return [why["code"] for why in operation.problems]


def test_a_test_mail_reaches_the_named_addresses_and_nobody_else(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    done = send_test(recruiter, f"{ME}; Chef@Cedarstaffing.example, {ME}")
    assert (done.state, done.problems) == ("done", [])
    assert probes(recruiter) == [ME, "chef@cedarstaffing.example"]
    (mail, _) = recruiter.standin.outbox.mails(kind="test")
    assert (mail.subject, mail.from_name, mail.sender) == ("Nieuwe vacatures", "Rosa", SENDER)
    assert recruiter.mailed_addresses == []
    assert left(recruiter) == 0
    assert not {"send", "schedule"} & set(recruiter.remote_calls())


def test_the_mailing_is_not_touched(recruiter: Recruiter) -> None:
    send_test(recruiter, subject="Proef", from_name="Rosa de Boer")
    mailing = recruiter.mailing
    assert (mailing.state, mailing.remote_id, mailing.segment_name) == ("none", None, "")
    assert (mailing.subject, mailing.from_name) == ("", "")
    recruiter.add("anna@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    assert recruiter.mailed_addresses == ["anna@kandidaten.example"]


def test_addresses_do_not_outlive_the_test(recruiter: Recruiter) -> None:
    done = send_test(recruiter)
    assert ME not in str({k: v for k, v in done.payload.items() if k != "from_email"})
    assert done.payload["address_count"] == 1


def test_addresses_do_not_outlive_a_deactivation_and_the_broom_still_finds_the_draft(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = interrupted(recruiter, monkeypatch)
    activation.deactivate(recruiter.services, recruiter.user)
    stopped = recruiter.operation(pressed)
    assert stopped.state == "cancelled"
    assert "addresses" not in stopped.payload
    assert stopped.payload["list_id"] == recruiter.account.list_id


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
    recruiter: Recruiter, typed: str, code: str
) -> None:
    with pytest.raises(Invalid) as told:
        send_test(recruiter, typed, subject="")
    assert {name: why.code for name, why in told.value.fields.items()} == {
        "test_to": code,
        "subject": "subject_empty",
    }


def test_a_created_campaign_takes_no_test(recruiter: Recruiter) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.send()
    with pytest.raises(Conflict) as told:
        send_test(recruiter)
    assert told.value.problem.code == "already_created"


def test_a_refusal_is_told_in_mailchimps_words_and_leaves_nothing(recruiter: Recruiter) -> None:
    limit = "You have reached the limit of test emails for today."
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/test", "400", detail=limit)
    failed = send_test(recruiter)
    assert (failed.state, codes(failed)) == ("failed", ["test_mail_refused"])
    assert failed.problems[0]["detail"] == limit
    assert (probes(recruiter), left(recruiter)) == ([], 0)


def test_a_template_that_is_gone_is_named(recruiter: Recruiter) -> None:
    recruiter.standin.state.accounts[DEMO_ACCOUNT].templates[
        str(SUPPORT_TEMPLATE_ID)
    ].active = False
    failed = send_test(recruiter)
    assert codes(failed) == ["test_mail_template_gone"]
    assert left(recruiter) == 0


def test_a_draft_that_addresses_somebody_is_not_used(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MailChimp may not take the segment and then addresses everybody, without an error."""
    recruiter.add("anna@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    recruiter.campaign = recruiter.host.add_campaign()
    monkeypatch.setattr(targeting, "effective_target", lambda audience, options: None)
    failed = send_test(recruiter)
    assert codes(failed) == ["test_mail_unsafe"]
    assert probes(recruiter) == []
    assert len(recruiter.standin.state.accounts[DEMO_ACCOUNT].campaigns) == 1


def test_no_answer_to_the_test_is_said_and_never_asked_again(recruiter: Recruiter) -> None:
    recruiter.standin.state.faults.add("POST /campaigns/*/actions/test", "reset_after")
    failed = send_test(recruiter)
    assert codes(failed) == ["test_unknown"]
    assert recruiter.remote_calls().count("send_test_mail") == 1
    assert (probes(recruiter), left(recruiter)) == ([ME], 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "500_after", "429"])
@pytest.mark.parametrize("match", ROUTES)
def test_whatever_answer_is_lost_one_test_mail_at_most_and_nothing_stays(
    recruiter: Recruiter, match: str, kind: str
) -> None:
    recruiter.add("anna@kandidaten.example")
    recruiter.standin.state.faults.add(match, kind)
    ended = send_test(recruiter)
    assert ended.state in ("done", "failed")
    assert len(probes(recruiter)) <= 1
    assert (probes(recruiter) == [ME]) or codes(ended) == ["test_unknown"]
    assert recruiter.mailed_addresses == []
    sweep(recruiter)
    assert left(recruiter) == 0


@pytest.mark.slow
@pytest.mark.parametrize("step", ["segment", "draft", "content", "verify", "send", "clean_up"])
def test_a_worker_that_dies_before_a_commit_is_taken_over(
    recruiter: Recruiter, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    die_after(recruiter, monkeypatch, step)
    pressed = press(recruiter)
    with pytest.raises(Killed):
        recruiter.run_once(pressed)
    recruiter.run_workers()
    ended = recruiter.operation(pressed)
    assert (ended.state, codes(ended)) in (("done", []), ("failed", ["test_unknown"]))
    assert probes(recruiter) == [ME]
    sweep(recruiter)
    assert left(recruiter) == 0


def test_what_a_cancelled_test_left_is_swept_after_an_hour(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(recruiter, monkeypatch)
    session = recruiter.session
    session.execute(text("UPDATE cxmc_operation SET state = 'cancelled', lease_token = ''"))
    session.commit()
    assert left(recruiter) == 2
    sweep(recruiter)
    assert left(recruiter) == 0
    before = len(recruiter.remote_calls())
    sweep(recruiter)
    assert len(recruiter.remote_calls()) == before, "once"


def test_two_presses_are_one_test_mail(recruiter: Recruiter) -> None:
    for _ in range(2):
        press(recruiter)
    recruiter.run_workers()
    assert probes(recruiter) == [ME]


def test_a_preview_keeps_what_the_template_holds(recruiter: Recruiter) -> None:
    assert preview(recruiter).state == "done"
    stored = recruiter.session.scalars(select(TemplateContent)).one()
    account = recruiter.standin.state.accounts[DEMO_ACCOUNT]
    assert stored.html == account.templates[str(SUPPORT_TEMPLATE_ID)].html
    account.templates[str(SUPPORT_TEMPLATE_ID)].html = "<p>new</p>"
    recruiter.session.rollback()
    preview(recruiter)
    assert [one.html for one in recruiter.session.scalars(select(TemplateContent))] == [
        "<p>new</p>"
    ]
    assert (probes(recruiter), left(recruiter)) == ([], 0)


def test_a_preview_of_what_was_never_offered_is_refused(recruiter: Recruiter) -> None:
    with pytest.raises(Invalid) as told:
        preview(recruiter, 666)
    assert told.value.fields["template_id"].code == "template_unknown"


class Killed(BaseException):
    """Like a SIGKILL: nothing catches it."""


def interrupted(recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch) -> int:
    """A test mail whose worker died when draft and segment were made."""
    die_after(recruiter, monkeypatch, "verify")
    pressed = press(recruiter)
    with pytest.raises(Killed):
        recruiter.run_once(pressed)
    return pressed


def die_after(recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The worker dies once, when the step has done its calls and not yet been committed as done."""

    def dying(_context: object, run: RunStep) -> str | None:
        run()
        raise Killed

    intercept_step(monkeypatch, step, dying, kinds=[OperationKind.TEST_MAIL])


def sweep(recruiter: Recruiter) -> None:
    recruiter.standin.state.advance(3700)
    tick.tick(recruiter.services)
    recruiter.run_workers()
