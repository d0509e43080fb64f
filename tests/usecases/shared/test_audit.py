"""The audit: every action is told, once, with who and how it ended; nobody can fill it; the old goes."""

import pytest
from sqlalchemy import func, select

from cxmc_ext.db.models.audit import Audit
from cxmc_ext.db.models.remote_call import RemoteCall
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.operations import Press
from cxmc_ext.domain.people import User
from cxmc_ext.services import Services
from cxmc_ext.standin import DEMO_ACCOUNT
from cxmc_ext.testing import Clock
from cxmc_ext.usecases.accounts import activation, connection_requests, key_rotation, sender_domains
from cxmc_ext.usecases.accounts import details as account_details
from cxmc_ext.usecases.admin import control_room
from cxmc_ext.usecases.sending import follow_up, test_mail_requests
from cxmc_ext.usecases.shared import audit
from cxmc_ext.usecases.sync import schedule as sync_schedule
from cxmc_ext.usecases.worker import tick
from tests.support.databases import on_both
from tests.support.factories import SUPPORT_TEMPLATE_ID, send_order
from tests.support.recruiter import Recruiter, new_campaign_case

pytestmark = on_both

ALL = audit.AuditFilter()


def told(services: Services) -> list[tuple[str, str, str | None]]:
    """(action, by, outcome), oldest first, without what arranging the desk did."""
    found = [
        (one.action, one.actor_name, one.outcome) for one in audit.page_of_entries(services, ALL)
    ]
    services.session().rollback()
    return found[::-1][2:]


def test_presses_are_told_with_their_outcome(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    recruiter.send(from_email="info@nieuwedomein.example")
    recruiter.run_workers()
    with pytest.raises(Conflict):
        recruiter.unschedule()
    recruiter.check()
    recruiter.run_workers()
    recruiter.delete()
    recruiter.run_workers()
    recruiter.send(schedule_at=(recruiter.services.clock() // 900 + 3) * 900)
    recruiter.run_workers()
    recruiter.unschedule()
    recruiter.run_workers()
    assert told(recruiter.services) == [
        ("send", "Rosa Recruiter", "not_ready"),
        ("check", "Rosa Recruiter", "not_ready"),
        ("delete", "Rosa Recruiter", "done"),
        ("schedule", "Rosa Recruiter", "done"),
        ("unschedule", "Rosa Recruiter", "done"),
    ]
    newest = audit.page_of_entries(recruiter.services, ALL)[-3]
    assert (newest.campaign_ref, newest.campaign_title) == (
        recruiter.campaign,
        recruiter.mailing.campaign_title,
    )
    assert newest.problems[0].code == "check_domain"


def test_presses_that_leave_the_campaign_alone_are_told_with_it(recruiter: Recruiter) -> None:
    services = recruiter.services
    test_mail_requests.request_test_mail(
        services, recruiter.press(), send_order(), "rosa@cedarstaffing.example"
    )
    test_mail_requests.request_preview(services, recruiter.press(), SUPPORT_TEMPLATE_ID)
    recruiter.add("anna@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    recruiter.standin.state.advance(3600)
    sync_schedule.request_update(services, recruiter.user, recruiter.campaign)
    recruiter.queue.run_all()
    follow_up.create_follow_up(services, recruiter.press(), "unopened", "Again")
    entries = audit.page_of_entries(services, ALL)
    named = {one.action: one.campaign_title for one in entries if one.campaign_ref}
    for action in ("test_mail", "preview", "follow_up"):
        assert named.get(action) == recruiter.mailing.campaign_title


def test_presses_on_the_account_are_told(recruiter: Recruiter, admin_user: User) -> None:
    services = recruiter.services
    account_details.request_refresh(services, Press(admin_user, recruiter.next_nonce()))
    recruiter.run_workers()
    connection_requests.request_connection(
        services, Press(admin_user, recruiter.next_nonce()), f"{'0' * 32}-us21", None
    )
    recruiter.run_workers()
    sender_domains.request_verification_mail(
        services, Press(admin_user, recruiter.next_nonce()), "info@nieuwedomein.example"
    )
    recruiter.run_workers()
    key_rotation.rotate_key(services, admin_user)
    control_room.pause(services, admin_user)
    control_room.pause(services, admin_user)
    control_room.resume(services, admin_user)
    activation.deactivate(services, admin_user)
    activation.deactivate(services, admin_user)
    by = "Ada Admin"
    assert told(services) == [
        ("refresh", by, "done"),
        ("connect", by, "failed"),
        ("domain_mail", by, "done"),
        ("key_rotation", by, None),
        ("pause", by, None),
        ("resume", by, None),
        ("deactivate", by, None),
    ]


def test_the_same_press_is_told_once(recruiter: Recruiter) -> None:
    new_campaign_case(recruiter)
    for _ in range(3):
        recruiter.send()
    assert [action for action, *_ in told(recruiter.services)] == ["send"]
    recruiter.retry()
    assert [action for action, *_ in told(recruiter.services)] == ["send", "retry"]


def test_an_update_and_an_opt_out_are_told_with_the_campaign_and_why(recruiter: Recruiter) -> None:
    (anna,) = recruiter.add("anna@kandidaten.example")
    twin = recruiter.host.add_person("anna@kandidaten.example")
    recruiter.send()
    recruiter.run_workers()
    recruiter.standin.state.advance(3600)
    sync_schedule.request_update(recruiter.services, recruiter.user, recruiter.campaign)
    recruiter.queue.run_all()
    remote = recruiter.standin.state.accounts[DEMO_ACCOUNT].campaigns[
        recruiter.mailing.remote_id or ""
    ]
    (outcome,) = remote.recipients.values()
    outcome.unsubscribed_at = recruiter.services.clock()
    remote.totals["unsubscribed"] = 1
    for _ in range(2):
        recruiter.standin.state.advance(3600)
        sync_schedule.request_update(recruiter.services, recruiter.user, recruiter.campaign)
        recruiter.queue.run_all()
    left = [
        one for one in audit.page_of_entries(recruiter.services, ALL) if one.action == "opt_out"
    ]
    assert {one.subject for one in left} == {f"candidate:{anna.id}", f"candidate:{twin.id}"}
    assert len(left) == 2
    assert {one.campaign_ref for one in left} == {recruiter.campaign}
    assert left[0].note == "Unsubscribed through the MailChimp campaign “Vacatures week 48”"
    assert [one for one in told(recruiter.services) if one[0] == "update"] == [
        ("update", "Rosa Recruiter", None)
    ] * 3


def test_no_address_and_no_key_is_ever_told(recruiter: Recruiter, admin_user: User) -> None:
    new_campaign_case(recruiter)
    recruiter.send()
    recruiter.run_workers()
    connection_requests.request_connection(
        recruiter.services, Press(admin_user, recruiter.next_nonce()), f"{'0' * 32}-us21", None
    )
    sender_domains.request_verification_mail(
        recruiter.services, Press(admin_user, recruiter.next_nonce()), "info@nieuwedomein.example"
    )
    recruiter.run_workers()
    connection = recruiter.session.connection()
    cells = str(connection.execute(select(Audit.__table__)).all())
    assert "@" not in cells
    assert "0" * 32 not in cells


def test_refusals_of_one_person_are_one_row_for_ten_minutes(
    connected: Services, clock: Clock
) -> None:
    ivo, eve = User("intern", "Ivo Intern"), User("eve", "Eve")
    for page in ("send", "control", "audit"):
        audit.log_denied(connected, ivo, page, 404)
    audit.log_denied(connected, eve, "send", 403)
    assert [one[:2] for one in told(connected)] == [("denied", "Ivo Intern"), ("denied", "Eve")]
    assert audit.page_of_entries(connected, ALL)[1].subject == "send"
    clock.advance(audit.DENIED_INTERVAL + 1)
    audit.log_denied(connected, ivo, "send", 404)
    assert len(told(connected)) == 3


def test_what_is_old_goes_in_bounded_steps(
    connected: Services, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = connected.session()
    old = audit.page_of_entries(connected, ALL)[0]
    monkeypatch.setattr(audit, "PRUNE_BATCH", 1)
    days = connected.settings.audit_days

    def left() -> tuple[int, int]:
        session.rollback()
        return tuple(  # type: ignore[return-value]
            session.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (Audit, RemoteCall)
        )

    presses, calls = left()
    tick.tick(connected)
    assert left() == (presses, calls)
    clock.advance(days * 86_400 + 3600)
    audit.log(connected, 1, "pause", User("", "new"))
    session.commit()
    audit.prune(connected)
    assert left() == (presses, calls - 1)
    for _ in range(calls):
        tick.tick(connected)
    assert left() == (1, 0)
    assert old not in audit.page_of_entries(connected, ALL)


def test_a_press_that_is_not_written_is_not_told(
    recruiter: Recruiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_campaign_case(recruiter)

    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(type(recruiter.session), "commit", full)
        with pytest.raises(OSError, match="disk full"):
            recruiter.send()
    assert told(recruiter.services) == []


def test_everything_comes_in_pages(connected: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAGE_SIZE", 2)
    for number in range(5):
        audit.log(connected, 1, "pause", User("", str(number)))
    connected.session().commit()
    wanted = audit.AuditFilter(["pause"])
    assert [one.actor_name for one in audit.all_entries(connected, wanted)] == [
        "4",
        "3",
        "2",
        "1",
        "0",
    ]
    assert len(audit.page_of_entries(connected, wanted)) == 3
