"""Imported mailings only follow their reports: nothing of them is changed at MailChimp."""

import pytest
from sqlalchemy import select

from cxmc_ext.db.models.event import Event
from cxmc_ext.db.models.operation import Operation
from cxmc_ext.db.models.recipient import Recipient
from cxmc_ext.db.queries import erasure
from cxmc_ext.domain.campaigns import EventStatus
from cxmc_ext.domain.errors import Conflict
from cxmc_ext.domain.rules.suppression import digest
from cxmc_ext.standin.models import subscriber_hash
from cxmc_ext.standin.service import membership
from cxmc_ext.usecases.notices.telling import tell_notices
from cxmc_ext.usecases.sending import mail_again
from cxmc_ext.usecases.worker import tick
from tests.support.campaign_import import (
    ANNA,
    CARLA,
    import_all,
    imported,
    search,
    send_by_hand,
    sync,
)
from tests.support.databases import on_both
from tests.support.recruiter import Recruiter

pytestmark = on_both


def test_nothing_of_it_can_be_changed(importer: Recruiter) -> None:
    remote = send_by_hand(importer)
    search(importer)
    import_all(importer)
    tell_notices(importer.services)
    assert importer.host.notifications == [], "it was not sent now"
    (mailing,) = imported(importer)
    importer.campaign = mailing.campaign_ref
    before = importer.remote_account.campaigns[remote]
    importer.host.add_to_campaign(importer.campaign, importer.host.add_person("new@crm.example"))
    presses = [importer.send, importer.check, importer.retry, importer.delete, importer.unschedule]
    for press in presses:
        with pytest.raises(Conflict):
            press()
    for request in (mail_again.request_resend, mail_again.request_mail_additions):
        with pytest.raises(Conflict, match="nothing_to_follow"):
            request(importer.services, importer.press(), "Again")
    for _ in range(3):
        sync(importer)
    assert importer.remote_account.campaigns[remote] is before
    calls = set(importer.standin.state.requests.routes)
    writes = [call for call in calls if not call.startswith("GET")]
    assert not [call for call in writes if "campaigns" in call or "segments" in call]


@pytest.mark.slow
def test_an_erased_address_does_not_come_back(importer: Recruiter) -> None:
    remote = send_by_hand(importer)
    search(importer)
    session, account_id = importer.session, importer.account.id
    salt = erasure.get_or_create_salt(session, account_id)
    erasure.add_digests(session, account_id, [digest(salt, CARLA)], 1)
    session.commit()
    import_all(importer)
    importer.standin.actions.open(remote, CARLA)
    sync(importer)
    assert CARLA not in importer.fetch_all(select(Recipient.address))
    erased = importer.fetch_one(select(Recipient).where(Recipient.address == ""))
    assert erased.member_hash == digest(salt, CARLA)
    assert erased.member_hash != bytes.fromhex(subscriber_hash(CARLA))
    assert erased.status == EventStatus.OPENED
    assert erasure.audiences_used(session, account_id) == [], "not ours"


@pytest.mark.slow
def test_an_unsubscribe_elsewhere_is_not_told_of_a_foreign_audience(importer: Recruiter) -> None:
    importer.add(CARLA)
    importer.send()
    importer.run_workers()
    importer.standin.state.advance(60)
    send_by_hand(importer)
    search(importer)
    import_all(importer)
    sync(importer)
    list_id = importer.account.list_id
    importer.standin.actions.set_status(list_id, CARLA, "unsubscribed")
    sync(importer)
    mailing_ids = importer.fetch_all(
        select(Event.mailing_id).where(Event.kind == EventStatus.UNSUBSCRIBED)
    )
    assert mailing_ids == [importer.mailing.id]


@pytest.mark.slow
def test_they_are_looked_for_once_a_day(importer: Recruiter) -> None:
    assert importer.account.campaigns_read_at
    send_by_hand(importer)
    for hours, found in ((1, 0), (24, 1)):
        importer.standin.state.advance(hours * 3600)
        tick.tick(importer.services)
        importer.run_workers()
        assert importer.account.importable_campaigns == found
    searches = select(Operation.id).where(Operation.kind == "campaign_search")
    tick.tick(importer.services)
    assert len(importer.fetch_all(searches)) == 1


@pytest.mark.slow
def test_an_import_proves_no_subscription(importer: Recruiter) -> None:
    """Whom only an imported campaign knows and somebody archived since is not subscribed again."""
    list_id, state = importer.account.list_id, importer.standin.state
    membership.add(state, importer.audience, {"email_address": ANNA}, "subscribed")
    importer.standin.actions.send_by_hand(list_id, "Zomerbrief", "Zomer")
    search(importer)
    import_all(importer)
    sync(importer)
    importer.standin.actions.set_status(list_id, ANNA, "archived", by="admin")
    importer.add(ANNA)
    importer.send()
    importer.run_workers()
    of_mailing = Recipient.mailing_id == importer.mailing.id
    assert importer.fetch_all(select(Recipient.reason).where(of_mailing)) == ["archived"]
    assert state.resubscribed == []
